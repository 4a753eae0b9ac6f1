#include "checkpoint/save.h"

#include "base/error.h"
#include "checkpoint/detect.h"
#include "checkpoint/stored_tensors.h"
#include "checkpoint/write_config.h"
#include "formats/atomic_file.h"
#include "formats/safetensors.h"
#include "models/names.h"

namespace darkroom::checkpoint {
namespace {

namespace fs = std::filesystem;

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

void write_tensors(const fs::path& path, const NamedTensors& tensors, at::ScalarType dtype,
                   std::map<std::string, std::string> metadata = {}) {
  std::vector<std::pair<std::string, formats::TensorToMake>> stored;
  for (const auto& [name, tensor] : tensors)
    stored.emplace_back(
        name, formats::TensorToMake{stored_dtype(dtype), tensor.sizes().vec(),
                                    [&tensor = tensor, dtype] { return stored_tensor(tensor.detach().to(dtype)); }});
  metadata["format"] = "pt";  // transformers reads no file without it
  formats::stream_safetensors(path, stored, metadata);
}

void write_json(const fs::path& path, const Json& json) {
  formats::write_file(path, json.dump(2) + "\n");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  require(!error, ErrorKind::io, "make folder \"{}\": {}", folder.string(), error.message());
}

/// The description with the sizes the networks really have.
ModelDescription true_description(const ModelToSave& model) {
  ModelDescription description = model.description;
  require(model.unet && model.vae && description.text_encoders.size() == model.text_encoders.size(),
          ErrorKind::internal, "save a model: it must have a UNet, a VAE and all text encoders it describes");
  description.unet = model.unet->config;
  description.vae = model.vae->config;
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    description.text_encoders[i].config = model.text_encoders[i]->config;
  }
  description.family = family_of(description);
  check_parts(description);
  return description;
}

void write_tokenizer(const TextEncoderDescription& encoder, const fs::path& folder) {
  require(
      encoder.tokenizer.has_value(), ErrorKind::invalid_request,
      "save a diffusers folder: this model came without its tokenizer's vocab.json and merges.txt, which the folder "
      "needs; save a single file instead");
  make_folder(folder);
  formats::write_file(folder / "vocab.json", encoder.tokenizer->vocab_json);
  formats::write_file(folder / "merges.txt", encoder.tokenizer->merges_txt);
  Json special = {{"bos_token", "<|startoftext|>"},
                  {"eos_token", "<|endoftext|>"},
                  {"pad_token", encoder.pad_token},
                  {"unk_token", "<|endoftext|>"}};
  write_json(folder / "special_tokens_map.json", special);
  special["tokenizer_class"] = "CLIPTokenizer";
  special["model_max_length"] = encoder.config.positions;
  special["add_prefix_space"] = false;
  special["do_lower_case"] = true;
  special["errors"] = "replace";
  write_json(folder / "tokenizer_config.json", special);
}

std::string torch_dtype(at::ScalarType dtype) {
  if (dtype == at::kHalf) return "float16";
  if (dtype == at::kBFloat16) return "bfloat16";
  return "float32";
}

/// A text encoder's parameters under open_clip's names: q, k and v as one tensor, the projection transposed.
NamedTensors open_clip_tensors(models::ClipText& text, bool with_unused) {
  NamedTensors out;
  std::map<std::string, std::vector<Tensor>> thirds;  // their order is q, k, v, that of our parameters
  for (const auto& [name, parameter] : text.named_parameters()) {
    const models::StoredName place = models::open_clip_name(name);
    if (place.form == models::StoredForm::whole) {
      out.emplace_back(place.name, *parameter);
    } else if (place.form == models::StoredForm::transposed) {
      out.emplace_back(place.name, parameter->t());
    } else {
      auto& parts = thirds[place.name];
      parts.push_back(*parameter);
      if (parts.size() == 3) out.emplace_back(place.name, at::cat(parts));
    }
  }
  if (!with_unused) return out;
  const std::string last = fmt::format("transformer.resblocks.{}.", text.config.layers - 1);
  const std::string unused = fmt::format("transformer.resblocks.{}.", text.config.layers);
  for (size_t i = 0, known = out.size(); i < known; ++i) {
    if (out[i].first.starts_with(last)) out.emplace_back(unused + out[i].first.substr(last.size()), out[i].second);
  }
  out.emplace_back("text_projection", at::zeros({text.config.width, text.config.width}));
  out.emplace_back("logit_scale", at::zeros({}));
  return out;
}

void append(NamedTensors& all, const std::string& prefix, const NamedTensors& part) {
  for (const auto& [name, tensor] : part) all.emplace_back(prefix + name, tensor);
}

NamedTensors own_tensors(layers::Module& network) {
  NamedTensors out;
  for (const auto& [name, parameter] : network.named_parameters()) out.emplace_back(name, *parameter);
  return out;
}

}  // namespace

