#include "generate/replay.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"
#include "generate/loaded_model.h"

namespace darkroom::generate {
namespace {

/// Grey or RGB, whatever the picture is stored as.
uint8_t colour(const Image& image, size_t pixel, size_t channel) {
  const auto channels = size_t(image.channels);
  return image.pixels[pixel * channels + (channels < 3 ? 0 : channel)];
}

void shift(int64_t& seed, int position, const char* name) {
  require(seed >= position, ErrorKind::invalid_request,
          "replay: the {} of picture {} of a batch must be at least that, found {}", name, position, seed);
  seed -= position;
}

void compare(RecipeField& field, const std::string& found, const char* what) {
  field.honoured = field.value == found ? Honoured::yes : Honoured::no;
  if (field.value != found) field.note = fmt::format("{} has {}", what, found.empty() ? "none" : found);
}

}  // namespace

PictureDifference difference(const Image& a, const Image& b) {
  PictureDifference found;
  found.same_size = a.width == b.width && a.height == b.height && a.width > 0 && a.height > 0;
  if (!found.same_size) return found;
  found.largest = 0;
  const size_t pixels = size_t(a.width) * a.height;
  size_t equal = 0;
  double squares = 0;
  for (size_t i = 0; i < pixels; ++i) {
    int largest = 0;
    for (size_t c = 0; c < 3; ++c) {
      const int apart = std::abs(int(colour(a, i, c)) - int(colour(b, i, c)));
      largest = std::max(largest, apart);
      squares += apart * apart;
    }
    equal += largest == 0;
    found.largest = std::max(found.largest, largest);
  }
  found.equal_share = double(equal) / double(pixels);
  const double mean = squares / double(3 * pixels);
  found.psnr = mean > 0 ? 10 * std::log10(255.0 * 255.0 / mean) : std::numeric_limits<double>::infinity();
  return found;
}

GenerateRequest replay_request(const ReadRecipe& recipe, const Settings& said) {
  Settings settings = said;
  settings.insert(recipe.settings.begin(), recipe.settings.end());
  GenerateRequest request = completed_request(settings);
  const int position = recipe.batch_position;
  if (recipe.batch_size <= 1) return request;
  require(position < recipe.batch_size, ErrorKind::invalid_request,
          "replay: the recipe says picture {} of a batch of {}", position, recipe.batch_size);
  request.batch_size = recipe.batch_size;
  if (request.variation_strength > 0)
    shift(request.variation_seed, position, "variation seed");
  else
    shift(request.seed, position, "seed");
  return request;
}

void compare_model(ReadRecipe& recipe, const LoadedModel& model) {
  const LoadedModel::Parts& parts = model.parts();
  const auto name_of = [](at::ScalarType type) { return type == at::kBFloat16 ? "bf16" : "fp32"; };
  for (RecipeField& field : recipe.fields) {
    if (field.key == "Model hash") compare(field, parts.hash(), "the model used here");
    if (field.key == "Model" && recipe.model_hash.empty()) compare(field, parts.name, "the model used here");
    if (field.key == "VAE hash") compare(field, parts.vae_hash(), "the VAE used here");
    if (field.key == "Precision") compare(field, name_of(parts.unet_dtype), "the model used here");
    if (field.key == "VAE precision") compare(field, name_of(parts.vae_dtype), "the VAE used here");
  }
}

void compare_hashes(ReadRecipe& recipe, const Picture& again) {
  const ParsedInfotext found = parse_infotext(again.infotext);
  for (RecipeField& field : recipe.fields) {
    if (field.key != "TI hashes" && field.key != "Lora hashes") continue;
    std::string hashes;
    for (const auto& [key, value] : found.fields)
      if (key == field.key) hashes = value;
    compare(field, hashes, "the picture made here");
  }
}

Picture replay(const LoadedModel& model, const ReadRecipe& recipe, const GenerateRequest& request,
               const RunOptions& options) {
  std::optional<Picture> found;
  int position = 0;
  const auto keep = [&](Picture&& picture) {
    if (position++ == (recipe.batch_size > 1 ? recipe.batch_position : 0)) found = std::move(picture);
  };
  generate(model, request, keep, options);
  require(found.has_value(), ErrorKind::internal, "replay: the run made {} pictures", position);
  return std::move(*found);
}

}  // namespace darkroom::generate
