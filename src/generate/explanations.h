// What fields of a request mean, and what they do at the values they have: the page, the API and `darkroom generate
// --explain` say these words. No tensors here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generate/request_fields.h"

namespace darkroom::generate {

/// Words about a field, {name} for a field's live value and {name-1} for one less, formulas between backticks.
/// "lora_weight" is of the tags in a prompt, which are no field.
struct FieldWords {
  const char* field;
  const char* words;
};
const std::vector<FieldWords>& field_words();

/// The words with the request's values in place.
std::string with_live_values(const std::string& words, const GenerateRequest& request);

/// What the files behind a request say of themselves; what cannot be read is not there.
struct RequestFacts {
  std::string family;  ///< "SD 1.x", "SD 2.x", "SDXL"; "" = not known
  int text_layers = 0;
  int pixels_per_latent = 8;
  int own_width = 0, own_height = 0;  ///< of the model; 0 = not known
  struct Lora {
    std::string name;
    double text = 1, unet = 1;  ///< weights of the prompt's tags, of the same name added up
    int tags = 1;
    std::optional<double> rank, alpha;
    bool is_there = true;
  };
  std::vector<Lora> loras;
  bool has_bf16 = false;
};
/// Reads heads of files, no weights. Never throws Error.
RequestFacts request_facts(const GenerateRequest& request);

struct ExplainedField {
  std::string field, flag, value;
  bool is_default = false;
  std::string words;  ///< plain, with live values; what the field's help says where there are no longer ones
  std::string now;    ///< what it does in this request, or why nothing; "" where the value says all
};
/// Every field, in the order of the table, and "lora_weight" last, whose value is the list of tags.
std::vector<ExplainedField> explained(const GenerateRequest& request, const RequestFacts& facts);

}  // namespace darkroom::generate