void save_vae(models::AutoencoderKL& vae, const fs::path& folder, at::ScalarType dtype) {
  NoGrad guard;
  make_folder(folder);
  NamedTensors tensors;
  for (const auto& [name, parameter] : vae.named_parameters()) {
    // diffusers' attention in the VAE has linear layers where the original has 1x1 convolutions.
    const bool projection = name.find(".mid.attn_1.") != std::string::npos && parameter->dim() == 4;
    tensors.emplace_back(models::diffusers_vae_name(name, vae.config), projection ? parameter->flatten(1) : *parameter);
  }
  write_tensors(folder / "diffusion_pytorch_model.safetensors", tensors, dtype);
  write_json(folder / "config.json", vae_json(vae.config));
}

void save_diffusers_folder(const ModelToSave& model, const fs::path& folder, at::ScalarType dtype) {
  NoGrad guard;
  const ModelDescription description = true_description(model);
  make_folder(folder);
  std::error_code ignored;
  fs::remove(folder / "model_index.json", ignored);
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    const TextEncoderDescription& encoder = description.text_encoders[i];
    const std::string suffix = i == 0 ? "" : "_2";
    write_tokenizer(encoder, folder / ("tokenizer" + suffix));
    const fs::path part = folder / ("text_encoder" + suffix);
    make_folder(part);
    Json config = clip_text_json(encoder);
    config["torch_dtype"] = torch_dtype(dtype);
    write_json(part / "config.json", config);
    write_tensors(part / "model.safetensors", own_tensors(*model.text_encoders[i]), dtype);
  }
  make_folder(folder / "unet");
  NamedTensors unet;
  for (const auto& [name, parameter] : model.unet->named_parameters()) {
    unet.emplace_back(models::diffusers_unet_name(name, model.unet->config), *parameter);
  }
  write_tensors(folder / "unet" / "diffusion_pytorch_model.safetensors", unet, dtype);
  write_json(folder / "unet" / "config.json", unet_json(description));
  save_vae(*model.vae, folder / "vae", dtype);
  make_folder(folder / "scheduler");
  write_json(folder / "scheduler" / "scheduler_config.json", scheduler_json(description));
  if (description.recommended != RecommendedSettings())
    write_json(folder / "darkroom.json", recommended_json(description.recommended));
  write_json(folder / "model_index.json", model_index_json(description));
}

void save_single_file(const ModelToSave& model, const fs::path& path, at::ScalarType dtype,
                      std::map<std::string, std::string> metadata) {
  NoGrad guard;
  const ModelDescription description = true_description(model);
  NamedTensors tensors;
  append(tensors, std::string(kUNetPrefix), own_tensors(*model.unet));
  append(tensors, std::string(kVaePrefix), own_tensors(*model.vae));
  switch (description.family) {
    case Family::sd1:
      append(tensors, "cond_stage_model.transformer.", own_tensors(*model.text_encoders[0]));
      break;
    case Family::sd2:
      append(tensors, "cond_stage_model.model.", open_clip_tensors(*model.text_encoders[0], true));
      break;
    case Family::sdxl:
      append(tensors, "conditioner.embedders.0.transformer.", own_tensors(*model.text_encoders[0]));
      append(tensors, "conditioner.embedders.1.model.", open_clip_tensors(*model.text_encoders[1], false));
      break;
  }
  metadata["darkroom.config"] = configs_json(description).dump();
  write_tensors(path, tensors, dtype, std::move(metadata));
}

}  // namespace darkroom::checkpoint
