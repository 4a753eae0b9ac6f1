// The second pass: the picture enlarged, noise added, and sampled again ("hires fix").
// Source of truth: A1111, modules/processing.py (calculate_target_resolution, sample_hr_pass).
#pragma once

#include <optional>

#include "generate/pass.h"
#include "generate/upscalers.h"

namespace darkroom::generate {

/// Where the second pass goes, in pixels, and what is cut off its latents then.
struct HiresSize {
  int width = 0, height = 0;
  int cut_columns = 0, cut_rows = 0;  ///< of the latents
  bool operator==(const HiresSize&) const = default;
};

/// Requires: a request whose size is known; `reduction`: pixels per latent. Throws Error{invalid_request} for a size no
/// picture can have.
HiresSize hires_size(const GenerateRequest& request, int reduction);

/// The second pass as a request of its own.
GenerateRequest hires_request(const GenerateRequest& request, const HiresSize& size);

class HiresPass {
 public:
  /// `first`: how the first pass samples; its noise schedule must outlive this. Loads the upscaler. Throws Error:
  /// invalid_request, not_found, corrupt_file.
  HiresPass(const LoadedModel::Parts& parts, const GenerateRequest& request, const Sampling& first);

  const GenerateRequest& request() const { return request_; }  ///< of this pass
  const Sampling& sampling() const { return pass_.sampling(); }
  Tensor run(const Batch& batch, const Tensor& latents) const;

 private:
  StartingPoint enlarged(const Tensor& latents) const;
  Tensor through_pictures(const Tensor& latents) const;

  const LoadedModel::Parts& parts_;
  GenerateRequest request_;
  HiresSize size_;
  std::optional<Upscaler> upscaler_;  ///< nothing where latents are enlarged
  Pass pass_;
};

}  // namespace darkroom::generate
