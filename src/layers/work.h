// What layers compute, told to whoever counts or measures it: each layer that costs time says what it is about to do
// and leaves the doing to the watch, which may also do it twice, or not at all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace darkroom::layers {

enum class WorkKind { conv, linear, attention, norm, geglu, upsampling };

/// One computation of a layer, by the plain sums that define it, however it is computed.
struct Work {
  WorkKind kind;
  std::string name;             ///< the class it belongs to: "conv 3x3", "self-attention, depth 40, 4096 keys"
  int64_t macs = 0;             ///< products added up; 0 for what only passes over elements. 1 is 2 FLOP
  int64_t values = 0;           ///< read and written, each once, weights among them
  std::vector<int64_t> answer;  ///< shape of what comes out
};

/// Does the work.
using Compute = std::function<Tensor()>;

struct WorkWatch {
  /// Answers what `compute` would; calls it as often as it likes.
  std::function<Tensor(const Work& work, const Compute& compute)> on_work;
  /// A whole network begins: "UNet", "VAE decoder", "text encoder".
  std::function<void(const char* network)> on_network = [](const char*) {};
};

/// While one lives, all layers tell this watch. One at a time; not thread-safe, as all computing.
class WatchedWork {
 public:
  explicit WatchedWork(WorkWatch watch);
  ~WatchedWork();
  WatchedWork(const WatchedWork&) = delete;
  WatchedWork& operator=(const WatchedWork&) = delete;
};

bool is_watched();
/// Requires: is_watched(). What `compute` calls in turn is part of it and is not told again.
Tensor watched(const Work& work, const Compute& compute);
/// Tells the watch, if there is one.
void network_begins(const char* network);

/// x [B, in, H, W] through kernels [out, in, k, k].
Work conv_work(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding);
/// x [..., in] through a weight [out, in].
Work linear_work(const Tensor& x, const Tensor& weight);
/// The same, with the second half of the outputs gating the first at once.
Work geglu_linear_work(const Tensor& x, const Tensor& weight);
/// q [B, Tq, heads * d], k [B, Tk, heads * d]; called self-attention where both have one length.
Work attention_work(const Tensor& q, const Tensor& k, int64_t heads);
/// What passes over x, of shape `answer` in the end.
Work passing_work(WorkKind kind, const char* name, const Tensor& x, std::vector<int64_t> answer);

}  // namespace darkroom::layers
