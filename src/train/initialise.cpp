#include "train/initialise.h"

#include <cmath>

namespace darkroom::train {
namespace {

constexpr double kInitialLogVariance = -6;  // a deviation of 0.05

/// Libtorch's default for linear layers and convolutions: uniform within 1/sqrt(fan-in).
void fill_uniform(Tensor& weight, Tensor& bias, at::Generator& generator) {
  const double bound = 1.0 / std::sqrt(double(weight[0].numel()));
  weight.uniform_(-bound, bound, generator);
  if (bias.defined()) bias.uniform_(-bound, bound, generator);
}

void fill_skip_path(layers::Conv2d& conv, double bias, at::Generator& generator) {
  conv.weight.normal_(0, 1.0 / std::sqrt(double(conv.weight[0].numel())), generator);
  const Tensor odd = at::arange(conv.bias.numel()).remainder(2);
  conv.bias.copy_((1 - 2 * odd).to(at::kFloat) * bias);
}

void fill_last(layers::Conv2d& conv, double gain, at::Generator& generator) {
  conv.weight.normal_(0, gain / std::sqrt(double(conv.weight[0].numel())), generator);
  conv.bias.zero_();
}

/// A 1x1 convolution that changes nothing.
void fill_identity(layers::Conv2d& conv) {
  conv.weight.copy_(at::eye(conv.weight.size(0)).view(conv.weight.sizes()));
  conv.bias.zero_();
}

template <typename Layer>
void fill_zero(Layer& layer) {
  layer.weight.zero_();
  if (layer.bias.defined()) layer.bias.zero_();
}

void fill_defaults(layers::Module& network, at::Generator& generator) {
  network.for_each_module([&](const std::string&, layers::Module& module) {
    if (auto* linear = dynamic_cast<layers::Linear*>(&module)) fill_uniform(linear->weight, linear->bias, generator);
    if (auto* conv = dynamic_cast<layers::Conv2d*>(&module)) fill_uniform(conv->weight, conv->bias, generator);
    if (auto* norm = dynamic_cast<layers::GroupNorm*>(&module)) norm->weight.fill_(1), norm->bias.zero_();
    if (auto* norm = dynamic_cast<layers::LayerNorm*>(&module)) norm->weight.fill_(1), norm->bias.zero_();
  });
}

}  // namespace

void initialise(models::AutoencoderKL& vae, at::Generator& generator) {
  NoGrad guard;
  fill_defaults(vae, generator);
  vae.for_each_module([&](const std::string&, layers::Module& module) {
    if (auto* block = dynamic_cast<models::VaeResBlock*>(&module)) {
      fill_zero(block->conv2);
      if (block->nin_shortcut) fill_skip_path(*block->nin_shortcut, 1.0, generator);
    }
    if (auto* attention = dynamic_cast<models::VaeAttention*>(&module)) fill_zero(attention->proj_out);
    if (auto* level = dynamic_cast<models::VaeLevel*>(&module)) {
      if (level->downsample) fill_skip_path(*level->downsample, 1.0, generator);
      if (level->upsample) fill_skip_path(*level->upsample, 1.0, generator);
    }
  });
  fill_skip_path(vae.encoder.conv_in, 1.0, generator);
  fill_skip_path(vae.decoder.conv_in, 1.0, generator);
  fill_last(vae.encoder.conv_out, 0.5, generator);
  fill_last(vae.decoder.conv_out, 0.3, generator);
  fill_identity(vae.quant_conv);
  fill_identity(vae.post_quant_conv);
  // Latents start as their means: at the usual log-variance of 0 the noise is larger than the signal, and the first
  // thousands of pictures only teach the encoder to shout.
  const int64_t latent = vae.config.latent_channels;
  vae.quant_conv.weight.narrow(0, latent, latent).zero_();
  vae.quant_conv.bias.narrow(0, latent, latent).fill_(kInitialLogVariance);
}

void initialise(models::UNet& unet, at::Generator& generator) {
  NoGrad guard;
  fill_defaults(unet, generator);
  unet.for_each_module([&](const std::string&, layers::Module& module) {
    if (auto* block = dynamic_cast<models::ResBlock*>(&module)) {
      fill_zero(block->out_conv);
      if (block->skip_connection) fill_skip_path(*block->skip_connection, 0.5, generator);
    }
    if (auto* transformer = dynamic_cast<models::SpatialTransformer*>(&module)) {
      if (transformer->conv_out) fill_zero(*transformer->conv_out);
      if (transformer->linear_out) fill_zero(*transformer->linear_out);
    }
    if (auto* down = dynamic_cast<models::Downsample*>(&module)) fill_skip_path(down->op, 0.5, generator);
    if (auto* up = dynamic_cast<models::Upsample*>(&module)) fill_skip_path(up->conv, 0.5, generator);
  });
  fill_skip_path(*unet.input_blocks[0].conv, 0.5, generator);
  fill_zero(unet.out_conv);
}

void initialise(models::ClipText& text, at::Generator& generator) {
  NoGrad guard;
  fill_defaults(text, generator);
  text.embeddings.token.normal_(0, 1.0, generator);
  text.embeddings.position.normal_(0, 0.1, generator);
  for (auto& layer : text.encoder_layers) {
    fill_zero(layer.self_attn.out_proj);
    fill_zero(layer.mlp.fc2);
  }
}

}  // namespace darkroom::train
