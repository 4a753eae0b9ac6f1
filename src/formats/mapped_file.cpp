#include "formats/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "base/error.h"

namespace darkroom::formats {
namespace {

/// Which file it is, its size and the time of the last change.
struct FileState {
  dev_t device = 0;
  ino_t number = 0;
  off_t bytes = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  bool operator==(const FileState&) const = default;
};

FileState state_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

/// An open regular file; closed by the destructor (a mapping stays valid).
struct OpenFile {
  int descriptor = -1;
  size_t bytes = 0;
  FileState state;

  explicit OpenFile(const std::filesystem::path& path) {
    // Without O_NONBLOCK opening a named pipe would wait for a writer.
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
      const int reason = errno;
      const bool missing = reason == ENOENT || reason == ENOTDIR;
      require(!missing, ErrorKind::not_found, "read \"{}\": no such file; is the path spelled right?", path.string());
      fail(ErrorKind::io, "read \"{}\": {}", path.string(), std::strerror(reason));
    }
    struct stat status {};
    const bool known = ::fstat(descriptor, &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
      const bool folder = known && S_ISDIR(status.st_mode);
      ::close(descriptor);
      fail(ErrorKind::invalid_request, "read \"{}\": must be a file, is {}", path.string(),
           folder ? "a folder" : "something else");
    }
    bytes = size_t(status.st_size);
    state = state_of(status);
  }
  ~OpenFile() { ::close(descriptor); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
};

/// All mappings there are.
class Mappings {
 public:
  void add(const void* start, const FileState& state, std::filesystem::path path) {
    const std::lock_guard lock(mutex_);
    mappings_.emplace(static_cast<const std::byte*>(start), Mapping{state, std::move(path)});
  }

  void remove(const void* start) {
    const std::lock_guard lock(mutex_);
    const auto found = mappings_.find(static_cast<const std::byte*>(start));
    ::munmap(const_cast<void*>(start), size_t(found->second.state.bytes));
    mappings_.erase(found);
  }

  std::optional<MappedPlace> at(const void* address) {
    const std::lock_guard lock(mutex_);
    const Mapping* mapping = find(static_cast<const std::byte*>(address));
    if (!mapping) return std::nullopt;
    struct stat status {};
    if (::stat(mapping->path.c_str(), &status) != 0) return MappedPlace{mapping->path, false};  // removed
    const FileState now = state_of(status), &then = mapping->state;
    const bool is_another = now.device != then.device || now.number != then.number;
    return MappedPlace{mapping->path, !is_another && now != then};
  }

  void let_go(std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes.empty() || !find(bytes.data()) || find(bytes.data()) != find(&bytes.back())) return;
    const auto page = uintptr_t(::sysconf(_SC_PAGESIZE)), start = reinterpret_cast<uintptr_t>(bytes.data());
    const uintptr_t first = (start + page - 1) / page * page, end = (start + bytes.size()) / page * page;
    // Nothing was ever written here, so that these pages are the file's own and nothing is lost.
    if (first < end) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
  }

 private:
  struct Mapping {
    FileState state;
    std::filesystem::path path;
  };

  const Mapping* find(const std::byte* address) const {
    const auto after = mappings_.upper_bound(address);
    if (after == mappings_.begin()) return nullptr;
    const auto& [start, mapping] = *std::prev(after);
    return address < start + mapping.state.bytes ? &mapping : nullptr;
  }

  std::mutex mutex_;
  std::map<const std::byte*, Mapping> mappings_;
};

Mappings& mappings() {
  static Mappings* const one = new Mappings;  // outlives tensors in static variables
  return *one;
}

}  // namespace

MappedFile map_file(const std::filesystem::path& path) {
  const OpenFile file(path);
  const size_t bytes = file.bytes;
  require(bytes > 0, ErrorKind::corrupt_file, "read \"{}\": the file is empty; incomplete download?", path.string());
  std::filesystem::path place = std::filesystem::absolute(path);
  void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
  require(start != MAP_FAILED, ErrorKind::io, "map \"{}\" ({} bytes) into memory: {}", path.string(), bytes,
          std::strerror(errno));
  mappings().add(start, file.state, std::move(place));
  std::shared_ptr<const void> owner(start, [](const void* p) { mappings().remove(p); });
  return {{static_cast<const std::byte*>(start), bytes}, std::move(owner)};
}

std::optional<MappedPlace> mapped_at(const void* address) {
  return mappings().at(address);
}

void let_go_of_pages(std::span<const std::byte> bytes) {
  mappings().let_go(bytes);
}

std::string read_text_file(const std::filesystem::path& path, size_t max_bytes) {
  const OpenFile file(path);
  require(file.bytes <= max_bytes, ErrorKind::invalid_request,
          "read \"{}\": must have at most {} bytes, has {}; is it the right file?", path.string(), max_bytes,
          file.bytes);
  std::string text(file.bytes, '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.descriptor, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    require(got >= 0, ErrorKind::io, "read \"{}\": {}", path.string(), std::strerror(errno));
    if (got == 0) break;
    done += size_t(got);
  }
  text.resize(done);
  return text;
}

}  // namespace darkroom::formats
