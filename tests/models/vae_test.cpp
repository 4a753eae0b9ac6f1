// AutoencoderKL against diffusers: encode, whose picture is not square, and decode.
#include "models/vae.h"

#include "reference_model.h"

namespace darkroom::models {
namespace {

using VaeParity = ReferenceFamilies;

TEST_P(VaeParity, EncodesAsTheReference) {
  NoGrad guard;
  const auto model = reference_model(GetParam());
  const Posterior posterior = model.vae->encode(parity(GetParam(), "vae.pictures"));
  EXPECT_LT(relative_error(posterior.mean, parity(GetParam(), "vae.mean")), kSameNetwork);
  EXPECT_LT(relative_error(posterior.log_variance, parity(GetParam(), "vae.log_variance")), kSameNetwork);
}

TEST_P(VaeParity, DecodesAsTheReference) {
  NoGrad guard;
  const auto model = reference_model(GetParam());
  const Tensor decoded = model.vae->decode(parity(GetParam(), "vae.latents"));
  EXPECT_LT(relative_error(decoded, parity(GetParam(), "vae.decoded")), kSameNetwork);
}

INSTANTIATE_TEST_SUITE_P(Families, VaeParity, reference_families());

}  // namespace
}  // namespace darkroom::models
