#include "train/training_log.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <sstream>

#include "base/error.h"

namespace darkroom::train {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string rows_until(const std::filesystem::path& file, int64_t steps_done) {
  std::ifstream in(file);
  std::string kept, line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] < '0' || line[0] > '9') continue;
    if (std::stoll(line) <= steps_done) kept += line + "\n";
  }
  return kept;
}

}  // namespace

TrainingLog::TrainingLog(const std::filesystem::path& output_dir, int64_t steps_done, int64_t total_steps,
                         Progress progress)
    : events_(output_dir / "events.csv"),
      total_steps_(total_steps),
      progress_(std::move(progress)),
      started_(seconds_now()) {
  const auto file = output_dir / "log.csv";
  const std::string kept = rows_until(file, steps_done);
  csv_.open(file, std::ios::trunc);
  require(csv_.good(), ErrorKind::io, "write training log \"{}\": cannot open it", file.string());
  csv_ << "step,seconds,name,value\n" << kept << std::flush;
}

void TrainingLog::add(int64_t step, const Scalars& values) {
  for (const auto& [name, value] : values) {
    csv_ << fmt::format("{},{:.1f},{},{:.7g}\n", step, seconds_now() - started_, name, value);
  }
  csv_.flush();
}

void TrainingLog::note(const TrainingEvent& event) {
  const bool is_new = !std::filesystem::exists(events_);
  std::ofstream events(events_, std::ios::app);
  require(events.good(), ErrorKind::io, "write training events \"{}\": cannot open it", events_.string());
  if (is_new) events << "time,step,kind,words\n";
  events << fmt::format("{},{},{},{}\n", std::time(nullptr), event.step, event.kind, event.words) << std::flush;
  if (listener_) listener_(event);
}

void TrainingLog::report(const std::string& stage, int64_t step, const std::string& note) {
  progress_({stage, int(step), int(total_steps_), note});
}

}  // namespace darkroom::train
