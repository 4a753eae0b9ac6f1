#include "generate/precision.h"

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"

namespace darkroom::generate {

std::vector<std::string> precision_names() {
  return {"auto", "fp32", "bf16", "fp16"};
}

std::string precision_named(std::string_view name) {
  for (const std::string& known : precision_names()) {
    if (diffusion::same_name(known, name)) return known;
  }
  fail(ErrorKind::invalid_request, "--precision: auto, fp32, bf16 or fp16 is needed, {} was given",
       formats::in_quotes(name));
}

std::vector<std::string> vae_decoding_names() {
  return {"Automatic", "Whole", "Strips"};
}

PrecisionChoice chosen_precision(std::string_view asked, bool cpu_has_bf16, bool is_slow) {
  if (asked == "fp16")
    return {Arithmetic::fp32, "fp16 was asked for, but here fp16 is not computed directly; computing in fp32 instead."};
  if (asked == "bf16" && !cpu_has_bf16)
    return {Arithmetic::fp32, "bf16 was asked for, but this processor does not compute it; computing in fp32 instead."};
  const bool bf16 = asked == "bf16" || (asked == "auto" && cpu_has_bf16 && !is_slow);
  return {bf16 ? Arithmetic::bf16 : Arithmetic::fp32, ""};
}

}  // namespace darkroom::generate
