// TAESD's decoder against diffusers' AutoencoderTiny.
#include "models/taesd.h"

#include <gtest/gtest.h>

#include "checkpoint/load_taesd.h"
#include "support/parity.h"

namespace darkroom::models {
namespace {

TEST(Taesd, DecodesAsTheReference) {
  NoGrad guard;
  const auto decoder =
      checkpoint::load_taesd(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/taesd_decoder.safetensors");
  const Tensor picture = decoder->decode(parity("taesd", "latents"));
  EXPECT_EQ(picture.size(2), 6 * TaesdDecoder::kReduction);
  EXPECT_LT(relative_error(picture, parity("taesd", "picture")), 1e-5);
}

// The tanh in front: no latent is so large that it burns the picture.
TEST(Taesd, BoundsItsLatents) {
  NoGrad guard;
  const auto decoder =
      checkpoint::load_taesd(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/taesd_decoder.safetensors");
  const Tensor large = at::full({1, 4, 2, 2}, 100.0);
  EXPECT_TRUE(at::allclose(decoder->decode(large), decoder->decode(large * 100)));
}

}  // namespace
}  // namespace darkroom::models
