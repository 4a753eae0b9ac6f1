#include "checkpoint/load.h"

#include <c10/util/Exception.h>

#include <algorithm>

#include "base/error.h"
#include "checkpoint/diffusers_folder.h"
#include "checkpoint/fill.h"
#include "formats/file_kind.h"

namespace darkroom::checkpoint {
namespace {

namespace fs = std::filesystem;

const Naming kOwnNames = [](std::string_view name) { return models::StoredName{std::string(name)}; };
const Naming kOpenClipNames = [](std::string_view name) { return models::open_clip_name(name); };

Naming diffusers_unet_naming(const models::UNetConfig& config) {
  return [config](std::string_view name) { return models::StoredName{models::diffusers_unet_name(name, config)}; };
}

Naming diffusers_vae_naming(const models::VaeConfig& config, const PartTensors& tensors) {
  const bool older = tensors.contains("encoder.mid_block.attentions.0.query.weight");
  return [config, older](std::string_view name) {
    return models::StoredName{older ? models::older_diffusers_vae_name(name, config)
                                    : models::diffusers_vae_name(name, config)};
  };
}

/// Runs `work` with the file's name in front of its errors; libtorch's failures to get memory become ours.
template <typename Work>
auto within_load(const fs::path& path, const Work& work) {
  const std::string context = fmt::format("load \"{}\"", path.string());
  try {
    return work();
  } catch (const Error& error) {
    throw error.within(context);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::io, "{}: {}", context, error.what());
  } catch (const std::bad_alloc&) {
    fail(ErrorKind::out_of_memory, "{}: there is not enough memory for this model", context);
  } catch (const c10::Error& error) {
    // Sizes were checked, so that the only thing left to fail is an allocation.
    fail(ErrorKind::out_of_memory, "{}: there is not enough memory for this model ({})", context,
         error.what_without_backtrace());
  }
}

void require_present(const fs::path& path) {
  require(fs::exists(path), ErrorKind::not_found, "there is no such file or folder");
}

void fill_vae(models::AutoencoderKL& vae, const PartTensors& tensors, bool diffusers, const std::string& prefix,
              const FillOptions& options, Mismatch& mismatch) {
  fill(vae, tensors, diffusers ? diffusers_vae_naming(vae.config, tensors) : kOwnNames, prefix, options, mismatch);
}

FillOptions fill_options(at::ScalarType dtype, const LoadOptions& options) {
  return {.dtype = dtype, .writable = options.writable, .keep_half = options.keep_half};
}

Checkpoint empty_checkpoint(ModelDescription description, const LoadOptions& options) {
  Checkpoint checkpoint;
  if (options.keep_half)
    checkpoint.unet_computes_in = options.unet_dtype, checkpoint.text_computes_in = options.text_dtype;
  checkpoint.description = std::move(description);
  for (const auto& encoder : checkpoint.description.text_encoders) {
    checkpoint.text_encoders.push_back(std::make_unique<models::ClipText>(encoder.config));
  }
  checkpoint.unet = std::make_unique<models::UNet>(checkpoint.description.unet);
  return checkpoint;
}

Checkpoint load_folder(const fs::path& folder, const LoadOptions& options) {
  Checkpoint checkpoint = empty_checkpoint(description_from(folder_configs(folder)), options);
  Mismatch mismatch;
  for (size_t i = 0; i < checkpoint.text_encoders.size(); ++i) {
    const std::string part = i == 0 ? "text_encoder" : "text_encoder_2";
    PartTensors tensors = part_weights(folder / part);
    if (!checkpoint.text_encoders[i]->text_projection) tensors.erase("text_projection.weight");
    fill(*checkpoint.text_encoders[i], tensors, kOwnNames, part + "/", fill_options(options.text_dtype, options),
         mismatch);
  }
  fill(*checkpoint.unet, part_weights(folder / "unet"), diffusers_unet_naming(checkpoint.description.unet), "unet/",
       fill_options(options.unet_dtype, options), mismatch);
  if (options.vae.empty()) {
    checkpoint.vae = std::make_unique<models::AutoencoderKL>(checkpoint.description.vae);
    fill_vae(*checkpoint.vae, part_weights(folder / "vae"), /*diffusers=*/true, "vae/",
             fill_options(options.vae_dtype, options), mismatch);
  }
  require_match(mismatch);
  return checkpoint;
}

/// Text encoder tensors of a single file that no model uses but real files have.
void drop_unused_text(PartTensors& tensors, const models::ClipTextConfig& config, const PartPlace& place) {
  if (config.projection == 0) {
    tensors.erase("text_projection");
    tensors.erase("text_projection.weight");
  }
  if (!place.open_clip) return;
  const std::string extra = fmt::format("transformer.resblocks.{}.", config.layers);
  std::erase_if(tensors, [&](const auto& entry) { return entry.first.starts_with(extra); });
}

Checkpoint load_single_file(const fs::path& path, const LoadOptions& options) {
  const formats::TensorFile file = formats::read_tensor_file(path);
  Checkpoint checkpoint = empty_checkpoint(describe_single_file(file, path), options);
  Mismatch mismatch;
  std::vector<std::string> prefixes = {std::string(kUNetPrefix), std::string(kVaePrefix)};
  const auto places = text_encoder_places(file);
  require(places.size() == checkpoint.text_encoders.size(), ErrorKind::corrupt_file,
          "the file holds {} text encoders but its config describes {}", places.size(),
          checkpoint.text_encoders.size());
  for (size_t i = 0; i < places.size(); ++i) {
    models::ClipText& network = *checkpoint.text_encoders[i];
    PartTensors tensors = text_encoder_tensors(file, places[i]);
    drop_unused_text(tensors, network.config, places[i]);
    fill(network, tensors, places[i].open_clip ? kOpenClipNames : kOwnNames, places[i].prefix,
         fill_options(options.text_dtype, options), mismatch);
    prefixes.push_back(places[i].prefix);
  }
  fill(*checkpoint.unet, tensors_below(file, kUNetPrefix), kOwnNames, std::string(kUNetPrefix),
       fill_options(options.unet_dtype, options), mismatch);
  if (options.vae.empty()) {
    const PartTensors tensors = tensors_below(file, kVaePrefix);
    require(!tensors.empty(), ErrorKind::corrupt_file, "the file holds no VAE; give one with --vae");
    checkpoint.vae = std::make_unique<models::AutoencoderKL>(checkpoint.description.vae);
    fill_vae(*checkpoint.vae, tensors, /*diffusers=*/false, std::string(kVaePrefix),
             fill_options(options.vae_dtype, options), mismatch);
  }
  for (const auto& [name, tensor] : file.tensors) {
    const auto is_below = [&](const std::string& prefix) { return name.starts_with(prefix); };
    if (std::none_of(prefixes.begin(), prefixes.end(), is_below) && !is_ignorable(name))
      mismatch.unused.push_back(name);
  }
  require_match(mismatch);
  return checkpoint;
}

/// See load.h; `x` and the context are those of A1111.
Prediction measured_prediction(const Checkpoint& checkpoint, at::ScalarType dtype) {
  NoGrad guard;
  const auto& unet = *checkpoint.unet;
  const auto options = at::TensorOptions().dtype(dtype);
  const Tensor x = at::full({1, unet.config.in_channels, 8, 8}, 0.5, options);
  const Tensor context = at::full({1, 2, unet.config.context}, 0.5, options);
  const Tensor output = unet.forward(x, at::full({1}, 999.0, at::kFloat), {context, {}});
  return (output - x).to(at::kFloat).mean().item<float>() < -1 ? Prediction::v : Prediction::eps;
}

}  // namespace

