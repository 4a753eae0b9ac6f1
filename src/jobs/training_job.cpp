#include "jobs/training_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "formats/utf8.h"
#include "jobs/child_process.h"

namespace darkroom::jobs {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kPatience = 200ms;
constexpr auto kBetweenNews = 500ms;
/// The page and pictures come first where all of them want the processor.
constexpr int kNiceness = 5;

/// One training: its child, and what the queue hears of it.
class TrainingRun {
 public:
  TrainingRun(const Job& job, JobControl& control, const TrainingPlace& place)
      : control_(control), place_(place), wanted_(training_job(job.request)), folder_(place.runs / wanted_.run) {}

  void run() {
    require(std::filesystem::is_directory(folder_), ErrorKind::not_found, "train {}: its folder {} is gone",
            formats::in_quotes(wanted_.run), formats::in_quotes(folder_.string()));
    FileLock lock(folder_ / "run.lock");
    while (!lock.try_lock()) {
      control_.progress({"waiting for this run's former process to save its state", 0, 0, ""});
      std::this_thread::sleep_for(kPatience);
    }
    control_.progress({stage_, 0, 0, ""});
    wishes();  // those of an earlier job are not this one's
    ChildProcess child({.program = place_.program,
                        .arguments = training_arguments(wanted_, place_.runs),
                        .kept_file = lock.file(),
                        .niceness = kNiceness});
    try {
      while (attend(child)) give_way(child);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::cancelled) throw;
      finish_step(child);
      throw;
    }
    conclude(child);
  }

 private:
  /// One line of the child, or a moment without one; false at its end.
  bool attend(ChildProcess& child) {
    const ChildProcess::Heard heard = child.hear(kPatience);
    if (heard.has_ended) return false;
    control_.check();
    for (const std::string& wish : wishes()) child.say(wish);
    if (!heard.line) return true;
    try {
      take(json::parse(*heard.line));
    } catch (const json::exception&) {
      // A line that is not the trainer's: a library's.
    }
    return true;
  }

  std::vector<std::string> wishes() const {
    return place_.wishes ? place_.wishes->take(wanted_.run) : std::vector<std::string>();
  }

  void take(const json& said) {
    is_paused_ = said.contains("paused");
    if (said.contains("error")) error_ = said.at("error").get<std::string>();
    if (said.contains("warning")) control_.warn(said.at("warning").get<std::string>());
    noted_ += said.contains("event");
    if (said.contains("batch")) batch_ = said.at("batch");
    if (said.contains("stage")) take_progress(said);
  }

  /// Curves on disk are new after each step. The news say all that is so now, for who has missed those before.
  void take_progress(const json& said) {
    stage_ = said.at("stage"), step_ = said.at("step"), steps_ = said.at("total"), note_ = said.at("note");
    control_.progress({stage_, step_, steps_, note_});
    const auto time = std::chrono::steady_clock::now();
    if (time - told_ < kBetweenNews) return;
    told_ = time;
    json news = {{"run", wanted_.run}, {"step", step_}, {"noted", noted_}};
    if (!batch_.is_null()) news["batch"] = batch_;
    control_.tell("training", news.dump());
  }

  /// Jobs that are shorter run while the child stands between two steps.
  void give_way(ChildProcess& child) {
    if (!place_.lets_others_pass() || !control_.others_wait()) return;
    child.say("pause");
    is_paused_ = false;
    while (!is_paused_)
      if (!attend(child)) return;
    const int step = step_;
    control_.progress({fmt::format("paused at step {} while pictures are made", step), step_, steps_, note_});
    control_.let_others_pass();
    child.say("go on");
  }

  /// The job is to end: so is the child, with its state saved.
  static void finish_step(ChildProcess& child) {
    child.say("stop");
    while (!child.hear(kPatience).has_ended) {
    }
    child.wait();
  }

  void conclude(ChildProcess& child) const {
    constexpr int kSignalled = 128;
    const int code = child.wait();
    if (code == 0) return;
    require(error_.empty(), ErrorKind::internal, "{}", error_);
    require(code <= kSignalled, ErrorKind::internal,
            "train {}: its process was ended by signal {} at step {}{}; the last saved state is good, start it again "
            "to go on",
            formats::in_quotes(wanted_.run), code - kSignalled, step_,
            code == kSignalled + 9 ? " (the system does so when memory is short)" : "");
    fail(ErrorKind::internal, "train {}: its process ended with code {} at step {}: {}",
         formats::in_quotes(wanted_.run), code, step_, formats::as_valid_utf8(child.complaints()));
  }

  JobControl& control_;
  const TrainingPlace& place_;
  TrainingJob wanted_;
  std::filesystem::path folder_;
  std::string stage_ = "starting", note_, error_;
  int step_ = 0, steps_ = 0;
  bool is_paused_ = false;
  int64_t noted_ = 0;  // events of this process
  json batch_;         // the last that was told of; null = none yet
  std::chrono::steady_clock::time_point told_;
};

}  // namespace

void TrainingWishes::add(const std::string& run, const std::string& wish) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string>& wishes = wishes_[run];
  if (std::find(wishes.begin(), wishes.end(), wish) == wishes.end()) wishes.push_back(wish);
}

std::vector<std::string> TrainingWishes::take(const std::string& run) {
  const std::lock_guard lock(mutex_);
  const auto found = wishes_.extract(run);
  return found ? found.mapped() : std::vector<std::string>();
}

std::string job_text(const TrainingJob& job) {
  return json({{"run", job.run}, {"options", job.options}}).dump(-1, ' ', false, json::error_handler_t::replace);
}

TrainingJob training_job(const std::string& text) {
  try {
    const json read = json::parse(text);
    return {.run = read.at("run").get<std::string>(),
            .options = read.at("options").get<std::map<std::string, std::vector<std::string>>>()};
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read a kept job: {}", error.what());
  }
}

std::vector<std::string> training_arguments(const TrainingJob& job, const std::filesystem::path& runs) {
  std::vector<std::string> arguments = {"train", "--job"};
  for (const auto& [name, values] : job.options) {
    // One word, so that a value that begins with dashes stays a value.
    for (const std::string& value : values) arguments.push_back(fmt::format("--{}={}", name, value));
  }
  arguments.push_back("--output_dir=" + (runs / job.run).string());
  return arguments;
}

JobRunner training_runner(TrainingPlace place) {
  return [place = std::move(place)](const Job& job, JobControl& control) { TrainingRun(job, control, place).run(); };
}

}  // namespace darkroom::jobs
