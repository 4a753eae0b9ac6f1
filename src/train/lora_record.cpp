#include "train/lora_record.h"

#include <fmt/ranges.h>

#include <cctype>
#include <sstream>

#include "formats/sha256.h"
#include "train/base_weights.h"

namespace darkroom::train {
namespace {

std::string id_of(const std::string& record) {
  constexpr size_t kDigits = 12;
  formats::Sha256 sha;
  sha.add(record);
  return sha.hex().substr(0, kDigits);
}

/// The pictures with all that is said of them, in one hash: another set of pictures is another run.
std::string set_sha256(const TrainingSet& set) {
  formats::Sha256 sha;
  for (const auto* part : {&set.trained, &set.validation}) {
    for (const TrainingPicture& picture : *part) {
      sha.add(fmt::format("{}|{}|{}|{}|{}\n", picture.file_hash, picture.repeats, picture.is_regularisation,
                          picture.caption.size(), fmt::join(picture.caption, "\n")));
      if (!picture.mask_hash.empty()) sha.add("mask|" + picture.mask_hash + "\n");
    }
  }
  return sha.hex();
}

}  // namespace

std::string lora_record(const std::string& resolved, const std::string& model_sha256, const LoraTraining& options,
                        const TrainingSet& set) {
  std::string record =
      fmt::format("{}\nmodel_sha256 = \"{}\"\npictures_sha256 = \"{}\"\n", resolved, model_sha256, set_sha256(set));
  if (!options.dataset_config.empty()) record += recorded(set.datasets);
  if (!options.vae.empty()) record += fmt::format("vae_sha256 = \"{}\"\n", formats::sha256_of_model(options.vae));
  if (!options.base_weights.empty())
    record += fmt::format("base_weights_sha256 = \"{}\"\n", base_weights_sha256(options));
  return record + fmt::format("run_id = \"{}\"\n", id_of(record));
}

std::string unsaid_by_earlier_programs(const std::string& saved, const std::string& now) {
  std::istringstream lines(now);
  std::string unsaid;
  const auto is_said = [&](const std::string& start) { return saved.find("\n" + start) != saved.npos; };
  for (std::string line; std::getline(lines, line);) {
    const bool is_of_dataset = line.starts_with("dataset") && line.size() > 7 && std::isdigit(line[7]);
    const bool is_other = line.starts_with("threads = ") || line.starts_with("vae_sha256 = ");
    if ((is_of_dataset && !is_said("dataset1_")) || (is_other && !is_said(line.substr(0, line.find('=')))))
      unsaid += line + "\n";
  }
  return unsaid;
}

bool may_differ_when_continued(const std::string& name) {
  return name == "max_train_steps" || name == "max_train_epochs" || name == "output_name" || name == "output_dir" ||
         name == "training_comment" || name == "no_metadata" || name.starts_with("save_") ||
         name.starts_with("metadata_") || name.starts_with("sample_") || name.starts_with("log") ||
         name == "latent_cache_dir" || name == "run_id" || name.starts_with("validate_every_") ||
         name == "max_validation_steps" || name == "resume" || name == "ignore_memory" || name == "threads";
}

}  // namespace darkroom::train
