// What a prompt says: tokens, chunks, weights, LoRA files.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "generate/lora_folder.h"
#include "prompt/chunks.h"
#include "prompt/comments.h"
#include "prompt/extra_networks.h"
#include "prompt/schedule.h"
#include "server/json_text.h"
#include "server/v1/endpoints.h"

namespace darkroom::server::v1 {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using prompt::Tokenizer;

constexpr int kChunk = 75;

/// A model's own, else CLIP's. Kept, since people type.
std::shared_ptr<const Tokenizer> tokenizer_of(const ModelFile& model) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, std::shared_ptr<const Tokenizer>> known;
  const std::filesystem::path folder = model.path / "tokenizer";
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return std::shared_ptr<const Tokenizer>(std::shared_ptr<void>(), &Tokenizer::clip());
  const std::lock_guard lock(mutex);
  auto& kept = known[folder];
  if (!kept) kept = std::make_shared<const Tokenizer>(Tokenizer::from_folder(folder));
  return kept;
}

/// The tokens between start and end of a chunk, up to its last that was said.
ordered_json chunk_json(const prompt::Chunk& chunk, const Tokenizer& tokenizer) {
  ordered_json tokens = ordered_json::array();
  for (size_t i = 1; i + 1 < chunk.ids.size() && chunk.ids[i] != tokenizer.eos(); ++i) {
    if (chunk.ids[i] == tokenizer.pad() && tokenizer.pad() == 0) break;
    const int id = chunk.ids[i];
    tokens.push_back({{"text", tokenizer.decode({&id, 1})}, {"weight", chunk.weights[i]}});
  }
  return tokens;
}

/// As it stands at the first step.
ordered_json prompt_json(const std::string& text, int calls, const Tokenizer& tokenizer) {
  ordered_json chunks = ordered_json::array();
  size_t tokens = 0;
  try {
    const prompt::TaggedPrompt tagged = prompt::without_tags(prompt::without_comments(text));
    const auto parts = prompt::split_and(tagged.text);
    const auto schedule = prompt::parse_schedule(parts.empty() ? "" : parts[0].text, {.calls = calls});
    const std::string first = schedule.empty() ? "" : schedule[0].text;
    for (const prompt::Chunk& chunk : prompt::chunk_tokens(prompt::parse_attention(first), tokenizer)) {
      chunks.push_back(chunk_json(chunk, tokenizer));
      // Chunks before the last count whole: what does not fit moves on.
      tokens = (chunks.size() - 1) * kChunk + chunks.back().size();
    }
  } catch (const Error& error) {
    return {{"tokens", 0}, {"limit", kChunk}, {"chunks", ordered_json::array()}, {"error", error.what()}};
  }
  const size_t limit = std::max<size_t>(1, chunks.size()) * kChunk;
  return {{"tokens", tokens}, {"limit", limit}, {"chunks", std::move(chunks)}, {"error", nullptr}};
}

ordered_json lora_json(const prompt::LoraTag& tag, const Context& context) {
  ordered_json found = {
      {"name", tag.name}, {"weight", tag.unet}, {"te", tag.text}, {"found", true}, {"error", nullptr}};
  try {
    generate::find_lora(context.library.folders().lora, tag.name);
  } catch (const Error& error) {
    found["found"] = false, found["error"] = error.what();
  }
  return found;
}

}  // namespace

Answer prompt(const Asked& asked, Context& context) {
  const json body = object_of_body(asked.body);
  const auto text = [&](const char* name) {
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto steps = body.find("steps");
  const int calls = steps != body.end() && steps->is_number() ? std::clamp(steps->get<int>(), 1, 1000) : 20;
  const auto tokenizer = tokenizer_of(context.library.model_named(context.options.text("sd_model_checkpoint")));
  ordered_json loras = ordered_json::array();
  try {
    for (const prompt::LoraTag& tag : prompt::lora_tags(prompt::without_tags(text("prompt"))))
      loras.push_back(lora_json(tag, context));
  } catch (const Error& error) {
    loras.push_back({{"name", ""}, {"weight", 0}, {"te", 0}, {"found", false}, {"error", error.what()}});
  }
  return json_answer({{"prompt", prompt_json(text("prompt"), calls, *tokenizer)},
                      {"negative_prompt", prompt_json(text("negative_prompt"), calls, *tokenizer)},
                      {"loras", std::move(loras)}});
}

}  // namespace darkroom::server::v1
