// darkroom prompt: what a prompt says, piece by piece and call by call.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/subcommands.h"
#include "generate/embedding_folder.h"
#include "generate/lora_folder.h"
#include "prompt/chunks.h"
#include "prompt/extra_networks.h"
#include "prompt/schedule.h"

namespace darkroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PromptOptions {
  std::string text;
  int steps = 20, hires_steps = 0;
  bool json = false, old_schedule = false;
  std::string typed;            ///< with its tags
  prompt::TaggedPrompt tagged;  ///< and without them, which is `text`
  std::string lora_dir;
  std::string embeddings_dir;
};

generate::EmbeddingFolder embeddings_of(const PromptOptions& options) {
  generate::GenerateRequest request;
  request.embeddings_dir = options.embeddings_dir;
  return {generate::embeddings_folder(request), prompt::Tokenizer::clip()};
}

std::vector<prompt::Chunk> chunks_of(const std::vector<prompt::WeightedText>& pieces,
                                     generate::EmbeddingFolder& embeddings) {
  const prompt::Tokenizer& clip = prompt::Tokenizer::clip();
  return prompt::chunk_tokens(
      pieces, {[&](std::string_view text) { return clip.encode(text); }, clip.bos(), clip.eos(), clip.pad(),
               clip.token_id(",</w>"), [&](std::span<const int> ids, size_t at) { return embeddings.find(ids, at); }});
}

Json chunks_json(const std::vector<prompt::Chunk>& chunks) {
  Json json = Json::array();
  for (const prompt::Chunk& chunk : chunks) {
    Json offsets = Json::array();
    for (const prompt::ChunkFix& fix : chunk.fixes) offsets.push_back(fix.offset);
    json.push_back({{"tokens", chunk.ids}, {"multipliers", chunk.weights}, {"fixes", offsets}});
  }
  return json;
}

Json embeddings_json(const generate::EmbeddingFolder& embeddings) {
  Json json = Json::array();
  for (const auto& found : embeddings.found())
    json.push_back({{"name", found.name}, {"vectors", found.vectors}, {"hash", found.hash}});
  return json;
}

/// The file a tag means, or why it means none.
struct TagFile {
  std::string path, problem;
};
TagFile file_of(const prompt::LoraTag& lora, const PromptOptions& options) {
  try {
    return {generate::find_lora(generate::lora_folder({.lora_dir = options.lora_dir}), lora.name).string(), ""};
  } catch (const Error& error) {
    return {"", error.what()};
  }
}

/// What the tags say, LoRA's taken apart.
Json tags_json(const PromptOptions& options) {
  Json tags = Json::array();
  for (const prompt::NetworkTag& tag : options.tagged.tags) {
    Json json = {{"type", tag.type}, {"arguments", tag.arguments}};
    if (prompt::is_lora(tag)) {
      const prompt::LoraTag lora = prompt::lora_tag(tag);
      json.update({{"name", lora.name}, {"te", lora.text}, {"unet", lora.unet}});
      if (lora.rank_limit > 0) json["dyn"] = lora.rank_limit;
      const TagFile file = file_of(lora, options);
      file.problem.empty() ? json["file"] = file.path : json["problem"] = file.problem;
    }
    tags.push_back(std::move(json));
  }
  return tags;
}

prompt::ScheduleOptions schedule_options(const PromptOptions& options) {
  prompt::ScheduleOptions schedule{.calls = options.steps, .old_rule = options.old_schedule};
  if (options.hires_steps > 0) schedule.hires_calls = options.hires_steps;
  return schedule;
}

