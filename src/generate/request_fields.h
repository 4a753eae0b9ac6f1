// Every field of a request declared once: the command line, its help, validation, infotext and the API all follow from
// these rows. JSON names and infotext keys are A1111's where it has the field.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "generate/request.h"

namespace darkroom::generate {

/// Whether a picture's infotext carries the field.
enum class Recorded { never, always, unlike_default };

/// Of numbers: least and most, both allowed, and what they must be a multiple of.
struct FieldRange {
  double least = 0;
  double most = 0;
  int multiple_of = 1;
};

struct RequestField {
  using Member = std::variant<std::string GenerateRequest::*, int GenerateRequest::*, int64_t GenerateRequest::*,
                              double GenerateRequest::*, bool GenerateRequest::*>;
  Member member;
  std::string name;      ///< in JSON
  std::string infotext;  ///< key; width and height share one, "Size", of which they are "Size-1" and "Size-2"
  Recorded recorded;
  std::string flag;
  std::string help;
  FieldRange range = {};                            ///< of numbers
  std::vector<std::string> (*choices)() = nullptr;  ///< of texts: the names to choose from, if not free
  bool is_numbered = false;                         ///< a choice's place in the list names it too
  /// Whether it counts in this request, so that infotext must tell; null = always.
  bool (*acts)(const GenerateRequest&) = nullptr;
};

/// All fields, in the order of infotext.
const std::vector<RequestField>& request_fields();

/// By JSON name. Throws Error{invalid_request}, listing the nearest names.
const RequestField& request_field(std::string_view name);

/// A field's value as text: as typed after its flag and as written in infotext (numbers and truth as Python's str
/// prints them).
std::string field_text(const GenerateRequest& request, const RequestField& field);

/// What somebody said: JSON name -> text. What is not in here was left open.
using Settings = std::map<std::string, std::string>;

/// Reads `text` into one member. Throws Error{invalid_request} that does not name the field (the caller knows whether
/// it was a flag or a JSON name): text that is not a number of the range, or not UTF-8.
void assign_field(GenerateRequest& request, const RequestField& field, std::string_view text);

/// The whole request: what was said, else what the model's makers recommend, else the defaults; names in their table's
/// spelling. Sampler and schedule are one choice: a recommended schedule does not outlive its sampler. Throws
/// Error{invalid_request} naming the flag.
GenerateRequest completed_request(const Settings& said, const Settings& recommended = {});

}  // namespace darkroom::generate
