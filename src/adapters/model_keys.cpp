#include "adapters/model_keys.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "adapters/delta.h"
#include "adapters/key_names.h"
#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/utf8.h"
#include "models/names.h"

namespace darkroom::adapters {
namespace {

constexpr size_t kListed = 3;

/// "a.weight" -> "a"; "" for what is no layer's weight or bias.
std::string layer_of(std::string_view parameter) {
  for (const std::string_view end : {".weight", ".bias", "_weight", "_bias"}) {  // in_proj_weight
    if (parameter.ends_with(end)) return std::string(parameter.substr(0, parameter.size() - end.size()));
  }
  return std::string(parameter);
}

/// Weights and biases of a network, by layer, in the network's order.
std::vector<Layer> layers_of(layers::Module& network, const std::string& label,
                             std::optional<at::ScalarType> computes_in) {
  std::vector<Layer> found;
  std::map<std::string, size_t> known;
  for (const auto& [name, parameter] : network.named_parameters()) {
    const std::string layer = layer_of(name);
    const auto [entry, is_new] = known.try_emplace(layer, found.size());
    if (is_new) found.push_back({.name = label + "." + layer, .weight = nullptr, .computes_in = computes_in});
    (name.ends_with(".bias") ? found[entry->second].bias : found[entry->second].weight) = parameter;
  }
  network.for_each_module([&](const std::string& name, layers::Module& module) {
    const auto layer = known.find(name);
    if (layer == known.end()) return;
    found[layer->second].linear = dynamic_cast<layers::Linear*>(&module);
    found[layer->second].conv = dynamic_cast<layers::Conv2d*>(&module);
  });
  std::erase_if(found, [](const Layer& layer) { return layer.weight == nullptr; });
  return found;
}

/// Values that are no numbers would make every picture black, so the file is refused.
void require_numbers(const AdapterModule& module) {
  for (const auto& [name, stored] : module.factors) {
    if (stored.shape.empty() || stored.bytes == 0) continue;
    // A sum is a number only if all its parts are; half the cost of asking each.
    const double sum = checkpoint::tensor_view(stored).to(at::kFloat).sum(at::kDouble).item<double>();
    require(std::isfinite(sum), ErrorKind::corrupt_file,
            "{} of {} holds values that are no numbers (NaN or infinite); the training that made it broke down", name,
            formats::in_quotes(module.stem));
  }
}

std::string listed(const std::vector<std::string>& names) {
  const std::vector<std::string> first(names.begin(), names.begin() + std::min(names.size(), kListed));
  return fmt::format("{}{}", fmt::join(first, ", "), names.size() > kListed ? ", ..." : "");
}

[[noreturn]] void refuse(const AdapterFile& file, const ModelKeys& keys, const std::string& found) {
  const std::string made = made_for(file);
  const std::string_view family = checkpoint::family_name(keys.family());
  fail(ErrorKind::unsupported, "load LoRA {}: it must be made for this model, which is {}; {}{}",
       formats::in_quotes(file.path.string()), family, found,
       made.empty()     ? ""
       : made == family ? ""
                        : fmt::format("; the file was made for {}", made));
}

/// A number of modules and the first of their names, or nothing.
void note(FittedAdapter& fitted, const std::vector<std::string>& modules, std::string_view text) {
  if (!modules.empty()) fitted.notes.push_back(fmt::format("{} ({}: {})", text, modules.size(), listed(modules)));
}

void add_notes(FittedAdapter& fitted, const ModelKeys& keys) {
  std::vector<std::string> zero_alpha, large_rank, per_output, no_bias;
  for (const auto& [module, place] : fitted.modules) {
    const Shape shape = place->shape();
    const Layer& layer = place->group->layers[size_t(place->first)];
    const int64_t rank = rank_of(module->kind, module->factors);
    if (rank > 0 && module->factors.contains("alpha") && scalar(module->factors, "alpha") == 0)
      zero_alpha.push_back(module->stem);
    if (module->kind == Kind::lora && !module->factors.contains("lora_mid.weight") &&
        rank > std::min(shape[0], layer.weight->numel() / layer.weight->size(0)))
      large_rank.push_back(module->stem);
    if (module->factors.contains("dora_scale") && is_dora_per_output(*module, shape))
      per_output.push_back(module->stem);
    const bool has_bias_change = module->factors.contains("diff_b") || module->factors.contains("b_norm");
    if (has_bias_change && !layer.bias) no_bias.push_back(module->stem);
  }
  note(fitted, zero_alpha,
       "alpha is 0, so these layers are not changed; kohya's trainer writes 0 where it means alpha = rank");
  note(fitted, large_rank, "the rank is larger than the layer: the same change fits into less");
  note(fitted, per_output,
       "dora_scale has a value per output, which is followed here; A1111 takes it for one per input and changes other "
       "weights");
  note(fitted, no_bias, "the layer has no bias, so this part of the change is left out");
  const std::string made = made_for(*fitted.file);
  if (!made.empty() && made != checkpoint::family_name(keys.family()))
    fitted.notes.push_back(
        fmt::format("it seems to be made for {}, the model is {}", made, checkpoint::family_name(keys.family())));
}

}  // namespace

Shape Place::shape() const {
  Shape shape = group->layers[size_t(first)].weight->sizes().vec();
  shape[0] *= count;
  return shape;
}

ModelKeys::ModelKeys(const checkpoint::Checkpoint& model) : family_(model.description.family) {
  add_unet(*model.unet, model.unet_computes_in);
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    std::vector<std::string> prefixes = {fmt::format("lora_te{}_", i + 1)};
    if (model.text_encoders.size() == 1) prefixes.push_back("lora_te_");
    add_text(*model.text_encoders[i], prefixes, i == 0 ? "text_encoder" : "text_encoder_2", model.text_computes_in);
  }
}

