#include "layers/linear_product.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "layers/conv2d.h"
#include "layers/fast_paths.h"
#include "layers/linear.h"

namespace darkroom::layers {
namespace {

struct LinearShape {
  int64_t rows, in, out;
};
// Around the sizes of blocks (96 rows, 512 places, 4 panels of 16 outputs), single rows, places that fill no vector.
constexpr LinearShape kShapes[] = {{1, 1, 32},   {2, 320, 1280}, {77, 768, 64},  {96, 512, 96},   {97, 513, 64},
                                   {154, 3, 32}, {500, 40, 320}, {5, 1300, 160}, {1100, 64, 192}, {2200, 33, 32}};

double relative_error(const Tensor& found, const Tensor& exact) {
  return ((found - exact).norm() / exact.norm()).item<double>();
}

Tensor exact_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.defined() ? bias.to(at::kDouble) : bias);
}

TEST(LinearProduct, IsTheDefinition) {
  NoGrad guard;
  at::manual_seed(5);
  for (const LinearShape& s : kShapes) {
    const Tensor x = at::randn({s.rows, s.in}), bias = at::randn({s.out});
    for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
      const Tensor weight = at::randn({s.out, s.in}).to(type);
      ASSERT_TRUE(can_use_linear_product(x, weight));
      EXPECT_LT(relative_error(linear_product(x, weight, bias), exact_linear(x, weight, bias)), 1e-6)
          << s.rows << " " << s.in << " " << s.out << " " << type;
      EXPECT_LT(relative_error(linear_product(x, weight, {}), exact_linear(x, weight, {})), 1e-6);
    }
  }
}

TEST(LinearProduct, GeglusAsTheDefinition) {
  NoGrad guard;
  at::manual_seed(6);
  for (const LinearShape& s : kShapes) {
    const Tensor x = at::randn({s.rows, s.in}) * 3, bias = at::randn({2 * s.out});
    const Tensor weight = (at::randn({2 * s.out, s.in}) / std::sqrt(double(s.in))).to(at::kHalf);
    ASSERT_TRUE(can_use_geglu_product(x, weight));
    for (const Tensor& offset : {bias, Tensor()}) {
      const std::vector<Tensor> halves = exact_linear(x, weight, offset).chunk(2, -1);
      EXPECT_LT(relative_error(geglu_product(x, weight, offset), halves[0] * at::gelu(halves[1])), 1e-6)
          << s.rows << " " << s.in << " " << s.out;
    }
  }
}

// Each gate on its own: small ones to their last digits, far negative ones nothing, far positive ones themselves.
TEST(LinearProduct, GatesOverTheWholeRange) {
  NoGrad guard;
  const Tensor gates = at::cat({at::linspace(-20, 20, 4001), at::logspace(-30, 0, 95)}).view({-1, 1});
  const Tensor weight = at::cat({at::zeros({32, 1}), at::ones({32, 1})}),
               bias = at::cat({at::ones({32}), at::zeros({32})});
  const Tensor found = geglu_product(gates, weight, bias).select(1, 0), x = gates.select(1, 0).to(at::kDouble);
  const Tensor exact = at::gelu(x), error = (found - exact).abs();
  EXPECT_LT((error / (x.abs() + 1e-30)).max().item<double>(), 3e-7);
  EXPECT_TRUE((found - exact).abs().max().item<double>() < 3e-6);
  EXPECT_TRUE(std::isnan(geglu_product(at::full({1, 1}, NAN), weight, bias).select(1, 0).item<double>()));
}

// An offset far above the products costs their digits once, not with each of them.
TEST(LinearProduct, AddsTheOffsetLast) {
  NoGrad guard;
  const Tensor x = at::full({1, 1000}, 0.001), weight = at::ones({32, 1000}), bias = at::full({32}, 4096.0);
  EXPECT_NEAR(linear_product(x, weight, bias)[0][3].item<double>(), 4097.0, 5e-4);
}

