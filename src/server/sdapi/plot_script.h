// script_name "x/y/z plot" of a txt2img or img2img body as axes of ours.
// Source of truth: A1111 1.10, scripts/xyz_grid.py (the order of axes and arguments).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "server/sdapi/image_fields.h"

namespace darkroom::server {

/// As scripts are listed: A1111 writes their titles small.
inline constexpr const char* kPlotScript = "x/y/z plot";

struct PlotScript {
  std::string x, y, z;                ///< as plot::axis_of() reads them; "" = Nothing
  bool sends_cells = false;           ///< "Include Sub Images": each picture behind the plot
  std::vector<std::string> warnings;  ///< arguments that will not act
};

/// Reads script_args: numbers of axes among those A1111 offers for this kind, their values as a text or a list. Throws
/// Error{invalid_request} for arguments that are none of the script's, and for axes and seeds that we do not have.
PlotScript plot_script(const nlohmann::json& arguments, ImageKind kind);

}  // namespace darkroom::server
