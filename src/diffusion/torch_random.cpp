#include "diffusion/torch_random.h"

#include <ATen/CPUGeneratorImpl.h>

namespace darkroom::diffusion {

at::Generator torch_generator(std::uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

Tensor torch_randn(at::IntArrayRef shape, at::Generator& generator) {
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat).device(at::kCPU));
}

}  // namespace darkroom::diffusion
