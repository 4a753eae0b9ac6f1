// One walk of a sampler over a batch: from noise alone, or from what there is.
#pragma once

#include <functional>
#include <vector>

#include "generate/guidance_watch.h"
#include "generate/prompt_pair.h"
#include "generate/sampling.h"
#include "generate/starting_point.h"

namespace darkroom::generate {

/// Pictures made at once.
struct Batch {
  std::vector<uint64_t> seeds;
  diffusion::ImageNoiseOptions noise = {};
  /// Gets the unit noise of a pass that starts the pictures, and may change it.
  std::function<void(Tensor& unit_noise)> on_noise = [](Tensor&) {};
  /// After each step, counted from 1 in every pass, with what it took for the latents' end; may cancel by throwing.
  std::function<void(int done, const Tensor& denoised)> on_step = [](int, const Tensor&) {};
  const GuidanceWatch* watch = nullptr;  ///< told of every denoiser call; only where the pass was made to be watched
};

class Pass {
 public:
  /// `request`: as this pass has it, with its size and prompts. Encodes the prompts. `parts` must outlive it, and the
  /// noise schedule of `sampling`. Throws Error{invalid_request}.
  Pass(const LoadedModel::Parts& parts, GenerateRequest request, Sampling sampling, const PlannedCalls& calls,
       bool is_watched = false);

  const Sampling& sampling() const { return sampling_; }
  /// Of the textual inversion embeddings in its prompts, for infotext.
  const std::string& embedding_hashes() const { return plan_.embedding_hashes; }

  /// The latents of the batch, [B,C,h,w].
  Tensor run(const Batch& batch) const;
  Tensor run(const Batch& batch, const StartingPoint& from) const;

 private:
  Tensor run(const Batch& batch, const StartingPoint* from) const;
  const Tensor& shown(const StartingPoint* from) const;

  const LoadedModel::Parts& parts_;
  GenerateRequest request_;
  Sampling sampling_;
  double cfg_scale_;
  bool rescales_, needs_unconditional_;
  PromptPlan plan_;
  mutable Tensor nothing_;  ///< shown to inpainting models where there is no picture; made when first needed
};

}  // namespace darkroom::generate
