// What is in an adapter file, for people: no tensors here, so that the command line stays free of libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::adapters {

/// A part of a network: "down_blocks.1", "mid_block", "text_encoder", ...
struct BlockReport {
  std::string name;
  size_t layers = 0;
  double change = 0;    ///< Frobenius norm of the change at weight 1, over all its layers
  double relative = 0;  ///< of that and the norm of the weights; 0 without a model
};

struct AdapterReport {
  std::vector<std::pair<std::string, size_t>> kinds;  ///< and how many layers are of each; "LoRA, DoRA" where both
  std::map<int64_t, size_t> ranks;                    ///< and how many layers have each
  std::map<double, size_t> alphas;
  std::map<double, size_t> scales;     ///< factors on the change that act at weight 1: alpha / rank
  std::vector<BlockReport> blocks;     ///< without a model only of layers whose change does not depend on it
  double change = 0;                   ///< norm over everything
  size_t unknown_changes = 0;          ///< layers that only a model lets us judge
  std::string made_for;                ///< "SD 1.x", ..., "" if it does not tell
  std::vector<std::string> unmatched;  ///< layers the model does not have
  std::vector<std::string> unused;     ///< tensors of no kind
  std::vector<std::string> embeddings;
  std::vector<std::string> notes;
  std::map<std::string, std::string> metadata;
};

/// `model`: a checkpoint to fit it to, or empty. Throws Error as read_adapter_file, load_checkpoint and fit do.
AdapterReport inspect_adapter(const std::filesystem::path& file, const std::filesystem::path& model = {});

struct WeightedFile {
  std::filesystem::path path;
  double weight = 1;
};

struct LayerDistance {
  std::string layer;
  double first = 0, second = 0;  ///< norms of the two changes; 0 where a file does not have the layer
  double difference = 0;         ///< norm of what one does and the other does not
};

struct AdapterComparison {
  double first = 0, second = 0, difference = 0;  ///< norms over everything
  double cosine = 0;                             ///< 1: the same direction
  size_t shared = 0, only_first = 0, only_second = 0;
  std::vector<LayerDistance> layers;  ///< largest difference first

  /// difference / the larger norm: 0 is the same change, 1 something else entirely.
  double relative() const;
};

/// Two changes, each with its weight. Kinds that act on the weight need `model`: without it throws
/// Error{invalid_request}.
AdapterComparison compare_adapters(const WeightedFile& first, const WeightedFile& second,
                                   const std::filesystem::path& model = {});

}  // namespace darkroom::adapters
