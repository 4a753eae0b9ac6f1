#include "train/memory_need.h"

#include <algorithm>

#include "base/error.h"
#include "layers/checkpointing.h"
#include "train/optimizers.h"

namespace darkroom::train {
namespace {

// Numbers kept for each one of a transformer block's input.
constexpr int64_t kOfSelfAttention = 7;  // before and after the norm, queries, keys, values, what is found, the sum
constexpr int64_t kOfRest = 17;          // of cross-attention and MLP, where they are not computed again
constexpr int64_t kOfProjections = 3;    // around the blocks of a transformer
constexpr int64_t kOfRestAtWork = 28;    // while they are
constexpr int64_t kScratch = int64_t(300) << 20;  // bytes: kernels transformed, scores, the program itself
constexpr int64_t kNumber = 4;

/// Sums up what blocks keep, walking through the UNet as a picture does.
class Walk {
 public:
  Walk(int64_t width, int64_t height, int64_t batch, const LoraTraining& options)
      : options_(options), batch_(batch), width_(width), height_(height) {}

  void pass(const models::UNetBlock& block) {
    int64_t kept = 0, input = 0;
    for (const auto* res : {&block.res, &block.second_res}) {
      if (!*res) continue;
      const layers::Conv2d& in = (*res)->in_conv;
      const int64_t numbers = pixels() * (in.weight.size(0) + in.weight.size(1));
      input = std::max(input, pixels() * in.weight.size(1));
      kept += options_.trains_the_model() ? 2 * numbers : numbers;
    }
    if (block.transformer) kept += of_transformer(*block.transformer);
    if (options_.gradient_checkpointing) {
      kept_ += input;
      at_work_ = std::max(at_work_, kept);
    } else {
      kept_ += kept;
    }
    if (block.down) width_ = (width_ + 1) / 2, height_ = (height_ + 1) / 2;
    if (block.up) width_ *= 2, height_ *= 2;
  }

  int64_t bytes() const { return kNumber * (kept_ + at_work_) + kScratch; }

 private:
  int64_t pixels() const { return batch_ * width_ * height_; }

  int64_t of_transformer(const models::SpatialTransformer& transformer) {
    const int64_t numbers = pixels() * transformer.norm.weight.size(0);
    const int64_t from = layers::recomputed_from(options_.run.mixed_precision == "bf16");
    const bool again = !options_.trains_the_model() && kOfRest * numbers >= from;
    if (again) at_work_ = std::max(at_work_, kOfRestAtWork * numbers);
    const int64_t each = again ? kOfSelfAttention : kOfSelfAttention + kOfRest;
    return numbers * (kOfProjections + each * int64_t(transformer.transformer_blocks.size()));
  }

  const LoraTraining& options_;
  int64_t batch_, width_, height_;
  int64_t kept_ = 0, at_work_ = 0;
};

std::string gigabytes(int64_t bytes) {
  return fmt::format("{:.1f} GB", double(bytes) / 1e9);
}

}  // namespace

int64_t bytes_to_train(int64_t parameters, const RunConfig& run) {
  const double held = run.weights_in == "bf16" ? 2 : 4, average = run.ema_decay > 0 ? 4 : 0;
  return int64_t(double(parameters) * (2 * held + average + state_bytes_per_parameter(run.optimizer)));
}

int64_t bytes_of_step(const models::UNet& unet, const PixelSize& picture, int64_t batch, const LoraTraining& options) {
  constexpr int kScale = 8;  // pixels of a picture for one of a latent
  Walk walk(picture.width / kScale, picture.height / kScale, batch, options);
  for (const auto& block : unet.input_blocks) walk.pass(block);
  walk.pass(unet.middle_block);
  for (const auto& block : unet.output_blocks) walk.pass(block);
  return walk.bytes();
}

void require_memory(const MemoryNeed& need, int64_t machine, const LoraTraining& options) {
  if (machine == 0 || need.kept <= machine || options.ignore_memory) return;
  fail(ErrorKind::out_of_memory,
       "start training \"{}\": what is trained, its gradients and the optimizer must fit into memory, they take {} and "
       "this machine has {}; {}, and ignore_memory starts all the same",
       options.pretrained_model_name_or_path.string(), gigabytes(need.kept), gigabytes(machine),
       options.trains_the_model() ? "optimizer_type = \"Adafactor\", full_bf16, or a LoRA instead take less"
                                  : "a lower network_dim, or optimizer_type = \"AdamW8bit\", takes less");
}

std::string memory_warning(const MemoryNeed& need, int64_t machine, const LoraTraining& options) {
  if (machine == 0 || need.all() <= machine) return "";
  return fmt::format(
      "about {} of memory will be needed, and this machine has {}: training may be very slow, or be stopped by the "
      "system; {}a lower resolution or train_batch_size take less",
      gigabytes(need.all()), gigabytes(machine), options.gradient_checkpointing ? "" : "gradient_checkpointing, ");
}

}  // namespace darkroom::train
