// The layers of a loaded model by the names adapter files have for them.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/adapter_file.h"
#include "base/tensor.h"
#include "checkpoint/load.h"
#include "layers/conv2d.h"
#include "layers/linear.h"

namespace darkroom::adapters {

struct Layer {
  std::string name;  ///< ours, with the part in front: "unet.input_blocks.1.1.proj_in"
  Tensor* weight;
  Tensor* bias = nullptr;            ///< nullptr where the layer has none
  layers::Linear* linear = nullptr;  ///< the layer itself, if it is one of the two
  layers::Conv2d* conv = nullptr;
  std::optional<at::ScalarType> computes_in;  ///< whatever the weight is stored in; none: in that

  /// Of what is computed with the weight: sums with adapters too.
  at::ScalarType dtype() const { return computes_in.value_or(weight->scalar_type()); }
};

/// Layers whose weights are computed together: one, or q, k and v of an attention that other programs store as one.
struct LayerGroup {
  std::vector<Layer> layers;
};

/// What one name of a file means: some layers of a group, their weights stacked by rows.
struct Place {
  const LayerGroup* group = nullptr;
  int first = 0, count = 1;
  bool is_text = false;

  Shape shape() const;  ///< of the stacked weights
};

/// Names known: kohya's made of diffusers' names and, for the UNet, of the original ones; for OpenCLIP text encoders
/// also OpenCLIP's own, where one name stands for q, k and v. Prefixes: lora_unet_; lora_te_ and lora_te1_ for the one
/// text encoder of SD 1.x and 2.x; lora_te1_ and lora_te2_ for SDXL's.
class ModelKeys {
 public:
  /// `model` must outlive it; its networks stay where they are.
  explicit ModelKeys(const checkpoint::Checkpoint& model);
  ModelKeys(const ModelKeys&) = delete;
  ModelKeys& operator=(const ModelKeys&) = delete;

  /// By AdapterModule::layer; nullptr for a layer this model does not have.
  const Place* find(const std::string& layer) const;
  const std::unordered_map<std::string, Place>& all() const { return places_; }
  checkpoint::Family family() const { return family_; }

 private:
  void add_unet(models::UNet& unet, std::optional<at::ScalarType> computes_in);
  void add_text(models::ClipText& text, const std::vector<std::string>& prefixes, const std::string& label,
                std::optional<at::ScalarType> computes_in);

  std::deque<LayerGroup> groups_;  // a deque never moves its elements
  std::unordered_map<std::string, Place> places_;
  checkpoint::Family family_;
};

struct FittedModule {
  const AdapterModule* module = nullptr;
  const Place* place = nullptr;
};

/// An adapter file and where its parts go in one model.
struct FittedAdapter {
  std::shared_ptr<const AdapterFile> file;
  std::vector<FittedModule> modules;
  std::vector<std::string> unmatched;  ///< layers this model does not have, as the file names them
  std::vector<std::string> notes;      ///< lines for the user: what is unusual, what other programs do differently
};

/// Throws Error{unsupported} if no layer is found, or a change has another shape than its weight: then the file was
/// made for another model, and the message says for which; and Error{corrupt_file} for values that are no numbers and
/// for a layer that comes under two names.
FittedAdapter fit(std::shared_ptr<const AdapterFile> file, const ModelKeys& keys);

/// Throws Error{corrupt_file} naming the layer if a value of the file is no number.
void require_numbers(const AdapterFile& file);

/// "SD 1.x", "SD 2.x", "SDXL", "FLUX or SD 3": what the file was made for, by its metadata, names and shapes; "" if
/// they do not tell.
std::string made_for(const AdapterFile& file);

}  // namespace darkroom::adapters
