// The kinds of adapters: of which tensors each consists and what shape its change has. What the change is: delta.h.
// Sources of truth: A1111 extensions-builtin/Lora/network_*.py, LyCORIS lycoris/modules, sd-scripts networks/.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensor_file.h"

namespace darkroom::adapters {

enum class Kind { lora, loha, ia3, lokr, full, norm, glora, oft };

/// The tensors for one layer, by what stands behind the layer's name: "lora_up.weight", "alpha", ...
using Factors = std::map<std::string, formats::StoredTensor, std::less<>>;
using Shape = std::vector<int64_t>;

/// "LoRA", "LoHa", ...
std::string_view kind_name(Kind kind);

/// The kind's name, and "LoRA, DoRA" where a "dora_scale" comes with it.
std::string kind_text(Kind kind, const Factors& factors);

/// The first kind, in the order above, whose tensors are there; nothing for a set that is none.
std::optional<Kind> kind_of(const Factors& factors);

/// Names among `factors` that the kind has no use for.
std::vector<std::string> unused_factors(Kind kind, const Factors& factors);

/// Whether the change depends on the weight it is made to: its kind does, or it has a "dora_scale". Then the order of
/// several adapters matters, and nothing can be said of the change without a model.
bool acts_on_weight(Kind kind, const Factors& factors);

/// What alpha is divided by: the rank; 0 for kinds where alpha does not scale.
int64_t rank_of(Kind kind, const Factors& factors);

/// The factor on the change that the file itself demands: its "scale" if it has one, else alpha / rank, else 1.
double own_scale(Kind kind, const Factors& factors);

/// The value of a tensor with one element. Throws Error{corrupt_file} naming it for another number of elements, for one
/// that is no number, and for types that hold none.
double scalar(const Factors& factors, std::string_view name);

/// The shape of the change to a weight of shape `weight`: [out, in] or [out, in, k, k], or only [out, in * k * k];
/// where `weight` is empty, that is unknown, that of the change itself, and empty for a kind that acts on the weight.
/// Throws Error{unsupported} naming the tensor if the tensors do not fit each other or the weight.
Shape change_shape(Kind kind, const Factors& factors, const Shape& weight = {});

/// The part of a weight that the change is for: `weight`; or, of the first layer of an inpainting model, its first four
/// of nine channels, if the adapter was made for the plain model. Throws as change_shape().
Shape changed_part(Kind kind, const Factors& factors, const Shape& weight);

/// "[320, 768]".
std::string shape_text(const Shape& shape);

}  // namespace darkroom::adapters
