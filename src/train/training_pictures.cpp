#include "train/training_pictures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "formats/picture_file.h"
#include "formats/sha256.h"
#include "imaging/compose.h"
#include "imaging/resize.h"
#include "imaging/shrink.h"
#include "train/image_folders.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

using Folders = std::vector<ImageFolder>;

std::string sha256_of(const std::filesystem::path& file) {
  formats::Sha256 sha;
  sha.add_file(file);
  return sha.hex();
}

std::vector<TrainingPicture> pictures_of(const Folders& folders, bool is_regularisation) {
  std::vector<TrainingPicture> all;
  for (const ImageFolder& folder : folders)
    for (const FolderPicture& picture : folder.pictures)
      all.push_back({.file = picture.file,
                     .caption = picture.caption,
                     .repeats = folder.repeats,
                     .has_caption_file = picture.has_caption_file,
                     .is_regularisation = is_regularisation,
                     .folder = folder.path.filename().string()});
  return all;
}

/// Each with its repeats, then one more of each, until there are enough; what is too much has no repeat.
void balance(std::vector<TrainingPicture>& regularisation, int64_t wanted) {
  int64_t count = 0;
  for (TrainingPicture& picture : regularisation) {
    if (count >= wanted) picture.repeats = 0;
    count += picture.repeats;
  }
  while (count < wanted)
    for (size_t i = 0; i < regularisation.size() && count < wanted; ++i, ++count) ++regularisation[i].repeats;
}

BucketPlace place_of(const LoraTraining& o, const PixelSize& picture, const std::vector<PixelSize>& buckets) {
  if (o.enable_bucket) return place_in_bucket(picture, o.buckets, buckets);
  return place_in_bucket(picture, {.resolution = o.buckets.resolution}, {o.buckets.resolution});
}

/// Some pictures of each folder, chosen by one seed: never both trained and measured.
void split_off_validation(const LoraTraining& o, std::vector<TrainingPicture>& all, TrainingSet& set) {
  std::map<std::string, std::vector<size_t>> by_folder;
  for (size_t i = 0; i < all.size(); ++i) by_folder[all[i].file.parent_path().string()].push_back(i);
  std::vector<bool> is_validation(all.size());
  const uint64_t seed = o.validation_seed ? uint64_t(*o.validation_seed) : o.run.seed;
  for (const auto& [folder, indices] : by_folder) {
    const auto order = shuffled(generator_for(seed, Purpose::validation, 0), int64_t(indices.size()));
    const auto count = int64_t(std::lround(double(indices.size()) * o.validation_split));
    require(count < int64_t(indices.size()), ErrorKind::invalid_request,
            "LoRA training: validation_split {} leaves no picture of \"{}\" to train", o.validation_split, folder);
    for (int64_t k = 0; k < count; ++k) is_validation[indices[size_t(order[size_t(k)])]] = true;
  }
  for (size_t i = 0; i < all.size(); ++i) (is_validation[i] ? set.validation : set.trained).push_back(all[i]);
}

uint8_t hex_byte(const std::string& colour, size_t place) {
  return uint8_t(std::stoi(colour.substr(place, 2), nullptr, 16));
}

/// RGB on a colour.
Image on_background(const Image& image, const std::string& colour) {
  Image background(image.width, image.height, 4);
  for (size_t i = 0; i < background.pixels.size(); i += 4)
    for (size_t c = 0; c < 4; ++c) background.pixels[i + c] = c == 3 ? 255 : hex_byte(colour, 1 + 2 * c);
  return imaging::rgb(imaging::alpha_composited(background, image));
}

Image alpha_of(const Image& image) {
  Image alpha(image.width, image.height, 1);
  for (size_t i = 0; i < alpha.pixels.size(); ++i) alpha.pixels[i] = image.pixels[4 * i + 3];
  return alpha;
}

Image scaled(const Image& image, const PixelSize& size) {
  if (size.width == image.width && size.height == image.height) return image;
  if (size.width <= image.width && size.height <= image.height)
    return imaging::shrunk_by_area(image, size.width, size.height);
  return imaging::resized(image, size.width, size.height, imaging::Resample::lanczos);
}

}  // namespace

