#include "diffusion/masked_denoiser.h"

#include "diffusion/parameterization.h"

namespace darkroom::diffusion {

Denoiser masked_answer(Denoiser denoise, LatentMask mask, Tensor* unconditional) {
  return [=](const Tensor& x, double sigma) {
    const Tensor answer = mask.blended(denoise(x, sigma));
    if (unconditional && unconditional->defined()) *unconditional = mask.blended(*unconditional);
    return answer;
  };
}

Denoiser masked_input(Denoiser denoise, LatentMask mask, Tensor* unconditional) {
  return [=](const Tensor& x, double sigma) {
    const Tensor shown = x * mask.share + mask.kept * ((1 - mask.share) / input_scale(sigma));
    // The noise is (shown - denoised) / sigma, and must be (x - answer) / sigma too.
    const Tensor difference = x - shown;
    const Tensor answer = denoise(shown, sigma) + difference;
    if (unconditional && unconditional->defined()) *unconditional = *unconditional + difference;
    return answer;
  };
}

}  // namespace darkroom::diffusion
