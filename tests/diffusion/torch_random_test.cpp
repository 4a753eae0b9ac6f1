#include "diffusion/torch_random.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

std::vector<float> values(const Tensor& tensor) {
  return {tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel()};
}

/// The table was made by the AVX2 kernel. Where libtorch takes another one, the last place may differ.
void expect_table(const std::vector<float>& drawn, const std::vector<float>& table) {
  static const bool has_the_tables_kernel = at::show_config().find("CPU capability usage: AVX2") != std::string::npos;
  ASSERT_LE(table.size(), drawn.size());
  for (size_t i = 0; i < table.size(); ++i) {
    if (has_the_tables_kernel)
      EXPECT_EQ(drawn[i], table[i]) << i;
    else
      EXPECT_NEAR(drawn[i], table[i], 2e-6) << i;
  }
}

TEST(TorchRandom, TwoDrawsOfEverySizeAreTheReferencesBits) {
  const nlohmann::json& rows = golden("rng.json").at("torch_cpu_randn");
  ASSERT_EQ(rows.size(), 24);
  for (const auto& row : rows) {
    SCOPED_TRACE(fmt::format("seed {} n {}", row.at("seed").get<uint64_t>(), row.at("n").get<int>()));
    at::Generator generator = torch_generator(row.at("seed"));
    expect_table(values(torch_randn({row.at("n").get<int>()}, generator)), floats(row.at("first")));
    expect_table(values(torch_randn({row.at("n").get<int>()}, generator)), floats(row.at("second")));
  }
}

/// Sixteen values, or more, as the reference describes them.
std::vector<float> box_muller(std::mt19937& engine, int n) {
  const auto uniform = [&] { return float(engine() & 0xffffff) * 0x1p-24f; };
  std::vector<float> out(n);
  for (float& v : out) v = uniform();
  const auto transform = [&](float* block) {
    for (int j = 0; j < 8; ++j) {
      const double radius = std::sqrt(-2 * std::log(1.0 - block[j])), angle = 2 * M_PI * block[j + 8];
      block[j] = float(radius * std::cos(angle));
      block[j + 8] = float(radius * std::sin(angle));
    }
  };
  for (int i = 0; i + 16 <= n; i += 16) transform(&out[i]);
  if (n % 16 != 0) {
    for (int i = n - 16; i < n; ++i) out[i] = uniform();
    transform(&out[n - 16]);
  }
  return out;
}

TEST(TorchRandom, LargeDrawsAreBoxMullerInBlocks) {
  for (const int n : {16, 17, 40, 4096}) {
    at::Generator generator = torch_generator(99);
    std::mt19937 engine(99);
    for (int draw = 0; draw < 2; ++draw) {
      const std::vector<float> drawn = values(torch_randn({n}, generator)), expected = box_muller(engine, n);
      for (int i = 0; i < n; ++i) EXPECT_NEAR(drawn[i], expected[i], 2e-6) << i << " of " << n;
    }
  }
}

TEST(TorchRandom, SmallDrawsAreOneSequenceOfPairs) {
  at::Generator generator = torch_generator(5);
  std::mt19937 engine(5);
  const auto uniform = [&] {
    const uint64_t high = engine(), low = engine();
    return double((high << 32 | low) & ((uint64_t(1) << 53) - 1)) * 0x1p-53;
  };
  std::vector<float> drawn;
  for (const int n : {3, 1, 2, 15, 1}) {
    for (const float value : values(torch_randn({n}, generator))) drawn.push_back(value);
  }
  ASSERT_EQ(drawn.size(), 22);
  for (int i = 0; i < 22; i += 2) {
    const double u1 = uniform(), u2 = uniform();
    const double radius = std::sqrt(-2 * std::log1p(-u2));
    EXPECT_FLOAT_EQ(drawn[i], float(radius * std::cos(2 * M_PI * u1))) << i;
    EXPECT_FLOAT_EQ(drawn[i + 1], float(radius * std::sin(2 * M_PI * u1))) << i;
  }
}

TEST(TorchRandom, ShapeDoesNotChangeTheSequence) {
  at::Generator flat = torch_generator(1), shaped = torch_generator(1);
  const Tensor latent = torch_randn({4, 8, 8}, shaped);
  EXPECT_EQ(latent.scalar_type(), at::kFloat);
  EXPECT_TRUE(latent.is_contiguous());
  EXPECT_TRUE(latent.flatten().equal(torch_randn({256}, flat)));
}

TEST(TorchRandom, OneSeedOneSequenceWhateverTheThreads) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  at::Generator one = torch_generator(3);
  const Tensor alone = torch_randn({200000}, one);
  at::set_num_threads(2);
  at::Generator two = torch_generator(3);
  EXPECT_TRUE(alone.equal(torch_randn({200000}, two)));
  at::set_num_threads(threads);
  at::Generator other = torch_generator(4);
  EXPECT_FALSE(alone.equal(torch_randn({200000}, other)));
}

}  // namespace
}  // namespace darkroom::diffusion
