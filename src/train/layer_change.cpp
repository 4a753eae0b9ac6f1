#include "train/layer_change.h"

#include <cmath>

#include "base/error.h"
#include "layers/stored_weight.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

/// U(-bound, bound) with bound = 1 / sqrt(fan in): Kaiming's with a = sqrt(5), as torch's own layers start.
Tensor kaiming(std::vector<int64_t> shape, at::Generator& generator) {
  Tensor matrix = at::empty(shape);
  const double bound = 1 / std::sqrt(double(matrix.numel() / matrix.size(0)));
  return matrix.uniform_(-bound, bound, generator).requires_grad_();
}

Tensor normal(std::vector<int64_t> shape, double deviation, at::Generator& generator) {
  return at::empty(shape).normal_(0, deviation, generator).requires_grad_();
}

/// What is learnt may be held in bf16; it is computed with in fp32.
Tensor wide(const Tensor& held) {
  return layers::in_type(held, at::kFloat);
}

Tensor zeros(std::vector<int64_t> shape) {
  return at::zeros(shape).requires_grad_();
}

/// Values between down and up: [B, ..., dim] or [B, dim, H, W].
Tensor with_dropouts(Tensor x, bool channels_first, const LoraOptions& o, at::Generator& generator) {
  if (!generator.defined()) return x;
  const auto plain = x.options().requires_grad(false);
  if (o.dropout > 0) x = x * at::rand(x.sizes(), generator, plain).gt(o.dropout) / (1 - o.dropout);
  if (o.rank_dropout > 0) {
    std::vector<int64_t> shape(size_t(x.dim()), 1);
    shape[0] = x.size(0);
    shape[channels_first ? 1 : shape.size() - 1] = x.size(channels_first ? 1 : -1);
    x = x * at::rand(shape, generator, plain).gt(o.rank_dropout) / (1 - o.rank_dropout);
  }
  return x;
}

/// LoRA and LoCon: up [out, r] times down [r, in·k·k].
class LowRank : public LayerChange {
 public:
  LowRank(ChangedLayer layer, int64_t dim, double alpha, at::Generator& generator)
      : LayerChange(layer, alpha, alpha / double(dim)) {
    std::vector<int64_t> shape = layer.weight().sizes().vec(), up = {shape[0], dim};
    shape[0] = dim;
    if (layer.conv) up.insert(up.end(), {1, 1});
    down_ = kaiming(shape, generator);
    up_ = zeros(up);
  }
  NamedTensors matrices() const override { return {{"lora_down.weight", down_}, {"lora_up.weight", up_}}; }
  Tensor weight_change() const override {
    return (wide(up_).flatten(1).mm(wide(down_).flatten(1)) * scale_).view(layer_.weight().sizes());
  }
  Tensor output_change(const Tensor& x, const LoraOptions& o, at::Generator& generator) const override {
    if (o.drops_rows && o.rank_dropout > 0 && generator.defined()) return LayerChange::output_change(x, o, generator);
    // The few values between the matrices are scaled, not the many after them.
    const Tensor low = with_dropouts(layer_.with_weight(x, down_), layer_.conv != nullptr, o, generator) * scale_;
    return layer_.conv ? layers::convolution(low, up_, {}, 1, 0) : layers::linear(low, up_, {});
  }
  double norm() const override {
    const Tensor down = wide(down_).flatten(1), up = wide(up_).flatten(1);
    // |up down|² without the product itself.
    const double square = (up.t().mm(up) * down.mm(down.t())).sum(at::kDouble).item<double>();
    return std::abs(scale_) * std::sqrt(std::max(0.0, square));
  }
  void shrink(double factor) override {
    down_.mul_(std::sqrt(factor));
    up_.mul_(std::sqrt(factor));
  }

 private:
  Tensor down_, up_;
};

/// LoHa (arXiv 2108.06098): the elementwise product of two low-rank matrices, so of rank r².
class Hadamard : public LayerChange {
 public:
  Hadamard(ChangedLayer layer, int64_t dim, double alpha, at::Generator& generator)
      : LayerChange(layer, alpha, alpha / double(dim)) {
    const int64_t out = layer.weight().size(0), in = layer.weight().numel() / out;
    w1_a_ = normal({out, dim}, 0.1, generator);
    w1_b_ = normal({dim, in}, 1, generator);
    w2_a_ = zeros({out, dim});
    w2_b_ = normal({dim, in}, 1, generator);
  }
  NamedTensors matrices() const override {
    return {{"hada_w1_a", w1_a_}, {"hada_w1_b", w1_b_}, {"hada_w2_a", w2_a_}, {"hada_w2_b", w2_b_}};
  }
  Tensor weight_change() const override {
    return (wide(w1_a_).mm(wide(w1_b_)) * wide(w2_a_).mm(wide(w2_b_)) * scale_).view(layer_.weight().sizes());
  }
  void shrink(double factor) override {
    for (const Tensor& matrix : {w1_a_, w1_b_, w2_a_, w2_b_}) Tensor(matrix).mul_(std::pow(factor, 0.25));
  }

 private:
  Tensor w1_a_, w1_b_, w2_a_, w2_b_;
};

