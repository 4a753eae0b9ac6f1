#include "plot/xyz.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "generate/infotext.h"

namespace darkroom::plot {
namespace {

using generate::GenerateRequest;
using generate::Settings;

constexpr size_t kMostCells = 10000;

/// Drawn once, so that cells differ in what varies and in nothing else.
void fix_seeds(Settings& said) {
  for (const char* name : {"seed", "subseed"})
    if (!said.contains(name) || said.at(name) == "-1") said[name] = std::to_string(generate::drawn_seed(-1));
}

std::vector<Legend> legends_of(const Axis& axis) {
  std::vector<Legend> legends;
  if (axis.name.empty()) return legends;
  for (const AxisValue& value : axis.values) legends.push_back({{value.label}});
  return legends;
}

void describe(Plan& plan, const char* side, const Axis& axis) {
  if (axis.name.empty()) return;
  plan.recipe.emplace_back(fmt::format("{} Type", side), axis.name);
  plan.recipe.emplace_back(fmt::format("{} Values", side), axis.text);
}

std::string trimmed_part(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\n"), last = text.find_last_not_of(" \t\n");
  std::string part = first == std::string::npos ? "" : text.substr(first, last - first + 1);
  while (part.starts_with(',')) part.erase(0, 1);
  while (part.ends_with(',')) part.pop_back();
  return part;
}

std::vector<std::string> parts_of(const std::string& prompt) {
  std::vector<std::string> parts = {""};
  for (const char c : prompt) {
    if (c == '|')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// Which of the parts from `first` on stand in a row or column of this number.
std::vector<Legend> matrix_legends(const std::vector<std::string>& parts, size_t first, size_t count) {
  std::vector<Legend> legends;
  if (count == 0) return legends;
  for (size_t number = 0; number < size_t(1) << count; ++number) {
    Legend legend;
    for (size_t i = 0; i < count; ++i) legend.push_back({trimmed_part(parts[first + i]), (number >> i & 1) != 0});
    legends.push_back(std::move(legend));
  }
  return legends;
}

/// The model that is loaded now, and another one when a cell wants it.
class Models {
 public:
  const generate::LoadedModel& of(const GenerateRequest& request) {
    const auto key = key_of(request);
    if (!model_ || key != key_) {
      model_.reset();  // two at once may not fit
      key_ = key;
      model_ = std::make_unique<generate::LoadedModel>(
          generate::ModelChoice{.model = request.model, .vae = request.vae, .precision = request.precision});
    }
    return *model_;
  }

  using Key = std::tuple<std::string, std::string, std::string>;
  static Key key_of(const GenerateRequest& request) { return {request.model, request.vae, request.precision}; }

 private:
  std::unique_ptr<generate::LoadedModel> model_;
  Key key_;
};

/// Cells of one model together, otherwise in their order.
std::vector<size_t> order_of(const std::vector<GenerateRequest>& requests) {
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return Models::key_of(requests[a]) < Models::key_of(requests[b]); });
  return order;
}

Image composed(const Plan& plan, const std::vector<Cell>& cells) {
  const size_t each = size_t(plan.columns) * plan.rows;
  std::vector<Image> layers;
  for (int z = 0; z < plan.layers; ++z) {
    std::vector<Image> pictures;
    for (size_t i = 0; i < each; ++i) pictures.push_back(cells[z * each + i].image);
    layers.push_back(grid(pictures, plan.columns, plan.legends));
  }
  if (plan.layers == 1 && plan.layer_legends.empty()) return std::move(layers.front());
  return grid(layers, plan.layers, {plan.layer_legends, {}});
}

/// Grey, of the size of the others, in place of what was left out.
void fill_empty(std::vector<Cell>& cells) {
  const auto made =
      std::find_if(cells.begin(), cells.end(), [](const Cell& cell) { return !cell.image.pixels.empty(); });
  require(made != cells.end(), ErrorKind::cancelled, "put a plot together: none of its {} cells was made",
          cells.size());
  constexpr uint8_t kGrey = 128;
  Image empty(made->image.width, made->image.height, 3);
  std::fill(empty.pixels.begin(), empty.pixels.end(), kGrey);
  for (Cell& cell : cells)
    if (cell.image.pixels.empty()) cell.image = empty;
}

}  // namespace

Plan xyz_plan(const Settings& said, const Axis& x, const Axis& y, const Axis& z) {
  const size_t count = x.values.size() * y.values.size() * z.values.size();
  require(count <= kMostCells, ErrorKind::invalid_request,
          "a plot must have at most {} pictures, {} x {} x {} were asked for", kMostCells, x.values.size(),
          y.values.size(), z.values.size());
  Plan plan{.columns = int(x.values.size()), .rows = int(y.values.size()), .layers = int(z.values.size())};
  Settings base = said;
  fix_seeds(base);
  for (const AxisValue& layer : z.values) {
    for (const AxisValue& row : y.values) {
      for (const AxisValue& column : x.values) {
        Settings cell = base;
        column.change(cell);
        row.change(cell);
        layer.change(cell);
        plan.cells.push_back(std::move(cell));
      }
    }
  }
  plan.legends = {legends_of(x), legends_of(y)};
  plan.layer_legends = legends_of(z);
  plan.recipe.emplace_back("Script", "X/Y/Z plot");
  describe(plan, "X", x);
  describe(plan, "Y", y);
  describe(plan, "Z", z);
  return plan;
}

Plan matrix_plan(const Settings& said) {
  Settings base = said;
  fix_seeds(base);
  const std::vector<std::string> parts = parts_of(base["prompt"]);
  const size_t optional = parts.size() - 1;
  require(optional <= 10, ErrorKind::invalid_request,
          "a prompt matrix must have at most 10 parts after the first, which make 1024 pictures; {} were given",
          optional);
  const size_t along_columns = (optional + 1) / 2;
  Plan plan{.columns = 1 << along_columns, .rows = 1 << (optional - along_columns)};
  for (size_t combination = 0; combination < size_t(1) << optional; ++combination) {
    std::string prompt = parts[0];
    for (size_t i = 0; i < optional; ++i)
      if (combination >> i & 1) prompt += ", " + trimmed_part(parts[i + 1]);
    Settings cell = base;
    cell["prompt"] = prompt;
    plan.cells.push_back(std::move(cell));
  }
  plan.legends = {matrix_legends(parts, 1, along_columns),
                  matrix_legends(parts, 1 + along_columns, optional - along_columns)};
  plan.recipe.emplace_back("Script", "Prompt matrix");
  return plan;
}

std::vector<size_t> work_order(const Plan& plan) {
  std::vector<GenerateRequest> requests;
  for (const Settings& cell : plan.cells) requests.push_back(generate::completed_request(cell));
  return order_of(requests);
}

Plot assembled(const Plan& plan, std::vector<Cell> cells) {
  Plot plot{.cells = std::move(cells), .image = {}, .infotext = {}};
  for (const Cell& cell : plot.cells)
    if (plot.infotext.empty() && !cell.infotext.empty())
      plot.infotext = generate::with_fields(cell.infotext, plan.recipe);
  fill_empty(plot.cells);
  plot.image = composed(plan, plot.cells);
  return plot;
}

Plot plotted(const Plan& plan, const PlotOptions& options) {
  std::vector<Cell> cells(plan.cells.size());
  Models models;
  int done = 0;
  for (const size_t index : work_order(plan)) {
    const int total = int(plan.cells.size());
    options.on_progress({"picture", done++, total, ""});
    const generate::LoadedModel& model = models.of(generate::completed_request(plan.cells[index]));
    Cell& cell = cells[index];
    cell.request = generate::completed_request(plan.cells[index], model.recommended());
    cell.request.batch_size = cell.request.batch_count = 1;
    const auto keep = [&](generate::Picture&& picture) {
      cell.image = std::move(picture.image);
      cell.infotext = std::move(picture.infotext);
    };
    generate::generate(model, cell.request, keep, {.on_progress = options.on_progress});
    if (options.on_cell) options.on_cell(int(index), cell);
  }
  return assembled(plan, std::move(cells));
}

}  // namespace darkroom::plot
