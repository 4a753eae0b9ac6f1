#include "generate/file_facts.h"

#include <fmt/ranges.h>

#include <set>

#include "adapters/adapter_file.h"
#include "base/error.h"
#include "checkpoint/load.h"
#include "formats/file_kind.h"
#include "formats/picture_file.h"
#include "formats/sha256.h"
#include "formats/utf8.h"
#include "generate/model_hash.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;
using formats::TensorFile;

FileFacts picture_facts(const fs::path& path) {
  formats::PictureFile picture = formats::read_picture(path);
  FileFacts facts{"picture", {{"format", std::string(formats::file_kind_name(picture.kind))}}, {}};
  facts.facts.emplace_back("size", fmt::format("{}x{}", picture.image.width, picture.image.height));
  facts.facts.emplace_back("channels", std::to_string(picture.image.channels));
  facts.texts = std::move(picture.texts);
  return facts;
}

/// "F16: 1130, F32: 2": how many tensors hold which numbers.
std::string dtypes_text(const std::vector<TensorFile>& files) {
  std::map<std::string, int> counts;
  for (const auto& file : files) {
    for (const auto& [name, tensor] : file.tensors) ++counts[std::string(formats::dtype_name(tensor.dtype))];
  }
  std::string text;
  for (const auto& [dtype, count] : counts) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", dtype, count);
  return text;
}

void add_tensor_facts(FileFacts& facts, const std::vector<TensorFile>& files) {
  size_t tensors = 0;
  int64_t parameters = 0;
  for (const auto& file : files) {
    tensors += file.tensors.size();
    for (const auto& [name, tensor] : file.tensors) parameters += tensor.elements();
    facts.texts.insert(file.metadata.begin(), file.metadata.end());
  }
  facts.facts.emplace_back("tensors", std::to_string(tensors));
  facts.facts.emplace_back("parameters", std::to_string(parameters));
  facts.facts.emplace_back("dtypes", dtypes_text(files));
}

void add_model_facts(FileFacts& facts, const checkpoint::ModelDescription& model) {
  const auto add = [&](const char* name, std::string value) { facts.facts.emplace_back(name, std::move(value)); };
  add("variant", std::string(checkpoint::family_name(model.family)));
  add("prediction", !model.prediction                                ? "not stated; found out when loaded"
                    : *model.prediction == checkpoint::Prediction::v ? "v"
                                                                     : "eps");
  add("UNet channels", fmt::format("{}", fmt::join(model.unet.channels, ", ")));
  add("context width", std::to_string(model.unet.context));
  add("VAE channels", fmt::format("{}", fmt::join(model.vae.channels, ", ")));
  for (const auto& encoder : model.text_encoders) {
    add("text encoder", fmt::format("{} layers of {}, {} tokens{}", encoder.config.layers, encoder.config.width,
                                    encoder.config.vocabulary, encoder.tokenizer ? ", own tokenizer" : ""));
  }
  const checkpoint::RecommendedSettings& advice = model.recommended;
  const auto advise = [&](const char* name, const auto& value) {
    if (value) add(name, fmt::format("{}", *value));
  };
  advise("recommended width", advice.width);
  advise("recommended height", advice.height);
  advise("recommended steps", advice.steps);
  advise("recommended sampler", advice.sampler);
  advise("recommended schedule", advice.schedule);
  advise("recommended CFG scale", advice.cfg_scale);
}

bool add_adapter_facts(FileFacts& facts, const TensorFile& file) {
  adapters::AdapterFile adapter;
  try {
    adapter = adapters::adapter_file(file);
  } catch (const Error&) {
    return false;
  }
  std::set<int64_t> ranks;
  std::set<std::string_view> kinds;
  for (const adapters::AdapterModule& module : adapter.modules) {
    kinds.insert(adapters::kind_name(module.kind));
    if (const int64_t rank = adapters::rank_of(module.kind, module.factors); rank > 0) ranks.insert(rank);
  }
  facts.kind = "LoRA";
  facts.facts.emplace_back("kinds", fmt::format("{}", fmt::join(kinds, ", ")));
  facts.facts.emplace_back("layers", std::to_string(adapter.modules.size()));
  if (!ranks.empty()) facts.facts.emplace_back("rank", fmt::format("{}", fmt::join(ranks, ", ")));
  return true;
}

FileFacts weights_facts(const fs::path& path) {
  const std::vector<TensorFile> files = {formats::read_tensor_file(path)};
  FileFacts facts{"other weights", {}, {}};
  if (!add_adapter_facts(facts, files[0])) {
    try {
      add_model_facts(facts, checkpoint::describe_checkpoint(path));
      facts.kind = "checkpoint";
    } catch (const Error& error) {
      facts.facts.emplace_back("not a checkpoint", error.what());
    }
  }
  add_tensor_facts(facts, files);
  return facts;
}

FileFacts folder_facts(const fs::path& path) {
  FileFacts facts{"checkpoint", {}, {}};
  add_model_facts(facts, checkpoint::describe_checkpoint(path));
  std::vector<TensorFile> files;
  for (const fs::path& file : formats::weight_files(path)) files.push_back(formats::read_tensor_file(file));
  add_tensor_facts(facts, files);
  return facts;
}

}  // namespace

FileFacts file_facts(const fs::path& path) {
  std::error_code problem;
  if (fs::is_directory(path, problem)) return folder_facts(path);
  const formats::FileKind kind = formats::file_kind(path);
  const bool is_picture =
      kind == formats::FileKind::png || kind == formats::FileKind::jpeg || kind == formats::FileKind::webp;
  FileFacts facts = is_picture ? picture_facts(path) : weights_facts(path);
  facts.facts.emplace_back("bytes", std::to_string(fs::file_size(path, problem)));
  return facts;
}

}  // namespace darkroom::generate
