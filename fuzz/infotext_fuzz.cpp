// The text of a picture's recipe. Whatever is in it, a value that must be quoted comes back.
#include "formats/utf8.h"
#include "fuzz.h"
#include "generate/infotext_syntax.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace darkroom;
  return fuzz::run(data, size, [](auto bytes, auto) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const generate::ParsedInfotext parsed = generate::parse_infotext(text);
    for (const auto& [key, value] : parsed.fields) fuzz::check(key.size() >= 2 && !value.empty(), "fields are fields");
    if (!formats::is_utf8(text)) return;
    const auto again = generate::parse_infotext(
        generate::with_fields("a\nSteps: 1, Seed: 2", {{"Some key", "," + text}, {"Last", "1"}}));
    fuzz::check(again.fields.size() == 4 && again.fields[2].second == "," + text, "a quoted value comes back");
  });
}
