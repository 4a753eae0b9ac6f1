#include "adapters/rewrite.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "adapters/delta.h"
#include "adapters/fitted_files.h"
#include "adapters/low_rank.h"
#include "base/error.h"
#include "checkpoint/save.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "formats/utf8.h"

namespace darkroom::adapters {
namespace {

namespace fs = std::filesystem;
using formats::in_quotes;

using NamedFactors = std::vector<std::pair<std::string, formats::StoredTensor>>;

/// kohya calls the only text encoder te, SDXL's two te1 and te2.
std::string kohya_layer(const std::string& layer, bool is_sdxl) {
  const std::string first = "lora_te1_";
  return !is_sdxl && layer.starts_with(first) ? "lora_te_" + layer.substr(first.size()) : layer;
}

std::string number_text(const std::set<double>& values) {
  return values.size() == 1 ? fmt::format("{}", *values.begin()) : "Dynamic";  // kohya's word
}

/// Writes layers in their order; states their ranks and alphas.
class AdapterWriter {
 public:
  explicit AdapterWriter(const AdapterFile& origin) : metadata_(origin.metadata), is_sdxl_(made_for(origin) == "SDXL") {
    metadata_.erase("sshs_model_hash");
    metadata_.erase("sshs_legacy_hash");
    metadata_.emplace("ss_network_module", "networks.lora");
  }

  void add(const std::string& layer, const std::string& factor, const formats::StoredTensor& tensor) {
    tensors_.emplace_back(kohya_layer(layer, is_sdxl_) + "." + factor, tensor);
  }
  void add(const std::string& layer, const std::string& factor, double value) {
    add(layer, factor, checkpoint::stored_tensor(at::scalar_tensor(value, at::kFloat)));
  }
  /// up [out, r], down [r, n] for a weight of this shape.
  void add(const std::string& layer, const LowRank& factors, const Shape& weight, double alpha, at::ScalarType dtype) {
    Shape up = {weight[0], factors.rank()}, down = weight;
    down[0] = factors.rank();
    if (weight.size() == 4) up.insert(up.end(), {1, 1});
    add(layer, "lora_up.weight", checkpoint::stored_tensor(factors.up.reshape(up).to(dtype)));
    add(layer, "lora_down.weight", checkpoint::stored_tensor(factors.down.reshape(down).to(dtype)));
    add(layer, "alpha", alpha);
    said(factors.rank(), alpha);
  }
  void said(int64_t rank, double alpha) {
    ranks_.insert(double(rank));
    alphas_.insert(alpha);
  }
  void write(const fs::path& path) {
    if (!ranks_.empty()) metadata_["ss_network_dim"] = number_text(ranks_);
    if (!alphas_.empty()) metadata_["ss_network_alpha"] = number_text(alphas_);
    formats::write_safetensors(path, tensors_, metadata_);
  }

