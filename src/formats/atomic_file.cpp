#include "formats/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/error.h"

namespace darkroom::formats {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

/// Bytes we may still write into the folder; nothing where the file system does not say.
std::optional<uint64_t> free_bytes(const std::filesystem::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0 || status.f_blocks == 0) return std::nullopt;
  return uint64_t(status.f_bavail) * status.f_frsize;
}

std::filesystem::path resolved_target(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  // Renaming over a device would remove it: "-o /dev/null" as root must not do that.
  const bool replaceable = !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
  require(replaceable && path.has_filename(), ErrorKind::invalid_request, "write \"{}\": must be a file, is {}",
          path.string(), std::filesystem::exists(status) ? "a folder or a device" : "a path without a name");
  if (!std::filesystem::is_symlink(std::filesystem::symlink_status(path, ignored))) return path;
  const auto followed = std::filesystem::weakly_canonical(path, ignored);
  return ignored ? path : followed;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path, std::optional<uint64_t> total_bytes)
    : target_(resolved_target(path)), total_bytes_(total_bytes) {
  const auto folder = folder_of(target_);
  static std::atomic<unsigned> counter = 0;
  do {
    temporary_ = folder / fmt::format(".darkroom-{}-{}.part", ::getpid(), counter++);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    temporary_.clear();
    fail_with(errno);
  }
  const auto room = free_bytes(folder);
  if (total_bytes_ && room && *total_bytes_ > *room) {
    discard();
    fail_with(ENOSPC);
  }
}

AtomicFile::~AtomicFile() {
  discard();
}

void AtomicFile::write(const void* data, size_t bytes) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t done = ::write(descriptor_, next, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) fail_with(done < 0 ? errno : EIO);
    next += done;
    bytes -= size_t(done);
    written_ += uint64_t(done);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail_with(errno);
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  // EINTR leaves the descriptor closed on Linux, and the data has been flushed.
  if (closed != 0 && errno != EINTR) fail_with(errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with(errno);
  temporary_.clear();
  // The name itself survives a power cut only once the folder is flushed; some file systems cannot, which is no error.
  const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

void AtomicFile::fail_with(int reason) const {
  const std::string path = target_.string();
  std::error_code ignored;
  require(std::filesystem::is_directory(folder_of(target_), ignored), ErrorKind::io,
          "write \"{}\": the folder \"{}\" does not exist; create it first", path, folder_of(target_).string());
  if (reason != ENOSPC && reason != EDQUOT) fail(ErrorKind::io, "write \"{}\": {}", path, std::strerror(reason));
  const auto room = free_bytes(folder_of(target_));
  fail(ErrorKind::io, "write \"{}\": {}: {}, {}; free some space or choose another folder", path, std::strerror(reason),
       total_bytes_ ? fmt::format("{} bytes are needed", *total_bytes_) : fmt::format("stopped at byte {}", written_),
       room ? fmt::format("{} are free", *room) : std::string("the free space is unknown"));
}

void AtomicFile::discard() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path, content.size());
  file.write(content);
  file.commit();
}

}  // namespace darkroom::formats
