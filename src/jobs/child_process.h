// Another program as a child: lines go in, lines come out, and whatever happens to it, this program goes on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// Not thread-safe.
class ChildProcess {
 public:
  struct Config {
    std::filesystem::path program;
    std::vector<std::string> arguments;  ///< without the program's own name
    int kept_file = -1;  ///< an open file that the child keeps as its number 3: a lock lives as long as the child
    int niceness = 0;    ///< 0 to 19: how much the child stands back behind others
  };
  /// Starts it in a process group of its own, so that keys of the terminal reach only the parent. The child has
  /// standard input, output and error, and no other file of this program. SIGPIPE is ignored from then on. Throws
  /// Error{io}.
  explicit ChildProcess(const Config& config);
  /// Kills a child that still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// What comes of its standard output within `patience`.
  struct Heard {
    std::optional<std::string> line;  ///< without the line end; what is longer than kLongestLine is cut
    bool has_ended = false;           ///< nothing more will come
  };
  Heard hear(std::chrono::milliseconds patience);
  static constexpr size_t kLongestLine = size_t(1) << 20;

  /// A line for its standard input. A child that is gone hears nothing.
  void say(std::string_view line);
  void kill();

  /// Waits for its end, and says how: the exit code, or 128 + the number of the signal that ended it.
  int wait();
  /// The last 4 kB of its standard error.
  const std::string& complaints() const { return complaints_; }
  pid_t id() const { return id_; }

 private:
  void read_complaints();

  pid_t id_ = -1;
  int input_ = -1, output_ = -1, errors_ = -1;
  std::string heard_, complaints_;
  std::optional<int> result_;
};

/// The file of the running program.
std::filesystem::path own_program();

/// A lock on a file: only one holder at a time on this machine. It is let go when every process that has `file()` open
/// has closed it, so a child that inherits it keeps it when this program dies.
class FileLock {
 public:
  /// Makes the file if need be. Throws Error{io}.
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Whether it is held now.
  bool try_lock();
  int file() const { return file_; }

 private:
  int file_ = -1;
};

}  // namespace darkroom::jobs
