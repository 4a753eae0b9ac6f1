#include "train/lora_log.h"

#include <algorithm>
#include <ctime>
#include <numeric>

#include "base/error.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

std::string time_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d%H%M%S", &local);
  return text.data();
}

bool is_time_stamp(const std::string& text) {
  return text.size() == 14 && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

fs::path log_folder(const fs::path& logging_dir, const std::string& prefix, bool is_continued) {
  std::string newest;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(logging_dir, none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && is_time_stamp(name.substr(prefix.size()))) newest = std::max(newest, name);
  }
  const std::string name = is_continued && !newest.empty() ? newest : prefix + time_stamp();
  return logging_dir / name / "network_train";
}

LoraLog::LoraLog(const fs::path& folder, int64_t steps_per_epoch) : file_(folder), window_(size_t(steps_per_epoch)) {}

double LoraLog::average() const {
  return recent_.empty() ? 0 : std::accumulate(recent_.begin(), recent_.end(), 0.0) / double(recent_.size());
}

void LoraLog::step(int64_t steps_done, double loss, const Scalars& details, const std::vector<Rate>& rates,
                   const std::optional<LoraNetwork::Norms>& norms) {
  recent_.push_back(loss);
  if (recent_.size() > window_) recent_.pop_front();
  file_.add_scalar("loss/current", loss, steps_done);
  file_.add_scalar("loss/average", average(), steps_done);
  for (const auto& [name, value] : details)
    if (name.starts_with("loss_quarter_")) file_.add_scalar("loss/" + name.substr(5), value, steps_done);
  for (const Rate& rate : rates) {
    file_.add_scalar("lr/" + rate.name, rate.rate, steps_done);
    if (rate.step_size) file_.add_scalar("lr/d*lr/" + rate.name, *rate.step_size * rate.rate, steps_done);
  }
  if (!norms) return;
  file_.add_scalar("max_norm/keys_scaled", double(norms->shrunk), steps_done);
  file_.add_scalar("max_norm/max_key_norm", norms->largest, steps_done);
  file_.add_scalar("norm/avg_key_norm", norms->mean, steps_done);
}

void LoraLog::epoch(int64_t epoch) {
  file_.add_scalar("loss/epoch_average", average(), epoch);
}

void LoraLog::validation(double loss, int64_t x, bool at_step) {
  const std::string tag = std::string("loss/validation/") + (at_step ? "step" : "epoch");
  file_.add_scalar(tag + "_average", loss, x);
  file_.add_scalar(tag + "_divergence", loss - average(), x);
}

}  // namespace darkroom::train
