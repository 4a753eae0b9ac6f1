// What CFG scale and negative prompt do: one picture at several scales, its predictions step by step.
//
// The formula is u + w (c - u), where c is what the network predicts with the prompt and u without it (with the
// negative prompt); w is the CFG scale. Papers also write c + s (c - u): the same with s = w - 1.
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "generate/request_fields.h"
#include "imaging/image.h"

namespace darkroom::lab {

/// One denoiser call; sizes are root mean squares over the predicted noise, whose true size is 1.
struct GuidanceCall {
  double sigma = 0;
  double conditional = 0, unconditional = 0, guided = 0;
  double difference = 0;  ///< c - u: what the prompt says here
  double largest = 0;     ///< magnitude in the latent the guided prediction leads to, in units of the latents' spread
};

struct GuidanceRun {
  double cfg_scale = 0;
  std::vector<GuidanceCall> calls;
  Image picture;
  double saturation = 0;  ///< mean over the pixels of (max - min) / max of red, green and blue
  double clipped = 0;     ///< share of values at the ends of the range, 0 or 255
  /// What the negative prompt does at this scale: PSNR to the picture without it, dB; NaN where none was given.
  double psnr_without_negative = 0;
  Image without_negative;  ///< empty where no negative prompt was given
};

struct GuidanceReport {
  std::string prompt, negative_prompt, model_name;
  std::vector<GuidanceRun> runs;  ///< in the order of the scales
};

/// How many pictures measure_guidance() makes.
int guidance_pictures(const generate::Settings& said, size_t cfg_scales);

/// The picture of a request, completed with what the model recommends, at each CFG scale. Throws Error as generate().
GuidanceReport measure_guidance(const generate::Settings& said, const std::vector<double>& cfg_scales,
                                const Progress& progress);

double mean_saturation(const Image& image);
double clipped_share(const Image& image);

}  // namespace darkroom::lab