int64_t TrainingSet::pictures_per_epoch() const {
  int64_t count = 0;
  for (const auto& [size, pictures] : buckets) count += int64_t(pictures.size());
  return count;
}

int64_t TrainingSet::batches_per_epoch() const {
  int64_t count = 0;
  for (const auto& [size, pictures] : buckets) count += (int64_t(pictures.size()) + batch_size - 1) / batch_size;
  return count;
}

TrainingSet read_training_set(const LoraTraining& o, const std::function<void(int64_t, int64_t)>& on_picture) {
  TrainingSet set;
  set.batch_size = o.run.batch_size;
  const Folders folders = read_image_folders(o.train_data_dir, o.caption_extension);
  std::vector<TrainingPicture> all = pictures_of(folders, false);
  split_off_validation(o, all, set);
  if (!o.reg_data_dir.empty()) {
    std::vector<TrainingPicture> regularisation =
        pictures_of(read_image_folders(o.reg_data_dir, o.caption_extension), true);
    int64_t trained = 0;
    for (const TrainingPicture& picture : set.trained) trained += picture.repeats;
    balance(regularisation, trained);
    std::erase_if(regularisation, [](const TrainingPicture& picture) { return picture.repeats == 0; });
    set.trained.insert(set.trained.end(), regularisation.begin(), regularisation.end());
  }
  const std::vector<PixelSize> sizes =
      o.enable_bucket && !o.buckets.no_upscale ? bucket_sizes(o.buckets) : std::vector<PixelSize>{};
  const int64_t count = int64_t(set.trained.size() + set.validation.size());
  int64_t done = 0;
  for (auto* part : {&set.trained, &set.validation}) {
    for (TrainingPicture& picture : *part) {
      try {
        const Image image = formats::read_picture(picture.file).image;
        picture.original = {image.width, image.height};
        picture.place = place_of(o, picture.original, sizes);
        picture.file_hash = sha256_of(picture.file);
      } catch (const Error& error) {
        throw error.within(fmt::format("read training picture \"{}\"", picture.file.string()));
      }
      on_picture(++done, count);
    }
  }
  std::map<PixelSize, std::vector<int64_t>> buckets;
  for (size_t i = 0; i < set.trained.size(); ++i) {
    auto& bucket = buckets[set.trained[i].place.bucket];
    bucket.insert(bucket.end(), size_t(set.trained[i].repeats), int64_t(i));
  }
  set.buckets.assign(buckets.begin(), buckets.end());
  return set;
}

std::vector<std::vector<int64_t>> epoch_batches(const TrainingSet& set, uint64_t seed, int64_t epoch) {
  at::Generator generator = generator_for(seed, Purpose::order, uint64_t(epoch));
  std::vector<std::vector<int64_t>> batches;
  for (const auto& [size, pictures] : set.buckets) {
    const std::vector<int64_t> order = shuffled(generator, int64_t(pictures.size()));
    for (size_t i = 0; i < order.size(); ++i) {
      if (i % size_t(set.batch_size) == 0) batches.emplace_back();
      batches.back().push_back(pictures[size_t(order[i])]);
    }
  }
  std::vector<std::vector<int64_t>> ordered;
  for (const int64_t i : shuffled(generator, int64_t(batches.size()))) ordered.push_back(std::move(batches[size_t(i)]));
  return ordered;
}

Crop middle_crop(const BucketPlace& place) {
  return {(place.resized.width - place.bucket.width) / 2, (place.resized.height - place.bucket.height) / 2};
}

ScaledPicture scaled_picture(const TrainingPicture& picture, const std::string& background) {
  const Image image = formats::read_picture(picture.file).image;
  const bool has_alpha = image.channels == 4;
  const Image rgb = has_alpha && background != "none" ? on_background(image, background) : imaging::rgb(image);
  return {scaled(rgb, picture.place.resized), has_alpha ? scaled(alpha_of(image), picture.place.resized) : Image()};
}

}  // namespace darkroom::train
