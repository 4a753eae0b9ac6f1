#include "formats/mapped_pages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace darkroom::formats {
namespace {

constexpr uint64_t kIsPresent = uint64_t(1) << 63;  // proc(5), /proc/PID/pagemap
constexpr size_t kPagesAtOnce = 4096;

struct PageRange {
  uintptr_t page = uintptr_t(::sysconf(_SC_PAGESIZE));
  uintptr_t first, end;  ///< numbers of pages

  explicit PageRange(std::span<const std::byte> bytes)
      : first(reinterpret_cast<uintptr_t>(bytes.data()) / page),
        end((reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size() + page - 1) / page) {}
};

/// What the kernel knows of this process' pages; may not be there.
class PageMap {
 public:
  PageMap() : file_(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}
  ~PageMap() {
    if (file_ >= 0) ::close(file_);
  }
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  /// Entries of `count` pages, or none.
  std::vector<uint64_t> entries(uintptr_t first, size_t count) const {
    std::vector<uint64_t> read(count);
    const auto bytes = ssize_t(count * sizeof(uint64_t));
    if (file_ < 0 || ::pread(file_, read.data(), size_t(bytes), off_t(first * sizeof(uint64_t))) != bytes) return {};
    return read;
  }

 private:
  int file_;
};

}  // namespace

int64_t bytes_in_memory(std::span<const std::byte> bytes) {
  if (bytes.empty()) return 0;
  const PageRange pages(bytes);
  const PageMap map;
  uintptr_t present = 0;
  for (uintptr_t at = pages.first; at < pages.end; at += kPagesAtOnce) {
    const std::vector<uint64_t> entries = map.entries(at, std::min<size_t>(kPagesAtOnce, pages.end - at));
    if (entries.empty()) return int64_t(bytes.size());
    present += uintptr_t(std::count_if(entries.begin(), entries.end(), [](uint64_t e) { return e & kIsPresent; }));
  }
  return std::min(int64_t(present * pages.page), int64_t(bytes.size()));
}

void read_pages(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const PageRange pages(bytes);
  ::madvise(reinterpret_cast<void*>(pages.first * pages.page), (pages.end - pages.first) * pages.page, MADV_WILLNEED);
  // Touched, so that they are this process' too, on kernels without MADV_POPULATE_READ as well.
  for (size_t at = 0; at < bytes.size(); at += pages.page)
    [[maybe_unused]] const volatile std::byte touched = bytes[at];
  [[maybe_unused]] const volatile std::byte last = bytes.back();
}

}  // namespace darkroom::formats
