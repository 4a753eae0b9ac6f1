// The UNet against diffusers, whole, in every family; one of the two timesteps is fractional.
#include "models/unet.h"

#include "reference_model.h"

namespace darkroom::models {
namespace {

using UNetParity = ReferenceFamilies;

Tensor answer(const UNet& unet, const std::string& family, const Tensor& context) {
  const Tensor vector = unet.config.vector > 0 ? parity(family, "unet.vector") : Tensor();
  return unet.forward(parity(family, "unet.x"), parity(family, "unet.t"), {context, vector});
}

TEST_P(UNetParity, AnswersAsTheReference) {
  NoGrad guard;
  const auto model = reference_model(GetParam());
  const Tensor y = answer(*model.unet, GetParam(), parity(GetParam(), "unet.context"));
  EXPECT_LT(relative_error(y, parity(GetParam(), "unet.y")), kSameNetwork);
}

// Otherwise the comparison above would not see an attention that reads nothing.
TEST_P(UNetParity, TheContextMatters) {
  NoGrad guard;
  const auto model = reference_model(GetParam());
  const Tensor context = parity(GetParam(), "unet.context");
  EXPECT_GT(relative_error(answer(*model.unet, GetParam(), context.flip(1) + 1), parity(GetParam(), "unet.y")), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Families, UNetParity, reference_families());

}  // namespace
}  // namespace darkroom::models
