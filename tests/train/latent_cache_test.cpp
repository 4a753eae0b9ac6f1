#include "train/latent_cache.h"

#include <gtest/gtest.h>

#include "train/encoded_folder.h"

namespace darkroom::train {
namespace {

Tensor latent(const LoraTraining& told, int64_t picture = 0) {
  return EncodedFolder(told).use(0, picture).latents;
}

size_t files_in(const std::filesystem::path& folder) {
  return size_t(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST(LatentCache, SparesEncodingAndChangesNothing) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  const Tensor plain = latent(told);
  told.latent_cache_dir = folder / "latents";
  told.flip_aug = true;
  const EncodedFolder first(told);
  EXPECT_EQ(files_in(folder / "latents"), 6u);  // three pictures, and mirrored
  const EncodedFolder second(told);
  EXPECT_TRUE(second.use(0, 0).latents.equal(first.use(0, 0).latents));
  EXPECT_TRUE(second.use(0, 2).latents.equal(first.use(0, 2).latents));
  told.flip_aug = false;
  EXPECT_TRUE(latent(told).equal(plain));
  EXPECT_EQ(files_in(folder / "latents"), 6u);
}

TEST(LatentCache, AChangedPictureIsEncodedAnew) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.latent_cache_dir = folder / "latents";
  const Tensor before = latent(told);
  folder.add("10_sks disc/a.png", 32, 32, {0, 200, 100}, "another");
  EXPECT_FALSE(latent(told).equal(before));
  EXPECT_EQ(files_in(folder / "latents"), 4u);
  told.resolution = "48";
  latent(told);
  EXPECT_EQ(files_in(folder / "latents"), 7u);
}

TEST(LatentCache, ADamagedFileIsEncodedAgain) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.latent_cache_dir = folder / "latents";
  const Tensor before = latent(told);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "latents"))
    formats::put(entry.path(), "broken");
  EXPECT_TRUE(latent(told).equal(before));
  EXPECT_TRUE(latent(told).equal(before));
}

}  // namespace
}  // namespace darkroom::train
