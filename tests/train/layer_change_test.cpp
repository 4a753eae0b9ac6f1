#include "train/layer_change.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "formats/support.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

Tensor wave(at::IntArrayRef shape, double factor, double step, double shift = 0) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  return (at::sin(at::arange(count, at::kDouble) * step + shift) * factor).to(at::kFloat).view(shape);
}

/// A layer of make_lycoris_training.py.
struct TestLayer {
  explicit TestLayer(const std::string& name)
      : linear(24, 36, false), conv3(8, 12, 3, 2, 1, false), conv1(8, 12, 1, 1, 0, false) {
    if (name == "linear") changed.linear = &linear;
    if (name == "conv3") changed.conv = &conv3;
    if (name == "conv1") changed.conv = &conv1;
    Tensor& weight = changed.linear ? linear.weight : changed.conv->weight;
    weight = wave(weight.sizes(), 0.3, 0.7);
    x = wave(name == "linear"  ? at::IntArrayRef{2, 5, 24}
             : name == "conv3" ? at::IntArrayRef{2, 8, 6, 6}
                               : at::IntArrayRef{2, 8, 4, 4},
             1, 0.37);
  }
  layers::Linear linear;
  layers::Conv2d conv3, conv1;
  ChangedLayer changed;
  Tensor x;
};

struct Kind {
  std::string name;
  LoraOptions options;
  int64_t rank = 3;
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds = {
      {"dora", {.dora = true}},
      {"loha", {.algorithm = "loha"}},
      {"loha_dora", {.algorithm = "loha", .dora = true}},
      {"lokr", {.algorithm = "lokr"}},
      {"lokr_thin", {.algorithm = "lokr", .decompose_both = true}, 1},
      {"lokr_factor", {.algorithm = "lokr", .factor = 2}, 1},
      {"lokr_full", {.algorithm = "lokr", .full_matrix = true}},
      {"lokr_dora", {.algorithm = "lokr", .dora = true}, 1},
  };
  return kKinds;
}

