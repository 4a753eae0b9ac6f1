// Any bytes as a prompt: parts, schedules, attention syntax, tokens, chunks. Only invalid_request may come out of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "prompt/chunks.h"
#include "prompt/schedule.h"
#include "prompt/syntax.h"
#include "prompt/tokenizer.h"

using namespace darkroom;

namespace {

void demand(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto& tokenizer = prompt::Tokenizer::open_clip();

  const auto ids = tokenizer.encode(text);
  demand(std::all_of(ids.begin(), ids.end(), [&](int id) { return id >= 0 && id < tokenizer.size(); }));
  tokenizer.decode(ids);

  demand(!prompt::split_and(text).empty());
  try {
    const auto schedule = prompt::parse_schedule(text, {.calls = 7});
    demand(!schedule.empty() && schedule.back().last_call == 7);
    for (size_t i = 1; i < schedule.size(); ++i) demand(schedule[i].last_call > schedule[i - 1].last_call);
    const auto pieces = prompt::parse_attention(text);
    demand(!pieces.empty());
    for (const int length : {1, 6, 75}) {
      for (const auto& chunk : prompt::chunk_tokens(pieces, tokenizer, {length, 20})) {
        demand(chunk.ids.size() == static_cast<size_t>(length) + 2 && chunk.weights.size() == chunk.ids.size());
        demand(chunk.ids.front() == tokenizer.bos());
        demand(std::find(chunk.ids.begin(), chunk.ids.end(), tokenizer.eos()) != chunk.ids.end());
      }
    }
  } catch (const Error& error) {
    demand(error.kind() == ErrorKind::invalid_request);
  }
  return 0;
}
