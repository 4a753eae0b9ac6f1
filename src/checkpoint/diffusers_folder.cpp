#include "checkpoint/diffusers_folder.h"

#include <set>

#include "base/error.h"
#include "formats/file_kind.h"
#include "formats/mapped_file.h"

namespace darkroom::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestText = 64 << 20;
constexpr const char* kWeightFiles[] = {
    "diffusion_pytorch_model.safetensors",
    "model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
    "model.safetensors.index.json",
    "diffusion_pytorch_model.fp16.safetensors",
    "model.fp16.safetensors",
    "diffusion_pytorch_model.fp16.safetensors.index.json",
    "model.fp16.safetensors.index.json",
    "diffusion_pytorch_model.safetensors.index.fp16.json",
    "model.safetensors.index.fp16.json",
    "diffusion_pytorch_model.bin",
    "pytorch_model.bin",
    "diffusion_pytorch_model.bin.index.json",
    "pytorch_model.bin.index.json",
    "diffusion_pytorch_model.fp16.bin",
    "pytorch_model.fp16.bin",
};

/// {"weight_map": {"tensor": "file", ...}}: every listed tensor must be in its file, and nothing else.
PartTensors sharded_weights(const fs::path& index) {
  const Json json = read_json_file(index);
  require(json.contains("weight_map") && json["weight_map"].is_object(), ErrorKind::corrupt_file,
          "{}: \"weight_map\" is missing", index.string());
  std::set<std::string> files;
  for (const auto& [name, file] : json["weight_map"].items()) {
    require(file.is_string() && fs::path(file.get<std::string>()).filename() == file.get<std::string>(),
            ErrorKind::corrupt_file, "{}: \"{}\" must lie in a file beside the index, found {}", index.string(), name,
            file.dump());
    files.insert(file.get<std::string>());
  }
  PartTensors all;
  for (const std::string& file : files) {
    for (auto& [name, tensor] : formats::read_tensor_file(index.parent_path() / file).tensors) {
      const auto listed = json["weight_map"].find(name);
      require(listed != json["weight_map"].end() && *listed == file, ErrorKind::corrupt_file,
              "{}: does not list tensor \"{}\" of {}", index.string(), name, file);
      all.emplace(name, std::move(tensor));
    }
  }
  require(all.size() == json["weight_map"].size(), ErrorKind::corrupt_file,
          "{}: lists {} tensors but its files hold {}; incomplete download?", index.string(), json["weight_map"].size(),
          all.size());
  return all;
}

/// "pad_token": "!" or {"content": "!", ...}; nothing where the file does not say.
std::optional<std::string> stated_pad_token(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  const Json json = read_json_file(file);
  const Json pad = json.value("pad_token", Json());
  if (pad.is_string()) return pad.get<std::string>();
  if (pad.is_object() && pad.contains("content") && pad["content"].is_string())
    return pad["content"].get<std::string>();
  return std::nullopt;
}

Json tokenizer_texts(const fs::path& folder) {
  Json texts = {{"folder", folder.string()},
                {"vocab.json", formats::read_text_file(folder / "vocab.json", kLargestText)},
                {"merges.txt", formats::read_text_file(folder / "merges.txt", kLargestText)}};
  auto pad = stated_pad_token(folder / "special_tokens_map.json");
  if (!pad) pad = stated_pad_token(folder / "tokenizer_config.json");
  if (pad) texts["pad_token"] = *pad;
  return texts;
}

}  // namespace

Json read_json_file(const fs::path& path) {
  return parsed_object(formats::read_text_file(path, kLargestText), path.string());
}

Json folder_configs(const fs::path& folder) {
  require(fs::exists(folder / "model_index.json"), ErrorKind::not_found,
          "a model folder must hold model_index.json, as diffusers writes it; give the folder above, or a single file");
  const Json index = read_json_file(folder / "model_index.json");
  const Json pipeline = index.value("_class_name", Json());
  const bool sdxl = pipeline == "StableDiffusionXLPipeline" || pipeline == "StableDiffusionXLInpaintPipeline";
  require(sdxl || pipeline == "StableDiffusionPipeline" || pipeline == "StableDiffusionInpaintPipeline",
          ErrorKind::unsupported,
          "model_index.json: pipeline {} is not supported, only StableDiffusionPipeline, "
          "StableDiffusionXLPipeline and their inpainting forms",
          pipeline.dump());
  Json configs = {{"unet", read_json_file(folder / "unet" / "config.json")},
                  {"vae", read_json_file(folder / "vae" / "config.json")},
                  {"text_encoder", read_json_file(folder / "text_encoder" / "config.json")},
                  {"scheduler", read_json_file(folder / "scheduler" / "scheduler_config.json")},
                  {"tokenizer", tokenizer_texts(folder / "tokenizer")}};
  if (sdxl) {
    configs["text_encoder_2"] = read_json_file(folder / "text_encoder_2" / "config.json");
    configs["tokenizer_2"] = tokenizer_texts(folder / "tokenizer_2");
    configs["force_zeros_for_empty_prompt"] = index.value("force_zeros_for_empty_prompt", Json(true));
  }
  // transformers names the class in the index too, and old configs only there.
  if (sdxl && !configs["text_encoder_2"].contains("architectures")) {
    configs["text_encoder_2"]["architectures"] = {"CLIPTextModelWithProjection"};
  }
  if (fs::exists(folder / "darkroom.json")) configs["recommended"] = read_json_file(folder / "darkroom.json");
  return configs;
}

PartTensors part_weights(const fs::path& part) {
  for (const char* name : kWeightFiles) {
    const fs::path file = part / name;
    if (!fs::exists(file)) continue;
    if (file.extension() == ".json") return sharded_weights(file);
    return std::move(formats::read_tensor_file(file).tensors);
  }
  fail(ErrorKind::not_found,
       "{}: must hold diffusion_pytorch_model or (pytorch_)model as .safetensors or .bin, whole or "
       "with an index of its shards; incomplete download?",
       part.string());
}

}  // namespace darkroom::checkpoint
