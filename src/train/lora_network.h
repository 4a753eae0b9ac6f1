// A LoRA, or an adapter of another kind, while it is trained: a change beside each chosen layer of a model that stays
// as it is. y = W x + multiplier * change(x). Sources of truth: sd-scripts, networks/lora.py; LyCORIS 3.1,
// lycoris/kohya.py, config.py. Names and counts as there, so that other programs read the files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/load.h"
#include "train/layer_change.h"
#include "train/optimizers.h"
#include "train/training_options.h"

namespace darkroom::train {

/// One layer's part.
struct LoraModule {
  std::string name;  ///< kohya's: "lora_unet_down_blocks_0_attentions_0_proj_in"
  bool is_text = false;
  size_t text_encoder = 0;  ///< where is_text: whose, counted from 0
  std::unique_ptr<LayerChange> change;
  std::optional<size_t> block;  ///< of the UNet, where blocks have rates of their own (lora_blocks.h)
  double rate = 1;              ///< the block's factor on the UNet's learning rate
};

class LoraNetwork {
 public:
  /// Puts itself beside the layers of `model`, which must outlive it: every linear layer and 1x1 convolution of the
  /// UNet's transformers, every linear layer of the text encoders' attention and MLPs; with conv_dim also the UNet's
  /// residual blocks and its halving and doubling; with `ends` its first and last convolution and the time embedding.
  /// Blocks may have ranks of their own, 0 for no modules; with options.ranks only what is named there is changed.
  /// Nothing is changed at first. Throws Error{invalid_request} for a rank below 1, a share outside [0, 1), and as
  /// LoraBlocks does.
  LoraNetwork(const LoraOptions& options, const checkpoint::Checkpoint& model, uint64_t seed);
  ~LoraNetwork();  ///< takes itself away again
  LoraNetwork(const LoraNetwork&) = delete;
  LoraNetwork& operator=(const LoraNetwork&) = delete;

  const std::vector<LoraModule>& modules() const { return modules_; }
  /// Leaves that want gradients, "<module>.lora_down.weight", "<module>.lora_up.weight", ..., in the modules' order.
  NamedTensors parameters() const;

  /// From now on dropouts are those of batch `number`: each module's follow from seed, batch and module alone, however
  /// often and in whichever order modules are computed. In the beginning, and after without_dropouts(), nothing is left
  /// out.
  void begin_batch(uint64_t seed, uint64_t number) { batch_ = {seed, number}; }
  void without_dropouts() { batch_.reset(); }
  void set_multiplier(double multiplier) { multiplier_ = multiplier; }

  /// Takes the values of a LoRA file with the same modules, ranks and alphas. Throws Error{invalid_request} naming what
  /// differs, and as read_safetensors() does.
  void start_from(const std::filesystem::path& path);

  /// Shrinks every module whose change of the weight is longer than `most`, its matrices alike.
  /// Source: sd-scripts, networks/lora.py apply_max_norm_regularization.
  struct Norms {
    int64_t shrunk = 0;
    double mean = 0, largest = 0;  ///< afterwards
  };
  Norms limit_norms(double most);

  /// A LoRA file in `dtype`: each module's matrices and its alpha, with `metadata` (ss_...) and the hash of its data
  /// (sshs_model_hash), by which A1111 finds it. Throws Error{io}.
  void save(const std::filesystem::path& path, at::ScalarType dtype,
            const std::map<std::string, std::string>& metadata) const;

 private:
  struct Target;
  static std::vector<Target> targets(const LoraOptions& options, const checkpoint::Checkpoint& model);
  Tensor output_change(size_t module, const Tensor& x) const;

  LoraOptions options_;
  std::vector<LoraModule> modules_;
  std::vector<std::function<void()>> detach_;
  std::optional<std::pair<uint64_t, uint64_t>> batch_;  // seed and number
  double multiplier_ = 1;
};

}  // namespace darkroom::train
