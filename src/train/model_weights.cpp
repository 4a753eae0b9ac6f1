#include "train/model_weights.h"

#include "base/error.h"
#include "checkpoint/mapped_weights.h"
#include "checkpoint/save.h"
#include "train/lora_blocks.h"

namespace darkroom::train {
namespace {

constexpr double kLargestHalf = 65504;

/// A weight that the file would hold as infinite makes the whole model useless.
void require_fits(layers::Module& network, const std::filesystem::path& file) {
  for (const auto& [name, parameter] : network.named_parameters()) {
    if (parameter->numel() == 0) continue;
    const double largest = parameter->abs().max().item<double>();
    require(largest <= kLargestHalf, ErrorKind::invalid_request,
            "save \"{}\": \"{}\" holds the value {:g}, and fp16 ends at {:g}; continue with save_precision = \"bf16\" "
            "or \"float\"",
            file.string(), name, largest, kLargestHalf);
  }
}

/// What would stay as it is in the file, and is not to be written to there.
void copy_mapped(layers::Module& network, const std::string& weights_in) {
  const at::ScalarType held = weights_in == "bf16" ? at::kBFloat16 : at::kFloat;
  for (auto& [name, tensor] : network.named_parameters())
    if (checkpoint::is_mapped(*tensor) && (tensor->scalar_type() == held || tensor->dim() <= 1))
      *tensor = tensor->clone();
}

}  // namespace

ModelWeights::ModelWeights(const LoraTraining& options, checkpoint::Checkpoint& model) : model_(model) {
  const auto parameters = [&](const std::string& name, layers::Module& network) {
    copy_mapped(network, options.run.weights_in);
    return whole_networks({{name, &network}}, options.run.weights_in).parameters;
  };
  const auto add = [&](const std::string& name, layers::Module& network, double rate) {
    groups_.add(name, rate / options.run.learning_rate, parameters(name, network));
  };
  if (options.network.unet && options.block_rates.empty()) add("unet", *model.unet, options.unet_rate());
  if (options.network.unet && !options.block_rates.empty()) {
    require(model.description.family == checkpoint::Family::sdxl, ErrorKind::invalid_request,
            "full fine-tuning of \"{}\": block_lr is for SDXL's blocks, and this model is another; say unet_lr",
            options.pretrained_model_name_or_path.string());
    add_blocks(parameters("unet", *model.unet), options);
  }
  for (size_t i = 0; i < model.text_encoders.size(); ++i)
    if (options.network.trains_text(i))
      add(fmt::format("text_encoder{}", i + 1), *model.text_encoders[i], options.text_rate(i));
}

void ModelWeights::add_blocks(const NamedTensors& unet, const LoraTraining& options) {
  constexpr std::string_view kPrefix = "unet.";
  std::vector<NamedTensors> blocks(options.block_rates.size());
  for (const auto& [name, tensor] : unet) {
    const size_t block = rate_of_parameter(name.substr(kPrefix.size()));
    // Parity: sd-scripts leaves these out of the optimizer too, but there their gradients count when all are clipped.
    if (options.block_rates[block] == 0)
      Tensor(tensor).set_requires_grad(false);
    else
      blocks[block].emplace_back(name, tensor);
  }
  for (size_t i = 0; i < blocks.size(); ++i)
    groups_.add(fmt::format("block{}", i), options.block_rates[i] / options.run.learning_rate, blocks[i]);
}

void ModelWeights::save(const std::filesystem::path& file, at::ScalarType dtype,
                        const std::map<std::string, std::string>& metadata) const {
  NoGrad guard;
  checkpoint::ModelToSave whole{model_.description, {}, model_.unet.get(), model_.vae.get()};
  for (const auto& text : model_.text_encoders) whole.text_encoders.push_back(text.get());
  if (dtype == at::kHalf) {
    require_fits(*model_.unet, file);
    for (models::ClipText* text : whole.text_encoders) require_fits(*text, file);
  }
  checkpoint::save_single_file(whole, file, dtype, metadata);
}

}  // namespace darkroom::train
