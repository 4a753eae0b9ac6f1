#include "train/picture_latents.h"

#include <gtest/gtest.h>

#include "checkpoint/load.h"
#include "train/encoded_folder.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

TEST(PictureLatents, AreDrawnFromTheWholePosteriorAtEachUse) {
  const TrainingFolder folder;
  const EncodedFolder cached(folder.training());
  EXPECT_EQ(cached.encoded, 3);
  const Tensor one = cached.use(1).latents, again = cached.use(1).latents, other = cached.use(2).latents;
  EXPECT_TRUE(one.equal(again));
  EXPECT_FALSE(one.equal(other));
  EXPECT_FALSE(cached.use(1).mask.defined());
  Tensor sum = at::zeros_like(one);
  for (uint64_t draw = 0; draw < 400; ++draw) sum += cached.use(draw).latents;
  const Tensor mean = cached.latents.plain_use(0).latents;
  const Tensor spread = (one - mean).abs().mean();
  EXPECT_LT((sum / 400 - mean).abs().mean().item<double>(), 0.2 * spread.item<double>());
}

/// Black on the left, white on the right, or the other way round.
void add_halves(const TrainingFolder& folder, const std::string& name, bool is_white_left) {
  Image image(32, 32, 3);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      for (int c = 0; c < 3; ++c) image.pixel(x, y)[c] = (x < 16) == is_white_left ? 255 : 0;
  std::filesystem::create_directories(folder / "pictures/1_halves");
  formats::write_png(folder / ("pictures/1_halves/" + name), image, {});
}

TEST(PictureLatents, HalfOfTheUsesSeeTheMirroredPicture) {
  const TrainingFolder folder;
  add_halves(folder, "a.png", true);
  add_halves(folder, "b.png", false);
  LoraTraining told = folder.training();
  const EncodedFolder plain(told);
  told.flip_aug = true;
  const EncodedFolder flipping(told);
  const int64_t a = 2, b = 3;
  ASSERT_EQ(plain.set.trained[a].file.filename(), "a.png");
  int mirrored = 0;
  for (uint64_t draw = 0; draw < 20; ++draw) {
    at::Generator draws = generator_for(0, Purpose::picture, draw);
    const bool is_mirrored = random_unit(draws) < 0.5;
    mirrored += is_mirrored;
    EXPECT_TRUE(flipping.use(draw, a).latents.equal(plain.latents.use(is_mirrored ? b : a, draws).latents)) << draw;
  }
  EXPECT_GT(mirrored, 3);
  EXPECT_LT(mirrored, 17);
}

TEST(PictureLatents, WithRandomCropsAreMadeAnewAndSayWhere) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.random_crop = true, told.enable_bucket = false;
  const EncodedFolder fresh(told);
  EXPECT_EQ(fresh.encoded, 0);
  std::set<int> lefts;
  for (uint64_t draw = 0; draw < 30; ++draw) {
    const PictureLatents::Use use = fresh.use(draw, 1);
    EXPECT_TRUE(use.crop.left >= 0 && use.crop.left <= 16) << use.crop.left;
    EXPECT_EQ(use.crop.top, 0);
    lefts.insert(use.crop.left);
  }
  EXPECT_GT(lefts.size(), 5u);
}

TEST(PictureLatents, MasksAreTheAlphaInLatentSize) {
  const TrainingFolder folder;
  folder.add("1_a/t.png", 32, 32, {200, 0, 0}, "", /*alpha=*/true);
  LoraTraining told = folder.training();
  told.alpha_mask = true;
  const EncodedFolder cached(told);
  ASSERT_EQ(cached.set.trained[2].folder, "1_a");
  const PictureLatents::Use masked = cached.use(0, 2), whole = cached.use(0, 0);
  EXPECT_EQ(masked.mask.size(1), masked.latents.size(1));
  EXPECT_LT(masked.mask.min().item<float>(), 0.2f);
  EXPECT_EQ(masked.mask[0][masked.mask.size(1) / 2][masked.mask.size(2) / 2].item<float>(), 1.0f);
  EXPECT_EQ(whole.mask.min().item<float>(), 1.0f);
}

