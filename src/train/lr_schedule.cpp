#include "train/lr_schedule.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace darkroom::train {
namespace {

constexpr double kPolynomialEnd = 1e-7;  // a rate: transformers' default

/// How far step `s` is between the warm-up and the end.
double share_done(const LrSchedule& c, double s) {
  return (s - double(c.warmup_steps)) / double(std::max<int64_t>(1, c.steps - c.warmup_steps));
}

double wave(double turns) {
  return std::max(0.0, 0.5 * (1 + std::cos(2 * std::numbers::pi * turns)));
}

double constant(const LrSchedule&, double) {
  return 1;
}

double linear(const LrSchedule& c, double s) {
  return std::max(0.0, (double(c.steps) - s) / double(std::max<int64_t>(1, c.steps - c.warmup_steps)));
}

double cosine(const LrSchedule& c, double s) {
  return wave(0.5 * share_done(c, s));
}

double cosine_with_restarts(const LrSchedule& c, double s) {
  const double done = share_done(c, s);
  return done >= 1 ? 0 : wave(0.5 * std::fmod(c.cycles * done, 1.0));
}

double polynomial(const LrSchedule& c, double s) {
  const double end = kPolynomialEnd / c.base_rate;
  if (s > double(c.steps)) return end;
  return (1 - end) * std::pow(1 - share_done(c, s), c.power) + end;
}

double inverse_sqrt(const LrSchedule& c, double s) {
  const double scale = double(c.timescale > 0 ? c.timescale : c.warmup_steps > 0 ? c.warmup_steps : 10000);
  return 1 / std::sqrt((s + scale - double(c.warmup_steps)) / scale);
}

double cosine_with_min_lr(const LrSchedule& c, double s) {
  return wave(0.5 * c.cycles * share_done(c, s)) * (1 - c.least) + c.least;
}

double warmup_stable_decay(const LrSchedule& c, double s) {
  const double decay_from = double(c.steps - c.decay_steps);
  if (s < decay_from) return 1;
  if (s >= double(c.steps)) return c.least;
  const double done = (s - decay_from) / double(std::max<int64_t>(1, c.decay_steps));
  return wave(0.5 * c.cycles * done) * (1 - c.least) + c.least;
}

double piecewise_constant(const LrSchedule& c, double s) {
  for (const auto& [end, factor] : c.pieces)
    if (s < double(end)) return factor;
  return c.last_piece;
}

struct Row {
  const char* name;
  double (*factor)(const LrSchedule&, double step);  ///< after the warm-up
};

constexpr Row kSchedules[] = {{"constant", constant},
                              {"constant_with_warmup", constant},
                              {"linear", linear},
                              {"cosine", cosine},
                              {"cosine_with_restarts", cosine_with_restarts},
                              {"polynomial", polynomial},
                              {"inverse_sqrt", inverse_sqrt},
                              {"cosine_with_min_lr", cosine_with_min_lr},
                              {"warmup_stable_decay", warmup_stable_decay},
                              {"piecewise_constant", piecewise_constant},
                              {"adafactor", constant}};  // its own steps: optimizers.h

const Row& row_named(const std::string& name) {
  for (const Row& row : kSchedules)
    if (name == row.name) return row;
  fail(ErrorKind::invalid_request, "learning rate schedule \"{}\": known are {}", name,
       fmt::join(lr_schedule_names(), ", "));
}

template <typename Number>
Number number_of(std::string_view text, const std::string& rules) {
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(
      problem == std::errc() && end == text.data() + text.size() && value >= 0, ErrorKind::invalid_request,
      "learning rate rules \"{}\": \"factor:step\" pairs and a last factor are needed, as in \"1:10,0.1:20,0.005\"; "
      "\"{}\" is no number",
      rules, text);
  return value;
}

}  // namespace

std::vector<std::string> lr_schedule_names() {
  std::vector<std::string> names;
  for (const Row& row : kSchedules) names.emplace_back(row.name);
  return names;
}

double lr_factor(const LrSchedule& c, int64_t step) {
  const Row& row = row_named(c.name);
  const bool has_warmup = c.warmup_steps > 0;
  require(c.name != "constant" || !has_warmup, ErrorKind::invalid_request,
          "learning rate schedule \"constant\": it has no warm-up, {} steps were given; say \"constant_with_warmup\"",
          c.warmup_steps);
  require(c.name != "polynomial" || c.base_rate > kPolynomialEnd, ErrorKind::invalid_request,
          "learning rate schedule \"polynomial\": it ends at {}, so the rate must be higher; {} was given",
          kPolynomialEnd, c.base_rate);
  if (step >= c.warmup_steps || c.name == "piecewise_constant") return row.factor(c, double(step));
  const double risen = double(step) / double(c.warmup_steps);
  return c.name == "warmup_stable_decay" ? risen * (1 - c.least) + c.least : risen;
}

void read_pieces(const std::string& rules, LrSchedule& schedule) {
  schedule.pieces.clear();
  std::string_view rest = rules;
  for (size_t comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
    const std::string_view piece = rest.substr(0, comma);
    rest.remove_prefix(comma + 1);
    const size_t colon = std::min(piece.find(':'), piece.size());
    const double factor = number_of<double>(piece.substr(0, colon), rules);
    const auto end = number_of<int64_t>(piece.substr(std::min(colon + 1, piece.size())), rules);
    require(schedule.pieces.empty() || end > schedule.pieces.back().first, ErrorKind::invalid_request,
            "learning rate rules \"{}\": steps must rise, {} does not", rules, end);
    schedule.pieces.emplace_back(end, factor);
  }
  schedule.last_piece = number_of<double>(rest, rules);
}

double learning_rate(const RunConfig& c, int64_t step) {
  require(c.lr_schedule == "cosine" || c.lr_schedule == "constant", ErrorKind::invalid_request,
          "learning rate schedule \"{}\": known here are cosine, constant", c.lr_schedule);
  if (step < c.warmup_steps) return c.learning_rate * double(step + 1) / double(c.warmup_steps);
  const LrSchedule schedule{.name = c.lr_schedule == "cosine" ? "cosine_with_min_lr" : "constant_with_warmup",
                            .steps = c.steps,
                            .warmup_steps = c.warmup_steps,
                            .least = c.min_learning_rate / c.learning_rate};
  return c.learning_rate * lr_factor(schedule, std::min(step, c.steps));
}

}  // namespace darkroom::train
