#include "train/lora_network.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "adapters/key_names.h"
#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "formats/sha256.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "models/names.h"
#include "models/unet_blocks.h"
#include "train/lora_blocks.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

using adapters::underscored;
using checkpoint::Family;

void check(const LoraOptions& o) {
  require(o.dim >= 1 && o.conv_dim >= 0, ErrorKind::invalid_request,
          "LoRA: the rank must be at least 1, network_dim {} and conv_dim {} were given", o.dim, o.conv_dim);
  require(o.alpha >= 0 && o.conv_alpha >= 0, ErrorKind::invalid_request,
          "LoRA: alpha must not be negative, {} and {} were given", o.alpha, o.conv_alpha);
  for (const double share : {o.dropout, o.rank_dropout, o.module_dropout})
    require(share >= 0 && share < 1, ErrorKind::invalid_request,
            "LoRA: a dropout must be at least 0 and below 1, {} was given", share);
}

/// What a module of the UNet is, by the parts it lies in.
enum class Where { transformer, block, elsewhere };

Where place_of(const std::string& name, const std::vector<std::pair<std::string, Where>>& parts) {
  for (const auto& [part, where] : parts)
    if (name.starts_with(part + ".")) return where;
  return Where::elsewhere;
}

std::vector<std::pair<std::string, Where>> parts_of(models::UNet& unet) {
  std::vector<std::pair<std::string, Where>> parts;
  unet.for_each_module([&](const std::string& name, layers::Module& module) {
    if (dynamic_cast<models::SpatialTransformer*>(&module)) parts.emplace_back(name, Where::transformer);
    const bool is_block = dynamic_cast<models::ResBlock*>(&module) || dynamic_cast<models::Downsample*>(&module) ||
                          dynamic_cast<models::Upsample*>(&module);
    if (is_block) parts.emplace_back(name, Where::block);
  });
  return parts;
}

}  // namespace

struct LoraNetwork::Target {
  std::string name;
  bool is_text = false;
  size_t text_encoder = 0;
  ChangedLayer layer;
  int64_t dim = 0;
  double alpha = 0;
  std::optional<size_t> block;
  double rate = 1;
};

std::vector<LoraNetwork::Target> LoraNetwork::targets(const LoraOptions& o, const checkpoint::Checkpoint& model) {
  std::vector<Target> found;
  const bool is_sdxl = model.description.family == Family::sdxl;
  const std::optional<LoraBlocks> by_block =
      is_by_block(o.blocks) ? std::optional(LoraBlocks(o, is_sdxl)) : std::nullopt;
  const auto add = [&](Target target, bool is_3x3) {
    if (!o.ranks.empty()) {
      const auto stated = o.ranks.find(target.name);
      if (stated == o.ranks.end()) return;
      target.dim = stated->second.dim;
      target.alpha = stated->second.alpha > 0 ? stated->second.alpha : double(target.dim);
      found.push_back(std::move(target));
      return;
    }
    LoraBlocks::Block part{.dim = o.dim, .conv_dim = o.conv_dim, .alpha = o.alpha, .conv_alpha = o.conv_alpha};
    if (const auto block = block_of(target.name, is_sdxl); by_block && block) {
      require(*block < by_block->blocks.size(), ErrorKind::unsupported,
              "LoRA training: network_args speak of blocks, and this model has more of them than Stable Diffusion");
      part = by_block->blocks[*block];
      if (has_block_rates(o.blocks)) target.block = block, target.rate = part.rate;
    }
    target.dim = is_3x3 ? part.conv_dim : part.dim;
    if (target.dim == 0) return;
    const double alpha = is_3x3 ? part.conv_alpha : part.alpha;
    target.alpha = alpha > 0 ? alpha : double(target.dim);
    found.push_back(std::move(target));
  };
  for (size_t i = 0; i < model.text_encoders.size(); ++i) {
    if (!o.trains_text(i)) continue;
    const std::string prefix = is_sdxl ? fmt::format("lora_te{}_", i + 1) : "lora_te_";
    model.text_encoders[i]->for_each_module([&](const std::string& name, layers::Module& module) {
      auto* linear = dynamic_cast<layers::Linear*>(&module);
      const bool is_in_layer = name.find(".self_attn.") != name.npos || name.find(".mlp.") != name.npos;
      if (linear && is_in_layer)
        add({.name = prefix + underscored(name), .is_text = true, .text_encoder = i, .layer = {.linear = linear}},
            false);
    });
  }
  if (!o.unet) return found;
  const auto parts = parts_of(*model.unet);
  model.unet->for_each_module([&](const std::string& name, layers::Module& module) {
    const ChangedLayer layer{dynamic_cast<layers::Linear*>(&module), dynamic_cast<layers::Conv2d*>(&module)};
    if (!layer.linear && !layer.conv) return;
    Target target{.layer = layer};
    const Where where = place_of(name, parts);
    const bool is_3x3 = layer.conv && layer.conv->weight.size(2) > 1;
    const bool is_wanted = where == Where::transformer ? !is_3x3
                           : where == Where::block
                               ? o.ends || o.conv_dim > 0 || !o.blocks.conv_dims.empty() || !o.ranks.empty()
                               : o.ends && !is_sdxl;
    if (!is_wanted) return;
    const std::string weight =
        is_sdxl ? name + ".weight" : models::diffusers_unet_name(name + ".weight", model.unet->config);
    target.name = "lora_unet_" + underscored(weight.substr(0, weight.size() - std::string(".weight").size()));
    add(std::move(target), is_3x3);
  });
  return found;
}

