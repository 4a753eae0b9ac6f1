#include "diffusion/seed_sequence.h"

#include <array>

namespace darkroom::diffusion {
namespace {

constexpr int kPool = 24;  // torchsde's

/// Multiplies and folds a word with a constant that changes at every use.
struct Hash {
  std::uint32_t constant, factor;
  std::uint32_t operator()(std::uint32_t word) {
    word ^= constant;
    constant *= factor;
    word *= constant;
    return word ^ (word >> 16);
  }
};

std::uint32_t mixed(std::uint32_t x, std::uint32_t y) {
  const std::uint32_t word = 0xca01f9ddu * x - 0x4973f715u * y;
  return word ^ (word >> 16);
}

std::array<std::uint32_t, kPool> filled_pool(std::vector<std::uint32_t> words) {
  if (words.size() < kPool) words.resize(kPool);
  Hash hash{0x43b0d7e5u, 0x931e8875u};
  std::array<std::uint32_t, kPool> pool;
  for (int i = 0; i < kPool; ++i) pool[i] = hash(words[i]);
  for (int source = 0; source < kPool; ++source) {
    for (int target = 0; target < kPool; ++target) {
      if (source != target) pool[target] = mixed(pool[target], hash(pool[source]));
    }
  }
  for (size_t extra = kPool; extra < words.size(); ++extra) {
    for (std::uint32_t& slot : pool) slot = mixed(slot, hash(words[extra]));
  }
  return pool;
}

}  // namespace

std::vector<std::uint32_t> seed_sequence_state(std::uint64_t entropy, const std::vector<std::uint32_t>& spawn_key,
                                               int count) {
  std::vector<std::uint32_t> words = {std::uint32_t(entropy), std::uint32_t(entropy >> 32)};
  // The key's words come after the whole pool, so that no entropy can stand for a key.
  if (!spawn_key.empty()) words.resize(kPool);
  words.insert(words.end(), spawn_key.begin(), spawn_key.end());
  const auto pool = filled_pool(std::move(words));
  Hash hash{0x8b51f9ddu, 0x58f38dedu};
  std::vector<std::uint32_t> state;
  for (int i = 0; i < count; ++i) state.push_back(hash(pool[i % kPool]));
  return state;
}

std::uint32_t seed_sequence(std::uint64_t entropy, const std::vector<std::uint32_t>& spawn_key) {
  return seed_sequence_state(entropy, spawn_key, 1).front();
}

}  // namespace darkroom::diffusion
