#include "checkpoint/load_taesd.h"

#include <charconv>

#include "base/error.h"
#include "checkpoint/fill.h"
#include "formats/file_kind.h"

namespace darkroom::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "taesd_decoder.", kDiffusersPrefix = "decoder.layers.";

const Naming kOwnNames = [](std::string_view name) { return models::StoredName{std::string(name)}; };

/// diffusers leaves out the original's first layer, which has no weights: "3.conv.0.weight" -> "2.conv.0.weight".
const Naming kDiffusersNames = [](std::string_view name) {
  int place = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place);
  return models::StoredName{fmt::format("{}{}", place - 1, name.substr(size_t(end - name.data())))};
};

formats::TensorFile read(const fs::path& path) {
  require(fs::exists(path), ErrorKind::not_found, "there is no such file or folder");
  return formats::read_tensor_file(fs::is_directory(path) ? path / "diffusion_pytorch_model.safetensors" : path);
}

std::unique_ptr<models::TaesdDecoder> loaded(const fs::path& path) {
  const formats::TensorFile file = read(path);
  PartTensors tensors = tensors_below(file, kPrefix);
  const bool diffusers = !tensors_below(file, kDiffusersPrefix).empty();
  if (diffusers) tensors = tensors_below(file, kDiffusersPrefix);
  if (tensors.empty()) tensors = file.tensors;
  const auto first = tensors.find(diffusers ? "0.weight" : "1.weight");
  require(first != tensors.end() && first->second.shape.size() == 4, ErrorKind::unsupported,
          "this is no TAESD decoder: its first layer must be a convolution");
  const auto& shape = first->second.shape;
  require(shape[0] >= 1 && shape[0] <= 1024 && shape[1] >= 1 && shape[1] <= 64, ErrorKind::unsupported,
          "a TAESD decoder of {} channels for latents of {} is not known", shape[0], shape[1]);
  auto decoder = std::make_unique<models::TaesdDecoder>(models::TaesdConfig{shape[1], shape[0]});
  Mismatch mismatch;
  fill(*decoder, tensors, diffusers ? kDiffusersNames : kOwnNames, "", {}, mismatch);
  require_match(mismatch);
  return decoder;
}

}  // namespace

std::unique_ptr<models::TaesdDecoder> load_taesd(const fs::path& path) {
  try {
    return loaded(path);
  } catch (const Error& error) {
    throw error.within(fmt::format("load \"{}\"", path.string()));
  }
}

}  // namespace darkroom::checkpoint
