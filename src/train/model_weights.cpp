#include "train/model_weights.h"

#include "base/error.h"
#include "checkpoint/save.h"

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

}  // namespace

ModelWeights::ModelWeights(const LoraTraining& options, checkpoint::Checkpoint& model) : model_(model) {
  const auto add = [&](const std::string& name, layers::Module& network, double rate) {
    groups_.add(name, rate / options.run.learning_rate, whole_networks({{name, &network}}).parameters);
  };
  if (options.network.unet) add("unet", *model.unet, options.unet_rate());
  if (!options.network.text_encoder) return;
  for (size_t i = 0; i < model.text_encoders.size(); ++i)
    add(fmt::format("text_encoder{}", i + 1), *model.text_encoders[i], options.text_rate());
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
