#include "bench/chart.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/svg_plot.h"

namespace darkroom::bench {
namespace {

constexpr double kNames = 290, kBars = 400, kTexts = 330, kRow = 30, kTop = 84, kMostFraction = 1.6;
constexpr const char* kBlue = "#4269d0";
constexpr const char* kOrange = "#e2711d";

std::string rectangle(double x, double y, double width, double height, const char* colour) {
  return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", x, y, width,
                     height, colour);
}

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"#222\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     lab::escaped(words));
}

}  // namespace

std::string svg(const BarChart& chart) {
  const double width = kNames + kBars + kTexts, height = kTop + kRow * double(chart.bars.size()) + 12;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"16\" y=\"26\" font-size=\"16\" fill=\"#222\">{2}</text>\n",
      width, height, lab::escaped(chart.title));
  out += rectangle(kNames, 40, 12, 12, kBlue) + text(kNames + 18, 51, "start", chart.share_label);
  out += rectangle(kNames + kBars, 43, 12, 6, kOrange) + text(kNames + kBars + 18, 51, "start", chart.fraction_label);
  const double full = kNames + kBars / kMostFraction;  // where a fraction is 1
  out += fmt::format(
      "<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" stroke=\"{3}\" stroke-dasharray=\"4 4\"/><text x=\"{0:.1f}\" y=\"{4:.1f}\" "
      "fill=\"#555\" text-anchor=\"middle\">100 %</text>\n",
      full, kTop - 6, height - 8, kOrange, kTop - 12);
  for (size_t row = 0; row < chart.bars.size(); ++row) {
    const Bar& bar = chart.bars[row];
    const double y = kTop + kRow * double(row);
    const double unit = kBars / kMostFraction;
    out += text(kNames - 10, y + 16, "end", bar.name);
    out += rectangle(kNames, y + 2, std::max(1.0, unit * std::clamp(bar.share, 0.0, 1.0)), 12, kBlue);
    if (bar.fraction > 0) out += rectangle(kNames, y + 15, unit * std::min(bar.fraction, kMostFraction), 6, kOrange);
    out += text(kNames + kBars + 12, y + 16, "start", bar.text);
  }
  return out + "</svg>\n";
}

}  // namespace darkroom::bench
