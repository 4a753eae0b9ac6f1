#include "lab/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace darkroom::lab {
namespace {

constexpr std::array<const char*, 10> kColours = {"#4269d0", "#e2711d", "#ff725c", "#3a9e8f", "#3ca951",
                                                  "#c94f9b", "#7a5cd0", "#9c6b4e", "#777c85", "#b59a00"};
constexpr size_t kMostMarks = 100;  // of a series; a line of more points needs none
constexpr double kWidth = 940, kHeight = 560, kLeft = 80, kRight = 210, kTop = 48, kBottom = 56;

std::string head(double width, double height, const std::string& title) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"16\" y=\"26\" font-size=\"16\" fill=\"#222\">{2}</text>\n",
      width, height, escaped(title));
}

bool can_be_drawn(const std::pair<double, double>& point) {
  return std::isfinite(point.first) && std::isfinite(point.second) && point.first > 0 && point.second > 0;
}

/// An axis from `low` to `high`, drawn from `begin` to `end`: logarithmic, or linear from 0.
struct Axis {
  double low = std::numeric_limits<double>::infinity(), high = 0, begin = 0, end = 1;
  bool is_linear = false;

  void widen(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void pad() {
    if (high == 0) low = 1, high = 10;
    low = is_linear ? 0 : low / 1.15;
    high *= is_linear ? 1.02 : 1.15;
  }
  double at(double value) const {
    const double share =
        is_linear ? value / high : (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
    return begin + (end - begin) * share;
  }
  /// Powers of ten, with 2 and 5 between them where there are few.
  std::vector<double> ticks() const {
    if (is_linear) return round_steps();
    const bool few = std::log10(high / low) < 2.5;
    std::vector<double> found;
    for (int power = int(std::floor(std::log10(low))); power <= int(std::ceil(std::log10(high))); ++power) {
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double value = factor * std::pow(10.0, power);
        if ((factor == 1 || few) && value >= low && value <= high) found.push_back(value);
      }
    }
    return found;
  }
  /// 0 and about five multiples of 1, 2 or 5 times a power of ten.
  std::vector<double> round_steps() const {
    const double power = std::pow(10.0, std::floor(std::log10(high / 5)));
    double step = power;
    for (const double factor : {2.0, 5.0, 10.0})
      if (high / step > 7) step = power * factor;
    std::vector<double> found;
    for (int i = 0; i * step <= high; ++i) found.push_back(i * step);
    return found;
  }
};

std::string frame(const Axis& x, const Axis& y, const LogPlot& plot) {
  std::string out;
  for (const double value : x.ticks()) {
    out += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}V{2:.1f}\" stroke=\"#e4e4e4\"/><text x=\"{0:.1f}\" y=\"{3:.1f}\" fill=\"#555\" "
        "text-anchor=\"middle\">{4:g}</text>\n",
        x.at(value), y.begin, y.end, y.begin + 18, value);
  }
  for (const double value : y.ticks()) {
    out += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}H{2:.1f}\" stroke=\"#e4e4e4\"/><text x=\"{3:.1f}\" y=\"{4:.1f}\" fill=\"#555\" "
        "text-anchor=\"end\">{5:g}</text>\n",
        x.begin, y.at(value), x.end, x.begin - 8, y.at(value) + 4, value);
  }
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"#222\" text-anchor=\"middle\">{}</text>\n",
                     (x.begin + x.end) / 2, y.begin + 42, escaped(plot.x_label));
  out += fmt::format(
      "<text transform=\"translate(20 {:.1f}) rotate(-90)\" fill=\"#222\" text-anchor=\"middle\">{}</text>\n",
      (y.begin + y.end) / 2, escaped(plot.y_label));
  return out;
}

