#include "bench/layer_times.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "layers/attention.h"
#include "layers/fast_paths.h"
#include "layers/linear.h"

namespace darkroom::bench {
namespace {

struct TwoLinears {
  layers::Linear large{64, 64}, small{64, 8};
  Tensor x = at::ones({256, 64});
  TwoLinears() {
    NoGrad guard;
    for (layers::Linear* one : {&large, &small})
      for (auto& [name, parameter] : one->named_parameters()) parameter->fill_(0.01);
  }
  void operator()() const {
    NoGrad guard;
    small.forward(large.forward(x));
  }
};

TEST(LayerTimes, AreOfAllLayersOfAStep) {
  const TwoLinears step;
  const LayerTimes times = measure_layers([&] { step(); });
  ASSERT_EQ(times.classes.size(), 1u);
  const LayerClass& linear = times.classes[0];
  EXPECT_EQ(linear.name, "linear");
  EXPECT_EQ(linear.count, 2);
  EXPECT_EQ(linear.flop, 2.0 * 256 * 64 * (64 + 8));
  EXPECT_EQ(linear.bytes, 4.0 * (2 * 256 * 64 + 64 * 64 + 256 * 64 + 256 * 8 + 64 * 8));
  EXPECT_LT(linear.difference, 1e-6);
  EXPECT_GE(linear.time.runs, 3);
  EXPECT_LE(linear.time.median, times.whole.median);
  EXPECT_EQ(counted_flop([&] { step(); }), linear.flop);
}

TEST(LayerTimes, SaysHowFarFastPathsAre) {
  const Tensor q = at::randn({1, 40, 16}), k = at::randn({1, 30, 16});
  NoGrad guard;
  const LayerTimes times = measure_layers([&] { layers::attention(q, k, k, 2); });
  EXPECT_GT(times.classes.at(0).difference, 0) << "flash attention adds in another order";
  EXPECT_LT(times.classes.at(0).difference, 1e-5);
  EXPECT_TRUE(layers::fast_paths());
}

TEST(LayerTimes, AFastPathThatStraysIsRefused) {
  layers::Linear linear(4, 4);
  NoGrad guard;
  for (auto& [name, parameter] : linear.named_parameters()) parameter->fill_(0.01);
  // A layer whose side path knows which path is asked for, as a broken kernel would differ.
  const auto step = [&] {
    layers::is_watched() ? layers::watched({layers::WorkKind::linear, "broken", 1, 1, {1}},
                                           [] { return at::full({1}, layers::fast_paths() ? 1.001 : 1.0); })
                         : at::ones({1});
  };
  try {
    measure_layers(step);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal);
    EXPECT_NE(std::string(error.what()).find("compare broken of shape 1 with the plain path"), std::string::npos)
        << error.what();
  }
  EXPECT_TRUE(layers::fast_paths());
}

}  // namespace
}  // namespace darkroom::bench
