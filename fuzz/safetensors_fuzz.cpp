// A whole safetensors file.
#include "formats/safetensors.h"

#include "fuzz.h"
#include "tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace darkroom;
  return fuzz::run(data, size, [](auto bytes, auto owner) {
    const formats::TensorFile file = formats::read_safetensors_bytes(bytes, owner);
    fuzz::check_tensors(file);
    size_t covered = 0;
    for (const auto& [name, tensor] : file.tensors) covered += tensor.bytes;
    fuzz::check(covered < bytes.size(), "tensors share no byte with each other or the header");
  });
}
