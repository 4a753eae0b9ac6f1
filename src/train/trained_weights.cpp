#include "train/trained_weights.h"

#include "base/error.h"
#include "train/lora_groups.h"
#include "train/model_weights.h"

namespace darkroom::train {
namespace {

class Adapters : public TrainedWeights {
 public:
  Adapters(const LoraTraining& options, const checkpoint::Checkpoint& model)
      : options_(options), network_(options.network, model, options.run.seed) {
    require(!network_.modules().empty(), ErrorKind::invalid_request, "LoRA training: nothing would be trained: {}",
            options.dim_from_weights
                ? fmt::format("\"{}\", whose ranks dim_from_weights takes, has no layer of this model",
                              options.network_weights.string())
                : "network_args give all blocks the rank or the rate 0");
    if (!options.network_weights.empty()) network_.start_from(options.network_weights);
  }

  TrainedGroups groups() const override { return lora_groups(options_, network_); }
  void begin_batch(uint64_t seed, uint64_t number) override { network_.begin_batch(seed, number); }
  void without_dropouts() override { network_.without_dropouts(); }
  LoraNetwork::Norms limit_norms(double most) override { return network_.limit_norms(most); }
  void save(const std::filesystem::path& file, at::ScalarType dtype,
            const std::map<std::string, std::string>& metadata) const override {
    network_.save(file, dtype, metadata);
  }

 private:
  const LoraTraining& options_;
  LoraNetwork network_;
};

}  // namespace

void TrainedGroups::add(const std::string& name, double rate_factor, const NamedTensors& parameters) {
  if (parameters.empty()) return;
  Part part{.name = name, .tensors = int64_t(parameters.size())};
  for (const auto& [tensor_name, tensor] : parameters) part.parameters += tensor.numel();
  while (part.group < groups.size() && groups[part.group].rate_factor != rate_factor) ++part.group;
  if (part.group == groups.size()) groups.push_back({{}, rate_factor});
  NamedTensors& into = groups[part.group].parameters;
  into.insert(into.end(), parameters.begin(), parameters.end());
  parts.push_back(std::move(part));
}

int64_t TrainedGroups::parameter_count() const {
  int64_t count = 0;
  for (const Part& part : parts) count += part.parameters;
  return count;
}

int64_t TrainedGroups::bytes() const {
  int64_t bytes = 0;
  for (const ParameterGroup& group : groups)
    for (const auto& [name, tensor] : group.parameters) bytes += int64_t(tensor.nbytes());
  return bytes;
}

std::unique_ptr<TrainedWeights> trained_weights(const LoraTraining& options, checkpoint::Checkpoint& model) {
  require(
      !options.network.text_encoder || !options.has_two_text_rates() || model.text_encoders.size() > 1,
      ErrorKind::invalid_request,
      "training of \"{}\": the text encoders' learning rates are {:g} and {:g}, and this model has one text encoder; "
      "say one rate, text_encoder_lr",
      options.pretrained_model_name_or_path.string(), options.text_rate(0), options.text_rate(1));
  if (options.trains_the_model()) return std::make_unique<ModelWeights>(options, model);
  return std::make_unique<Adapters>(options, model);
}

}  // namespace darkroom::train
