// One pickle, and the tensors it names if every storage existed; then the same bytes as a legacy checkpoint.
#include "formats/pickle.h"

#include "formats/torch_checkpoint.h"
#include "formats/torch_tensors.h"
#include "fuzz.h"
#include "tensors.h"

namespace {

using namespace darkroom;

void read_tensors(std::span<const std::byte> bytes, const std::shared_ptr<const void>&) {
  const formats::Pickle pickle = formats::read_pickle(bytes);
  for (const formats::PickleValue& value : pickle.values)
    for (const formats::PickleId item : value.items) fuzz::check(item < pickle.values.size(), "items exist");
  // Each exactly as large as announced, and never moved: tensors point into them.
  std::vector<std::unique_ptr<std::byte[]>> storages;
  const auto find_storage = [&](const formats::StorageReference& reference) {
    require(reference.bytes() <= 4096, ErrorKind::corrupt_file, "no such storage");
    storages.push_back(std::make_unique<std::byte[]>(reference.bytes()));
    return formats::Bytes(storages.back().get(), reference.bytes());
  };
  fuzz::check_tensors(formats::torch_tensors(pickle, find_storage, nullptr, 1 << 20));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::run(data, size, read_tensors);
  return fuzz::run(data, size, [](auto bytes, auto owner) {
    fuzz::check_tensors(formats::read_torch_checkpoint_bytes(bytes, owner));
  });
}
