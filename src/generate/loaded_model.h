// What is behind a LoadedModel.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/load.h"
#include "diffusion/noise_schedule.h"
#include "diffusion/parameterization.h"
#include "generate/linear_preview.h"
#include "generate/model_adapters.h"
#include "generate/placement.h"
#include "generate/run.h"
#include "models/taesd.h"
#include "prompt/encode.h"

namespace darkroom::generate {

struct LoadedModel::Parts {
  checkpoint::Checkpoint checkpoint;
  std::unique_ptr<ModelAdapters> adapters;                           ///< the LoRA files that act on it now
  std::vector<std::shared_ptr<const prompt::Tokenizer>> tokenizers;  ///< one per text encoder
  diffusion::NoiseSchedule noise_schedule;
  diffusion::Prediction prediction;
  at::ScalarType unet_dtype, vae_dtype;         ///< text encoders are fp32
  std::unique_ptr<models::TaesdDecoder> taesd;  ///< may be missing
  bool decodes_with_taesd;
  mutable std::optional<LinearPreview> linear_preview;  ///< of its VAE, when a preview was first asked for
  std::string name, vae_name;                           ///< for infotext
  /// Who is on an accelerator, and when; null where all is computed on the processor.
  mutable std::unique_ptr<Placement> placement;
  at::Device device{at::kCPU};  ///< the accelerator
  mutable std::mutex running;   ///< held by generate(): adapters change the weights

  Parts(const ModelChoice& choice, at::ScalarType unet_dtype, at::ScalarType vae_dtype);

  /// For infotext; vae_hash "" without a VAE file. They take seconds of a core: start_hashing() begins with them while
  /// something else is done.
  std::string hash() const;
  std::string vae_hash() const;
  void start_hashing() const;

  /// The VAE, for a latent it cannot decode in vae_dtype: loaded when first asked for, then kept.
  const models::AutoencoderKL& fp32_vae() const;

  /// From now on parts take turns on `other`, which must outlive this.
  void place_on(PartDevice& other) const;
  /// A picture's stages; they do nothing without a placement. Throw Error{out_of_memory}.
  void turn_of_text_encoders() const;
  void turn_of_unet(const GenerateRequest& request) const;
  void turn_of_vae(const GenerateRequest& request) const;
  /// Where a part computes now: previews may ask the VAE while it is the UNet's turn.
  at::Device device_of(const std::string& part) const {
    return placement && placement->is_on_device(part) ? device : at::Device(at::kCPU);
  }
  /// Before adapters change weights, which they do in main memory.
  void leave_accelerator() const;

  /// Whether blocks of the UNet stay in memory when they have computed; if not, mapped weights of each go at once.
  void keep_unet_blocks(bool keep) const;
  /// Take mapped weights out of memory until they are used again, and what the part computed in.
  void let_go_of_text_encoders() const;
  void let_go_of_unet() const;
  void let_go_of_vae() const;

  /// Throws Error{io} naming a file that was written in place since it was loaded.
  void require_unwritten() const;

 private:
  std::filesystem::path place_, vae_place_;
  bool has_own_vae_;
  mutable std::once_flag hashing_;
  mutable std::shared_future<std::string> hash_, vae_hash_;
  mutable std::unique_ptr<models::AutoencoderKL> fp32_vae_;
  std::unique_ptr<PartDevice> accelerator_;
};

inline bool is_sdxl(const LoadedModel::Parts& parts) {
  return parts.checkpoint.description.family == checkpoint::Family::sdxl;
}

/// The model's noise schedule as the request wants it. Throws Error{invalid_request} where it cannot be rounded so.
diffusion::NoiseSchedule noise_schedule_of(const LoadedModel::Parts& parts, const GenerateRequest& request);

/// How the text encoders of the model are read. Throws Error{invalid_request} for a CLIP skip beyond the first layer.
std::vector<prompt::TextEncoder> text_encoders(const LoadedModel::Parts& parts, int clip_skip);

}  // namespace darkroom::generate
