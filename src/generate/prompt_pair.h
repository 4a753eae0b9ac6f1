// What the UNet is told: prompts that change while a picture is made, and prompts that are several.
#pragma once

#include <optional>
#include <vector>

#include "generate/loaded_model.h"
#include "models/conditioning.h"

namespace darkroom::generate {

/// Each for one picture (batch 1).
struct PromptPair {
  models::Conditioning prompt;
  models::Conditioning negative;                       ///< undefined tensors where it is never asked
  const diffusion::NoiseSchedule* schedule = nullptr;  ///< as PromptPlan's
};

/// A text, encoded, and the last denoiser call (from 0) for which it counts.
struct TimedConditioning {
  int last_call = 0;
  models::Conditioning text;
};

/// One of the prompts between AND.
struct PromptPart {
  double weight = 1;
  std::vector<TimedConditioning> texts;  ///< in the order of their calls; after the last one it stays
};

struct PromptPlan {
  std::vector<PromptPart> parts;            ///< at least one
  std::vector<TimedConditioning> negative;  ///< empty where it is never asked
  std::string embedding_hashes;             ///< of the textual inversion embeddings in the texts, as in infotext
  /// What the network's answers are read with; null = the model's. Must outlive the plan's denoiser.
  const diffusion::NoiseSchedule* schedule = nullptr;
};

/// Denoiser calls that schedules in prompts count with.
struct PlannedCalls {
  int first_pass = 0;
  std::optional<int> hires = std::nullopt;  ///< of the second pass, if that is what is planned
  PlannedCalls(int first_pass, std::optional<int> hires = std::nullopt) : first_pass(first_pass), hires(hires) {}
};

/// Encodes everything that the request's prompts say over a pass of `calls`. `always_negative`: at CFG
/// scale 1 too, where nothing asks it. Requires: width and height are known. Throws Error{invalid_request} as
/// encode_prompt and parse_schedule do.
PromptPlan plan_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request, const PlannedCalls& calls,
                        bool always_negative = false);

/// The same for prompts that do not change: what holds at the first call, of the first part.
PromptPair encode_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request,
                          bool always_negative = false);

}  // namespace darkroom::generate
