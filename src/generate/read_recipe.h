// A picture's recipe, of any program, as a request of ours: which of its fields can be honoured, and how.
// Source of truth: A1111 1.10, modules/infotext_utils.py, infotext_versions.py; older versions' habits in
// docs/parity.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "generate/infotext.h"

namespace darkroom::generate {

enum class Honoured {
  yes,          ///< as it is written
  differently,  ///< understood, but what acts is said in the note
  no,           ///< the picture will not show it
  note,         ///< nothing that makes a picture: versions, hashes
};

struct RecipeField {
  std::string key, value;  ///< "Size" and the like in one piece
  Honoured honoured = Honoured::yes;
  std::string note;  ///< why not, or what else; may be empty
};

struct ReadRecipe {
  Settings settings;                ///< of one picture, for completed_request(); values are all valid
  std::vector<RecipeField> fields;  ///< every field written, in order, and those that follow from its version
  std::string model_name, model_hash, vae_name, vae_hash;  ///< empty where not written
  int batch_size = 1, batch_position = 0;                  ///< of the batch the picture was made in
};

/// Keys, values and versions as A1111 1.10 reads them, but for what docs/parity.md lists: fields that cannot be
/// honoured are reported, a second pass happens only where one is written, and noise that is not named is that of an
/// NVIDIA card. A recipe without a profile of ours follows A1111's habits. Never throws for any text but a prompt whose
/// weights are no numbers, which completed_request() refuses.
ReadRecipe read_recipe(const ParsedInfotext& infotext);

}  // namespace darkroom::generate
