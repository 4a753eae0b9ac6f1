// A LoRA while it is trained: two small matrices beside each chosen layer of a model that stays as it is.
// y = W x + multiplier * alpha / dim * up (down x).
// Source of truth: sd-scripts, networks/lora.py; names and counts as there, so that other programs read the files.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/load.h"
#include "train/optimizers.h"

namespace darkroom::train {

struct LoraOptions {
  int64_t dim = 4;       ///< rank
  double alpha = 1;      ///< 0 = dim
  int64_t conv_dim = 0;  ///< rank of 3x3 convolutions ("LoCon"); with it 1x1 ones and time projections are trained too,
                         ///< at `dim`; 0 = none of them
  double conv_alpha = 1;
  double dropout = 0;         ///< share of the values between down and up that are left out in a step
  double rank_dropout = 0;    ///< share of ranks, for each picture; the others grow by 1 / (1 - share)
  double module_dropout = 0;  ///< share of layers without any change in a step
  bool unet = true, text_encoder = true;
};

/// One layer's part.
struct LoraModule {
  std::string name;  ///< kohya's: "lora_unet_down_blocks_0_attentions_0_proj_in"
  bool is_text = false;
  Tensor down;  ///< [dim, in] or [dim, in, k, k]
  Tensor up;    ///< [out, dim] or [out, dim, 1, 1]
  double alpha = 1;
  double scale() const { return alpha / double(down.size(0)); }
};

class LoraNetwork {
 public:
  /// Puts itself beside the layers of `model`, which must outlive it: every linear layer and 1x1 convolution of the
  /// UNet's transformers, every linear layer of the text encoders' attention and MLPs; with conv_dim also the UNet's
  /// residual blocks and its halving and doubling. `down` starts as torch's linear layers do, `up` as zeros, so that
  /// nothing is changed at first. Throws Error{invalid_request} for a rank below 1 or a share outside [0, 1).
  LoraNetwork(const LoraOptions& options, const checkpoint::Checkpoint& model, uint64_t seed);
  ~LoraNetwork();  ///< takes itself away again
  LoraNetwork(const LoraNetwork&) = delete;
  LoraNetwork& operator=(const LoraNetwork&) = delete;

  const std::vector<LoraModule>& modules() const { return modules_; }
  /// Leaves that want gradients, "<module>.lora_down.weight" and "<module>.lora_up.weight", in the modules' order.
  NamedTensors parameters() const;

  /// From now on dropouts draw from `generator`; without one (in the beginning) nothing is left out.
  void begin_step(at::Generator generator) { generator_ = std::move(generator); }
  void set_multiplier(double multiplier) { multiplier_ = multiplier; }

  /// A LoRA file in `dtype`: each module's matrices and its alpha, with `metadata` (ss_...). Throws Error{io}.
  void save(const std::filesystem::path& path, at::ScalarType dtype,
            const std::map<std::string, std::string>& metadata) const;

 private:
  struct Target;
  static std::vector<Target> targets(const LoraOptions& options, const checkpoint::Checkpoint& model);
  Tensor between(const Tensor& low, bool channels_first) const;
  bool skips_module() const;

  LoraOptions options_;
  std::vector<LoraModule> modules_;
  std::vector<std::function<void()>> detach_;
  mutable at::Generator generator_;
  double multiplier_ = 1;
};

}  // namespace darkroom::train
