// What a run of `darkroom bench` found: plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::bench {

/// FLOP per second of all threads together, measured in registers.
struct Peak {
  double fp32 = 0;
  double bf16 = 0;   ///< of vectors; 0 = the processor has no dot products of bf16
  double tiles = 0;  ///< of bf16 by whole tiles (AMX); 0 = it has none

  double most_bf16() const { return bf16 > tiles ? bf16 : tiles; }
};

struct Machine {
  std::string cpu;           ///< as the processor calls itself
  std::string instructions;  ///< vectors our own kernels compute with: "AVX2"
  std::string libtorch;      ///< and libtorch's: "AVX2"
  int threads = 0;
  double bandwidth = 0;  ///< bytes of memory read per second by all threads; 0 = not measured
};

/// Seconds of several equal runs.
struct Timing {
  double median = 0, fastest = 0, slowest = 0;
  int runs = 0;  ///< 0 = not measured
};

/// Something timed as a whole.
struct Figure {
  std::string name;  ///< "sampling step"
  Timing time;
  double flop = 0;   ///< by the plain sums of the network's definition; 0 = there is no ideal
  double ideal = 0;  ///< seconds it would take at the peak measured beside it, or at the memory's rate; 0 = none
};

/// Layers of one class in one step, together.
struct LayerClass {
  std::string name;  ///< "conv 3x3", "self-attention, depth 40, 4096 x 4096"
  int count = 0;     ///< calls in a step
  double flop = 0;
  double bytes = 0;       ///< read and written at least
  Timing time;            ///< of all calls of a step
  double difference = 0;  ///< largest, of a value from the plain path's, relative to the largest value
};

struct Bench {
  std::string model, precision;
  bool plain = false;
  int width = 0, height = 0, steps = 0;
  double cfg_scale = 0;
  Machine machine;
  std::vector<Peak> peaks;  ///< in the order they were measured, the first before everything, the last after it
  std::vector<Figure> figures;
  std::vector<LayerClass> layers;  ///< of a step; slowest first
  Timing watched_step;             ///< that they are parts of
  double layers_peak = 0;          ///< FLOP/s beside them, in the model's precision
  std::vector<LayerClass> attention;
  double attention_peak = 0;
  std::int64_t weight_bytes = 0;    ///< of the model, in memory or mapped
  std::int64_t resident_bytes = 0;  ///< most that was in memory, after two pictures; 0 = not measured
};

/// How much faster the fastest measured peak was than the slowest: 0.05 = 5 %. 0 without two.
double peak_movement(const std::vector<Peak>& peaks);
/// From the plain path, of all layers.
double largest_difference(const Bench& bench);

}  // namespace darkroom::bench