 private:
  NamedFactors tensors_;
  std::map<std::string, std::string> metadata_;
  bool is_sdxl_;
  std::set<double> ranks_, alphas_;
};

void scale_module(AdapterWriter& writer, const AdapterModule& module, const Scaling& scaling) {
  const int64_t rank = rank_of(module.kind, module.factors);
  const bool follows = module.kind != Kind::oft && !module.factors.contains("dora_scale");
  require(!scaling.weight || follows, ErrorKind::unsupported,
          "scale a LoRA: {} is {}, which does not follow a weight in proportion; give the weight in the prompt",
          in_quotes(module.stem), module.factors.contains("dora_scale") ? "DoRA" : "OFT");
  const bool has_scale = module.factors.contains("scale");
  double alpha = rank > 0 && module.factors.contains("alpha") ? scalar(module.factors, "alpha") : double(rank);
  if (scaling.alpha && rank > 0) alpha = *scaling.alpha;
  const double weight = scaling.weight.value_or(1);
  // A "scale" goes before alpha, so where there is one it is what must change.
  const bool by_alpha = rank > 0 && !has_scale;
  if (by_alpha) alpha *= weight;
  for (const auto& [name, tensor] : module.factors) {
    if (name == "alpha" && rank > 0) continue;
    if (name == "scale") continue;
    if (!by_alpha && weight != 1 && (name == "diff_b" || name == "b_norm")) {
      const Tensor bias = checkpoint::tensor_view(tensor);
      writer.add(module.layer, name, checkpoint::stored_tensor((bias.to(at::kFloat) * weight).to(bias.dtype())));
    } else {
      writer.add(module.layer, name, tensor);
    }
  }
  if (rank > 0) {
    writer.add(module.layer, "alpha", alpha);
    writer.said(rank, alpha);
  }
  if (has_scale || (!by_alpha && weight != 1))
    writer.add(module.layer, "scale", own_scale(module.kind, module.factors) * weight);
}

/// The numbers the inputs are stored in, if all agree on one type, else fp32.
at::ScalarType common_dtype(const std::vector<AdapterFile>& files) {
  std::set<at::ScalarType> types;
  for (const AdapterFile& file : files) {
    for (const AdapterModule& module : file.modules)
      for (const auto& [name, tensor] : module.factors)
        if (tensor.shape.size() > 1) types.insert(checkpoint::scalar_type(tensor.dtype));
  }
  return types.size() == 1 ? *types.begin() : at::kFloat;
}

struct WeightedModule {
  const AdapterModule* module;
  double weight;
};

/// The change itself, for kinds that are no product of two matrices.
Tensor whole_change(const AdapterModule& module, double weight) {
  require(!acts_on_weight(module.kind, module.factors), ErrorKind::unsupported,
          "merge LoRA files: what {} does depends on the model's weights ({}{}); merge into a checkpoint with --model",
          in_quotes(module.stem), kind_name(module.kind), module.factors.contains("dora_scale") ? ", DoRA" : "");
  require(!module.factors.contains("diff_b") && module.kind != Kind::norm, ErrorKind::unsupported,
          "merge LoRA files: {} changes a bias or a norm, which a LoRA cannot; merge into a checkpoint with --model",
          in_quotes(module.stem));
  return change(module, at::zeros(change_shape(module.kind, module.factors)), {.multiplier = weight}).weight.flatten(1);
}

LowRank merged(const std::vector<WeightedModule>& parts, const RankLimit& limit, Kept& kept) {
  const int64_t rank = limit.rank > 0 ? limit.rank : std::numeric_limits<int64_t>::max();
  const bool all_low =
      std::all_of(parts.begin(), parts.end(), [](const auto& part) { return is_low_rank(*part.module); });
  if (!all_low) {
    require(limit.rank > 0, ErrorKind::invalid_request,
            "merge LoRA files: {} is {}, which becomes a LoRA only of some rank; give one with --rank",
            in_quotes(parts[0].module->stem), kind_name(parts[0].module->kind));
    Tensor sum;
    for (const WeightedModule& part : parts) {
      const Tensor one = whole_change(*part.module, part.weight);
      sum = sum.defined() ? sum + one : one;
    }
    return truncated(sum, rank, limit.share, kept);
  }
  std::vector<LowRank> factors;
  for (const WeightedModule& part : parts) factors.push_back(low_rank_of(*part.module, part.weight));
  const LowRank sum = stacked(factors);
  if (sum.rank() <= rank && limit.share >= 1) return sum;
  return truncated(sum, rank, limit.share, kept);
}

/// A matrix or a kernel, of which all parts have the same number of values.
Shape common_shape(const std::string& layer, const std::vector<WeightedModule>& parts) {
  Shape shape;
  for (const WeightedModule& part : parts) {
    const Shape one = change_shape(part.module->kind, part.module->factors);
    if (one.empty()) whole_change(*part.module, 1);  // says why not
    const auto count = [](const Shape& sizes) {
      double product = 1;
      for (int64_t size : sizes) product *= double(size);
      return product;
    };
    require(shape.empty() || (shape[0] == one[0] && count(shape) == count(one)), ErrorKind::unsupported,
            "merge LoRA files: the layer {} has the shape {} in one and {} in another: they are for different models",
            in_quotes(layer), shape_text(shape), shape_text(one));
    if (one.size() > shape.size()) shape = one;
  }
  return shape;
}

double share_kept(const Kept& kept) {
  return kept.all > 0 ? std::sqrt(kept.kept / kept.all) : 1;
}

void count_layer(RankReport& report, int64_t rank) {
  report.least_rank = report.layers == 0 ? rank : std::min(report.least_rank, rank);
  report.most_rank = std::max(report.most_rank, rank);
  ++report.layers;
}

}  // namespace

void scale_adapter(const fs::path& in, const fs::path& out, const Scaling& scaling) {
  const AdapterFile file = read_adapter_file(in);
  AdapterWriter writer(file);
  for (const AdapterModule& module : file.modules) scale_module(writer, module, scaling);
  writer.write(out);
}

RankReport merge_adapters(const std::vector<WeightedFile>& files, const fs::path& out, const RankLimit& limit) {
  const NoGrad guard;
  std::vector<AdapterFile> adapters;
  for (const WeightedFile& file : files) {
    adapters.push_back(read_adapter_file(file.path));
    require_numbers(adapters.back());
  }
  std::map<std::string, std::vector<WeightedModule>> layers;
  for (size_t i = 0; i < adapters.size(); ++i)
    for (const AdapterModule& module : adapters[i].modules) layers[module.layer].push_back({&module, files[i].weight});
  AdapterWriter writer(adapters[0]);
  const at::ScalarType dtype = common_dtype(adapters);
  RankReport report;
  Kept kept;
  for (const auto& [layer, parts] : layers) {
    const Shape shape = common_shape(layer, parts);
    const LowRank sum = merged(parts, limit, kept);
    writer.add(layer, sum, shape, double(sum.rank()), dtype);
    count_layer(report, sum.rank());
  }
  report.kept = share_kept(kept);
  writer.write(out);
  return report;
}

RankReport resize_adapter(const fs::path& in, const fs::path& out, const RankLimit& limit) {
  const NoGrad guard;
  const AdapterFile file = read_adapter_file(in);
  require_numbers(file);
  AdapterWriter writer(file);
  const at::ScalarType dtype = common_dtype({file});
  RankReport report;
  Kept kept;
  for (const AdapterModule& module : file.modules) {
    require(is_low_rank(module), ErrorKind::unsupported,
            "resize a LoRA: {} is {}{}, whose rank cannot be changed; merge --rank makes a LoRA of it",
            in_quotes(module.stem), kind_name(module.kind),
            module.factors.contains("dora_scale")        ? ", DoRA"
            : module.factors.contains("lora_mid.weight") ? " with a middle tensor"
                                                         : "");
    const double scale = own_scale(module.kind, module.factors);
    LowRank small = truncated(low_rank_of(module), limit.rank > 0 ? limit.rank : rank_of(module.kind, module.factors),
                              limit.share, kept);
    // Parity: as kohya's resize, the new file says alpha / rank as the old one did, so it is used at the same weights.
    if (scale != 0) small.up = small.up / scale;
    writer.add(module.layer, small, change_shape(module.kind, module.factors), scale * double(small.rank()), dtype);
    count_layer(report, small.rank());
  }
  report.kept = share_kept(kept);
  writer.write(out);
  return report;
}

void merge_into_checkpoint(const std::vector<WeightedFile>& files, const fs::path& model, const fs::path& out,
                           bool whole) {
  const checkpoint::Checkpoint checkpoint = checkpoint::load_checkpoint(model);
  const ModelKeys keys(checkpoint);
  Merge merge;
  merge.set(fitted_files(files, keys));
  checkpoint::ModelToSave saved{
      .description = checkpoint.description, .unet = checkpoint.unet.get(), .vae = checkpoint.vae.get()};
  for (const auto& text : checkpoint.text_encoders) saved.text_encoders.push_back(text.get());
  const at::ScalarType dtype = whole ? at::kFloat : at::kHalf;
  if (out.extension() == ".safetensors")
    checkpoint::save_single_file(saved, out, dtype);
  else
    checkpoint::save_diffusers_folder(saved, out, dtype);
}

}  // namespace darkroom::adapters
