#include "jobs/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace darkroom::jobs {
namespace {

constexpr size_t kMostComplaints = 4096;
constexpr int kKeptFile = 3;

/// Two ends of a pipe; what is not given away is closed.
struct Pipe {
  int read_end = -1, write_end = -1;

  Pipe() {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC) == 0, ErrorKind::io, "start a process: make a pipe: {}",
            std::strerror(errno));
    read_end = ends[0], write_end = ends[1];
  }
  ~Pipe() {
    for (const int end : {read_end, write_end})
      if (end >= 0) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

/// What the child does before it becomes the program.
struct SpawnPlan {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  SpawnPlan() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

}  // namespace

ChildProcess::ChildProcess(const Config& config) {
  // A child that is gone must not end this program when it is spoken to.
  std::signal(SIGPIPE, SIG_IGN);
  Pipe input, output, errors;
  SpawnPlan plan;
  posix_spawn_file_actions_adddup2(&plan.files, input.read_end, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&plan.files, output.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&plan.files, errors.write_end, STDERR_FILENO);
  if (config.kept_file >= 0) posix_spawn_file_actions_adddup2(&plan.files, config.kept_file, kKeptFile);
  // Connections and databases of this program are not the child's: a client would wait on a line nobody serves.
  posix_spawn_file_actions_addclosefrom_np(&plan.files, config.kept_file >= 0 ? kKeptFile + 1 : kKeptFile);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setpgroup(&plan.attributes, 0);
  posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

  std::string name = config.program.string();
  std::vector<std::string> arguments = config.arguments;
  std::vector<char*> words{name.data()};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  const int problem = posix_spawn(&id_, name.c_str(), &plan.files, &plan.attributes, words.data(), environ);
  require(problem == 0, ErrorKind::io, "start {}: {}", name, std::strerror(problem));
  if (config.niceness > 0) setpriority(PRIO_PROCESS, id_t(id_), config.niceness);
  input_ = std::exchange(input.write_end, -1);
  output_ = std::exchange(output.read_end, -1);
  errors_ = std::exchange(errors.read_end, -1);
  for (const int file : {output_, errors_}) fcntl(file, F_SETFL, O_NONBLOCK);
}

ChildProcess::~ChildProcess() {
  if (!result_) {
    kill();
    wait();
  }
  for (const int file : {input_, output_, errors_})
    if (file >= 0) close(file);
}

void ChildProcess::read_complaints() {
  std::array<char, 1024> piece{};
  for (ssize_t count = 0; (count = read(errors_, piece.data(), piece.size())) > 0;)
    complaints_.append(piece.data(), size_t(count));
  if (complaints_.size() > kMostComplaints) complaints_.erase(0, complaints_.size() - kMostComplaints);
}

ChildProcess::Heard ChildProcess::hear(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (const size_t end = heard_.find('\n'); end != std::string::npos || heard_.size() >= kLongestLine) {
      Heard heard{.line = heard_.substr(0, std::min(end, kLongestLine))};
      heard_.erase(0, end == std::string::npos ? heard_.size() : end + 1);
      return heard;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    std::array<pollfd, 2> files{{{output_, POLLIN, 0}, {errors_, POLLIN, 0}}};
    const int ready = poll(files.data(), files.size(), int(std::max<int64_t>(0, left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return {};
    if (files[1].revents != 0) read_complaints();
    if (files[0].revents == 0) {
      // Standard error alone was closed: do not spin on it.
      if ((files[1].revents & POLLHUP) != 0) close(std::exchange(errors_, -1));
      continue;
    }
    std::array<char, 16384> piece{};
    const ssize_t count = read(output_, piece.data(), piece.size());
    if (count > 0) heard_.append(piece.data(), size_t(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
      if (errors_ >= 0) read_complaints();
      return {.has_ended = true};
    }
  }
}

void ChildProcess::say(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(input_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    written += size_t(count);
  }
}

void ChildProcess::kill() {
  if (!result_) ::kill(id_, SIGKILL);
}

int ChildProcess::wait() {
  if (result_) return *result_;
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  result_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return *result_;
}

std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

FileLock::FileLock(const std::filesystem::path& path) : file_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
  require(file_ >= 0, ErrorKind::io, "open {}: {}", path.string(), std::strerror(errno));
}

FileLock::~FileLock() {
  close(file_);
}

bool FileLock::try_lock() {
  return flock(file_, LOCK_EX | LOCK_NB) == 0;
}

}  // namespace darkroom::jobs