/// LoKr (arXiv 2309.14859): the Kronecker product of a small matrix and a larger one, each whole or of low rank.
class Kronecker : public LayerChange {
 public:
  Kronecker(const LoraOptions& o, ChangedLayer layer, int64_t dim, double alpha, at::Generator& generator)
      : LayerChange(layer, alpha, alpha / double(dim)) {
    const Tensor& weight = layer.weight();
    const auto [o1, o2] = kronecker_factors(weight.size(0), o.factor);
    const auto [i1, i2] = kronecker_factors(weight.size(1), o.factor);
    const int64_t kernel = weight.numel() / (weight.size(0) * weight.size(1));
    const auto is_thin = [&](int64_t a, int64_t b) { return 2 * dim < std::max(a, b) && !o.full_matrix; };
    if (o.decompose_both && is_thin(o1, i1))
      w1_ = {{"lokr_w1_a", kaiming({o1, dim}, generator)}, {"lokr_w1_b", kaiming({dim, i1}, generator)}};
    else
      w1_ = {{"lokr_w1", kaiming({o1, i1}, generator)}};
    if (is_thin(o2, i2)) {
      w2_ = {{"lokr_w2_a", kaiming({o2, dim}, generator)}, {"lokr_w2_b", zeros({dim, i2 * kernel})}};
    } else {
      std::vector<int64_t> shape = weight.sizes().vec();
      shape[0] = o2, shape[1] = i2;
      w2_ = {{"lokr_w2", zeros(shape)}};
    }
    if (w1_.size() == 1 && w2_.size() == 1) alpha_ = double(dim), scale_ = 1;  // no rank that could be scaled
    sizes_ = {o2, i2, kernel};
  }
  NamedTensors matrices() const override {
    NamedTensors all = w1_;
    all.insert(all.end(), w2_.begin(), w2_.end());
    return all;
  }
  Tensor weight_change() const override {
    const auto whole = [](const NamedTensors& parts) {
      return parts.size() == 1 ? wide(parts[0].second) : wide(parts[0].second).mm(wide(parts[1].second));
    };
    const Tensor w1 = whole(w1_), w2 = whole(w2_);
    return (at::kron(w1.unsqueeze(2), w2.reshape(sizes_)) * scale_).reshape(layer_.weight().sizes());
  }
  void shrink(double factor) override {
    const double each = std::pow(factor, 1.0 / double(w1_.size() + w2_.size()));
    for (const auto& [name, matrix] : matrices()) Tensor(matrix).mul_(each);
  }

 private:
  NamedTensors w1_, w2_;
  std::vector<int64_t> sizes_;  // of w2: out, in, kernel
};

/// DoRA (arXiv 2402.09353): another change gives the direction of each output's weights, their length is learnt apart.
class Decomposed : public LayerChange {
 public:
  Decomposed(std::unique_ptr<LayerChange> direction, ChangedLayer layer)
      : LayerChange(layer, direction->alpha(), direction->scale()), direction_(std::move(direction)) {
    lengths_ = row_norms(layer.weight().detach().to(at::kFloat)).requires_grad_();
  }
  NamedTensors matrices() const override {
    NamedTensors all = direction_->matrices();
    all.emplace_back("dora_scale", lengths_);
    return all;
  }
  Tensor weight_change() const override {
    const Tensor weight = layer_.weight().to(at::kFloat);
    const Tensor moved = weight + direction_->weight_change();
    return moved * (wide(lengths_) / (row_norms(moved) + std::numeric_limits<float>::epsilon())) - weight;
  }
  void shrink(double factor) override { direction_->shrink(factor); }
  double norm() const override { return direction_->norm(); }

 private:
  /// [out, 1] or [out, 1, 1, 1]
  static Tensor row_norms(const Tensor& weight) {
    std::vector<int64_t> shape(size_t(weight.dim()), 1);
    shape[0] = weight.size(0);
    return weight.flatten(1).norm(2, 1).view(shape);
  }

  std::unique_ptr<LayerChange> direction_;
  Tensor lengths_;
};

}  // namespace

Tensor ChangedLayer::with_weight(const Tensor& x, const Tensor& weight) const {
  return linear ? layers::linear(x, weight, {}) : conv->convolved(x, weight, {});
}

Tensor LayerChange::output_change(const Tensor& x, const LoraOptions& o, at::Generator& generator) const {
  Tensor change = weight_change();
  if (generator.defined() && o.rank_dropout > 0) {
    // Parity: LyCORIS leaves out rows of the whole change, and the others do not grow.
    std::vector<int64_t> rows(size_t(change.dim()), 1);
    rows[0] = change.size(0);
    change = change * at::rand(rows, generator, change.options().requires_grad(false)).gt(o.rank_dropout);
  }
  return layer_.with_weight(x, change);
}

double LayerChange::norm() const {
  NoGrad guard;
  return weight_change().norm().item<double>();
}

std::pair<int64_t, int64_t> kronecker_factors(int64_t size, int64_t factor) {
  if (factor > 0 && size % factor == 0) return std::minmax(factor, size / factor);
  const double most = factor < 0 ? double(size) : double(factor);
  int64_t small = 1;
  for (int64_t m = 1; m * m <= size && double(m) <= most; ++m)
    if (size % m == 0) small = m;
  return {small, size / small};
}

std::unique_ptr<LayerChange> make_layer_change(const LoraOptions& o, ChangedLayer layer, int64_t dim, double alpha,
                                               at::Generator& generator) {
  std::unique_ptr<LayerChange> change;
  if (o.algorithm == "lora") change = std::make_unique<LowRank>(layer, dim, alpha, generator);
  if (o.algorithm == "loha") change = std::make_unique<Hadamard>(layer, dim, alpha, generator);
  if (o.algorithm == "lokr") change = std::make_unique<Kronecker>(o, layer, dim, alpha, generator);
  require(change != nullptr, ErrorKind::invalid_request, "LoRA: algorithm \"{}\": known are lora, loha, lokr",
          o.algorithm);
  if (o.dora) change = std::make_unique<Decomposed>(std::move(change), layer);
  return change;
}

}  // namespace darkroom::train