LoraNetwork::LoraNetwork(const LoraOptions& options, const checkpoint::Checkpoint& model, uint64_t seed)
    : options_(options) {
  check(options);
  at::Generator generator = generator_for(seed, Purpose::initial_weights, 0);
  for (const Target& target : targets(options, model)) {
    modules_.push_back({.name = target.name,
                        .is_text = target.is_text,
                        .text_encoder = target.text_encoder,
                        .change = make_layer_change(options, target.layer, target.dim, target.alpha, generator),
                        .block = target.block,
                        .rate = target.rate});
    layers::SidePath& side = target.layer.linear ? target.layer.linear->side : target.layer.conv->side;
    side = [this, module = modules_.size() - 1](const Tensor& x) { return output_change(module, x); };
    detach_.push_back([&side] { side = nullptr; });
  }
}

LoraNetwork::~LoraNetwork() {
  for (const auto& detach : detach_) detach();
}

Tensor LoraNetwork::output_change(size_t module, const Tensor& x) const {
  const LoraOptions& o = options_;
  at::Generator generator;
  if (batch_ && (o.dropout > 0 || o.rank_dropout > 0 || o.module_dropout > 0))
    generator = generator_for(batch_->first, Purpose::dropout, batch_->second * modules_.size() + module);
  if (generator.defined() && o.module_dropout > 0 && random_unit(generator) < o.module_dropout)
    return at::zeros({}, x.options());
  const Tensor added = modules_[module].change->output_change(x, o, generator);
  return multiplier_ == 1 ? added : added * multiplier_;
}

NamedTensors LoraNetwork::parameters() const {
  NamedTensors all;
  for (const LoraModule& module : modules_)
    for (const auto& [name, matrix] : module.change->matrices()) all.emplace_back(module.name + "." + name, matrix);
  return all;
}

void LoraNetwork::start_from(const std::filesystem::path& path) {
  NoGrad guard;
  const formats::TensorFile file = formats::read_safetensors(path);
  const auto refuse = [&](const std::string& what) {
    fail(ErrorKind::invalid_request, "start from LoRA \"{}\": {}; give the options it was trained with", path.string(),
         what);
  };
  const auto take = [&](const std::string& name, const Tensor& into) {
    const auto found = file.tensors.find(name);
    if (found == file.tensors.end()) refuse(fmt::format("it has no \"{}\"", name));
    const Tensor values = checkpoint::tensor_view(found->second);
    if (values.numel() != into.numel() || values.size(0) != into.size(0))
      refuse(fmt::format("\"{}\" has the sizes {}, trained are {}", name, fmt::join(values.sizes(), "x"),
                         fmt::join(into.sizes(), "x")));
    Tensor(into).copy_(values.view(into.sizes()));
  };
  size_t tensors = 0;
  for (const LoraModule& module : modules_) {
    const NamedTensors matrices = module.change->matrices();
    tensors += matrices.size() + 1;  // and alpha
    for (const auto& [name, matrix] : matrices) take(module.name + "." + name, matrix);
    const double own = module.change->alpha();
    const auto found = file.tensors.find(module.name + ".alpha");
    double stated = 0;
    if (found != file.tensors.end()) stated = checkpoint::tensor_view(found->second).to(at::kDouble).item<double>();
    // No alpha, or 0, is a scale of 1: alpha is the rank then.
    if (stated == 0) stated = own / module.change->scale();
    // Parity: kohya's trainer would train with its own scale and save the file's alpha.
    if (std::abs(stated - own) > 1e-3 * own)
      refuse(fmt::format("alpha of \"{}\" is {}, trained is {}", module.name, stated, own));
  }
  if (file.tensors.size() > tensors)
    refuse(fmt::format("it has {} tensors, trained are {} modules", file.tensors.size(), modules_.size()));
}

LoraNetwork::Norms LoraNetwork::limit_norms(double most) {
  NoGrad guard;
  Norms norms;
  for (const LoraModule& module : modules_) {
    double norm = module.change->norm();
    if (norm > most) {
      module.change->shrink(most / norm);
      norm = most;
      ++norms.shrunk;
    }
    norms.mean += norm / double(modules_.size());
    norms.largest = std::max(norms.largest, norm);
  }
  return norms;
}

void LoraNetwork::save(const std::filesystem::path& path, at::ScalarType dtype,
                       const std::map<std::string, std::string>& metadata) const {
  NoGrad guard;
  std::vector<std::pair<std::string, formats::StoredTensor>> tensors;
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    tensors.emplace_back(name, checkpoint::stored_tensor(tensor.detach().to(dtype)));
  };
  for (const LoraModule& module : modules_) {
    for (const auto& [name, matrix] : module.change->matrices()) add(module.name + "." + name, matrix);
    add(module.name + ".alpha", at::full({}, module.change->alpha()));
  }
  formats::Sha256 sha;
  for (const auto& [name, tensor] : tensors) sha.add(tensor.data, tensor.bytes);
  std::map<std::string, std::string> all = metadata;
  all["sshs_model_hash"] = sha.hex();
  formats::write_safetensors(path, tensors, all);
}

}  // namespace darkroom::train
