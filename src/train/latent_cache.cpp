#include "train/latent_cache.h"

#include "base/error.h"
#include "base/log.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "formats/sha256.h"

namespace darkroom::train {

LatentCache::LatentCache(std::filesystem::path folder, layers::Module& vae) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  require(!problem, ErrorKind::io, "keep latents in \"{}\": cannot make the folder: {}", folder_.string(),
          problem.message());
  formats::Sha256 sha;
  for (const auto& [name, tensor] : vae.named_parameters()) {
    // The numbers count, not what they are stored in.
    const Tensor values = tensor->detach().to(at::kFloat).contiguous();
    sha.add(name);
    sha.add(values.data_ptr(), values.nbytes());
  }
  vae_hash_ = sha.hex();
}

std::string LatentCache::key(const TrainingPicture& picture, const Crop& crop, bool is_flipped, MaskUse mask,
                             const std::string& background) const {
  const auto& [bucket, resized] = picture.place;
  formats::Sha256 sha;
  sha.add(fmt::format("2|{}|{}{}|{}x{}|{}x{}|{},{}|{}|{}|{}", vae_hash_, picture.file_hash, picture.mask_hash,
                      resized.width, resized.height, bucket.width, bucket.height, crop.left, crop.top, is_flipped,
                      int(mask), background));
  return sha.hex();
}

std::optional<EncodedPicture> LatentCache::find(const std::string& key, const Crop& crop) const {
  const auto file = folder_ / (key + ".safetensors");
  if (folder_.empty() || !std::filesystem::exists(file)) return std::nullopt;
  try {
    const formats::TensorFile saved = formats::read_safetensors(file);
    const auto tensor = [&](const char* name) {
      const auto found = saved.tensors.find(name);
      // Copied: thousands of mapped files would be as many open mappings.
      return found == saved.tensors.end() ? Tensor() : checkpoint::tensor_view(found->second).clone();
    };
    EncodedPicture encoded{tensor("mean"), tensor("deviation"), tensor("mask"), crop};
    const bool is_whole = encoded.mean.defined() && encoded.mean.dim() == 3 && encoded.deviation.defined() &&
                          encoded.deviation.sizes() == encoded.mean.sizes();
    require(is_whole, ErrorKind::corrupt_file, "it lacks a part");
    return encoded;
  } catch (const Error& error) {
    log_warning("latents in \"{}\" cannot be used, so the picture is encoded again: {}", file.string(), error.what());
    return std::nullopt;
  }
}

void LatentCache::keep(const std::string& key, const EncodedPicture& encoded) const {
  if (folder_.empty()) return;
  std::vector<std::pair<std::string, formats::StoredTensor>> tensors = {
      {"mean", checkpoint::stored_tensor(encoded.mean)}, {"deviation", checkpoint::stored_tensor(encoded.deviation)}};
  if (encoded.mask.defined()) tensors.emplace_back("mask", checkpoint::stored_tensor(encoded.mask));
  formats::write_safetensors(folder_ / (key + ".safetensors"), tensors);
}

}  // namespace darkroom::train
