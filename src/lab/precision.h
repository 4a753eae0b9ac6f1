// What a precision costs: one picture in fp32, bf16 and fp16, layer by layer. bf16 and fp16 are emulated faithfully
// (layers/emulated_precision.h), so that any processor can tell what an accelerator would make of a model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "generate/request_fields.h"
#include "imaging/image.h"

namespace darkroom::lab {

/// One operation of a network over all its calls.
struct LayerPrecision {
  std::string part;       ///< "text encoder", "UNet", "VAE decoder"
  std::string layer;      ///< the layer whose weights it uses, by its name in the checkpoint; without weights: the last
                          ///< such before it
  std::string operation;  ///< "conv2d"
  double largest = 0;     ///< magnitude, before rounding
  int64_t overflows = 0;  ///< finite values that became infinite
  int64_t underflows = 0;   ///< values that became 0
  int64_t not_numbers = 0;  ///< values infinite or NaN before they were rounded, beyond those that are so in fp32
  double rounding = 0;      ///< what rounding this one answer changes: rms relative to the answer's, the worst call
  double error = 0;  ///< what everything before it has changed too: against the same call in fp32, the first call's
};

struct PrecisionRun {
  std::string format;                  ///< "fp32", "bf16", "fp16"
  std::vector<LayerPrecision> layers;  ///< in the order they act
  Image picture;                       ///< empty where the numbers ran out (`failure`)
  std::string failure;
  double psnr = 0;  ///< of the picture against fp32's, dB; infinite where equal
  int largest_difference = 0;
  int64_t weight_bytes = 0;  ///< of all parts in this format
  double seconds = 0;        ///< of the picture, where this processor computes in it (fp32); 0 = emulated
};

/// A run in which one part alone computes in less than fp32.
struct PartPrecision {
  std::string part, format;
  double psnr = 0;  ///< against fp32's picture, dB; infinite where equal; 0 where the numbers ran out
};

struct PrecisionReport {
  std::string prompt, model_name;
  int steps = 0;
  std::vector<PrecisionRun> runs;  ///< fp32 first
  std::vector<PartPrecision> parts;
};

/// How many pictures measure_precision() makes: in each format, fp32 once more for its time, each part alone.
int precision_pictures();

/// The picture of a request, completed with what the model recommends, in each format, and for bf16 and fp16 with each
/// part alone in it. Throws Error as generate() does, but for pictures that cannot be made
/// in a format: those are reported.
PrecisionReport measure_precision(const generate::Settings& said, const Progress& progress);

/// The part that should stay in fp32 in that format: the one that alone costs most, if that is seen (PSNR below 35 dB);
/// else "".
std::string part_to_keep(const PrecisionReport& report, const std::string& format);

/// The first operation that loses values to infinity, its own or those of its weights; or nothing.
const LayerPrecision* first_overflow(const PrecisionRun& run);

}  // namespace darkroom::lab
