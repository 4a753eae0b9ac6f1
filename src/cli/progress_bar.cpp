#include "cli/progress_bar.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"

namespace darkroom::cli {
namespace {

constexpr int kWidth = 30;

std::string minutes(double seconds) {
  const int64_t whole = std::llround(seconds);
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

ProgressBar::ProgressBar(std::FILE* out, bool is_terminal, Clock clock)
    : out_(out), is_terminal_(is_terminal), clock_(std::move(clock)) {}

void ProgressBar::show(const ProgressEvent& event) {
  const double now = clock_();
  Rate& rate = rates_[event.stage];
  // Only time between two events of the same stage was spent on its steps.
  if (stage_ == event.stage && event.step > rate.last_step) {
    rate.seconds += now - last_;
    rate.steps += event.step - rate.last_step;
  }
  rate.last_step = event.step;
  last_ = now;
  if (is_terminal_) {
    stage_ = event.stage;
    draw(event);
  } else if (stage_ != event.stage) {
    stage_ = event.stage;
    const bool has_steps = event.stage == "sampling" || event.stage == "training";
    fmt::print(out_, "{}\n",
               has_steps ? fmt::format("{}: {} steps", event.stage, event.total - event.step) : event.stage);
    std::fflush(out_);
  }
}

void ProgressBar::draw(const ProgressEvent& event) {
  std::string line = event.stage;
  if (event.total > 0) {
    const int filled = int(std::clamp<int64_t>(int64_t(kWidth) * event.step / event.total, 0, kWidth));
    line += fmt::format(" [{}{}] {}/{}", std::string(filled, '#'), std::string(kWidth - filled, ' '), event.step,
                        event.total);
    if (const double each = seconds_per_step(event.stage); each > 0) {
      line += fmt::format("  {:.2f} s/step  ETA {}", each, minutes(each * (event.total - event.step)));
    }
  }
  if (!event.note.empty()) line += "  " + event.note;
  const size_t blanks = drawn_ > line.size() ? drawn_ - line.size() : 0;
  fmt::print(out_, "\r{}{}", line, std::string(blanks, ' '));
  std::fflush(out_);
  drawn_ = line.size();
}

double ProgressBar::seconds_per_step(const std::string& stage) const {
  const auto rate = rates_.find(stage);
  return rate == rates_.end() || rate->second.steps == 0 ? 0 : rate->second.seconds / rate->second.steps;
}

void ProgressBar::clear() {
  if (drawn_ > 0) fmt::print(out_, "\r{}\r", std::string(drawn_, ' '));
  std::fflush(out_);
  drawn_ = 0;
}

}  // namespace darkroom::cli
