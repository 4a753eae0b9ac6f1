#include "adapters/kinds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "formats/scalar_value.h"

namespace darkroom::adapters {
namespace {

// More than any layer of any model, and so little that products of two sizes cannot overflow.
constexpr int64_t kMostSize = int64_t(1) << 24;

struct KindRow {
  Kind kind;
  std::string_view name;
  std::vector<std::string_view> needed;    ///< all of these, or, for kinds with several forms, see kind_of()
  std::vector<std::string_view> optional;  ///< besides those of every kind
  bool acts_on_weight = false;
};

const std::array<KindRow, 8>& rows() {
  static const std::array<KindRow, 8> table = {{
      {Kind::lora, "LoRA", {"lora_up.weight", "lora_down.weight"}, {"lora_mid.weight"}},
      {Kind::loha, "LoHa", {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"}, {"hada_t1", "hada_t2"}},
      {Kind::ia3, "IA3", {"weight", "on_input"}, {}, true},
      {Kind::lokr, "LoKr", {}, {"lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"}},
      {Kind::full, "full", {"diff"}, {"diff_b"}},
      {Kind::norm, "norm", {"w_norm", "b_norm"}, {}},
      {Kind::glora, "GLoRA", {"a1.weight", "a2.weight", "b1.weight", "b2.weight"}, {}, true},
      {Kind::oft, "OFT", {}, {"oft_blocks", "oft_diag", "rescale"}, true},
  }};
  return table;
}

const KindRow& row_of(Kind kind) {
  return rows()[size_t(kind)];
}

bool has(const Factors& factors, std::string_view name) {
  return factors.contains(name);
}

/// The shape of a factor, a 1x1 kernel as the matrix it is; every size is sane.
Shape sizes(const Factors& factors, std::string_view name, std::initializer_list<size_t> dimensions) {
  Shape shape = factors.find(name)->second.shape;
  if (shape.size() == 4 && shape[2] == 1 && shape[3] == 1 && std::count(dimensions.begin(), dimensions.end(), 2) > 0)
    shape.resize(2);
  const bool known = std::find(dimensions.begin(), dimensions.end(), shape.size()) != dimensions.end();
  const bool sane = std::all_of(shape.begin(), shape.end(), [](int64_t size) { return size > 0 && size <= kMostSize; });
  require(known && sane, ErrorKind::unsupported, "{} must have {} dimensions, none of them 0, found {}", name,
          fmt::join(dimensions, " or "), shape_text(shape));
  return shape;
}

void require_equal(int64_t found, int64_t expected, std::string_view name, std::string_view what) {
  require(found == expected, ErrorKind::unsupported, "{}: {} must be {}, is {}", name, what, expected, found);
}

/// [out, in, k, k] from t [r, r, k, k], a [r, out], b [r, in]: the Tucker form of LoHa and LoKr.
Shape tucker_shape(const Factors& factors, std::string_view t, std::string_view a, std::string_view b) {
  const Shape core = sizes(factors, t, {2, 4}), left = sizes(factors, a, {2}), right = sizes(factors, b, {2});
  require_equal(left[0], core[0], a, "its rows (the rank)");
  require_equal(right[0], core[1], b, "its rows (the rank)");
  Shape shape = {left[1], right[1]};
  shape.insert(shape.end(), core.begin() + 2, core.end());
  return shape;
}

/// [out, n] of a [out, r] times b [r, n].
Shape product_shape(const Factors& factors, std::string_view a, std::string_view b) {
  const Shape left = sizes(factors, a, {2}), right = sizes(factors, b, {2, 4});
  require_equal(right[0], left[1], b, "its rows (the rank)");
  Shape shape = right;
  shape[0] = left[0];
  return shape;
}

Shape lora_shape(const Factors& factors) {
  const Shape up = sizes(factors, "lora_up.weight", {2});
  if (!has(factors, "lora_mid.weight")) return product_shape(factors, "lora_up.weight", "lora_down.weight");
  const Shape down = sizes(factors, "lora_down.weight", {2}), mid = sizes(factors, "lora_mid.weight", {2, 4});
  require_equal(mid[0], up[1], "lora_mid.weight", "its first size (the rank)");
  require_equal(mid[1], down[0], "lora_mid.weight", "its second size (the rank)");
  Shape shape = mid;
  shape[0] = up[0];
  shape[1] = down[1];
  return shape;
}

int64_t count(const Shape& shape) {
  int64_t product = 1;
  for (int64_t size : shape) {
    if (__builtin_mul_overflow(product, size, &product)) return std::numeric_limits<int64_t>::max();
  }
  return product;
}

Shape loha_shape(const Factors& factors) {
  const auto half = [&](const char* number) {
    const std::string a = fmt::format("hada_w{}_a", number), b = fmt::format("hada_w{}_b", number);
    const std::string t = fmt::format("hada_t{}", number);
    return has(factors, t) ? tucker_shape(factors, t, a, b) : product_shape(factors, a, b);
  };
  const Shape first = half("1"), second = half("2");
  require(first[0] == second[0] && count(first) == count(second), ErrorKind::unsupported,
          "both halves must have one shape, found {} and {}", shape_text(first), shape_text(second));
  return first.size() > second.size() ? first : second;
}

Shape lokr_shape(const Factors& factors) {
  const Shape w1 =
      has(factors, "lokr_w1") ? sizes(factors, "lokr_w1", {2}) : product_shape(factors, "lokr_w1_a", "lokr_w1_b");
  Shape shape = has(factors, "lokr_w2")   ? sizes(factors, "lokr_w2", {2, 4})
                : has(factors, "lokr_t2") ? tucker_shape(factors, "lokr_t2", "lokr_w2_a", "lokr_w2_b")
                                          : product_shape(factors, "lokr_w2_a", "lokr_w2_b");
  require(w1.size() == 2, ErrorKind::unsupported, "lokr_w1: must be a matrix, is {}", shape_text(w1));
  shape[0] *= w1[0];
  shape[1] *= w1[1];
  return shape;
}

void require_rows_and_columns(Kind kind, const Shape& weight) {
  require(weight.size() >= 2, ErrorKind::unsupported, "{} changes matrices and kernels, this weight is {}",
          row_of(kind).name, shape_text(weight));
}

Shape ia3_shape(const Factors& factors, const Shape& weight) {
  const int64_t found = count(factors.find("weight")->second.shape);
  const bool on_input = scalar(factors, "on_input") != 0;
  require_rows_and_columns(Kind::ia3, weight);
  require_equal(found, on_input ? weight[1] : weight[0], "weight", on_input ? "inputs" : "outputs");
  return weight;
}

Shape glora_shape(const Factors& factors, const Shape& weight) {
  if (!weight.empty()) require_rows_and_columns(Kind::glora, weight);
  const Shape a1 = sizes(factors, "a1.weight", {2}), a2 = sizes(factors, "a2.weight", {2});
  const Shape b = product_shape(factors, "b2.weight", "b1.weight");
  require_equal(a2[1], a1[0], "a2.weight", "its columns (the rank)");
  require_equal(a1[1], b[1], "a1.weight", "its columns (the layer's inputs)");
  require_equal(a2[0], weight.empty() ? a2[0] : count(weight) / weight[0], "a2.weight",
                "its rows (the layer's inputs)");
  return b;
}

Shape oft_shape(const Factors& factors, const Shape& weight) {
  require_rows_and_columns(Kind::oft, weight);
  const bool is_rotation = !has(factors, "oft_blocks");
  const std::string_view name = is_rotation ? "oft_diag" : "oft_blocks";
  const Shape blocks = factors.find(name)->second.shape;
  require(blocks.size() == 3 || (blocks.size() == 4 && !is_rotation), ErrorKind::unsupported,
          "{} must be [blocks, n, n], or [stages, blocks, n, n] for BOFT, is {}", name, shape_text(blocks));
  for (int64_t size : blocks)
    require(size > 0 && size <= kMostSize, ErrorKind::unsupported, "{}: no size may be 0, found {}", name,
            shape_text(blocks));
  const int64_t n = blocks.back(), out = blocks[blocks.size() - 3] * n;
  require_equal(blocks[blocks.size() - 2], n, name, "its blocks' rows");
  require_equal(out, weight[0], name, "blocks times block size (the layer's outputs)");
  if (blocks.size() == 4) {
    // Stage i pairs rows 2^i * n / 2 apart.
    int64_t span = n;
    for (int64_t stage = 0; stage < blocks[0]; ++stage, span *= 2)
      require(n % 2 == 0 && span <= out && out % span == 0, ErrorKind::unsupported,
              "{}: {} stages of blocks of {} do not fit {} outputs", name, blocks[0], n, out);
  }
  if (has(factors, "rescale"))
    require_equal(count(factors.find("rescale")->second.shape), out, "rescale", "its values");
  return weight;
}

Shape own_shape(Kind kind, const Factors& factors, const Shape& weight) {
  switch (kind) {
    case Kind::lora:
      return lora_shape(factors);
    case Kind::loha:
      return loha_shape(factors);
    case Kind::ia3:
      return weight.empty() ? Shape{} : ia3_shape(factors, weight);
    case Kind::lokr:
      return lokr_shape(factors);
    case Kind::full:
      return sizes(factors, "diff", {1, 2, 4});
    case Kind::norm:
      return sizes(factors, "w_norm", {1});
    case Kind::glora:
      return glora_shape(factors, weight);
    case Kind::oft:
      return weight.empty() ? Shape{} : oft_shape(factors, weight);
  }
  fail(ErrorKind::internal, "adapter kind {}: unknown", int(kind));
}

/// What a dora_scale is for, by its shape: the layer's outputs or its inputs.
void check_dora(const Factors& factors, const Shape& weight) {
  const Shape& shape = factors.find("dora_scale")->second.shape;
  require(weight.size() >= 2 && !shape.empty(), ErrorKind::unsupported, "dora_scale: this weight is {}, the scale {}",
          shape_text(weight), shape_text(shape));
  const bool per_input = shape.size() > 1 && shape[0] == 1 && count(shape) == weight[1];
  require(per_input || count(shape) == weight[0], ErrorKind::unsupported,
          "dora_scale: must have one value for each of {} outputs or {} inputs, is {}", weight[0], weight[1],
          shape_text(shape));
}

}  // namespace

std::string_view kind_name(Kind kind) {
  return row_of(kind).name;
}

std::string kind_text(Kind kind, const Factors& factors) {
  return std::string(kind_name(kind)) + (factors.contains("dora_scale") ? ", DoRA" : "");
}

std::optional<Kind> kind_of(const Factors& factors) {
  const auto all = [&](const std::vector<std::string_view>& names) {
    return std::all_of(names.begin(), names.end(), [&](std::string_view name) { return has(factors, name); });
  };
  for (const KindRow& row : rows()) {
    const bool fits = row.kind == Kind::lokr ? (has(factors, "lokr_w1") || all({"lokr_w1_a", "lokr_w1_b"})) &&
                                                   (has(factors, "lokr_w2") || all({"lokr_w2_a", "lokr_w2_b"}))
                      : row.kind == Kind::oft ? has(factors, "oft_blocks") || has(factors, "oft_diag")
                                              : all(row.needed);
    if (fits) return row.kind;
  }
  return std::nullopt;
}

std::vector<std::string> unused_factors(Kind kind, const Factors& factors) {
  static const std::vector<std::string_view> of_all = {"alpha", "scale", "dora_scale"};
  const auto among = [](const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<std::string> unused;
  for (const auto& [name, tensor] : factors) {
    if (!among(of_all, name) && !among(row_of(kind).needed, name) && !among(row_of(kind).optional, name))
      unused.push_back(name);
  }
  return unused;
}

bool acts_on_weight(Kind kind, const Factors& factors) {
  return row_of(kind).acts_on_weight || has(factors, "dora_scale");
}

int64_t rank_of(Kind kind, const Factors& factors) {
  const auto rows_of = [&](std::string_view name) { return sizes(factors, name, {2, 4})[0]; };
  switch (kind) {
    case Kind::lora:
      return rows_of("lora_down.weight");
    case Kind::loha:
      return rows_of("hada_w1_b");
    case Kind::lokr:
      // Parity: where both are products, the second one's rank counts; where both are whole, alpha does not.
      return !has(factors, "lokr_w2") && has(factors, "lokr_w2_b")   ? rows_of("lokr_w2_b")
             : !has(factors, "lokr_w1") && has(factors, "lokr_w1_b") ? rows_of("lokr_w1_b")
                                                                     : 0;
    default:
      return 0;
  }
}

double own_scale(Kind kind, const Factors& factors) {
  if (kind == Kind::oft) return 1;  // its alpha limits the rotation
  if (has(factors, "scale")) return scalar(factors, "scale");
  const int64_t rank = rank_of(kind, factors);
  return rank > 0 && has(factors, "alpha") ? scalar(factors, "alpha") / double(rank) : 1;
}

double scalar(const Factors& factors, std::string_view name) {
  const formats::StoredTensor& tensor = factors.find(name)->second;
  const std::optional<double> value = formats::scalar_value(tensor);
  require(value.has_value(), ErrorKind::corrupt_file, "{} must be one number, has the shape {}", name,
          shape_text(tensor.shape));
  require(std::isfinite(*value), ErrorKind::corrupt_file, "{} must be a finite number, is {}", name, *value);
  return *value;
}

Shape change_shape(Kind kind, const Factors& factors, const Shape& weight) {
  const Shape shape = own_shape(kind, factors, weight);
  if (weight.empty()) return shape;
  const bool one_kernel = shape.size() < 4 || weight.size() < 4 || shape == weight;
  require(!shape.empty() && shape[0] == weight[0] && count(shape) == count(weight) && one_kernel,
          ErrorKind::unsupported, "the change has the shape {}, the weight {}", shape_text(shape), shape_text(weight));
  if (has(factors, "dora_scale")) check_dora(factors, weight);
  for (const std::string_view bias : {"diff_b", "b_norm"})
    if (has(factors, bias)) require_equal(count(factors.find(bias)->second.shape), weight[0], bias, "its values");
  return shape;
}

Shape changed_part(Kind kind, const Factors& factors, const Shape& weight) {
  if (weight.size() == 4 && weight[1] == 9) {
    Shape plain = weight;
    plain[1] = 4;
    try {
      change_shape(kind, factors, plain);
      return plain;
    } catch (const Error&) {
      // Then it must fit the whole.
    }
  }
  change_shape(kind, factors, weight);
  return weight;
}

std::string shape_text(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace darkroom::adapters
