// A zip archive, and the same bytes as a torch checkpoint.
#include "formats/zip.h"

#include <algorithm>

#include "formats/torch_checkpoint.h"
#include "fuzz.h"
#include "tensors.h"

namespace {

using namespace darkroom;

void read_entries(std::span<const std::byte> bytes, const std::shared_ptr<const void>&) {
  std::vector<formats::ZipEntry> entries = formats::read_zip(bytes);
  std::sort(entries.begin(), entries.end(), [](const formats::ZipEntry& a, const formats::ZipEntry& b) {
    return std::pair(a.bytes.data(), a.bytes.size()) < std::pair(b.bytes.data(), b.bytes.size());
  });
  const std::byte* end = bytes.data();
  for (const formats::ZipEntry& entry : entries) {
    fuzz::check(entry.bytes.data() >= end, "entries do not overlap");
    end = entry.bytes.data() + entry.bytes.size();
  }
  fuzz::check(end <= bytes.data() + bytes.size(), "entries lie in the archive");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::run(data, size, read_entries);
  return fuzz::run(data, size, [](auto bytes, auto owner) {
    fuzz::check_tensors(formats::read_torch_checkpoint_bytes(bytes, owner));
  });
}
