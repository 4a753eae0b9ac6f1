#include "models/esrgan.h"

#include <gtest/gtest.h>

#include <map>

#include "support/esrgan.h"
#include "support/parity.h"

namespace darkroom::models {
namespace {

EsrganConfig small_config(int64_t folded) {
  return {.features = 8, .growth = 4, .blocks = 2, .folded_pixels = folded};
}

void fill_from_reference(Esrgan& network, const std::string& name) {
  std::map<std::string, Tensor> tensors;
  for (const auto& [key, tensor] : esrgan_tensors(name)) tensors[key] = checkpoint::tensor_view(tensor);
  const auto parameters = network.named_parameters();
  ASSERT_EQ(parameters.size(), tensors.size());
  for (const auto& [key, parameter] : parameters) {
    ASSERT_EQ(parameter->sizes(), tensors.at(key).sizes()) << key;
    *parameter = tensors.at(key);
  }
}

TEST(Esrgan, IsTheReferenceFormula) {
  NoGrad guard;
  for (const auto& [name, folded] : {std::pair(std::string("x4"), 1), {"x2", 2}, {"x1", 4}}) {
    Esrgan network(small_config(folded));
    fill_from_reference(network, name);
    EXPECT_EQ(network.config.scale(), 4 / folded);
    const Tensor found = network.forward(parity("pictures", "esrgan." + name + ".in"));
    EXPECT_LT(relative_error(found, parity("pictures", "esrgan." + name + ".out")), 1e-5) << name;
  }
}

TEST(Esrgan, SidesThatFoldingDoesNotDivideAreContinued) {
  NoGrad guard;
  Esrgan network(small_config(4));
  fill_from_reference(network, "x1");
  for (const auto& [height, width] : {std::pair(7, 9), {1, 1}, {2, 5}})
    EXPECT_EQ(network.forward(at::ones({1, 3, height, width})).sizes(), (at::IntArrayRef{1, 3, height, width}));
}

TEST(Esrgan, FullSizeHasTheParametersOfRealEsrgan) {
  Esrgan network({});
  EXPECT_EQ(network.parameter_count(), 16697987);  // RealESRGAN_x4plus
  EXPECT_EQ(network.named_parameters().front().first, "conv_first.weight");
  EXPECT_EQ(network.named_parameters().back().first, "conv_last.bias");
}

}  // namespace
}  // namespace darkroom::models
