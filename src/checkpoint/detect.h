// Which model is in a single file: from names and shapes alone. What they cannot tell follows the rule of the family:
// groups of 32, SD 1.x has 8 heads everywhere, SD 2.x and SDXL heads of 64 channels.
// Sources of truth: the configs of the original repositories (v1-inference.yaml, v2-inference.yaml, sd_xl_base.yaml).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/description.h"
#include "formats/tensor_file.h"

namespace darkroom::checkpoint {

/// Names without the prefix of their part.
using PartTensors = std::map<std::string, formats::StoredTensor>;

/// Where a part lies in a single file: the prefix of its names, and whether they are open_clip's.
struct PartPlace {
  std::string prefix;
  bool open_clip = false;
};

/// One entry per text encoder, in order of use. Throws Error{unsupported} for what no known family has.
std::vector<PartPlace> text_encoder_places(const formats::TensorFile& file);

inline constexpr std::string_view kUNetPrefix = "model.diffusion_model.";
inline constexpr std::string_view kVaePrefix = "first_stage_model.";

/// SD 2.x was trained with v-prediction at 768 pixels, with eps at 512.
inline constexpr int64_t kSampleSizeOfV2 = 96;

/// The tensors below a prefix.
PartTensors tensors_below(const formats::TensorFile& file, std::string_view prefix);
/// The same for a text encoder; the oldest files lack "text_model." in its names, which is put back.
PartTensors text_encoder_tensors(const formats::TensorFile& file, const PartPlace& place);

/// Names that real files carry and no picture depends on: training leftovers, buffers, averaged copies, unused heads.
bool is_ignorable(std::string_view name);

/// Sizes from shapes. Throw Error{corrupt_file} naming the tensor that is missing or has another shape.
models::UNetConfig unet_from_shapes(const PartTensors& tensors);
/// Original names, or with `diffusers` diffusers'; the scale is the default.
models::VaeConfig vae_from_shapes(const PartTensors& tensors, bool diffusers);
models::ClipTextConfig clip_text_from_shapes(const PartTensors& tensors, bool open_clip);

/// The whole description. In this order: what our own files state (metadata "darkroom.config", or the same JSON in
/// <file without extension>.darkroom.json beside it), else shapes and the family's rules. The prediction, if nothing of
/// those states it: metadata "modelspec.prediction_type", the marker tensor "v_pred" (and "ztsnr"), `parameterization`
/// in <file without extension>.yaml beside the file as A1111 reads it; eps for families that only come so; for SD 2.x
/// nothing, see load.h.
ModelDescription describe_single_file(const formats::TensorFile& file, const std::filesystem::path& path);

}  // namespace darkroom::checkpoint