/// Places of the names, in the order of the series, moved apart so that none covers another.
std::vector<double> label_places(const LogPlot& plot, const Axis& y) {
  constexpr double kLine = 14;
  std::vector<std::pair<double, size_t>> wanted;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    double place = y.begin;
    for (const auto& point : plot.series[i].points)
      if (can_be_drawn(point)) place = y.at(point.second);
    wanted.emplace_back(place, i);
  }
  std::sort(wanted.begin(), wanted.end());
  std::vector<double> places(plot.series.size());
  double below = -std::numeric_limits<double>::infinity();
  for (auto& [place, index] : wanted) places[index] = below = std::max(place, below + kLine);
  // What was pushed out at the bottom goes up again.
  double limit = y.begin;
  for (auto entry = wanted.rbegin(); entry != wanted.rend(); ++entry) {
    places[entry->second] = std::min(places[entry->second], limit);
    limit = places[entry->second] - kLine;
  }
  return places;
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string svg(const LogPlot& plot) {
  Axis x{.begin = kLeft, .end = kWidth - kRight}, y{.begin = kHeight - kBottom, .end = kTop};
  for (const Series& series : plot.series) {
    for (const auto& point : series.points) {
      if (!can_be_drawn(point)) continue;
      x.widen(point.first);
      y.widen(point.second);
    }
  }
  x.is_linear = plot.counts_x;
  x.pad();
  y.pad();
  std::string out = head(kWidth, kHeight, plot.title) + frame(x, y, plot);
  const std::vector<double> places = label_places(plot, y);
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    const char* colour = kColours[i % kColours.size()];
    const char* dashes = i / kColours.size() % 2 ? " stroke-dasharray=\"6 4\"" : "";
    std::string path, marks;
    std::pair<double, double> last{x.end, y.begin};
    for (const auto& point : series.points) {
      if (!can_be_drawn(point)) continue;
      last = {x.at(point.first), y.at(point.second)};
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", last.first, last.second);
      marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>", last.first, last.second);
    }
    if (series.points.size() > kMostMarks) marks.clear();
    out += fmt::format("<g fill=\"{0}\"><path d=\"{1}\" fill=\"none\" stroke=\"{0}\" stroke-width=\"1.8\"{2}/>{3}",
                       colour, path, dashes, marks);
    out += fmt::format(
        "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\" stroke-width=\"0.5\" fill=\"none\"/><text x=\"{:.1f}\" "
        "y=\"{:.1f}\">{}</text></g>\n",
        last.first, last.second, x.end + 8, places[i], colour, x.end + 12, places[i] + 4, escaped(series.name));
  }
  return out + "</svg>\n";
}

std::string svg(const HeatMap& map) {
  require(map.values.size() == map.rows.size() * map.columns.size(), ErrorKind::internal,
          "draw \"{}\": {} rows of {} values are needed, found {}", map.title, map.rows.size(), map.columns.size(),
          map.values.size());
  constexpr double kCellWidth = 62, kCellHeight = 20, kNames = 190, kHeader = 110;
  std::string out = head(kNames + kCellWidth * double(map.columns.size()) + 60,
                         kHeader + kCellHeight * double(map.rows.size()) + 16, map.title);
  for (size_t column = 0; column < map.columns.size(); ++column) {
    out += fmt::format("<text transform=\"translate({:.1f} {:.1f}) rotate(-35)\" fill=\"#222\">{}</text>\n",
                       kNames + kCellWidth * (double(column) + 0.4), kHeader - 6, escaped(map.columns[column]));
  }
  for (size_t row = 0; row < map.rows.size(); ++row) {
    const double top = kHeader + kCellHeight * double(row);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"#222\" text-anchor=\"end\">{}</text>\n", kNames - 8,
                       top + 14, escaped(map.rows[row]));
    for (size_t column = 0; column < map.columns.size(); ++column) {
      const double value = map.values[row * map.columns.size() + column];
      if (!(value > 0) || !std::isfinite(value)) continue;
      const double strength = std::clamp(std::abs(std::log10(value)) / 1.5, 0.0, 1.0);
      const char* colour = value > 1 ? "#d33" : "#36c";
      out += fmt::format(
          "<rect x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{3:.1f}\" fill=\"{4}\" "
          "fill-opacity=\"{5:.2f}\" "
          "stroke=\"#fff\"/><text x=\"{6:.1f}\" y=\"{7:.1f}\" fill=\"#111\" text-anchor=\"middle\">{8:.3g}</text>\n",
          kNames + kCellWidth * double(column), top, kCellWidth, kCellHeight, colour, 0.08 + 0.75 * strength,
          kNames + kCellWidth * (double(column) + 0.5), top + 14, value);
    }
  }
  return out + "</svg>\n";
}

}  // namespace darkroom::lab
