#include "models/taesd.h"

#include "layers/emulated_precision.h"

namespace darkroom::models {

TaesdBlock::TaesdBlock(int64_t channels)
    : first(channels, channels, 3, 1, 1), second(channels, channels, 3, 1, 1), third(channels, channels, 3, 1, 1) {
  add("conv.0", first);
  add("conv.2", second);
  add("conv.4", third);
}

Tensor TaesdBlock::forward(const Tensor& x) const {
  const Tensor h = third.forward(at::relu(second.forward(at::relu(first.forward(x)))));
  return at::relu(h + x);
}

TaesdDecoder::Level::Level(int64_t channels)
    : first(channels), second(channels), third(channels), conv(channels, channels, 3, 1, 1, /*has_bias=*/false) {}

TaesdDecoder::TaesdDecoder(const TaesdConfig& config)
    : config(config),
      conv_in(config.latent_channels, config.channels, 3, 1, 1),
      level_1(config.channels),
      level_2(config.channels),
      level_3(config.channels),
      last(config.channels),
      conv_out(config.channels, 3, 3, 1, 1) {
  add("1", conv_in);  // 0 bounds the latents, 2 is a relu
  int place = 3;
  for (Level* level : {&level_1, &level_2, &level_3}) {
    for (TaesdBlock* block : {&level->first, &level->second, &level->third}) add(std::to_string(place++), *block);
    ++place;  // enlarges
    add(std::to_string(place++), level->conv);
  }
  add(std::to_string(place++), last);
  add(std::to_string(place), conv_out);
}

Tensor TaesdDecoder::decode(const Tensor& latents) const {
  const layers::NetworkScope in("TAESD decoder");
  Tensor h = at::relu(conv_in.forward(at::tanh(latents / 3) * 3));
  for (const Level* level : {&level_1, &level_2, &level_3}) {
    h = level->third.forward(level->second.forward(level->first.forward(h)));
    h = level->conv.forward(at::upsample_nearest2d(h, {2 * h.size(2), 2 * h.size(3)}));
  }
  return conv_out.forward(last.forward(h)) * 2 - 1;
}

}  // namespace darkroom::models