TEST(LinearProduct, DependsOnNeitherBatchNorThreads) {
  NoGrad guard;
  const Tensor x = at::randn({3, 700, 600}), weight = at::randn({320, 600}), bias = at::randn({320});
  const Tensor whole = linear_product(x, weight, bias), gated = geglu_product(x, weight, bias);
  EXPECT_EQ(whole.sizes(), at::IntArrayRef({3, 700, 320}));
  EXPECT_EQ(gated.sizes(), at::IntArrayRef({3, 700, 160}));
  EXPECT_TRUE(linear_product(x[1], weight, bias).equal(whole[1]));
  EXPECT_TRUE(geglu_product(x[1].narrow(0, 5, 7), weight, bias).equal(gated[1].narrow(0, 5, 7)));
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    EXPECT_TRUE(linear_product(x, weight, bias).equal(whole)) << count;
    EXPECT_TRUE(geglu_product(x, weight, bias).equal(gated)) << count;
  }
  at::set_num_threads(threads);
}

TEST(LinearProduct, TakesOnlyWhatItCan) {
  const Tensor x = at::ones({4, 32}), weight = at::ones({64, 32});
  EXPECT_TRUE(can_use_linear_product(x, weight));
  EXPECT_FALSE(can_use_linear_product(x, at::ones({60, 32}))) << "not in whole panels";
  EXPECT_FALSE(can_use_linear_product(x.to(at::kDouble), weight));
  EXPECT_FALSE(can_use_linear_product(x, weight.to(at::kDouble)));
  EXPECT_FALSE(can_use_linear_product(at::ones({0, 32}), weight)) << "no rows";
  EXPECT_FALSE(can_use_geglu_product(x, at::ones({16, 32}))) << "halves not in whole panels";
}

TEST(LinearProduct, GoesBackwardsAsTheDefinition) {
  NoGrad guard;
  at::manual_seed(8);
  for (const LinearShape& s : kShapes) {
    if (s.in % 32 != 0) continue;
    const Tensor g = at::randn({s.rows, s.out});
    for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
      const Tensor weight = at::randn({s.out, s.in}).to(type);
      EXPECT_LT(
          relative_error(linear_product_input_gradient(g, weight), at::mm(g.to(at::kDouble), weight.to(at::kDouble))),
          1e-6)
          << s.rows << " " << s.in << " " << s.out << " " << type;
    }
  }
}

TEST(LinearProduct, IsWhatLayersUse) {
  NoGrad guard;
  at::manual_seed(7);
  Linear linear(48, 128);
  Conv2d pointwise(48, 64, 1, 1, 0);
  for (const auto& [name, tensor] : linear.named_parameters()) tensor->normal_();
  for (const auto& [name, tensor] : pointwise.named_parameters()) tensor->normal_();
  const Tensor x = at::randn({2, 9, 48}), picture = at::randn({2, 48, 5, 7}).contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(linear.forward(x).equal(linear_product(x, linear.weight, linear.bias)));
  EXPECT_TRUE(linear.geglu(x).equal(geglu_product(x, linear.weight, linear.bias)));
  const Tensor y = pointwise.forward(picture);
  EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(y.permute({0, 2, 3, 1})
                  .equal(linear_product(picture.permute({0, 2, 3, 1}), pointwise.weight.flatten(1), pointwise.bias)));
  set_fast_paths(false);
  const Tensor plain = linear.forward(x), plain_gated = linear.geglu(x), plain_pixels = pointwise.forward(picture);
  set_fast_paths(true);
  EXPECT_LT(relative_error(linear.forward(x), plain), 1e-6);
  EXPECT_LT(relative_error(linear.geglu(x), plain_gated), 1e-6);
  EXPECT_LT(relative_error(y, plain_pixels), 1e-6);
  const Tensor without = linear.geglu(x);
  linear.side = [](const Tensor& in) { return at::zeros({in.size(0), in.size(1), 128}); };
  EXPECT_TRUE(linear.geglu(x).equal(without)) << "a side that adds nothing";
  linear.side = [](const Tensor& in) { return at::ones({in.size(0), in.size(1), 128}); };
  EXPECT_LT(relative_error(linear.geglu(x), at::chunk(plain + 1, 2, -1)[0] * at::gelu(at::chunk(plain + 1, 2, -1)[1])),
            1e-6)
      << "what is beside the weight is added before the gate";
}

}  // namespace
}  // namespace darkroom::layers