Checkpoint load_checkpoint(const fs::path& path, const LoadOptions& options) {
  Checkpoint checkpoint = within_load(path, [&] {
    require_present(path);
    return fs::is_directory(path) ? load_folder(path, options) : load_single_file(path, options);
  });
  if (!options.vae.empty()) {
    checkpoint.vae = load_vae(options.vae, checkpoint.description.vae.scale, options);
    checkpoint.description.vae = checkpoint.vae->config;
    within_load(options.vae, [&] { return check_parts(checkpoint.description); });
  }
  if (!checkpoint.description.prediction) {
    checkpoint.description.prediction = measured_prediction(checkpoint, options.unet_dtype);
    if (checkpoint.description.prediction == Prediction::v) checkpoint.description.sample_size = kSampleSizeOfV2;
  }
  return checkpoint;
}

ModelDescription describe_checkpoint(const fs::path& path) {
  return within_load(path, [&] {
    require_present(path);
    if (fs::is_directory(path)) return description_from(folder_configs(path));
    return describe_single_file(formats::read_tensor_file(path), path);
  });
}

std::unique_ptr<models::AutoencoderKL> load_vae(const fs::path& path, double scale, const LoadOptions& options) {
  return within_load(path, [&] {
    require_present(path);
    const FillOptions filling = fill_options(options.vae_dtype, options);
    Mismatch mismatch;
    std::unique_ptr<models::AutoencoderKL> vae;
    if (fs::is_directory(path)) {
      const fs::path part = fs::exists(path / "model_index.json") ? path / "vae" : path;
      vae = std::make_unique<models::AutoencoderKL>(vae_config(read_json_file(part / "config.json")));
      fill_vae(*vae, part_weights(part), /*diffusers=*/true, "", filling, mismatch);
    } else {
      const formats::TensorFile file = formats::read_tensor_file(path);
      PartTensors tensors = tensors_below(file, kVaePrefix);
      if (tensors.empty()) tensors = file.tensors;
      require(tensors.contains("decoder.conv_in.weight"), ErrorKind::unsupported,
              "this is no VAE of Stable Diffusion: it must have a tensor \"decoder.conv_in.weight\"");
      const bool diffusers = tensors.contains("decoder.conv_norm_out.weight");
      models::VaeConfig config = vae_from_shapes(tensors, diffusers);
      config.scale = scale;
      vae = std::make_unique<models::AutoencoderKL>(config);
      fill_vae(*vae, tensors, diffusers, "", filling, mismatch);
    }
    require_match(mismatch);
    return vae;
  });
}

}  // namespace darkroom::checkpoint
