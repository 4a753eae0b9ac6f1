#include "train/encoded_dataset.h"

#include "base/error.h"
#include "base/log.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "formats/sha256.h"
#include "train/pictures.h"

namespace darkroom::train {
namespace {

constexpr const char* kFile = "latents.safetensors";
constexpr const char* kMadeOf = "made_of";
constexpr size_t kBatch = 32;

/// Of the VAE's weights and scale and the bytes of every picture.
std::string digest(models::AutoencoderKL& vae, const Dataset& dataset) {
  formats::Sha256 sha;
  sha.add(fmt::format("{}|{}", vae.config.scale, dataset.pictures.size()));
  for (const auto& [name, tensor] : vae.named_parameters()) {
    const Tensor values = tensor->detach().contiguous();
    sha.add(name);
    sha.add(values.data_ptr(), values.nbytes());
  }
  for (const CaptionedPicture& picture : dataset.pictures) sha.add_file(picture.file);
  return sha.hex();
}

/// Undefined where there are none, or of something else.
Tensor kept_latents(const std::filesystem::path& file, const std::string& made_of, int64_t count) {
  if (!std::filesystem::exists(file)) return {};
  try {
    const formats::TensorFile saved = formats::read_safetensors(file);
    const auto said = saved.metadata.find(kMadeOf);
    const auto found = saved.tensors.find("latents");
    if (said == saved.metadata.end() || said->second != made_of || found == saved.tensors.end()) return {};
    Tensor latents = checkpoint::tensor_view(found->second).clone();
    return latents.dim() == 4 && latents.size(0) == count ? latents : Tensor();
  } catch (const Error& error) {
    log_warning("latents in \"{}\" cannot be used, so the pictures are encoded again: {}", file.string(), error.what());
    return {};
  }
}

}  // namespace

Tensor encoded_dataset(models::AutoencoderKL& vae, const Dataset& dataset, const std::filesystem::path& folder,
                       TrainingLog& log, int64_t step) {
  NoGrad guard;
  const std::string made_of = digest(vae, dataset);
  const auto file = folder / kFile;
  const size_t count = dataset.pictures.size();
  if (Tensor latents = kept_latents(file, made_of, int64_t(count)); latents.defined()) return latents;
  std::vector<Tensor> encoded, batch;
  for (size_t i = 0; i < count; ++i) {
    batch.push_back(picture_tensor(read_picture(dataset.pictures[i].file, dataset.size, 3)));
    if (batch.size() < kBatch && i + 1 < count) continue;
    encoded.push_back(vae.encode(at::stack(batch)).mean * vae.config.scale);
    batch.clear();
    log.report("encoding", step, fmt::format("{} of {} pictures", i + 1, count));
  }
  Tensor latents = at::cat(encoded);
  formats::write_safetensors(file, {{"latents", checkpoint::stored_tensor(latents)}}, {{kMadeOf, made_of}});
  return latents;
}

}  // namespace darkroom::train
