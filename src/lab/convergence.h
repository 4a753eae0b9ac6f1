// Samplers on a model: every sampler at more and more steps, kept on disk so that a stopped run goes on where it was.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "generate/request.h"
#include "imaging/image.h"

namespace darkroom::lab {

/// A sampler with a schedule, as people name the two together.
struct Variant {
  std::string name;  ///< "DPM2 a Karras"
  std::string sampler, schedule;
  bool half = false;  ///< the network's answers rounded to fp16
};

/// The samplers of the note this project grew from, and those that are compared with them.
const std::vector<Variant>& noted_variants();

struct ConvergenceRequest {
  generate::GenerateRequest base;  ///< model, CFG scale, size, first seed; batch_size is the number of seeds
  std::vector<std::string> prompts;
  std::vector<int> steps = {5, 10, 20, 40, 80, 160};  ///< each twice the one before
  std::vector<std::string> profiles = {"a1111-2022-12", "darkroom"};
  std::vector<double> high_cfg_scales = {4, 8, 16};  ///< at which the samplers are compared at 20 steps
  std::filesystem::path output;                      ///< a folder: report, plots
  std::filesystem::path cache = {};                  ///< what was computed, so that it need not be again; output/cache
};

/// Four numbers or more from 1 to 1000, each twice the one before: what convergence is judged by. Throws
/// Error{invalid_request}.
void require_doubling(const std::vector<int>& steps);

/// Calls of the guided network that a run without a cache makes, for one picture per prompt and seed at once.
int planned_calls(const ConvergenceRequest& request);

/// The latents of one variant at one number of steps: picture by picture (prompt by prompt, seed by seed).
struct Latents {
  int calls = 0;  ///< of the guided network, for one picture
  std::vector<std::vector<float>> pictures;
};

/// One variant in one profile at all steps of the request; `at[i]` belongs to steps[i].
struct VariantRuns {
  Variant variant;
  std::vector<Latents> at;
};

struct ProfileRuns {
  std::string profile;
  std::vector<VariantRuns> variants;
  Image contact_sheet;  ///< a row per variant, a column per number of steps: the first picture of each
};

/// At one CFG scale, in the profile darkroom: samplers that follow the flow at 20 steps, and where the flow ends.
struct CfgRuns {
  double cfg_scale = 0;
  std::vector<VariantRuns> variants;  ///< `at` holds one entry
  Latents limit;
};

struct ConvergenceRuns {
  std::vector<int> steps;
  std::vector<ProfileRuns> profiles;
  /// The exact ends: of the flow over the model's levels, of the flow from 10 to 0.1, and of the reverse process along
  /// the seeds' Brownian paths.
  Latents flow_limit, old_flow_limit, path_limit;
  std::vector<CfgRuns> at_cfg;
  int latent_width = 0;
  std::string model_name, model_hash;
};

/// Throws Error as generate() does, and {cancelled} from `progress`, after which what was computed is kept.
ConvergenceRuns run_convergence(const ConvergenceRequest& request, const Progress& progress);

}  // namespace darkroom::lab
