#include "train/random.h"

#include <ATen/CPUGeneratorImpl.h>

#include <numeric>

namespace darkroom::train {
namespace {

/// splitmix64 (Steele, Lea, Flood 2014): spreads neighbouring numbers over all 64 bits.
uint64_t mixed(uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

}  // namespace

at::Generator generator_for(uint64_t seed, Purpose purpose, uint64_t index) {
  return at::detail::createCPUGenerator(mixed(mixed(mixed(seed) + uint64_t(purpose)) + index));
}

int64_t random_index(at::Generator& generator, int64_t bound) {
  auto* engine = at::check_generator<at::CPUGeneratorImpl>(generator);
  return int64_t(engine->random64() % uint64_t(bound));
}

double random_unit(at::Generator& generator) {
  auto* engine = at::check_generator<at::CPUGeneratorImpl>(generator);
  return double(engine->random64() >> 11) * 0x1.0p-53;
}

std::vector<int64_t> shuffled(at::Generator generator, int64_t count) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (int64_t i = count - 1; i > 0; --i) std::swap(order[i], order[random_index(generator, i + 1)]);
  return order;
}

std::vector<int64_t> epoch_order(uint64_t seed, uint64_t epoch, int64_t count) {
  return shuffled(generator_for(seed, Purpose::order, epoch), count);
}

Tensor stratified_timesteps(int64_t count, int64_t timesteps, at::Generator& generator) {
  const Tensor places = at::arange(count, at::kDouble) / double(count) + random_unit(generator);
  return (places.frac() * double(timesteps)).floor().clamp_max(double(timesteps - 1)).to(at::kLong);
}

std::vector<int64_t> batch_indices(uint64_t seed, int64_t step, int64_t batch_size, int64_t count) {
  std::vector<int64_t> indices, order;
  int64_t loaded = -1;
  for (int64_t place = step * batch_size; place < (step + 1) * batch_size; ++place) {
    if (place / count != loaded) order = epoch_order(seed, loaded = place / count, count);
    indices.push_back(order[place % count]);
  }
  return indices;
}

}  // namespace darkroom::train
