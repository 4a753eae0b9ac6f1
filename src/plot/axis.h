// What varies along one side of a plot: "Steps: 5,10,20".
// Source of truth: A1111, scripts/xyz_grid.py (names, ranges, Prompt S/R, Prompt order); deviations in docs/parity.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "generate/request_fields.h"
#include "prompt/styles.h"

namespace darkroom::plot {

struct AxisValue {
  std::string label;                                ///< for the legend
  std::function<void(generate::Settings&)> change;  ///< may throw Error{invalid_request}
};

struct Axis {
  std::string name;               ///< as it is written in a recipe; "" = nothing varies
  std::string text;               ///< the values as they were said
  std::vector<AxisValue> values;  ///< at least one
  std::string field = {};         ///< JSON name of the request field that varies; "" = the prompt, the size, nothing
};

/// "Name: values". The name is a field of a request (JSON name, infotext key, flag) or A1111's name of an axis, in any
/// case; also Prompt S/R (the first text is replaced by each), Prompt order (every order of the texts), Styles, Size
/// (512x768), LoRA weight NAME (in the prompt's tag; added where there is none), Nothing. Values are separated by
/// commas; a value with a comma stands in quotes. Numbers may be ranges: "1-5", "1-5 (+2)" with a step, "1-10 [5]" with
/// a count; ends included. Throws Error{invalid_request} for an unknown name (naming near ones) and values the field
/// does not take.
Axis axis_of(std::string_view text, const std::vector<prompt::Style>& styles = {});

/// One value that changes nothing.
Axis no_axis();

/// The numbers of a range, or nothing if `text` is none. Whole numbers: `is_whole`.
std::vector<std::string> range_values(std::string_view text, bool is_whole);

}  // namespace darkroom::plot
