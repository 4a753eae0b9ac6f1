#include "train/training_pictures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "formats/mapped_file.h"
#include "formats/picture_file.h"
#include "formats/sha256.h"
#include "imaging/compose.h"
#include "imaging/resize.h"
#include "imaging/shrink.h"
#include "train/image_folders.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

/// masks/a.png, or masks/10_dog/a.png, of pictures/10_dog/a.jpg.
std::filesystem::path mask_of(const std::filesystem::path& picture, const std::filesystem::path& masks) {
  for (const auto& folder : {masks, masks / picture.parent_path().filename()})
    for (const char* ending : kPictureEndings)
      if (auto mask = folder / (picture.stem().string() + ending); std::filesystem::is_regular_file(mask)) return mask;
  fail(ErrorKind::not_found,
       "find the mask of \"{}\": conditioning_data_dir must have a picture of the same name; there is no \"{}\"",
       picture.string(), (masks / (picture.stem().string() + ".png")).string());
}

std::vector<TrainingPicture> pictures_of(const DatasetSubset& subset) {
  std::vector<TrainingPicture> all;
  for (const ImageFolder& folder : subset.folders)
    for (const FolderPicture& picture : folder.pictures)
      all.push_back({.file = picture.file,
                     .caption = picture.caption,
                     .repeats = folder.repeats,
                     .has_caption_file = picture.has_caption_file,
                     .is_regularisation = subset.is_regularisation,
                     .folder = folder.path.filename().string(),
                     .options = subset.options});
  if (!subset.options->conditioning_data_dir.empty() && !subset.is_regularisation)
    for (TrainingPicture& picture : all) picture.mask = mask_of(picture.file, subset.options->conditioning_data_dir);
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

/// The dataset's own buckets: the same for all its subsets.
std::vector<PixelSize> sizes_of(const PictureOptions& o) {
  if (!o.enable_bucket) return {o.buckets.resolution};
  return o.buckets.no_upscale ? std::vector<PixelSize>{} : bucket_sizes(o.buckets);
}

BucketPlace place_of(const PictureOptions& o, const PixelSize& picture, const std::vector<PixelSize>& sizes) {
  if (o.enable_bucket) return place_in_bucket(picture, o.buckets, sizes);
  return place_in_bucket(picture, {.resolution = o.buckets.resolution}, sizes);
}

/// Some pictures of each folder, chosen by one seed: never both trained and measured.
void split_off_validation(const TrainingDataset& dataset, const std::vector<TrainingPicture>& all,
                          std::vector<TrainingPicture>& trained, std::vector<TrainingPicture>& validation) {
  std::map<std::string, std::vector<size_t>> by_folder;
  for (size_t i = 0; i < all.size(); ++i) by_folder[all[i].file.parent_path().string()].push_back(i);
  std::vector<bool> is_validation(all.size());
  for (const auto& [folder, indices] : by_folder) {
    const auto order =
        shuffled(generator_for(dataset.validation_seed, Purpose::validation, 0), int64_t(indices.size()));
    const auto count = int64_t(std::lround(double(indices.size()) * dataset.validation_split));
    require(count < int64_t(indices.size()), ErrorKind::invalid_request,
            "LoRA training: validation_split {} leaves no picture of \"{}\" to train", dataset.validation_split,
            folder);
    for (int64_t k = 0; k < count; ++k) is_validation[indices[size_t(order[size_t(k)])]] = true;
  }
  for (size_t i = 0; i < all.size(); ++i) (is_validation[i] ? validation : trained).push_back(all[i]);
}

/// Trained, regularisation and validation pictures of a dataset, regularisation pictures as many as trained ones.
struct DatasetPictures {
  std::vector<TrainingPicture> trained, validation;
};
DatasetPictures pictures_of(const TrainingDataset& dataset) {
  DatasetPictures found;
  std::vector<TrainingPicture> own, regularisation;
  for (const DatasetSubset& subset : dataset.subsets) {
    auto& into = subset.is_regularisation ? regularisation : own;
    const std::vector<TrainingPicture> pictures = pictures_of(subset);
    into.insert(into.end(), pictures.begin(), pictures.end());
  }
  split_off_validation(dataset, own, found.trained, found.validation);
  int64_t trained = 0;
  for (const TrainingPicture& picture : found.trained) trained += picture.repeats;
  if (!regularisation.empty()) balance(regularisation, trained);
  std::erase_if(regularisation, [](const TrainingPicture& picture) { return picture.repeats == 0; });
  found.trained.insert(found.trained.end(), regularisation.begin(), regularisation.end());
  return found;
}

/// The picture's size and its hash.
void read_size_and_hash(TrainingPicture& picture) {
  const formats::MappedFile file = formats::map_file(picture.file);
  const Image image = formats::read_picture_bytes(file.bytes).image;
  picture.original = {image.width, image.height};
  formats::Sha256 sha;
  sha.add(file.bytes.data(), file.bytes.size());
  picture.file_hash = sha.hex();
  if (picture.mask.empty()) return;
  const Image mask = formats::read_picture(picture.mask).image;
  require(mask.width == image.width && mask.height == image.height, ErrorKind::invalid_request,
          "its mask \"{}\" must be as large as it is, {}x{}, and is {}x{}", picture.mask.string(), image.width,
          image.height, mask.width, mask.height);
  formats::Sha256 of_mask;
  of_mask.add_file(picture.mask);
  picture.mask_hash = of_mask.hex();
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

/// The red of RGB, which of a grey picture is its grey.
Image red_of(const Image& image) {
  Image red(image.width, image.height, 1);
  for (size_t i = 0; i < red.pixels.size(); ++i) red.pixels[i] = image.pixels[size_t(image.channels) * i];
  return red;
}

Image scaled(const Image& image, const PixelSize& size) {
  if (size.width == image.width && size.height == image.height) return image;
  if (size.width <= image.width && size.height <= image.height)
    return imaging::shrunk_by_area(image, size.width, size.height);
  return imaging::resized(image, size.width, size.height, imaging::Resample::lanczos);
}

/// Pictures that are trained to be what is made of no words at all: rarely what is meant.
void warn_of_missing_captions(const TrainingSet& set) {
  const auto has_none = [](const TrainingPicture& picture) { return picture.caption.front().empty(); };
  const auto first = std::find_if(set.trained.begin(), set.trained.end(), has_none);
  if (first == set.trained.end()) return;
  log_warning(
      "{} of {} pictures have no caption, \"{}\" is the first: put a {} file beside each, or name their folder after "
      "what they show, as in 10_sks dog",
      std::count_if(first, set.trained.end(), has_none), set.trained.size(), first->file.string(),
      first->options->caption_extension);
}

}  // namespace

int64_t TrainingSet::pictures_per_epoch() const {
  int64_t count = 0;
  for (const TrainingBucket& bucket : buckets) count += int64_t(bucket.pictures.size());
  return count;
}

int64_t TrainingSet::batches_per_epoch() const {
  int64_t count = 0;
  for (const TrainingBucket& bucket : buckets) count += bucket.batches();
  return count;
}

int64_t TrainingSet::largest_batch() const {
  int64_t largest = 1;
  for (const TrainingBucket& bucket : buckets) largest = std::max(largest, bucket.batch_size);
  return largest;
}

namespace {

/// `measure` gives a picture its size.
TrainingSet assembled(const LoraTraining& o, const std::function<void(TrainingPicture&)>& measure,
                      const std::function<void(int64_t, int64_t)>& on_picture) {
  TrainingSet set;
  set.datasets = training_datasets(o);
  const std::vector<TrainingDataset>& datasets = set.datasets;
  std::vector<DatasetPictures> pictures;
  int64_t count = 0, done = 0;
  for (const TrainingDataset& dataset : datasets) {
    pictures.push_back(pictures_of(dataset));
    count += int64_t(pictures.back().trained.size() + pictures.back().validation.size());
  }
  for (size_t i = 0; i < datasets.size(); ++i) {
    const std::vector<PixelSize> sizes = sizes_of(*datasets[i].subsets.front().options);
    for (auto* part : {&pictures[i].trained, &pictures[i].validation}) {
      for (TrainingPicture& picture : *part) {
        try {
          measure(picture);
          picture.place = place_of(*picture.options, picture.original, sizes);
        } catch (const Error& error) {
          throw error.within(fmt::format("read training picture \"{}\"", picture.file.string()));
        }
        on_picture(++done, count);
      }
    }
    std::map<PixelSize, std::vector<int64_t>> buckets;
    for (const TrainingPicture& picture : pictures[i].trained) {
      auto& bucket = buckets[picture.place.bucket];
      bucket.insert(bucket.end(), size_t(picture.repeats), int64_t(set.trained.size()));
      set.trained.push_back(picture);
    }
    for (auto& [size, indices] : buckets) set.buckets.push_back({size, datasets[i].batch_size, i, std::move(indices)});
    set.validation.insert(set.validation.end(), pictures[i].validation.begin(), pictures[i].validation.end());
  }
  require(!set.trained.empty(), ErrorKind::not_found, "LoRA training: there are no pictures to train");
  return set;
}

}  // namespace

TrainingSet read_training_set(const LoraTraining& o, const std::function<void(int64_t, int64_t)>& on_picture) {
  TrainingSet set = assembled(o, read_size_and_hash, on_picture);
  warn_of_missing_captions(set);
  return set;
}

TrainingSet sized_training_set(const LoraTraining& o,
                               const std::function<PixelSize(const std::filesystem::path&)>& size_of) {
  return assembled(
      o, [&](TrainingPicture& picture) { picture.original = size_of(picture.file); }, [](int64_t, int64_t) {});
}

std::vector<std::vector<int64_t>> epoch_batches(const TrainingSet& set, uint64_t seed, int64_t epoch) {
  at::Generator generator = generator_for(seed, Purpose::order, uint64_t(epoch));
  std::vector<std::vector<int64_t>> batches;
  for (const TrainingBucket& bucket : set.buckets) {
    const std::vector<int64_t> order = shuffled(generator, int64_t(bucket.pictures.size()));
    for (size_t i = 0; i < order.size(); ++i) {
      if (i % size_t(bucket.batch_size) == 0) batches.emplace_back();
      batches.back().push_back(bucket.pictures[size_t(order[i])]);
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
  Image counts;
  if (!picture.mask.empty())
    counts = scaled(red_of(formats::read_picture(picture.mask).image), picture.place.resized);
  else if (has_alpha)
    counts = scaled(alpha_of(image), picture.place.resized);
  return {scaled(rgb, picture.place.resized), std::move(counts)};
}

}  // namespace darkroom::train
