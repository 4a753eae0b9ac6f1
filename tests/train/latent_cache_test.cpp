#include "train/latent_cache.h"

#include <gtest/gtest.h>

#include "checkpoint/load.h"
#include "train/picture_latents.h"
#include "train/random.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

struct EncodedRun {
  explicit EncodedRun(const LoraTraining& told)
      : options(settled(told)),
        model(checkpoint::load_checkpoint(options.pretrained_model_name_or_path)),
        set(read_training_set(options, [](int64_t, int64_t) {})),
        latents(options, *model.vae, set.trained, [](int64_t, int64_t) {}) {}
  Tensor latent(int64_t picture) const {
    at::Generator draws = generator_for(0, Purpose::picture, 0);
    return latents.use(picture, draws).latents;
  }
  LoraTraining options;
  checkpoint::Checkpoint model;
  TrainingSet set;
  PictureLatents latents;
};

size_t files_in(const std::filesystem::path& folder) {
  return size_t(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST(LatentCache, SparesEncodingAndChangesNothing) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  const Tensor plain = EncodedRun(told).latent(0);
  told.latent_cache_dir = folder / "latents";
  told.flip_aug = true;
  const EncodedRun first(told);
  EXPECT_EQ(files_in(folder / "latents"), 6u);  // three pictures, and mirrored
  const EncodedRun second(told);
  EXPECT_TRUE(second.latent(0).equal(first.latent(0)));
  EXPECT_TRUE(second.latent(2).equal(first.latent(2)));
  told.flip_aug = false;
  EXPECT_TRUE(EncodedRun(told).latent(0).equal(plain));
  EXPECT_EQ(files_in(folder / "latents"), 6u);
}

TEST(LatentCache, AChangedPictureIsEncodedAnew) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.latent_cache_dir = folder / "latents";
  const Tensor before = EncodedRun(told).latent(0);
  folder.add("10_sks disc/a.png", 32, 32, {0, 200, 100}, "another");
  EXPECT_FALSE(EncodedRun(told).latent(0).equal(before));
  EXPECT_EQ(files_in(folder / "latents"), 4u);
  told.resolution = "48";
  EncodedRun(told).latent(0);
  EXPECT_EQ(files_in(folder / "latents"), 7u);
}

TEST(LatentCache, ADamagedFileIsEncodedAgain) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.latent_cache_dir = folder / "latents";
  const Tensor before = EncodedRun(told).latent(0);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "latents"))
    formats::put(entry.path(), "broken");
  EXPECT_TRUE(EncodedRun(told).latent(0).equal(before));
  EXPECT_TRUE(EncodedRun(told).latent(0).equal(before));
}

}  // namespace
}  // namespace darkroom::train
