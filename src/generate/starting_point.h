// What a pass starts from when it does not start from noise alone.
#pragma once

#include <optional>
#include <vector>

#include "diffusion/masked_denoiser.h"
#include "generate/canvas.h"
#include "generate/loaded_model.h"

namespace darkroom::generate {

struct StartingPoint {
  Tensor latents;                             ///< [1 or B, C, h, w]
  std::optional<diffusion::LatentMask> mask;  ///< of what is made anew; nothing = everything
  Tensor shown;                               ///< to an inpainting model, see shown_channels(); else undefined
  double noise_multiplier = 1;                ///< on the unit noise it is given

  /// That of picture `i` of the batch alone.
  StartingPoint of_picture(int64_t i) const;
};

/// Of a canvas. `seeds`: of the first batch, whose noise fills the masked part where that is asked for.
StartingPoint starting_point(const LoadedModel::Parts& parts, const GenerateRequest& request, const Canvas& canvas,
                             const std::vector<uint64_t>& seeds);

}  // namespace darkroom::generate
