// Adapter files made of adapter files: scaled, merged, made smaller. No tensors here, so that the command line stays
// free of libtorch.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "adapters/report.h"

namespace darkroom::adapters {

/// Every file here is written in kohya's names, with the metadata of the (first) input: ss_network_dim and
/// ss_network_alpha as they became, without the hashes of the content that was.

struct Scaling {
  std::optional<double> alpha;   ///< written into every layer that has a rank; its matrices stay
  std::optional<double> weight;  ///< what the file did at this weight it does at 1
};

/// Multiplies what a file does without touching its matrices: alpha changes, and kinds without one get a "scale".
/// Throws Error{unsupported} for a weight on parts that do not follow it in proportion (DoRA, OFT).
void scale_adapter(const std::filesystem::path& in, const std::filesystem::path& out, const Scaling& scaling);

struct RankLimit {
  int64_t rank = 0;  ///< at most; 0 = any
  double share = 1;  ///< of the norm of each layer's change that must be kept, where the rank allows it
};

struct RankReport {
  size_t layers = 0;
  int64_t least_rank = 0, most_rank = 0;
  double kept = 1;  ///< norm of what is written over the norm of what was: 1 is exact
};

/// The sum of several files as one LoRA at weight 1: ranks side by side, which is exact, then cut as `limit` says.
/// Other kinds than LoRA need a rank in `limit`, those that act on the weight are refused: Error{invalid_request},
/// {unsupported}.
RankReport merge_adapters(const std::vector<WeightedFile>& files, const std::filesystem::path& out,
                          const RankLimit& limit = {});

/// A smaller LoRA that is as near as its rank allows; alpha / rank of each layer stays.
RankReport resize_adapter(const std::filesystem::path& in, const std::filesystem::path& out, const RankLimit& limit);

/// A checkpoint with the files merged into its weights: one .safetensors file, or a diffusers folder for any other
/// name; numbers in fp16, or fp32 where `whole`. Lines of what did not fit are logged.
void merge_into_checkpoint(const std::vector<WeightedFile>& files, const std::filesystem::path& model,
                           const std::filesystem::path& out, bool whole);

}  // namespace darkroom::adapters
