#include "formats/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace darkroom::formats {
namespace {

/// An open regular file; closed by the destructor (a mapping stays valid).
struct OpenFile {
  int descriptor = -1;
  size_t bytes = 0;

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
  }
  ~OpenFile() { ::close(descriptor); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
};

}  // namespace

MappedFile map_file(const std::filesystem::path& path) {
  const OpenFile file(path);
  const size_t bytes = file.bytes;
  require(bytes > 0, ErrorKind::corrupt_file, "read \"{}\": the file is empty; incomplete download?", path.string());
  void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
  require(start != MAP_FAILED, ErrorKind::io, "map \"{}\" ({} bytes) into memory: {}", path.string(), bytes,
          std::strerror(errno));
  std::shared_ptr<const void> owner(start, [bytes](const void* p) { ::munmap(const_cast<void*>(p), bytes); });
  return {{static_cast<const std::byte*>(start), bytes}, std::move(owner)};
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
