#include "train/dataset_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "prompt/blanks.h"

namespace darkroom::train {
namespace {

using Json = nlohmann::ordered_json;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

Json& entry(Json& all, const std::string& name) {
  if (!all.contains(name)) all[name] = Json::object();
  return all[name];
}

/// Names of folders need not be UTF-8.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_of(const TrainingPicture& picture, const TrainingDataset& dataset) {
  return std::any_of(dataset.subsets.begin(), dataset.subsets.end(),
                     [&](const DatasetSubset& subset) { return subset.options == picture.options; });
}

/// {"10_sks dog": {"sks dog": 12, ...}}: in how many pictures of a folder a tag stands.
Json tag_frequency(const TrainingSet& set, const TrainingDataset& dataset) {
  Json all = Json::object();
  for (const TrainingPicture& picture : set.trained) {
    if (picture.is_regularisation || !is_of(picture, dataset)) continue;
    const std::string& separator = picture.options->captions.separator;
    Json& folder = entry(all, picture.folder);
    std::string_view rest = picture.caption.front();
    while (true) {
      const size_t end = std::min(rest.find(separator), rest.size());
      const std::string tag = lower_case(std::string(prompt::without_blanks_around(rest.substr(0, end))));
      if (!tag.empty()) folder[tag] = folder.value(tag, 0) + 1;
      if (end == rest.size()) break;
      rest.remove_prefix(end + separator.size());
    }
  }
  return all;
}

/// Of all datasets; a folder that is in several counts once.
Json tag_frequency(const TrainingSet& set) {
  Json all = Json::object();
  for (const TrainingDataset& dataset : set.datasets) {
    const Json own = tag_frequency(set, dataset);
    for (const auto& [folder, tags] : own.items())
      if (!all.contains(folder)) all[folder] = tags;
  }
  return all;
}

std::string name_of(const ImageFolder& folder) {
  return folder.path.filename().string();
}

/// Pictures of a folder that are trained: regularisation pictures all of them, of others not those held back.
int64_t trained_pictures(const TrainingSet& set, const DatasetSubset& subset, const ImageFolder& folder) {
  if (subset.is_regularisation) return int64_t(folder.pictures.size());
  return std::count_if(set.trained.begin(), set.trained.end(), [&](const TrainingPicture& picture) {
    return !picture.is_regularisation && picture.options == subset.options && picture.folder == name_of(folder);
  });
}

/// {"10_sks dog": {"n_repeats": 10, "img_count": 12}}; a second one of the name is "10_sks dog (2)".
Json folders(const TrainingSet& set, bool regularisation) {
  Json all = Json::object();
  for (const TrainingDataset& dataset : set.datasets)
    for (const DatasetSubset& subset : dataset.subsets)
      for (const ImageFolder& folder : subset.folders) {
        if (subset.is_regularisation != regularisation) continue;
        std::string name = name_of(folder);
        for (int number = 2; all.contains(name); ++number) name = fmt::format("{} ({})", name_of(folder), number);
        all[name] = {{"n_repeats", folder.repeats}, {"img_count", trained_pictures(set, subset, folder)}};
      }
  return all;
}

Json bucket_info(const TrainingSet& set, size_t dataset) {
  Json buckets = Json::object();
  int number = 0;
  for (const TrainingBucket& bucket : set.buckets) {
    if (bucket.dataset != dataset) continue;
    buckets[std::to_string(number++)] = {{"resolution", {bucket.size.width, bucket.size.height}},
                                         {"count", bucket.pictures.size()}};
  }
  return {{"buckets", buckets}};
}

/// Uses an epoch, as the folders say them: regularisation pictures before they are made as many as trained ones.
int64_t uses(const TrainingSet& set, const TrainingDataset& dataset, bool regularisation) {
  int64_t count = 0;
  for (const DatasetSubset& subset : dataset.subsets)
    for (const ImageFolder& folder : subset.folders)
      if (subset.is_regularisation == regularisation) count += folder.repeats * trained_pictures(set, subset, folder);
  return count;
}

int64_t uses(const TrainingSet& set, bool regularisation) {
  int64_t count = 0;
  for (const TrainingDataset& dataset : set.datasets) count += uses(set, dataset, regularisation);
  return count;
}

Json subset_json(const TrainingSet& set, const DatasetSubset& subset) {
  const PictureOptions& o = *subset.options;
  const ImageFolder& folder = subset.folders.front();  // of a file's subset there is one
  return {{"img_count", trained_pictures(set, subset, folder)},
          {"num_repeats", folder.repeats},
          {"color_aug", o.color_aug},
          {"flip_aug", o.flip_aug},
          {"random_crop", o.random_crop},
          {"shuffle_caption", o.captions.shuffle},
          {"keep_tokens", o.captions.keep_tokens},
          {"keep_tokens_separator", o.captions.keep_tokens_separator},
          {"secondary_separator", o.captions.secondary_separator},
          {"enable_wildcard", o.captions.wildcards},
          {"caption_prefix", o.captions.prefix},
          {"caption_suffix", o.captions.suffix},
          {"image_dir", name_of(folder)},
          {"class_tokens", folder.class_tokens},
          {"is_reg", subset.is_regularisation}};
}

/// Of a dataset_config: what each dataset and subset said.
Json datasets_json(const TrainingSet& set) {
  Json all = Json::array();
  for (size_t i = 0; i < set.datasets.size(); ++i) {
    const TrainingDataset& dataset = set.datasets[i];
    const PictureOptions& o = *dataset.subsets.front().options;
    Json subsets = Json::array();
    for (const DatasetSubset& subset : dataset.subsets) subsets.push_back(subset_json(set, subset));
    all.push_back({{"is_dreambooth", true},
                   {"batch_size_per_device", dataset.batch_size},
                   {"num_train_images", uses(set, dataset, false)},
                   {"num_reg_images", uses(set, dataset, true)},
                   {"resolution", {o.buckets.resolution.width, o.buckets.resolution.height}},
                   {"enable_bucket", o.enable_bucket},
                   {"min_bucket_reso", o.buckets.least_side},
                   {"max_bucket_reso", o.buckets.most_side},
                   {"tag_frequency", tag_frequency(set, dataset)},
                   {"bucket_info", bucket_info(set, i)},
                   {"subsets", subsets}});
  }
  return all;
}

}  // namespace

