#include "layers/tensor_memory.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "base/error.h"

namespace darkroom::layers {
namespace {

constexpr std::size_t kSmall = std::size_t(128) << 10;  // below this the C library does well
constexpr std::size_t kGrain = std::size_t(4) << 10;    // sizes are multiples of it
constexpr std::size_t kHuge = std::size_t(2) << 20;     // a huge page
// Least to ask the system for. It takes no memory before it is touched, and large pieces leave few ends unused.
constexpr std::size_t kPiece = std::size_t(256) << 20;
constexpr std::size_t kMostIdle = std::size_t(1) << 30;  // pieces beyond this go back when they fall idle

std::size_t rounded(std::size_t bytes, std::size_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

/// Best fit over pieces of the system's memory; neighbours that fall free become one block again.
class Heap {
 public:
  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes = rounded(bytes, kGrain);
    auto fit = free_.lower_bound({bytes, nullptr});
    if (fit == free_.end()) fit = add_piece(bytes);
    const auto [size, begin] = *fit;
    free_.erase(fit);
    Block& block = blocks_.at(begin);
    block.is_free = false;
    if (size > bytes) {
      blocks_.emplace(begin + bytes, Block{size - bytes, block.piece, true});
      free_.emplace(size - bytes, begin + bytes);
      block.size = bytes;
    }
    memory_.in_use += bytes;
    memory_.most_in_use = std::max(memory_.most_in_use, memory_.in_use);
    return begin;
  }

  /// Whether the pointer came from take(); if so it is free again.
  bool give_back(void* pointer) {
    const std::lock_guard lock(mutex_);
    auto found = blocks_.find(static_cast<char*>(pointer));
    if (found == blocks_.end() || found->second.is_free) return false;
    memory_.in_use -= found->second.size;
    found->second.is_free = true;
    const auto after = std::next(found);
    if (after != blocks_.end() && is_free_neighbour(found->second, after->second)) join(found, after);
    if (found != blocks_.begin()) {
      const auto before = std::prev(found);
      if (is_free_neighbour(found->second, before->second)) {
        free_.erase({before->second.size, before->first});
        before->second.size += found->second.size;
        blocks_.erase(found);
        found = before;
      }
    }
    free_.emplace(found->second.size, found->first);
    if (memory_.from_system - memory_.in_use > kMostIdle) drop_idle_pieces();
    return true;
  }

  void release() {
    const std::lock_guard lock(mutex_);
    drop_idle_pieces();
    for (const auto& [size, begin] : free_) {
      char* first = begin + (kHuge - std::uintptr_t(begin) % kHuge) % kHuge;
      char* last = begin + size - std::uintptr_t(begin + size) % kHuge;
      if (first < last) madvise(first, std::size_t(last - first), MADV_DONTNEED);  // stays ours, but empty
    }
  }

  void watch() {
    const std::lock_guard lock(mutex_);
    memory_.most_in_use = memory_.in_use;
  }

  TensorMemory memory() {
    const std::lock_guard lock(mutex_);
    return memory_;
  }

 private:
  struct Block {
    std::size_t size;
    char* piece;  // begin of the piece it lies in
    bool is_free;
  };
  using Blocks = std::map<char*, Block>;
  using Free = std::set<std::pair<std::size_t, char*>>;

  static bool is_free_neighbour(const Block& a, const Block& b) { return b.is_free && a.piece == b.piece; }

  /// Adds the free block `second` to the one before it.
  void join(Blocks::iterator first, Blocks::iterator second) {
    free_.erase({second->second.size, second->first});
    first->second.size += second->second.size;
    blocks_.erase(second);
  }

  Free::iterator add_piece(std::size_t bytes) {
    const std::size_t size = rounded(std::max(bytes, kPiece), kHuge);
    // A huge page more, so that the piece can begin where one does.
    void* mapped = mmap(nullptr, size + kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(mapped != MAP_FAILED, ErrorKind::io,
            "keep a tensor of {} MiB: the system has no memory left; try a smaller size or batch", bytes >> 20);
    char* begin = static_cast<char*>(mapped);
    char* aligned = reinterpret_cast<char*>(rounded(reinterpret_cast<std::uintptr_t>(begin), kHuge));
    if (aligned != begin) munmap(begin, std::size_t(aligned - begin));
    if (aligned + size != begin + size + kHuge)
      munmap(aligned + size, std::size_t(begin + size + kHuge - (aligned + size)));
    madvise(aligned, size, MADV_HUGEPAGE);  // only makes it faster
    pieces_.emplace(aligned, size);
    memory_.from_system += size;
    ++memory_.requests_to_system;
    blocks_.emplace(aligned, Block{size, aligned, true});
    return free_.emplace(size, aligned).first;
  }

  void drop_idle_pieces() {
    for (auto piece = pieces_.begin(); piece != pieces_.end();) {
      const auto [begin, size] = *piece;
      const auto block = blocks_.find(begin);
      if (!block->second.is_free || block->second.size != size) {
        ++piece;
        continue;
      }
      free_.erase({size, begin});
      blocks_.erase(block);
      munmap(begin, size);
      memory_.from_system -= size;
      piece = pieces_.erase(piece);
    }
  }

  std::mutex mutex_;
  Blocks blocks_;
  Free free_;
  std::map<char*, std::size_t> pieces_;
  TensorMemory memory_;
};

Heap& heap() {
  static Heap* const one = new Heap;  // outlives tensors in static variables
  return *one;
}

void give_back(void* pointer) {
  if (!heap().give_back(pointer)) c10::free_cpu(pointer);
}

// Newer libtorch asks for an allocate() that is not const, and for copy_data(): without `override` both kinds compile.
class Allocator : public at::Allocator {
 public:
  at::DataPtr allocate(size_t bytes) { return allocated(bytes); }
  at::DataPtr allocate(size_t bytes) const { return allocated(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  at::DeleterFnPtr raw_deleter() const override { return &give_back; }

 private:
  static at::DataPtr allocated(size_t bytes) {
    const bool is_small = bytes < kSmall;
    void* pointer = is_small ? c10::alloc_cpu(bytes) : heap().take(bytes);
    return {pointer, pointer, is_small ? &c10::free_cpu : &give_back, at::Device(at::DeviceType::CPU)};
  }
};

}  // namespace

void use_tensor_memory() {
  static Allocator allocator;
  static const bool once = [] {
    c10::SetCPUAllocator(&allocator, /*priority=*/1);
    return true;
  }();
  (void)once;
}

TensorMemory tensor_memory() {
  return heap().memory();
}

void watch_tensor_memory() {
  heap().watch();
}

void release_unused_tensor_memory() {
  heap().release();
}

}  // namespace darkroom::layers
