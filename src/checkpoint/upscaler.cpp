#include "checkpoint/upscaler.h"

#include <c10/util/Exception.h>

#include "base/error.h"
#include "checkpoint/fill.h"
#include "formats/file_kind.h"

namespace darkroom::checkpoint {
namespace {

using models::EsrganNames;

constexpr int64_t kMostChannels = 1024;  // of features and growth; real files have 64 and 32

/// The weights that count: those below "params_ema." or "params.", if the file has them so.
PartTensors weights_of(const formats::TensorFile& file) {
  for (const char* prefix : {"params_ema.", "params."}) {
    PartTensors tensors = tensors_below(file, prefix);
    if (!tensors.empty()) return tensors;
  }
  return file.tensors;
}

EsrganNames names_of(const PartTensors& tensors) {
  if (tensors.contains("body.0.rdb1.conv1.weight")) return EsrganNames::basicsr;
  if (tensors.contains("RRDB_trunk.0.RDB1.conv1.weight")) return EsrganNames::trunk;
  if (tensors.contains("model.1.sub.0.RDB1.conv1.0.weight")) return EsrganNames::numbered;
  fail(ErrorKind::unsupported,
       "this is no ESRGAN upscaler: there must be a tensor \"body.0.rdb1.conv1.weight\", or an older name of it; "
       "other kinds of upscalers are not supported");
}

/// Looks for tensors by our names.
struct EsrganShapes {
  const PartTensors& tensors;
  EsrganNames names;
  models::EsrganConfig config = {};

  bool has(const std::string& name) const { return tensors.contains(models::esrgan_name(name, names, config)); }

  int64_t size(const std::string& name, size_t dimension) const {
    const std::string stored = models::esrgan_name(name, names, config);
    const auto found = tensors.find(stored);
    require(found != tensors.end(), ErrorKind::corrupt_file, "tensor \"{}\" is missing; incomplete file?", stored);
    require(found->second.shape.size() == 4, ErrorKind::corrupt_file, "tensor \"{}\" must have 4 dimensions, found {}",
            stored, found->second.shape.size());
    return found->second.shape[dimension];
  }
};

/// Up to where the numbered names go: 4 after the doublings, each of which takes 3.
int64_t numbered_doublings(const PartTensors& tensors) {
  int64_t doublings = 0;
  while (tensors.contains(fmt::format("model.{}.weight", 3 * doublings + 5)) ||
         tensors.contains(fmt::format("model.{}.weight", 3 * doublings + 6)))
    ++doublings;
  return doublings;
}

int64_t folding(int64_t channels, int64_t pictures) {
  for (const int64_t fold : {1, 2, 4})
    if (channels == pictures * fold * fold) return fold;
  fail(ErrorKind::unsupported,
       "its first convolution must take {0}, {1} or {2} channels for pictures of {0}, found {3}", pictures,
       4 * pictures, 16 * pictures, channels);
}

models::EsrganConfig config_of(const PartTensors& tensors, EsrganNames names) {
  EsrganShapes shapes{tensors, names};
  models::EsrganConfig& config = shapes.config;
  config.blocks = 0;
  while (shapes.has(fmt::format("body.{}.rdb1.conv1.weight", config.blocks))) ++config.blocks;
  config.doublings = 0;
  if (names == EsrganNames::numbered) config.doublings = numbered_doublings(tensors);
  while (names != EsrganNames::numbered && shapes.has(fmt::format("conv_up{}.weight", config.doublings + 1)))
    ++config.doublings;
  config.features = shapes.size("conv_first.weight", 0);
  config.growth = shapes.size("body.0.rdb1.conv1.weight", 0);
  config.channels = shapes.size("conv_last.weight", 0);
  for (const int64_t size : {config.features, config.growth})
    require(size >= 1 && size <= kMostChannels, ErrorKind::corrupt_file,
            "its layers must have 1 to {} channels, found {}", kMostChannels, size);
  require(config.channels == 3, ErrorKind::unsupported, "it must make pictures of 3 channels, found {}",
          config.channels);
  config.folded_pixels = folding(shapes.size("conv_first.weight", 1), config.channels);
  require(config.doublings <= 4 && config.scale() >= 1, ErrorKind::unsupported,
          "it must enlarge 1 to 16 times, found {} doublings of pictures folded by {}", config.doublings,
          config.folded_pixels);
  return config;
}

std::unique_ptr<models::Esrgan> loaded(const std::filesystem::path& path) {
  const PartTensors tensors = weights_of(formats::read_tensor_file(path));
  const EsrganNames names = names_of(tensors);
  auto network = std::make_unique<models::Esrgan>(config_of(tensors, names));
  const models::EsrganConfig config = network->config;
  Mismatch mismatch;
  fill(
      *network, tensors,
      [&](std::string_view name) { return models::StoredName{models::esrgan_name(name, names, config)}; }, "", {},
      mismatch);
  require_match(mismatch);
  return network;
}

}  // namespace

std::unique_ptr<models::Esrgan> load_esrgan(const std::filesystem::path& path) {
  const std::string context = fmt::format("load \"{}\"", path.string());
  try {
    require(std::filesystem::exists(path), ErrorKind::not_found, "there is no such file");
    return loaded(path);
  } catch (const Error& error) {
    throw error.within(context);
  } catch (const std::filesystem::filesystem_error& error) {
    fail(ErrorKind::io, "{}: {}", context, error.what());
  } catch (const c10::Error& error) {
    // Sizes were checked, so that the only thing left to fail is an allocation.
    fail(ErrorKind::out_of_memory, "{}: there is not enough memory for this model ({})", context,
         error.what_without_backtrace());
  }
}

}  // namespace darkroom::checkpoint
