#include "train/effects/rows.h"

#include <fmt/format.h>

#include "train/lora_blocks.h"

namespace darkroom::train::effects {

std::optional<int64_t> Seen::steps() const {
  if (plan()) return plan()->steps;
  return options.max_train_epochs > 0 ? std::nullopt : std::optional(options.run.steps);
}

std::optional<int64_t> Seen::epochs() const {
  if (plan()) return plan()->epochs;
  return options.max_train_epochs > 0 ? std::optional(options.max_train_epochs) : std::nullopt;
}

int64_t Seen::pictures() const {
  int64_t sum = 0;
  if (plan())
    for (const LoraPlan::Folder& folder : plan()->folders) sum += folder.is_regularisation ? 0 : folder.pictures;
  return sum;
}

int64_t Seen::regularisation() const {
  int64_t sum = 0;
  if (plan())
    for (const LoraPlan::Folder& folder : plan()->folders) sum += folder.is_regularisation ? folder.pictures : 0;
  return sum;
}

int64_t Seen::uses_per_epoch() const {
  int64_t sum = 0;
  if (plan())
    for (const LoraPlan::Bucket& bucket : plan()->buckets) sum += bucket.pictures;
  return sum;
}

int64_t Seen::pictures_per_step() const {
  return (plan() ? plan()->batch_size : options.run.batch_size) * options.gradient_accumulation_steps;
}

bool Seen::is_plain_lora() const {
  const LoraOptions& network = options.network;
  return !options.trains_the_model() && network.algorithm == "lora" && !network.dora && network.conv_dim == 0 &&
         !network.ends && !is_by_block(network.blocks) && !options.dim_from_weights;
}

std::optional<int64_t> Seen::learned() const {
  int64_t sum = 0;
  if (plan())
    for (const LoraPlan::Part& part : plan()->parts) sum += part.parameters;
  if (sum > 0) return sum;
  if (!facts.model || !is_plain_lora()) return std::nullopt;
  const LoraOptions& network = options.network;
  return network.dim * ((network.unet ? facts.model->unet.per_rank : 0) + text_per_rank());
}

int64_t Seen::text_per_rank() const {
  int64_t sum = 0;
  for (size_t i = 0; facts.model && i < facts.model->texts.size(); ++i)
    if (options.network.trains_text(i)) sum += facts.model->texts[i].per_rank;
  return sum;
}

bool Seen::encodes_at_each_use() const {
  return options.color_aug || options.random_crop;
}

bool Seen::orders_tags() const {
  const CaptionRules& rules = options.captions;
  return rules.shuffle || rules.warmup_steps > 0 || rules.tag_dropout_rate > 0;
}

std::string no_effect(const std::string& why) {
  return fmt::format("no effect: {}", why);
}

std::string count(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3 && digits[at - 4] != '-'; digits.insert(at -= 3, 1, ',')) {
  }
  return digits;
}

std::string count(int64_t number, const char* word) {
  const char* ending = number == 1 ? "" : std::string_view(word) == "batch" ? "es" : "s";
  return fmt::format("{} {}{}", count(number), word, ending);
}

std::string percent(double share) {
  return fmt::format("{:.3g} %", 100 * share);
}

std::string size(double bytes) {
  constexpr double kKilo = 1024;
  if (bytes < kKilo * kKilo) return fmt::format("{:.3g} kB", bytes / kKilo);
  const double mega = bytes / kKilo / kKilo;
  return mega < 999.5 ? fmt::format("{:.3g} MB", mega) : fmt::format("{:.3g} GB", mega / kKilo);
}

std::string quoted(const std::string& text, size_t most) {
  if (text.size() <= most) return fmt::format("\"{}\"", text);
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return fmt::format("\"{}...\"", std::string_view(text).substr(0, end));
}

}  // namespace darkroom::train::effects
