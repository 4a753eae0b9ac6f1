// What the lab writes: tables and plots of every measurement, as files of a folder.
#pragma once

#include <filesystem>
#include <string>

#include "lab/convergence.h"
#include "lab/gain_map.h"
#include "lab/moments.h"
#include "lab/order.h"

namespace darkroom::lab {

/// For programs.
std::string order_json(const std::vector<OrderRow>& rows);
std::string moments_json(const MomentsTable& table);
std::string gain_json(const GainMap& map);

/// order.svg: error against denoiser calls. gain.svg: the map. They create the folder. Throw Error{io}.
void write_order(const std::filesystem::path& folder, const std::vector<OrderRow>& rows);
void write_moments(const std::filesystem::path& folder, const MomentsTable& table);
void write_gain(const std::filesystem::path& folder, const GainMap& map);

/// report.md, report.html, report.json and their figures. `seeds`: pictures per prompt.
void write_convergence(const std::filesystem::path& folder, const ConvergenceRuns& runs, int seeds);

}  // namespace darkroom::lab
