// Jobs of kind "xyz": fields of a request varied along up to three axes; each cell a picture, and all of them in one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jobs/picture_job.h"
#include "plot/xyz.h"

namespace darkroom::jobs {

struct XyzJob {
  generate::Settings settings;  ///< of all cells; their seed is drawn
  std::string x, y, z;          ///< as plot::axis_of() reads them; "" = nothing varies
  bool is_matrix = false;       ///< instead: the prompt "a|b|c" with and without each part after the first
  std::string format = "png";   ///< of the cells; the plot itself is always a PNG
  int quality = formats::kDefaultQuality;
  bool has_recipe = true;
  bool is_listed = true;  ///< in the gallery
  /// For those who show it: the size of the plot, and what is written along its sides.
  int columns = 1, rows = 1, layers = 1;
  std::vector<std::string> x_labels = {}, y_labels = {}, z_labels = {};
};

std::string job_text(const XyzJob& job);
/// Throws Error{corrupt_file} for text that job_text() did not write.
XyzJob xyz_job(const std::string& text);

/// More pixels than this in all cells together are refused: they are put together in memory.
inline constexpr int64_t kMostPlotPixels = 200'000'000;  // A1111's img_max_size_mp

/// With the seed drawn, its size and labels known, and every cell checked as far as that goes without its model. The
/// size of a picture that nobody said is that of `recommended`. Throws Error{invalid_request}.
XyzJob settled(XyzJob job, const plot::Plan& plan, const generate::Settings& recommended);

/// Runs them. A cell whose file is there already is not made again. `plan_of` says what the cells are; it may throw,
/// since files that the job names may have vanished. Pictures: cell i has the index i, the plot comes last.
JobRunner xyz_runner(Residency& residency, PictureFolders folders, std::function<plot::Plan(const XyzJob&)> plan_of);

}  // namespace darkroom::jobs
