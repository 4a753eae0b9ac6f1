// Work that waits for its turn: plain data, as it is kept on disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

enum class JobState { waiting, running, finished, failed, cancelled };

/// "waiting", ...; the other way round throws Error{invalid_request}.
std::string_view state_name(JobState state);
JobState state_named(std::string_view name);

inline bool has_ended(JobState state) {
  return state != JobState::waiting && state != JobState::running;
}

struct Job {
  std::string id;       ///< 1 to 64 of A-Z a-z 0-9 - _ . ( ), chosen by who submits it or drawn
  int64_t number = 0;   ///< 1, 2, ... in the order of submission; in file names
  std::string kind;     ///< which runner: "generate"
  std::string owner;    ///< the user, or "" where nobody signs in
  std::string title;    ///< one line for people
  std::string request;  ///< JSON, the runner's own
  JobState state = JobState::waiting;
  double created = 0, started = 0, ended = 0;  ///< Unix time in seconds; 0 = not yet
  std::string error;                           ///< why it failed
  std::vector<std::string> warnings;
};

/// A finished picture. Its pixels are in `file`, with the recipe inside.
struct PictureRecord {
  int64_t id = 0;
  std::string job;
  int index = 0;  ///< in its job, from 0
  int64_t seed = 0;
  int width = 0, height = 0;
  double created = 0;
  std::string prompt, infotext;
  std::string file;           ///< below the output folder
  std::string flag = "none";  ///< "picked", "rejected"
  bool is_listed = true;      ///< false: made for one client alone, not for the gallery
  bool is_binned = false;
};

/// What people may flag a picture with.
inline constexpr std::string_view kFlags[] = {"none", "picked", "rejected"};

/// A new id: 24 hex digits of the system's random numbers.
std::string drawn_id();

/// Whether somebody may call a job so.
bool is_job_id(std::string_view id);

/// Unix time in seconds.
double now();

}  // namespace darkroom::jobs
