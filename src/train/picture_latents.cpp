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

bool changes_at_each_use(const TrainingPicture& picture) {
  return picture.options->color_aug || picture.options->random_crop;
}

/// What SDXL is told of a mirrored picture: how much of it lies left of what is seen, once it is mirrored.
Crop mirrored(const BucketPlace& place, const Crop& crop) {
  return {place.resized.width - place.bucket.width - crop.left, crop.top};
}

}  // namespace

PictureLatents::PictureLatents(const LoraTraining& options, models::AutoencoderKL& vae,
                               const std::vector<TrainingPicture>& pictures,
                               const std::function<void(int64_t, int64_t)>& on_picture)
    : options_(options), vae_(vae), cache_(options.latent_cache_dir, vae), pictures_(pictures) {
  // A batch has masks or not, so all pictures have them where one does; of those that say nothing all of it counts.
  needs_masks_ = options.masked_loss;
  for (const TrainingPicture& picture : pictures) needs_masks_ |= picture.options->alpha_mask;
  plain_.resize(pictures.size());
  flipped_.resize(pictures.size());
  for (size_t i = 0; i < pictures.size(); ++i) {
    const TrainingPicture& picture = pictures[i];
    if (changes_at_each_use(picture)) continue;
    ScaledPicture scaled;  // read when it is first needed
    plain_[i] = kept_or_encoded(picture, scaled, false);
    if (picture.options->flip_aug) flipped_[i] = kept_or_encoded(picture, scaled, true);
    require(plain_[i].mean.isfinite().all().item<bool>(), ErrorKind::internal,
            "encode training picture \"{}\": the VAE makes values of it that are no numbers; give another vae",
            picture.file.string());
    on_picture(int64_t(i) + 1, int64_t(pictures.size()));
  }
}

EncodedPicture PictureLatents::kept_or_encoded(const TrainingPicture& picture, ScaledPicture& scaled,
                                               bool is_flipped) const {
  const Crop crop = middle_crop(picture.place);
  const MaskUse masked = mask_of(picture);
  const std::string key = cache_.key(picture, crop, is_flipped, masked, options_.alpha_background);
  if (auto kept = cache_.find(key, is_flipped ? mirrored(picture.place, crop) : crop)) return *kept;
  if (scaled.rgb.pixels.empty()) scaled = scaled_picture(picture, options_.alpha_background);
  EncodedPicture fresh = encoded(scaled, picture, crop, is_flipped);
  cache_.keep(key, fresh);
  return fresh;
}

MaskUse PictureLatents::mask_of(const TrainingPicture& picture) const {
  if (!needs_masks_) return MaskUse::none;
  return options_.masked_loss || picture.options->alpha_mask ? MaskUse::alpha : MaskUse::ones;
}

EncodedPicture PictureLatents::encoded(const ScaledPicture& scaled, const TrainingPicture& picture, const Crop& crop,
                                       bool is_flipped) const {
  NoGrad guard;
  const PixelSize& bucket = picture.place.bucket;
  const MaskUse masked = mask_of(picture);
  Tensor pixels = picture_tensor(cropped_to(scaled.rgb, bucket, crop)).unsqueeze(0);
  if (is_flipped) pixels = pixels.flip({3});
  const models::Posterior posterior = vae_.encode(pixels);
  EncodedPicture encoded{posterior.mean[0],
                         at::exp(0.5 * posterior.log_variance[0]),
                         {},
                         is_flipped ? mirrored(picture.place, crop) : crop};
  if (masked != MaskUse::none) {
    const auto latent = encoded.mean.sizes();
    encoded.mask = at::ones({1, latent[1], latent[2]});
    if (masked == MaskUse::alpha && !scaled.alpha.pixels.empty()) {
      Image alpha = cropped_to(scaled.alpha, bucket, crop);
      Tensor mask = at::from_blob(alpha.pixels.data(), {1, 1, bucket.height, bucket.width}, at::kByte);
      mask = mask.to(at::kFloat) / 255;
      if (is_flipped) mask = mask.flip({3});
      encoded.mask = at::adaptive_avg_pool2d(mask, {latent[1], latent[2]})[0];
    }
  }
  return encoded;
}

PictureLatents::Use PictureLatents::drawn(const EncodedPicture& e, at::Generator& draws) const {
  NoGrad guard;
  const Tensor latents = e.mean + e.deviation * at::randn(e.mean.sizes(), draws);
  return {latents * vae_.config.scale, e.mask, e.crop};
}

PictureLatents::Use PictureLatents::use(int64_t index, at::Generator& draws) const {
  const TrainingPicture& picture = pictures_[size_t(index)];
  const bool is_flipped = picture.options->flip_aug && random_unit(draws) < 0.5;
  if (!changes_at_each_use(picture)) return drawn((is_flipped ? flipped_ : plain_)[size_t(index)], draws);
  ScaledPicture scaled = scaled_picture(picture, options_.alpha_background);
  Crop crop = middle_crop(picture.place);
  if (picture.options->random_crop) {
    crop.left = int(random_index(draws, picture.place.resized.width - picture.place.bucket.width + 1));
    crop.top = int(random_index(draws, picture.place.resized.height - picture.place.bucket.height + 1));
  }
  if (picture.options->color_aug) scaled.rgb = colour_changed(scaled.rgb, draws);
  return drawn(encoded(scaled, picture, crop, is_flipped), draws);
}

PictureLatents::Use PictureLatents::plain_use(int64_t index) const {
  NoGrad guard;
  const TrainingPicture& picture = pictures_[size_t(index)];
  const EncodedPicture e = changes_at_each_use(picture) ? encoded(scaled_picture(picture, options_.alpha_background),
                                                                  picture, middle_crop(picture.place), false)
                                                        : plain_[size_t(index)];
  return {e.mean * vae_.config.scale, e.mask, e.crop};
}

}  // namespace darkroom::train
