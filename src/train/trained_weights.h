// What a run trains: a network of adapters beside the layers of a model that stays as it is, or the model's own
// weights. The run itself (lora_run.cpp) does not know which.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/load.h"
#include "train/lora_network.h"
#include "train/lora_training.h"
#include "train/state.h"

namespace darkroom::train {

/// All that is trained, by rate.
struct TrainedGroups {
  /// What has a name of its own in curves and plans: kohya's "unet", "textencoder", ...
  struct Part {
    std::string name;
    size_t group = 0;  ///< of `groups`
    int64_t tensors = 0, parameters = 0;
  };
  std::vector<ParameterGroup> groups;
  std::vector<Part> parts;

  /// Nothing where there are no parameters. What has one rate is one group: Prodigy and DAdaptAdam find one step size
  /// for it.
  void add(const std::string& name, double rate_factor, const NamedTensors& parameters);
  int64_t parameter_count() const;
  int64_t bytes() const;  ///< of memory, without gradients
};

class TrainedWeights {
 public:
  virtual ~TrainedWeights() = default;

  virtual TrainedGroups groups() const = 0;

  /// As LoraNetwork's; weights themselves have no dropouts.
  virtual void begin_batch(uint64_t /*seed*/, uint64_t /*number*/) {}
  virtual void without_dropouts() {}
  /// As LoraNetwork's. Only adapters have such norms; settled() refuses scale_weight_norms for others.
  virtual LoraNetwork::Norms limit_norms(double /*most*/) { return {}; }

  /// The file a run is for, in `dtype`, with `metadata`. Throws Error{io}, and invalid_request where a value is too
  /// large for `dtype`.
  virtual void save(const std::filesystem::path& file, at::ScalarType dtype,
                    const std::map<std::string, std::string>& metadata) const = 0;
};

/// By options.network_module. `model` and `options` must outlive it. Throws Error: those of LoraNetwork and of
/// LoraNetwork::start_from(), and of ModelWeights; invalid_request for two rates of a model's one text encoder.
std::unique_ptr<TrainedWeights> trained_weights(const LoraTraining& options, checkpoint::Checkpoint& model);

}  // namespace darkroom::train