TEST(PictureLatents, AFoldersAlphaMasksNoOtherFolder) {
  const TrainingFolder folder;
  folder.add("1_a/t.png", 32, 32, {200, 0, 0}, "", /*alpha=*/true);
  folder.add("1_b/t.png", 32, 32, {200, 0, 0}, "", /*alpha=*/true);
  formats::put(folder / "data.toml",
               "[[datasets]]\n"
               "[[datasets.subsets]]\nimage_dir = \"pictures/1_a\"\nalpha_mask = true\n"
               "[[datasets.subsets]]\nimage_dir = \"pictures/1_b\"\n");
  LoraTraining told = folder.training();
  told.train_data_dir.clear();
  told.dataset_config = folder / "data.toml";
  told.latent_cache_dir = folder / "latents";  // and of a cache each takes its own
  for (int round = 0; round < 2; ++round) {
    const EncodedFolder cached(told);
    ASSERT_EQ(cached.set.trained[1].folder, "1_b");
    EXPECT_LT(cached.use(0, 0).mask.min().item<float>(), 0.2f) << round;
    EXPECT_EQ(cached.use(0, 1).mask.min().item<float>(), 1.0f) << round;
  }
}

/// White on the left, grey or black on the right.
void add_mask(const std::filesystem::path& file, int width, int height, uint8_t right) {
  Image mask(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) mask.pixel(x, y)[0] = x < width / 2 ? 255 : right;  // red alone counts
  std::filesystem::create_directories(file.parent_path());
  formats::write_png(file, mask, {});
}

TEST(PictureLatents, MasksMayBePicturesOfTheirOwn) {
  const TrainingFolder folder;
  add_mask(folder / "masks/a.png", 32, 32, 0);
  add_mask(folder / "masks/10_sks disc/b.png", 48, 32, 51);
  add_mask(folder / "masks/c.png", 32, 48, 255);
  LoraTraining told = folder.training();
  told.masked_loss = true, told.conditioning_data_dir = folder / "masks";
  told.latent_cache_dir = folder / "latents";
  const auto corner = [](const EncodedFolder& encoded, int64_t picture) {
    const Tensor mask = encoded.use(0, picture).mask[0];
    EXPECT_EQ(mask[0][0].item<float>(), 1);
    return mask[-1][-1].item<float>();
  };
  const EncodedFolder first(told);
  EXPECT_EQ(corner(first, 0), 0);
  EXPECT_NEAR(corner(first, 1), 0.2, 1e-6);
  EXPECT_EQ(corner(first, 2), 1);
  // Another mask is another picture, also to those who keep what is encoded.
  add_mask(folder / "masks/a.png", 32, 32, 102);
  EXPECT_NEAR(corner(EncodedFolder(told), 0), 0.4, 1e-6);
  add_mask(folder / "masks/a.png", 16, 32, 0);
  formats::expect_error(ErrorKind::invalid_request, "as large as it is", [&] { EncodedFolder wrong(told); });
  std::filesystem::remove(folder / "masks/a.png");
  formats::expect_error(ErrorKind::not_found, "find the mask of", [&] { EncodedFolder wrong(told); });
  told.masked_loss = false;
  formats::expect_error(ErrorKind::invalid_request, "say masked_loss too", [&] { EncodedFolder wrong(told); });
}

TEST(PictureLatents, AMirroredPicturesCropIsMirrored) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.random_crop = told.flip_aug = true, told.enable_bucket = false;
  const EncodedFolder fresh(told);
  for (uint64_t draw = 0; draw < 20; ++draw) {
    at::Generator draws = generator_for(0, Purpose::picture, draw);
    const bool is_mirrored = random_unit(draws) < 0.5;
    const auto left = int(random_index(draws, 17));  // 48 x 32 shown as 32 x 32
    EXPECT_EQ(fresh.use(draw, 1).crop.left, is_mirrored ? 16 - left : left) << draw;
  }
}

}  // namespace
}  // namespace darkroom::train
