// Full fine-tuning: the weights of a model themselves are trained, all of its UNet's and, where wanted, of its text
// encoders'. Source of truth: sd-scripts, fine_tune.py, sdxl_train.py.
#pragma once

#include "train/trained_weights.h"

namespace darkroom::train {

class ModelWeights : public TrainedWeights {
 public:
  /// What options.network says is trained becomes leaves that want gradients, as options.run.weights_in says. Throws
  /// Error{invalid_request} where block_lr is said and the model is not SDXL.
  ModelWeights(const LoraTraining& options, checkpoint::Checkpoint& model);

  /// Names as kohya's curves have them: "unet", or with block_lr "block0" to "block22"; "text_encoder1",
  /// "text_encoder2".
  TrainedGroups groups() const override { return groups_; }

  /// The whole checkpoint as one file with the original names (checkpoint/save.h), whatever the model came in; its VAE
  /// and what was not trained are in it too.
  void save(const std::filesystem::path& file, at::ScalarType dtype,
            const std::map<std::string, std::string>& metadata) const override;

 private:
  void add_blocks(const NamedTensors& unet, const LoraTraining& options);

  checkpoint::Checkpoint& model_;
  TrainedGroups groups_;
};

}  // namespace darkroom::train
