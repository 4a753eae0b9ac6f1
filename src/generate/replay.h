// A picture made again from its own recipe, and how far the new one is from it.
#pragma once

#include "generate/read_recipe.h"
#include "generate/run.h"

namespace darkroom::generate {

struct PictureDifference {
  bool same_size = false;  ///< the rest is only said of pictures of one size; alpha does not count
  int largest = 255;       ///< between two bytes
  double equal_share = 0;  ///< of pixels, 0 to 1
  double psnr = 0;         ///< in dB over bytes; infinite for equal pictures

  bool identical() const { return same_size && largest == 0; }
};
PictureDifference difference(const Image& a, const Image& b);

/// The run that makes the picture again: the whole batch it was made in, since what is computed together is rounded
/// alike. `said` goes over the recipe. Throws Error{invalid_request} as completed_request().
GenerateRequest replay_request(const ReadRecipe& recipe, const Settings& said = {});

/// Says in recipe.fields whether this model, its VAE and its precision are those the recipe names.
void compare_model(ReadRecipe& recipe, const LoadedModel& model);

/// Says in recipe.fields whether the LoRA files and embeddings were the same, by the hashes in the new picture's
/// recipe.
void compare_hashes(ReadRecipe& recipe, const Picture& again);

/// Makes it again. `request` is replay_request()'s. Throws as generate().
Picture replay(const LoadedModel& model, const ReadRecipe& recipe, const GenerateRequest& request,
               const RunOptions& options = {});

}  // namespace darkroom::generate
