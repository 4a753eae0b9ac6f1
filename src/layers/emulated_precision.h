// What a network would compute in fp16 or bf16, on any processor: each operation takes rounded numbers, computes in
// fp32 and rounds what it answers, as the kernels of accelerators do (their products and sums are fp32 inside). For
// finding out what a precision does; it is slower than fp32.
//
// An operation is what the plain definitions call: a convolution, a linear layer, a norm, a softmax ...; fast paths
// that join several have other places to round, so they must be off (fast_paths.h).
//
// Gradients pass through the same rounding backwards: what an operation's result and inputs get is rounded too.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace darkroom::layers {

enum class NumberFormat { fp32, bf16, fp16 };

/// One operation inside a network.
struct WatchedOperation {
  std::string part;            ///< the network's, as its NetworkScope says: "UNet"
  int64_t call = 0;            ///< which scope of the emulation it is in, from 1
  std::string name;            ///< ATen's: "aten::conv2d"
  std::vector<Tensor> inputs;  ///< as they came, weights among them
  Tensor exact;                ///< what fp32 makes of the rounded inputs; float32
  Tensor rounded;              ///< what goes on; a tensor of its own
};

struct Emulation {
  NumberFormat format = NumberFormat::fp32;
  std::set<std::string> parts = {};  ///< the networks that compute so, by the names of their scopes; empty = all
  std::function<void(const WatchedOperation&)> watch = {};  ///< for each operation with a new float32 result
};

/// While one lives, networks of this program compute so. Not thread-safe: one run at a time, as all computing.
class EmulatedPrecision {
 public:
  explicit EmulatedPrecision(Emulation emulation);
  ~EmulatedPrecision();
  EmulatedPrecision(const EmulatedPrecision&) = delete;
  EmulatedPrecision& operator=(const EmulatedPrecision&) = delete;
};

/// The scope we are in, nullptr outside of any: for what is computed anew later and must be so in the same scope.
const char* network_scope();

/// Where a network computes in the precision that is emulated: every forward() of a whole network opens one. Without a
/// name it is where no network computes, inside another scope: what is done to weights before.
class NetworkScope {
 public:
  explicit NetworkScope(const char* part);
  ~NetworkScope();
  NetworkScope(const NetworkScope&) = delete;
  NetworkScope& operator=(const NetworkScope&) = delete;

 private:
  const char* outer_;
};

/// Float32 values as `format` holds them: rounded to nearest, infinite beyond its range; in a tensor of its own unless
/// the format is fp32.
Tensor rounded_to(NumberFormat format, const Tensor& x);

}  // namespace darkroom::layers
