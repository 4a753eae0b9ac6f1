#include "cli/job_line.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"

namespace darkroom::cli {
namespace {

using nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr auto kBetweenBatches = 500ms;
constexpr size_t kMostShown = 8;  // pictures of a batch

/// One write for one line. Nobody may be listening any more; the end of input says so.
void write_line(const ordered_json& value) {
  const std::string text = value.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(STDOUT_FILENO, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    written += size_t(count);
  }
}

}  // namespace

JobLine::JobLine() {
  std::signal(SIGPIPE, SIG_IGN);
  sink_before_ = set_log_sink([](LogLevel level, const std::string& line) {
    write_line({{level == LogLevel::warning ? "warning" : "log", line}});
  });
}

JobLine::~JobLine() {
  set_log_sink(std::move(sink_before_));
}

void JobLine::listen(bool waits) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const int ready = poll(&input, 1, waits ? -1 : 0);
  if (ready <= 0) return;
  std::array<char, 256> piece{};
  const ssize_t count = read(STDIN_FILENO, piece.data(), piece.size());
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) return orders_.push_back("stop");
  heard_.append(piece.data(), size_t(count));
  for (size_t end = heard_.find('\n'); end != std::string::npos; end = heard_.find('\n')) {
    const std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    if (line == "save")
      wishes_.saves = true;
    else if (line == "sample")
      wishes_.samples = true;
    else
      orders_.push_back(line);
  }
}

std::string JobLine::next_order(bool waits) {
  if (orders_.empty()) listen(false);
  while (waits && orders_.empty()) listen(true);
  if (orders_.empty()) return "";
  const std::string order = orders_.front();
  orders_.pop_front();
  return order;
}

train::LoraWishes JobLine::take_wishes() {
  listen(false);
  return std::exchange(wishes_, {});
}

void JobLine::show(const ProgressEvent& event) {
  write_line({{"stage", event.stage}, {"step", event.step}, {"total", event.total}, {"note", event.note}});
  for (std::string order = next_order(false); !order.empty(); order = next_order(order == "pause")) {
    if (order == "stop")
      darkroom::fail(ErrorKind::cancelled, "training stopped while {}, at step {} of {}; its state is saved",
                     event.stage, event.step, event.total);
    if (order == "pause") write_line({{"paused", true}});
  }
}

void JobLine::note(const train::TrainingEvent& event) {
  write_line({{"event", {{"step", event.step}, {"kind", event.kind}, {"words", event.words}}}});
}

void JobLine::show_batch(int64_t step, const std::vector<train::BatchPicture>& pictures) {
  const auto now = std::chrono::steady_clock::now();
  if (now - batch_shown_ < kBetweenBatches) return;
  batch_shown_ = now;
  ordered_json shown = ordered_json::array();
  for (const train::BatchPicture& picture : pictures) {
    const std::filesystem::path folder = picture.file.parent_path();
    shown.push_back({{"dataset", folder.parent_path().filename().string()},
                     {"folder", folder.filename().string()},
                     {"name", picture.file.filename().string()},
                     {"caption", picture.caption},
                     {"width", picture.size.width},
                     {"height", picture.size.height},
                     {"timestep", picture.timestep}});
    if (shown.size() == kMostShown) break;
  }
  write_line({{"batch", {{"step", step}, {"count", pictures.size()}, {"pictures", std::move(shown)}}}});
}

void JobLine::give(std::string_view name, const std::string& json) {
  write_line({{std::string(name), ordered_json::parse(json)}});
}

void JobLine::fail(const std::string& message) {
  write_line({{"error", message}});
}

}  // namespace darkroom::cli