const Place* ModelKeys::find(const std::string& layer) const {
  const auto found = places_.find(layer);
  return found == places_.end() ? nullptr : &found->second;
}

void ModelKeys::add_unet(models::UNet& unet, std::optional<at::ScalarType> computes_in) {
  for (Layer& layer : layers_of(unet, "unet", computes_in)) {
    const std::string original = layer.name.substr(sizeof("unet.") - 1);
    const std::string diffusers = layer_of(models::diffusers_unet_name(original + ".weight", unet.config));
    const LayerGroup& group = groups_.emplace_back(LayerGroup{{std::move(layer)}});
    for (const std::string& name : {original, diffusers})
      places_.emplace("lora_unet_" + underscored(name), Place{.group = &group});
  }
}

void ModelKeys::add_text(models::ClipText& text, const std::vector<std::string>& prefixes, const std::string& label,
                         std::optional<at::ScalarType> computes_in) {
  std::map<std::string, LayerGroup*> fused;  // by OpenCLIP's name of q, k and v
  for (Layer& layer : layers_of(text, label, computes_in)) {
    const std::string own = layer.name.substr(label.size() + 1);
    const models::StoredName open_clip = models::open_clip_name(own + ".weight");
    const bool is_third = open_clip.form == models::StoredForm::first_third ||
                          open_clip.form == models::StoredForm::second_third ||
                          open_clip.form == models::StoredForm::last_third;
    LayerGroup*& group = fused[open_clip.name];
    if (!group) group = &groups_.emplace_back();
    group->layers.push_back(std::move(layer));
    const Place place{.group = group, .first = int(group->layers.size()) - 1, .is_text = true};
    for (const std::string& prefix : prefixes) {
      places_.emplace(prefix + underscored(own), place);
      if (open_clip.form == models::StoredForm::whole || (is_third && place.first == 2))
        places_.emplace(prefix + underscored(layer_of(open_clip.name)),
                        Place{.group = group, .first = 0, .count = is_third ? 3 : 1, .is_text = true});
    }
  }
}

FittedAdapter fit(std::shared_ptr<const AdapterFile> file, const ModelKeys& keys) {
  FittedAdapter fitted;
  fitted.file = std::move(file);
  std::set<std::tuple<const LayerGroup*, int, int>> places;
  for (const AdapterModule& module : fitted.file->modules) {
    const Place* place = keys.find(module.layer);
    if (!place) {
      fitted.unmatched.push_back(module.stem);
      continue;
    }
    try {
      changed_part(module.kind, module.factors, place->shape());
    } catch (const Error& error) {
      refuse(*fitted.file, keys, fmt::format("{}: {}", formats::in_quotes(module.stem), error.what()));
    }
    require_numbers(module);
    require(places.emplace(place->group, place->first, place->count).second, ErrorKind::corrupt_file,
            "load LoRA {}: the layer {} comes under two names", formats::in_quotes(fitted.file->path.string()),
            formats::in_quotes(module.stem));
    fitted.modules.push_back({&module, place});
  }
  if (fitted.modules.empty())
    refuse(*fitted.file, keys,
           fmt::format("none of its {} layers is in the model ({})", fitted.file->modules.size(),
                       listed(fitted.unmatched)));
  add_notes(fitted, keys);
  return fitted;
}

void require_numbers(const AdapterFile& file) {
  for (const AdapterModule& module : file.modules) require_numbers(module);
}

std::string made_for(const AdapterFile& file) {
  const auto meta = [&](const char* key) {
    const auto entry = file.metadata.find(key);
    return entry == file.metadata.end() ? std::string() : entry->second;
  };
  const std::string base = meta("ss_base_model_version"), architecture = meta("modelspec.architecture");
  if (base.starts_with("sdxl") || architecture.starts_with("stable-diffusion-xl")) return "SDXL";
  if (base.starts_with("sd_v1") || base.starts_with("sd_1")) return "SD 1.x";
  if (base.starts_with("sd_v2") || meta("ss_v2") == "True") return "SD 2.x";
  for (const AdapterModule& module : file.modules) {
    const std::string& name = module.layer;
    if (name.starts_with("lora_te2_")) return "SDXL";
    if (name.find("double_blocks") != name.npos || name.starts_with("transformer_")) return "FLUX or SD 3";
    if (module.kind != Kind::lora || !name.ends_with("attn2_to_k")) continue;
    const int64_t width = change_shape(module.kind, module.factors)[1];
    if (width == 768) return "SD 1.x";
    if (width == 1024) return "SD 2.x";
    if (width == 2048) return "SDXL";
  }
  return "";
}

}  // namespace darkroom::adapters
