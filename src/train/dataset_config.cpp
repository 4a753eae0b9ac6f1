#include "train/dataset_config.h"

#include <set>
#include <sstream>

#include "base/log.h"
#include "train/caption_metadata.h"
#include "train/kohya_options_toml.h"
#include "train/options_toml.h"
#include "train/picture_options.h"
#include "train/resolved_options_toml.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;

/// What a subset says: the options of its pictures, and which they are.
struct SubsetOptions {
  PictureOptions pictures;
  int64_t batch_size = 1, num_repeats = 1;
  fs::path image_dir, metadata_file;
  std::string class_tokens;
  bool is_reg = false;
  double validation_split = 0;
  std::optional<int64_t> validation_seed;
};

template <typename Visitor>
void visit_options(SubsetOptions& c, Visitor&& v) {
  visit_picture_options(c.pictures, v);
  v("batch_size", c.batch_size);
  v("num_repeats", c.num_repeats);
  v("image_dir", c.image_dir);
  v("metadata_file", c.metadata_file);
  v("class_tokens", c.class_tokens);
  v("is_reg", c.is_reg);
  v("validation_split", c.validation_split);
  v("validation_seed", c.validation_seed);
}

/// What a table says itself; the lists of tables in it, `lists`, are read apart.
void add_values(toml::table& to, const toml::table& from, const std::string& file, const char* lists = "") {
  for (const auto& [key, node] : from) {
    if (key == lists) continue;
    const toml::table* table = node.as_table();
    require(!table || (key == "custom_attributes" && table->empty()), ErrorKind::invalid_request,
            "read \"{}\": unknown table \"{}\"; options stand in [general], [[datasets]] and [[datasets.subsets]] "
            "themselves, and attributes for other programs are not read",
            file, key.str());
    if (!table) to.insert_or_assign(key, node);
  }
}

std::vector<const toml::table*> tables(const toml::table& table, const char* key, const std::string& file) {
  std::vector<const toml::table*> found;
  const toml::node* node = table.get(key);
  require(node == nullptr || node->is_array_of_tables(), ErrorKind::invalid_request,
          "read \"{}\": {} must be a list of tables, [[{}]]", file, key, key);
  if (node)
    for (const auto& element : *node->as_array()) found.push_back(element.as_table());
  return found;
}

SubsetOptions subset_options(toml::table values, const LoraTraining& run, const fs::path& file) {
  settle_kohya_options(values, file.string());
  SubsetOptions o;
  o.pictures = run;
  o.batch_size = run.run.batch_size;
  o.validation_seed = run.validation_seed;
  TableReader reader(values, file);
  visit_options(o, reader);
  reader.refuse_unknown_keys();
  require(!o.image_dir.empty() || !o.metadata_file.empty(), ErrorKind::invalid_request,
          "read \"{}\": a subset needs image_dir, or metadata_file with whole paths", file.string());
  require(o.metadata_file.empty() || o.class_tokens.empty(), ErrorKind::invalid_request,
          "read \"{}\": captions come from metadata_file, and class_tokens says them too; say one", file.string());
  require(o.batch_size >= 1 && o.batch_size <= 4096, ErrorKind::invalid_request,
          "read \"{}\": batch_size must lie in 1..4096, found {}", file.string(), o.batch_size);
  require(o.validation_split >= 0 && o.validation_split < 1, ErrorKind::invalid_request,
          "read \"{}\": validation_split must be at least 0 and below 1, found {}", file.string(), o.validation_split);
  require(
      o.pictures.conditioning_data_dir.empty() || run.masked_loss, ErrorKind::invalid_request,
      "read \"{}\": conditioning_data_dir holds masks, which masked_loss of the run uses; say that too, or leave the "
      "masks out",
      file.string());
  o.pictures = settled(o.pictures);
  return o;
}

ImageFolder pictures_of(const SubsetOptions& o) {
  return o.metadata_file.empty()
             ? read_image_folder(o.image_dir, o.num_repeats, o.class_tokens, o.pictures.caption_extension)
             : read_caption_metadata(o.metadata_file, o.image_dir, o.num_repeats, o.pictures.captions);
}

/// What all subsets of a dataset share is said once, in the dataset.
void refuse_in_subset(const toml::table& subset, const std::string& file) {
  for (const char* key : {"batch_size", "resolution", "enable_bucket", "min_bucket_reso", "max_bucket_reso",
                          "bucket_reso_steps", "bucket_no_upscale", "validation_split", "validation_seed"})
    require(!subset.contains(key), ErrorKind::invalid_request,
            "read \"{}\": {} belongs into [[datasets]], not a subset", file, key);
}

