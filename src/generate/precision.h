// In which numbers the UNet and the VAE compute; the text encoders always compute in fp32.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/cpu.h"

namespace darkroom::generate {

/// What may be asked for: auto, fp32, bf16, fp16.
std::vector<std::string> precision_names();

/// The table's spelling of a name in any case. Throws Error{invalid_request}, listing the names.
std::string precision_named(std::string_view name);

enum class Arithmetic { fp32, bf16 };

/// Whether this processor has kernels for bf16.
bool computes_bf16();

struct PrecisionChoice {
  Arithmetic arithmetic = Arithmetic::fp32;
  std::string note;  ///< one line for the user where something else is done than was asked; or empty
};

/// fp16 weights are read from any file, but no processor we run on computes in fp16 through libtorch, and bf16 only
/// where `cpu_has_bf16`; else fp32 takes their place: every fp16 and bf16 number is an fp32 number, so nothing is lost
/// and nothing overflows. `is_slow`: that fp32 is faster here (base/cpu.h), which auto takes then. Requires: a name of
/// precision_names().
PrecisionChoice chosen_precision(std::string_view asked, bool cpu_has_bf16, bool is_slow = cpu_is_slow_at_bf16());

/// How the VAE decodes: Automatic, Whole, Strips.
std::vector<std::string> vae_decoding_names();

}  // namespace darkroom::generate
