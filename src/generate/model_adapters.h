// The LoRA files that act on a loaded model, chosen by the tags of a prompt.
#pragma once

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/beside.h"
#include "adapters/merge.h"
#include "prompt/extra_networks.h"

namespace darkroom::generate {

class ModelAdapters {
 public:
  /// `model` must outlive it.
  explicit ModelAdapters(const checkpoint::Checkpoint& model) : model_(model) {}

  /// Makes the LoRA files of the tags act on the model's weights, exactly these, in this order; none without tags.
  /// Files stay loaded while they act; one that changed on disk is read again. Logs what of a file does not fit.
  /// Returns infotext's "Lora hashes". Throws Error as find_lora, adapters::read_adapter_file and adapters::fit do;
  /// then what acted before still acts.
  /// `beside`: those that can act beside the weights do, unless another's change depends on the weights it finds.
  std::string use(const std::vector<prompt::LoraTag>& tags, const std::filesystem::path& folder, bool beside = false);

  /// What weights they changed take besides the model's own.
  int64_t bytes() const { return merge_.bytes(); }

 private:
  struct Loaded {
    std::shared_ptr<const adapters::FittedAdapter> adapter;
    std::filesystem::file_time_type written;
    std::shared_future<std::string> hash;
  };
  const Loaded& loaded(const std::filesystem::path& path, std::map<std::filesystem::path, Loaded>& files);

  const checkpoint::Checkpoint& model_;
  std::unique_ptr<adapters::ModelKeys> keys_;  // made when first needed
  std::map<std::filesystem::path, Loaded> files_;
  adapters::Merge merge_;
  adapters::Beside beside_;
};

}  // namespace darkroom::generate
