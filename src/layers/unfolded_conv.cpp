#include "layers/unfolded_conv.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "layers/kernels/product_kernel.h"
#include "layers/linear_product.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kPixelsOfTask = 16;
constexpr int64_t kWrittenAtATime = int64_t(16) << 20;  // numbers of windows, 64 MiB, as long as one picture takes less

/// Where each output of a convolution looks.
struct Windows {
  int64_t pictures, channels, height, width;  // of the input
  int64_t side, stride, padding;
  int64_t down, across;  // outputs of a picture

  Windows(at::IntArrayRef input, int64_t side, int64_t stride, int64_t padding)
      : pictures(input[0]),
        channels(input[1]),
        height(input[2]),
        width(input[3]),
        side(side),
        stride(stride),
        padding(padding),
        down((height + 2 * padding - side) / stride + 1),
        across((width + 2 * padding - side) / stride + 1) {}

  int64_t outputs() const { return pictures * down * across; }
  int64_t row() const { return channels * side * side; }

  /// x as one row per output, numbers in the order of a kernel: [channel][y][x], zeros outside of the picture.
  Tensor rows(const Tensor& pictures_in) const {
    const Tensor written = at::empty({outputs(), row()}, pictures_in.options().requires_grad(false));
    const float* x = pictures_in.data_ptr<float>();
    float* rows = written.data_ptr<float>();
    const std::vector<float> outside(size_t(channels), 0.0f);
    at::parallel_for(0, outputs(), kPixelsOfTask, [&](int64_t begin, int64_t end) {
      std::vector<const float*> pixels(size_t(side * side));
      for (int64_t i = begin; i < end; ++i) {
        const int64_t picture = i / (down * across), place = i % (down * across);
        const int64_t top = place / across * stride - padding, left = place % across * stride - padding;
        for (int64_t t = 0; t < side * side; ++t) {
          const int64_t y = top + t / side, column = left + t % side;
          const bool is_inside = y >= 0 && y < height && column >= 0 && column < width;
          pixels[t] = is_inside ? x + ((picture * height + y) * width + column) * channels : outside.data();
        }
        side == 3 ? interleave<9>(pixels, rows + i * row()) : interleave<0>(pixels, rows + i * row());
      }
    });
    return written;
  }

  /// to[channel][tap] = pixels[tap][channel]; 0 taps: as many as there are pixels.
  template <int64_t kTaps>
  void interleave(const std::vector<const float*>& pixels, float* to) const {
    const int64_t taps = kTaps ? kTaps : int64_t(pixels.size());
    for (int64_t c = 0; c < channels; ++c, to += taps)
      for (int64_t t = 0; t < taps; ++t) to[t] = pixels[t][c];
  }

  /// The other way: each pixel's sum over all windows it stands in.
  Tensor sums(const Tensor& written) const {
    const Tensor added =
        at::empty({pictures, channels, height, width}, written.options(), at::MemoryFormat::ChannelsLast);
    const float* rows = written.data_ptr<float>();
    float* x = added.data_ptr<float>();
    const int64_t taps = side * side;
    at::parallel_for(0, pictures * height * width, kPixelsOfTask, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t picture = i / (height * width), y = i / width % height, column = i % width;
        float* to = x + i * channels;
        std::fill_n(to, channels, 0.0f);
        for (int64_t t = 0; t < taps; ++t) {
          const int64_t from_y = y + padding - t / side, from_x = column + padding - t % side;
          if (from_y < 0 || from_x < 0 || from_y % stride != 0 || from_x % stride != 0) continue;
          if (from_y / stride >= down || from_x / stride >= across) continue;
          const float* from = rows + ((picture * down + from_y / stride) * across + from_x / stride) * row();
          for (int64_t c = 0; c < channels; ++c) to[c] += from[c * taps + t];
        }
      }
    });
    return added;
  }
};

/// The outputs of as many pictures as x has, channels last.
Tensor product_of_windows(const Tensor& x, const Tensor& kernels, const Tensor& bias, int64_t stride, int64_t padding) {
  const Windows windows(x.sizes(), kernels.size(2), stride, padding);
  return linear_product(windows.rows(x), kernels.flatten(1), bias)
      .view({windows.pictures, windows.down, windows.across, kernels.size(0)})
      .permute({0, 3, 1, 2});
}

struct UnfoldedConvolution : torch::autograd::Function<UnfoldedConvolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& kernels, const Tensor& bias,
                        int64_t stride, int64_t padding) {
    // A frozen layer's input is only kept for the kernels' gradient.
    context->save_for_backward({kernels.requires_grad() ? x : Tensor(), kernels});
    context->saved_data["input"] = x.sizes().vec();
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return product_of_windows(x, kernels, bias, stride, padding);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& kernels = saved[1];
    const auto input = context->saved_data["input"].toIntVector();
    const Windows windows(input, kernels.size(2), context->saved_data["stride"].toInt(),
                          context->saved_data["padding"].toInt());
    const Tensor g = gradients[0].permute({0, 2, 3, 1}).reshape({windows.outputs(), kernels.size(0)});
    variable_list found(5);
    if (context->needs_input_grad(0)) found[0] = windows.sums(linear_product_input_gradient(g, kernels.flatten(1)));
    if (context->needs_input_grad(1)) found[1] = at::mm(g.t(), windows.rows(saved[0])).view(kernels.sizes());
    if (context->needs_input_grad(2)) found[2] = g.sum(0);
    return found;
  }
};

}  // namespace

bool can_unfold(const Tensor& x, const Tensor& kernels) {
  return x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast) && can_use_linear_product(x, kernels) &&
         kernels.numel() / kernels.size(0) % product_panel() == 0;
}

Tensor unfolded_conv(const Tensor& x, const Tensor& kernels, const Tensor& bias, int64_t stride, int64_t padding) {
  const Windows windows(x.sizes(), kernels.size(2), stride, padding);
  const int64_t of_picture = windows.down * windows.across * windows.row();
  const int64_t at_a_time = std::max<int64_t>(1, kWrittenAtATime / std::max<int64_t>(1, of_picture));
  if (windows.pictures <= at_a_time) return product_of_windows(x, kernels, bias, stride, padding);
  std::vector<Tensor> answers;
  for (const Tensor& some : x.split(at_a_time))
    answers.push_back(product_of_windows(some, kernels, bias, stride, padding));
  return at::cat(answers);
}

Tensor unfolded_conv_with_gradient(const Tensor& x, const Tensor& kernels, const Tensor& bias, int64_t stride,
                                   int64_t padding) {
  // libtorch's functions take no undefined tensors.
  return UnfoldedConvolution::apply(x, kernels, bias.defined() ? bias : at::zeros({kernels.size(0)}), stride, padding);
}

}  // namespace darkroom::layers