// LyCORIS' own modules: the output, and the gradient of every matrix.
TEST(LayerChange, OutputsAndGradientsAreLycoris) {
  const auto golden =
      formats::read_safetensors(std::string(DARKROOM_TESTS_DIR) + "/golden/lycoris_training.safetensors");
  size_t compared = 0;
  for (const char* layer_name : {"linear", "conv3", "conv1"}) {
    for (const Kind& kind : kinds()) {
      const TestLayer layer(layer_name);
      at::Generator generator = generator_for(0, Purpose::initial_weights, 0), none;
      const auto change = make_layer_change(kind.options, layer.changed, kind.rank, 2, generator);
      const NamedTensors matrices = change->matrices();
      for (size_t i = 0; i < matrices.size(); ++i) {
        NoGrad guard;
        const auto& [name, matrix] = matrices[i];
        const size_t n = name == "lora_up.weight" ? 0 : name == "lora_down.weight" ? 1 : i;  // the script's order
        if (name != "dora_scale") Tensor(matrix).copy_(wave(matrix.sizes(), 0.2, 0.1, double(n)));
      }
      const Tensor output = layer.changed.with_weight(layer.x, layer.changed.weight()) +
                            change->output_change(layer.x, kind.options, none);
      const std::string key = std::string(layer_name) + "." + kind.name + ":";
      const auto expected = [&](const std::string& name) {
        return checkpoint::tensor_view(golden.tensors.at(key + name));
      };
      EXPECT_TRUE(at::allclose(output, expected("output"), 1e-5, 1e-5)) << key;
      const Tensor target = at::cos(at::arange(output.numel(), at::kDouble) * 0.3).to(at::kFloat).view(output.sizes());
      (output - target).square().mean().backward();
      for (const auto& [name, matrix] : matrices) {
        const Tensor gradient = expected(name);
        EXPECT_LT(((matrix.grad() - gradient).norm() / gradient.norm()).item<double>(), 1e-5) << key << name;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared + 24, golden.tensors.size());
}

TEST(LayerChange, NothingIsChangedAtFirst) {
  for (const char* layer_name : {"linear", "conv3", "conv1"}) {
    for (Kind kind : kinds()) {
      const TestLayer layer(layer_name);
      at::Generator generator = generator_for(1, Purpose::initial_weights, 0);
      const auto change = make_layer_change(kind.options, layer.changed, kind.rank, 2, generator);
      EXPECT_LT(change->weight_change().abs().max().item<double>(), 1e-6) << layer_name << kind.name;
    }
  }
}

TEST(LayerChange, ShrinkingKeepsTheDirection) {
  NoGrad guard;
  for (const Kind& kind : kinds()) {
    if (kind.options.dora) continue;
    const TestLayer layer("conv3");
    at::Generator generator = generator_for(1, Purpose::initial_weights, 0);
    const auto change = make_layer_change(kind.options, layer.changed, kind.rank, 2, generator);
    for (const auto& [name, matrix] : change->matrices()) Tensor(matrix).normal_(0, 1, generator);
    const Tensor before = change->weight_change().clone();
    EXPECT_NEAR(change->norm() / before.norm().item<double>(), 1, 1e-5);
    change->shrink(0.25);
    EXPECT_TRUE(at::allclose(change->weight_change(), before * 0.25, 1e-4, 1e-6)) << kind.name;
  }
}

TEST(LayerChange, FactorsAreThoseOfTheReference) {
  // training.md 2.1: 320 16x20, 640 20x32, 768 24x32, 1280 32x40, 2560 40x64, 5120 64x80, 10240 80x128.
  const std::map<int64_t, std::pair<int64_t, int64_t>> known = {{320, {16, 20}},   {640, {20, 32}},  {768, {24, 32}},
                                                                {1280, {32, 40}},  {2560, {40, 64}}, {5120, {64, 80}},
                                                                {10240, {80, 128}}};
  for (const auto& [size, factors] : known) EXPECT_EQ(kronecker_factors(size, -1), factors) << size;
  EXPECT_EQ(kronecker_factors(36, 2), (std::pair<int64_t, int64_t>{2, 18}));
  EXPECT_EQ(kronecker_factors(36, 18), (std::pair<int64_t, int64_t>{2, 18}));
  EXPECT_EQ(kronecker_factors(36, 5), (std::pair<int64_t, int64_t>{4, 9}));
}

TEST(LayerChange, AnUnknownKindIsRefused) {
  const TestLayer layer("linear");
  at::Generator generator = generator_for(0, Purpose::initial_weights, 0);
  EXPECT_THROW(make_layer_change({.algorithm = "oft"}, layer.changed, 1, 1, generator), Error);
}

TEST(LayerChange, LycorisLeavesOutRowsOfAPlainLora) {
  layers::Linear layer(8, 64, false);
  at::Generator generator = generator_for(0, Purpose::initial_weights, 0);
  const LoraOptions options{.dim = 4, .alpha = 4, .rank_dropout = 0.5, .drops_rows = true};
  const auto change = make_layer_change(options, {.linear = &layer}, 4, 4, generator);
  NoGrad guard;
  for (const auto& [name, matrix] : change->matrices()) Tensor(matrix).normal_();
  const Tensor x = at::randn({3, 8});
  at::Generator none, draws = generator_for(0, Purpose::dropout, 0);
  const Tensor whole = change->output_change(x, options, none), some = change->output_change(x, options, draws);
  const Tensor rests = some.eq(0).all(0);
  EXPECT_GT(rests.sum().item<int64_t>(), 16);
  EXPECT_LT(rests.sum().item<int64_t>(), 48);
  // What is left does not grow.
  EXPECT_TRUE(at::allclose(some, at::where(rests, at::zeros({}), whole), 1e-5, 1e-5));
}

}  // namespace
}  // namespace darkroom::train
