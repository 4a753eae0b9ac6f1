// LoRA files of random numbers for a diffusers folder: for whole runs of the program, so without libtorch.
#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "formats/file_kind.h"
#include "formats/safetensors.h"

namespace darkroom {

struct DemoLora {
  int64_t rank = 4;
  float alpha = 4;
  float size = 0.05f;  ///< standard deviation of the factors' values
  uint32_t seed = 1;
  std::map<std::string, std::string> metadata = {};
};

namespace demo {

inline formats::StoredTensor stored(std::vector<float> values, std::vector<int64_t> shape) {
  const auto owner = std::make_shared<std::vector<float>>(std::move(values));
  return {formats::DType::f32, std::move(shape), reinterpret_cast<const std::byte*>(owner->data()),
          owner->size() * sizeof(float), owner};
}

}  // namespace demo

/// In kohya's names, for q, k and v of the UNet's attentions and v of the text encoder's in `model`.
inline void write_demo_lora(const std::filesystem::path& path, const std::filesystem::path& model,
                            const DemoLora& lora = {}) {
  std::mt19937 random(lora.seed);
  std::normal_distribution<float> normal(0, lora.size);
  const auto numbers = [&](int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = normal(random);
    return values;
  };
  std::vector<std::pair<std::string, formats::StoredTensor>> tensors;
  for (const auto& [part, prefix] : {std::pair("unet", "lora_unet_"), std::pair("text_encoder", "lora_te_")}) {
    for (const auto& entry : std::filesystem::directory_iterator(model / part)) {
      if (entry.path().extension() != ".safetensors" && entry.path().extension() != ".bin") continue;
      for (const auto& [name, tensor] : formats::read_tensor_file(entry.path()).tensors) {
        const bool wanted = name.ends_with("to_q.weight") || name.ends_with("to_k.weight") ||
                            name.ends_with("to_v.weight") || name.ends_with("v_proj.weight");
        if (!wanted) continue;
        std::string layer = prefix + name.substr(0, name.size() - std::string(".weight").size());
        for (char& c : layer) c = c == '.' ? '_' : c;
        const int64_t out = tensor.shape[0], in = tensor.shape[1];
        tensors.emplace_back(layer + ".lora_up.weight", demo::stored(numbers(out * lora.rank), {out, lora.rank}));
        tensors.emplace_back(layer + ".lora_down.weight", demo::stored(numbers(lora.rank * in), {lora.rank, in}));
        tensors.emplace_back(layer + ".alpha", demo::stored({lora.alpha}, {}));
      }
    }
  }
  formats::write_safetensors(path, tensors, lora.metadata);
}

}  // namespace darkroom
