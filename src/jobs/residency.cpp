#include "jobs/residency.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <system_error>

#include "base/error.h"
#include "formats/utf8.h"
#include "jobs/job.h"

namespace darkroom::jobs {
namespace {

/// "Name:   123 kB" lines of a file in /proc, in bytes.
std::map<std::string, int64_t> kernel_numbers(const char* path) {
  std::map<std::string, int64_t> numbers;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    numbers[line.substr(0, colon)] = std::atoll(line.c_str() + colon + 1) * 1024;
  }
  return numbers;
}

/// A file that was written anew is another model.
std::filesystem::file_time_type written_time(const generate::ModelChoice& choice) {
  std::error_code ignored;
  return choice.model.empty() ? std::filesystem::file_time_type()
                              : std::filesystem::last_write_time(choice.model, ignored);
}

}  // namespace

MemoryFacts memory_facts() {
  const auto machine = kernel_numbers("/proc/meminfo"), process = kernel_numbers("/proc/self/status");
  const auto of = [](const std::map<std::string, int64_t>& numbers, const char* name) {
    const auto found = numbers.find(name);
    return found == numbers.end() ? 0 : found->second;
  };
  return {of(machine, "MemTotal"), of(machine, "MemAvailable"), of(process, "RssAnon"), of(process, "RssFile")};
}

Residency::Use::~Use() {
  {
    const std::lock_guard lock(residency_.mutex_);
    residency_.is_in_use_ = false;
    residency_.last_use_ = now();
    residency_.publish();
  }
  residency_.freed_.notify_all();
}

void Residency::load(const generate::ModelChoice& choice) {
  if (model_ && choice_ == choice && written_ == written_time(choice) && !model_->is_outdated()) return;
  choice_ = choice;
  drop();  // two at once may not fit
  written_ = written_time(choice);
  model_ = std::make_unique<generate::LoadedModel>(choice);
  publish();
}

void Residency::drop() {
  model_.reset();
  generate::release_memory();
  malloc_trim(0);
  publish();
}

void Residency::publish() {
  State state{.is_loaded = model_ != nullptr, .is_in_use = is_in_use_, .is_pinned = is_pinned_};
  state.pinned_parts = pinned_parts_;
  state.last_use = last_use_;
  if (choice_) state.model = choice_->model;
  if (model_) state.parts = model_->part_facts();
  const std::lock_guard lock(state_mutex_);
  state_ = std::move(state);
}

std::unique_ptr<Residency::Use> Residency::use(const generate::ModelChoice& choice) {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return !is_in_use_; });
  load(choice);
  model_->keep_on_accelerator(pinned_parts_);
  is_in_use_ = true;
  publish();
  return std::make_unique<Use>(*this, *model_);
}

int64_t Residency::unload() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return !is_in_use_; });
  const MemoryFacts before = memory_facts();
  drop();
  const MemoryFacts after = memory_facts();
  return std::max<int64_t>(0, before.process + before.mapped - after.process - after.mapped);
}

void Residency::reload() {
  std::unique_lock lock(mutex_);
  if (is_in_use_ || !choice_) return;
  load(*choice_);
  last_use_ = now();
}

Residency::State Residency::state() const {
  const std::lock_guard lock(state_mutex_);
  return state_;
}

void Residency::pin(bool is_pinned) {
  const std::lock_guard lock(mutex_);
  is_pinned_ = is_pinned;
  const std::lock_guard state(state_mutex_);
  state_.is_pinned = is_pinned;
}

void Residency::pin_part(const std::string& part, bool is_pinned) {
  const std::lock_guard lock(mutex_);
  if (is_pinned)
    pinned_parts_.insert(part);
  else
    pinned_parts_.erase(part);
  const std::lock_guard state(state_mutex_);
  state_.pinned_parts = pinned_parts_;
}

int64_t Residency::move(const std::string& part, generate::PartPlace to) {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return !is_in_use_; });
  require(model_ != nullptr, ErrorKind::not_found, "move the part {}: no model is loaded", formats::in_quotes(part));
  const MemoryFacts before = memory_facts();
  model_->move_part(part, to);
  const MemoryFacts after = memory_facts();
  publish();
  return std::max<int64_t>(0, before.process + before.mapped - after.process - after.mapped);
}

void Residency::unload_if_idle(double seconds) {
  const std::lock_guard lock(mutex_);
  if (seconds <= 0 || !model_ || is_in_use_ || is_pinned_ || now() - last_use_ < seconds) return;
  if (pinned_parts_.empty()) return drop();
  model_->keep_on_accelerator(pinned_parts_);
  model_->free_accelerator();
  for (const generate::PartFacts& part : model_->part_facts())
    if (!pinned_parts_.contains(part.name) && part.read_bytes + part.packed_bytes > 0 && part.can_return_to_file())
      model_->move_part(part.name, generate::PartPlace::file);
  publish();
}

}  // namespace darkroom::jobs
