// Effect lines, a table for each topic: adding an option means a row in one of them.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "train/lora_training.h"
#include "train/run_facts.h"

namespace darkroom::train::effects {

/// A run as its options' effects see it.
struct Seen {
  const LoraTraining& options;
  const RunFacts& facts;

  const LoraPlan* plan() const { return facts.plan ? &*facts.plan : nullptr; }
  /// Nothing where they follow from pictures nobody looked at.
  std::optional<int64_t> steps() const;
  std::optional<int64_t> epochs() const;
  int64_t pictures() const;           ///< trained, each once; 0 where nobody looked
  int64_t regularisation() const;     ///< the same of regularisation pictures
  int64_t uses_per_epoch() const;     ///< repeats counted
  int64_t pictures_per_step() const;  ///< batch times accumulation
  /// Numbers that are trained; nothing where they are not known without making them.
  std::optional<int64_t> learned() const;
  int64_t text_per_rank() const;     ///< of the text encoders that are trained; 0 where nobody looked
  bool is_plain_lora() const;        ///< linear layers alone, one rank: its size follows from the model's
  bool encodes_at_each_use() const;  ///< latents cannot be kept
  bool orders_tags() const;          ///< captions are taken apart into tags
};

using Effect = std::string (*)(const Seen&);
struct Row {
  const char* option;
  Effect effect;
};

std::span<const Row> model_rows();
std::span<const Row> picture_rows();
std::span<const Row> caption_rows();
std::span<const Row> network_rows();
std::span<const Row> rate_rows();
std::span<const Row> step_rows();
std::span<const Row> noise_rows();
std::span<const Row> loss_rows();
std::span<const Row> saving_rows();
std::span<const Row> sample_rows();

/// "no effect: ..."
std::string no_effect(const std::string& why);
/// 1234567 -> "1,234,567"; with a word "1 step", "2 steps".
std::string count(int64_t number);
std::string count(int64_t number, const char* word);
/// 0.0312 -> "3.12 %"
std::string percent(double share);
/// 9437184 -> "9 MB", in units of 1024.
std::string size(double bytes);
/// Quoted, at most `most` bytes of it, cut between characters.
std::string quoted(const std::string& text, size_t most = 60);

}  // namespace darkroom::train::effects
