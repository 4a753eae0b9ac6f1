// What comes over HTTP before anybody knows what it is: a JSON body, a picture in base64, credentials, words to search
// for. The first byte chooses.
#include "fuzz.h"
#include "jobs/picture_search.h"
#include "server/access.h"
#include "server/base64.h"
#include "server/body.h"

namespace {

using namespace darkroom;

void read_body(const std::string& text) {
  const nlohmann::json body = server::object_of_body(text);
  // What was read once is read the same again.
  fuzz::check(server::object_of_body(server::line_of(body)) == body, "a body survives being written");
  for (const auto& [name, value] : body.items())
    if (value.is_primitive() && !value.is_null()) server::field_text_of(value);
}

void search(const std::string& text) {
  const jobs::PictureCondition condition = jobs::picture_condition({.words = text});
  size_t marks = 0;
  for (const char c : condition.sql) marks += c == '?';
  fuzz::check(marks == condition.values.size(), "every value has its mark, and people write no SQL");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  return fuzz::run(data + 1, size - 1, [&](auto bytes, auto) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    static const server::Access access("127.0.0.1", "ann:secret");
    switch (data[0] % 4) {
      case 0:
        return read_body(text);
      case 1: {
        const std::string decoded = server::bytes_of_base64(text);
        return fuzz::check(server::bytes_of_base64(server::base64(decoded)) == decoded, "base64 comes back");
      }
      case 2:
        fuzz::check(
            access.verdict({.host = text, .origin = text, .authorization = text, .changes_something = true}).status !=
                    200 ||
                text.find("YW5uOnNlY3JldA") != std::string::npos,
            "nobody gets in without the password");
        return;
      default:
        return search(text);
    }
  });
}
