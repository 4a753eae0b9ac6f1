// Latents of a data set: encoded once, kept, and never taken where they are of something else.
#include "train/encoded_dataset.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "train/initialise.h"
#include "train/random.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

class EncodedDataset : public ::testing::Test {
 protected:
  EncodedDataset() {
    at::Generator draws = generator_for(1, Purpose::initial_weights, 0);
    initialise(vae, draws);
    vae.config.scale = 0.5;
  }

  Tensor latents() {
    encodings = 0;
    TrainingLog log(data.folder(), 0, 1, [&](const ProgressEvent& event) { encodings += event.stage == "encoding"; });
    return encoded_dataset(vae, read_dataset(data.folder()), data.folder(), log, 0);
  }

  const TinyDataset data;
  models::AutoencoderKL vae{{.channels = {4, 8}, .res_blocks = 1, .groups = 2}};
  int encodings = 0;
};

TEST_F(EncodedDataset, IsEncodedOnceAndComesBackAsItWas) {
  const Tensor first = latents();
  EXPECT_EQ(first.sizes(), (std::vector<int64_t>{2, 4, 16, 16}));
  EXPECT_EQ(encodings, 1);
  const Tensor again = latents();
  EXPECT_EQ(encodings, 0);
  EXPECT_TRUE(at::equal(first, again));
}

TEST_F(EncodedDataset, AnotherPictureUnderTheSameNameIsEncodedAnew) {
  const Tensor first = latents();
  std::filesystem::copy_file(data.folder() / "a.png", data.folder() / "b.png",
                             std::filesystem::copy_options::overwrite_existing);
  const Tensor changed = latents();
  EXPECT_EQ(encodings, 1);
  EXPECT_TRUE(at::equal(changed[0], changed[1]));
  EXPECT_FALSE(at::equal(first[1], changed[1]));
}

TEST_F(EncodedDataset, AnotherVaeOrScaleEncodesAnew) {
  const Tensor first = latents();
  vae.config.scale = 0.25;
  EXPECT_TRUE(at::allclose(latents(), first * 0.5));
  EXPECT_EQ(encodings, 1);
  vae.quant_conv.bias.data().add_(1);
  latents();
  EXPECT_EQ(encodings, 1);
}

TEST_F(EncodedDataset, ADamagedFileIsSaidAndEncodedAnew) {
  const Tensor first = latents();
  std::filesystem::resize_file(data.folder() / "latents.safetensors", 100);
  const Tensor again = latents();
  EXPECT_EQ(encodings, 1);
  EXPECT_TRUE(at::equal(first, again));
  latents();
  EXPECT_EQ(encodings, 0);
}

}  // namespace
}  // namespace darkroom::train