PixelSize largest_resolution(const LoraTraining& o, const TrainingSet& set) {
  PixelSize largest = o.buckets.resolution;
  if (o.dataset_config.empty()) return largest;
  largest = {};
  for (const TrainingDataset& dataset : set.datasets) {
    const PixelSize& size = dataset.subsets.front().options->buckets.resolution;
    if (int64_t(size.width) * size.height > int64_t(largest.width) * largest.height) largest = size;
  }
  return largest;
}

void add_dataset_metadata(std::map<std::string, std::string>& metadata, const LoraTraining& o, const TrainingSet& set) {
  metadata["ss_num_train_images"] = std::to_string(uses(set, false));
  metadata["ss_num_reg_images"] = std::to_string(uses(set, true));
  metadata["ss_num_validation_images"] = std::to_string(set.validation.size());
  metadata["ss_tag_frequency"] = dumped(tag_frequency(set));
  metadata["ss_dataset_dirs"] = dumped(folders(set, false));
  if (!o.dataset_config.empty()) {
    metadata["ss_datasets"] = dumped(datasets_json(set));
    return;
  }
  metadata["ss_batch_size_per_device"] = std::to_string(o.run.batch_size);
  metadata["ss_total_batch_size"] = std::to_string(o.run.batch_size * o.gradient_accumulation_steps);
  metadata["ss_resolution"] = fmt::format("({}, {})", o.buckets.resolution.width, o.buckets.resolution.height);
  metadata["ss_reg_dataset_dirs"] = dumped(folders(set, true));
  metadata["ss_bucket_info"] = bucket_info(set, 0).dump();
}

}  // namespace darkroom::train