std::vector<TrainingDataset> configured_datasets(const LoraTraining& run) {
  const fs::path& file = run.dataset_config;
  const std::string name = file.string();
  const toml::table config = parsed_toml(file);
  for (const auto& [key, node] : config)
    require(key == "general" || key == "datasets", ErrorKind::invalid_request,
            "read \"{}\": \"{}\" stands outside of [general] and [[datasets]], where it would say nothing; put it into "
            "one of them",
            name, key.str());
  toml::table general;
  if (const toml::node* node = config.get("general")) {
    require(node->is_table(), ErrorKind::invalid_request, "read \"{}\": general must be a table, [general]", name);
    add_values(general, *node->as_table(), name);
  }
  std::vector<TrainingDataset> datasets;
  for (const toml::table* dataset : tables(config, "datasets", name)) {
    toml::table shared = general;
    add_values(shared, *dataset, name, "subsets");
    TrainingDataset made;
    std::set<fs::path> known;
    for (const toml::table* subset : tables(*dataset, "subsets", name)) {
      refuse_in_subset(*subset, name);
      toml::table values = shared;
      add_values(values, *subset, name);
      const SubsetOptions o = subset_options(values, run, file);
      const fs::path& source = o.metadata_file.empty() ? o.image_dir : o.metadata_file;
      if (!known.insert(fs::weakly_canonical(source)).second) {
        // Parity: sd-scripts does the same; a picture that came twice could be trained and measured.
        log_warning("\"{}\" stands twice in a dataset of \"{}\": the second one is left out", source.string(), name);
        continue;
      }
      made.batch_size = o.batch_size;
      made.validation_split = o.validation_split;
      made.validation_seed = o.validation_seed ? uint64_t(*o.validation_seed) : run.run.seed;
      made.subsets.push_back({{pictures_of(o)}, o.is_reg, std::make_shared<const PictureOptions>(o.pictures)});
    }
    require(!made.subsets.empty(), ErrorKind::invalid_request, "read \"{}\": a dataset needs [[datasets.subsets]]",
            name);
    datasets.push_back(std::move(made));
  }
  require(!datasets.empty(), ErrorKind::invalid_request, "read \"{}\": it needs [[datasets]]", name);
  return datasets;
}

}  // namespace

std::vector<TrainingDataset> training_datasets(const LoraTraining& run) {
  if (!run.dataset_config.empty()) return configured_datasets(run);
  TrainingDataset dataset;
  dataset.batch_size = run.run.batch_size;
  dataset.validation_split = run.validation_split;
  dataset.validation_seed = run.validation_seed ? uint64_t(*run.validation_seed) : run.run.seed;
  const auto options = std::make_shared<const PictureOptions>(run);
  if (run.in_json.empty())
    dataset.subsets.push_back({read_image_folders(run.train_data_dir, run.caption_extension), false, options});
  else
    dataset.subsets.push_back(
        {{read_caption_metadata(run.in_json, run.train_data_dir, run.dataset_repeats, run.captions)}, false, options});
  if (!run.reg_data_dir.empty())
    dataset.subsets.push_back({read_image_folders(run.reg_data_dir, run.caption_extension), true, options});
  return {dataset};
}

std::string recorded(const std::vector<TrainingDataset>& datasets) {
  std::ostringstream lines;
  const auto add = [&](const std::string& place, const toml::table& values) {
    for (const auto& [key, value] : values) {
      lines << place << '_' << key.str() << " = ";
      value.visit([&](const auto& one) { lines << one; });
      lines << '\n';
    }
  };
  for (size_t i = 0; i < datasets.size(); ++i) {
    const TrainingDataset& dataset = datasets[i];
    const std::string name = fmt::format("dataset{}", i + 1);
    add(name, toml::table{{"batch_size", dataset.batch_size},
                          {"validation_split", dataset.validation_split},
                          {"validation_seed", int64_t(dataset.validation_seed)}});
    for (size_t k = 0; k < dataset.subsets.size(); ++k) {
      PictureOptions options = *dataset.subsets[k].options;
      toml::table values;
      visit_picture_options(options, TableWriter{values});
      add(fmt::format("{}_subset{}", name, k + 1), values);
    }
  }
  return lines.str();
}

}  // namespace darkroom::train
