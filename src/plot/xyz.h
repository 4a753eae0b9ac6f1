// Plots of a request: its fields varied along up to three axes, or the parts of its prompt with and without one
// another.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "generate/run.h"
#include "plot/axis.h"
#include "plot/grid.h"

namespace darkroom::plot {

/// Cell x, y, z of the plot is number x + columns * (y + rows * z).
struct Cell {
  generate::GenerateRequest request;
  std::string infotext;
  Image image;
};

struct Plan {
  std::vector<generate::Settings> cells;  ///< what each says
  int columns = 1, rows = 1, layers = 1;
  Legends legends;                                          ///< of one layer
  std::vector<Legend> layer_legends;                        ///< one a layer, or none
  std::vector<std::pair<std::string, std::string>> recipe;  ///< A1111's fields of a plot, for the grid's infotext
};

/// Every combination. A seed of -1 is drawn once for all cells, as is the variation seed. Throws
/// Error{invalid_request}: values that go together badly, more than 10000 cells.
Plan xyz_plan(const generate::Settings& said, const Axis& x, const Axis& y, const Axis& z);

/// "a|b|c": a alone, a with b, a with c, a with both; half of the parts vary along the columns. All with one seed.
Plan matrix_plan(const generate::Settings& said);

/// The cells' numbers in the order in which they are best made: those of one model together. Throws as
/// completed_request for a cell that cannot be.
std::vector<size_t> work_order(const Plan& plan);

struct PlotOptions {
  Progress on_progress = ignore_progress;               ///< of all cells together
  std::function<void(int index, const Cell&)> on_cell;  ///< each as it is finished
};

struct Plot {
  std::vector<Cell> cells;
  Image image;           ///< layers beside one another
  std::string infotext;  ///< of the first cell, with what varies
};

/// Finished cells as one picture. A cell without a picture stays empty. Throws as grid; Error{cancelled} where no cell
/// has one. Requires as many cells as the plan has.
Plot assembled(const Plan& plan, std::vector<Cell> cells);

/// Makes the cells, those of one model together, so that each model is loaded once, and puts them into one picture.
/// What can be refused is refused before the first is made. Throws Error as completed_request, LoadedModel, generate
/// and grid do.
Plot plotted(const Plan& plan, const PlotOptions& options = {});

}  // namespace darkroom::plot
