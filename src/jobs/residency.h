// The model in memory: which one, how much of it, and when it goes.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "generate/run.h"

namespace darkroom::jobs {

/// Bytes of this machine and of this process.
struct MemoryFacts {
  int64_t total = 0, free = 0;
  int64_t process = 0;  ///< not shared with anybody: without mapped files, which the system takes back when it needs to
  int64_t mapped = 0;   ///< of mapped files, weights and program, in this process' memory now
};
MemoryFacts memory_facts();

/// Thread-safe. One model at a time.
class Residency {
 public:
  /// A model that is being used: it stays as long as this lives.
  class Use {
   public:
    Use(Residency& residency, const generate::LoadedModel& model) : residency_(residency), model_(model) {}
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    const generate::LoadedModel& model() const { return model_; }

   private:
    Residency& residency_;
    const generate::LoadedModel& model_;
  };

  /// Loads what is not there, in place of what is. Waits for another use to end. Throws as LoadedModel does.
  std::unique_ptr<Use> use(const generate::ModelChoice& choice);

  /// Gives the memory back to the system, as soon as no job uses it; how many bytes, mapped files among them. The
  /// choice is kept for reload().
  int64_t unload();
  /// Loads again what unload() or an idle time took away; does nothing if it is there or nothing ever was. Throws as
  /// LoadedModel does.
  void reload();

  /// Moves a part of the model that is loaded, as soon as no job uses it; the bytes that this gave back. Throws Error:
  /// not_found (no such part, or nothing is loaded), invalid_request, as LoadedModel::move_part().
  int64_t move(const std::string& part, generate::PartPlace to);

  /// As it stood when something last changed: never waits for a job or for loading.
  struct State {
    bool is_loaded = false, is_in_use = false, is_pinned = false;
    std::string model;  ///< what was asked for last; "" = nothing yet
    std::vector<generate::PartFacts> parts;
    std::set<std::string> pinned_parts;
    double last_use = 0;  ///< Unix time; 0 = not yet
  };
  State state() const;

  /// A pinned model survives idle times.
  void pin(bool is_pinned);
  /// So does a pinned part, of this and of later models; with it what cannot be moved to a file alone. Where models are
  /// computed on an accelerator, it also stays there while others need room, from the next job on.
  void pin_part(const std::string& part, bool is_pinned);
  /// Unloads what nobody used for so many seconds and is not pinned; 0 = never.
  void unload_if_idle(double seconds);

 private:
  void load(const generate::ModelChoice& choice);
  void drop();
  /// Makes what state() says anew. Requires: mutex_ is held and no job uses the model, or it has just begun to.
  void publish();

  std::mutex mutex_;
  mutable std::mutex state_mutex_;
  State state_;
  std::condition_variable freed_;
  std::unique_ptr<generate::LoadedModel> model_;
  std::optional<generate::ModelChoice> choice_;
  std::filesystem::file_time_type written_;  ///< of its file when it was loaded
  bool is_in_use_ = false, is_pinned_ = false;
  std::set<std::string> pinned_parts_;
  double last_use_ = 0;
};

}  // namespace darkroom::jobs
