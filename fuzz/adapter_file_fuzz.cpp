// A whole LoRA file: names, kinds, shapes, scales, for a few weights it may be meant for.
#include "adapters/adapter_file.h"

#include <cmath>

#include "formats/safetensors.h"
#include "fuzz.h"

namespace {

using namespace darkroom;

int64_t count(const adapters::Shape& shape) {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

void check_module(const adapters::AdapterModule& module) {
  using adapters::Shape;
  fuzz::check(adapters::kind_of(module.factors) == module.kind, "the kind is that of the tensors");
  fuzz::check(std::isfinite(adapters::own_scale(module.kind, module.factors)), "the scale is a number");
  for (const Shape& weight : {Shape{8, 6}, Shape{8, 6, 1, 1}, Shape{8, 6, 3, 3}, Shape{8, 9, 3, 3}, Shape{8}}) {
    try {
      const Shape part = adapters::changed_part(module.kind, module.factors, weight);
      fuzz::check(count(adapters::change_shape(module.kind, module.factors, part)) == count(part),
                  "a change has as many values as what it changes");
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::internal) throw;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](auto bytes, auto owner) {
    const formats::TensorFile file = formats::read_safetensors_bytes(bytes, owner);
    const adapters::AdapterFile adapter = adapters::adapter_file(file);
    fuzz::check(!adapter.modules.empty(), "there is a module");
    for (const auto& module : adapter.modules) check_module(module);
  });
}