Json prompt_json(const PromptOptions& options) {
  const prompt::ScheduleOptions schedule = schedule_options(options);
  Json json;
  for (const auto& part : prompt::split_and(options.text)) json["and"].push_back({part.text, part.weight});
  for (const auto& said : prompt::parse_schedule(options.text, schedule))
    json["schedules"].push_back({said.last_call, said.text});
  json["text"] = options.text;  // without tags
  // The parser's answer to the text as it was typed, tags and all, as tables of the reference have it; what is encoded,
  // without them, is in the chunks.
  for (const auto& piece : prompt::parse_attention(options.typed))
    json["attention"].push_back({piece.text, piece.weight});
  json["tags"] = tags_json(options);
  generate::EmbeddingFolder embeddings = embeddings_of(options);
  json["chunks"] = chunks_json(chunks_of(prompt::parse_attention(options.text), embeddings));
  json["embeddings"] = embeddings_json(embeddings);
  return json;
}

void print_prompt(const PromptOptions& options) {
  const prompt::ScheduleOptions schedule = schedule_options(options);
  for (const prompt::NetworkTag& tag : options.tagged.tags) {
    if (!prompt::is_lora(tag)) {
      fmt::print("tag {}: has no effect\n", tag.text);
      continue;
    }
    const prompt::LoraTag lora = prompt::lora_tag(tag);
    fmt::print("LoRA {}: text encoder {:g}, UNet {:g}{}\n", lora.name, lora.text, lora.unet,
               lora.rank_limit > 0 ? fmt::format(", rank up to {}", lora.rank_limit) : "");
    const TagFile file = file_of(lora, options);
    fmt::print("  {}\n", file.problem.empty() ? file.path : file.problem);
  }
  const auto parts = prompt::split_and(options.text);
  generate::EmbeddingFolder embeddings = embeddings_of(options);
  for (const auto& part : parts) {
    if (parts.size() > 1 || part.weight != 1) fmt::print("part, weight {:g}:\n", part.weight);
    int from = 0;
    for (const auto& said : prompt::parse_schedule(part.text, schedule)) {
      fmt::print("calls {} to {}: {}\n", from, said.last_call, said.text);
      from = said.last_call + 1;
      const auto pieces = prompt::parse_attention(said.text);
      for (const auto& piece : pieces) fmt::print("  {:5.3g}  {}\n", piece.weight, piece.text);
      for (const prompt::Chunk& chunk : chunks_of(pieces, embeddings)) {
        const int end = prompt::Tokenizer::clip().eos();
        const auto tokens = std::find(chunk.ids.begin() + 1, chunk.ids.end(), end) - chunk.ids.begin() - 1;
        fmt::print("  chunk of {} tokens\n", tokens);
      }
    }
  }
  for (const auto& found : embeddings.found())
    fmt::print("embedding {}: {} vectors, {}\n", found.name, found.vectors, found.hash);
}

}  // namespace

void add_prompt(CLI::App& program) {
  auto options = std::make_shared<PromptOptions>();
  CLI::App* command = program.add_subcommand("prompt", "What a prompt says: parts, schedules, weights, tokens");
  command->add_option("prompt", options->text, "The prompt.")->required();
  command->add_option("--steps", options->steps, "Denoiser calls that schedules count with. [20]")
      ->check(CLI::Range(1, 3000));
  command->add_option("--hires-steps", options->hires_steps, "Calls of a second pass, if that is asked about.")
      ->check(CLI::Range(0, 3000));
  command->add_flag("--old-schedule", options->old_schedule,
                    "As A1111 before 1.6: a time below 1 is a share, and a second pass repeats the first's.");
  command->add_option("--lora-dir", options->lora_dir, "Folder of the LoRA files that tags name. [models/Lora]");
  command->add_option("--embeddings-dir", options->embeddings_dir,
                      "Folder of textual inversion embeddings. [embeddings, if it is there]");
  command->add_flag(
      "--json", options->json,
      "For programs: and, schedules, text (without tags), attention (of the text as typed), chunks, tags,\n"
      "embeddings.");
  command->callback([options] {
    options->typed = options->text;
    options->tagged = prompt::without_tags(options->text);
    options->text = options->tagged.text;
    if (options->json)
      fmt::print("{}\n", prompt_json(*options).dump(-1, ' ', false, Json::error_handler_t::replace));
    else
      print_prompt(*options);
  });
}

}  // namespace darkroom::cli
