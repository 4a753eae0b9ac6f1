#include "train/picture_latents.h"

#include "base/error.h"
#include "imaging/compose.h"
#include "train/colour_change.h"
#include "train/pictures.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

Image cropped_to(const Image& image, const PixelSize& bucket, const Crop& crop) {
  return imaging::cropped(image, {crop.left, crop.top, crop.left + bucket.width, crop.top + bucket.height});
}

}  // namespace

PictureLatents::PictureLatents(const LoraTraining& options, const models::AutoencoderKL& vae,
                               const std::vector<TrainingPicture>& pictures,
                               const std::function<void(int64_t, int64_t)>& on_picture)
    : options_(options), vae_(vae), pictures_(pictures) {
  if (changes_at_each_use()) return;
  for (const TrainingPicture& picture : pictures) {
    const ScaledPicture scaled = scaled_picture(picture, options.alpha_background);
    const Crop crop = middle_crop(picture.place);
    plain_.push_back(encoded(scaled, picture.place.bucket, crop, false));
    if (options.flip_aug) flipped_.push_back(encoded(scaled, picture.place.bucket, crop, true));
    require(plain_.back().mean.isfinite().all().item<bool>(), ErrorKind::internal,
            "encode training picture \"{}\": the VAE makes values of it that are no numbers; give another vae",
            picture.file.string());
    on_picture(int64_t(plain_.size()), int64_t(pictures.size()));
  }
}

PictureLatents::Encoded PictureLatents::encoded(const ScaledPicture& picture, const PixelSize& bucket, Crop crop,
                                                bool is_flipped) const {
  NoGrad guard;
  Tensor pixels = picture_tensor(cropped_to(picture.rgb, bucket, crop)).unsqueeze(0);
  if (is_flipped) pixels = pixels.flip({3});
  const models::Posterior posterior = vae_.encode(pixels);
  Encoded encoded{posterior.mean[0], at::exp(0.5 * posterior.log_variance[0]), {}, crop};
  if (options_.alpha_mask || options_.masked_loss) {
    const auto latent = encoded.mean.sizes();
    encoded.mask = at::ones({1, latent[1], latent[2]});
    if (!picture.alpha.pixels.empty()) {
      Image alpha = cropped_to(picture.alpha, bucket, crop);
      Tensor mask = at::from_blob(alpha.pixels.data(), {1, 1, bucket.height, bucket.width}, at::kByte);
      mask = mask.to(at::kFloat) / 255;
      if (is_flipped) mask = mask.flip({3});
      encoded.mask = at::adaptive_avg_pool2d(mask, {latent[1], latent[2]})[0];
    }
  }
  return encoded;
}

PictureLatents::Use PictureLatents::drawn(const Encoded& e, at::Generator& draws) const {
  NoGrad guard;
  const Tensor latents = e.mean + e.deviation * at::randn(e.mean.sizes(), draws);
  return {latents * vae_.config.scale, e.mask, e.crop};
}

PictureLatents::Use PictureLatents::use(int64_t index, at::Generator& draws) const {
  const bool is_flipped = options_.flip_aug && random_unit(draws) < 0.5;
  if (!changes_at_each_use()) return drawn((is_flipped ? flipped_ : plain_)[size_t(index)], draws);
  const TrainingPicture& picture = pictures_[size_t(index)];
  ScaledPicture scaled = scaled_picture(picture, options_.alpha_background);
  Crop crop = middle_crop(picture.place);
  if (options_.random_crop) {
    crop.left = int(random_index(draws, picture.place.resized.width - picture.place.bucket.width + 1));
    crop.top = int(random_index(draws, picture.place.resized.height - picture.place.bucket.height + 1));
  }
  if (options_.color_aug) scaled.rgb = colour_changed(scaled.rgb, draws);
  return drawn(encoded(scaled, picture.place.bucket, crop, is_flipped), draws);
}

PictureLatents::Use PictureLatents::plain_use(int64_t index) const {
  NoGrad guard;
  const TrainingPicture& picture = pictures_[size_t(index)];
  const Encoded e = changes_at_each_use() ? encoded(scaled_picture(picture, options_.alpha_background),
                                                    picture.place.bucket, middle_crop(picture.place), false)
                                          : plain_[size_t(index)];
  return {e.mean * vae_.config.scale, e.mask, e.crop};
}

}  // namespace darkroom::train
