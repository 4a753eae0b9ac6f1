// Plots as SVG text: what the lab's measurements look like. No dependency, readable in every browser.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace darkroom::lab {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< x, y; those that are no positive numbers are left out
};

/// Lines with a mark at each point on logarithmic axes; their names stand right of their last points.
struct LogPlot {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool counts_x = false;  ///< x is a count: its axis is linear, from 0
};

std::string svg(const LogPlot& plot);

/// A table whose cells are coloured by their value on a logarithmic scale around 1: blue below, red above.
struct HeatMap {
  std::string title;
  std::vector<std::string> rows, columns;
  std::vector<double> values;  ///< row by row, as many as cells; 0 = none
};

std::string svg(const HeatMap& map);

/// &, <, > and quotes as entities.
std::string escaped(const std::string& text);

}  // namespace darkroom::lab
