#include "train/command_line.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "train/config.h"

namespace darkroom::train {
namespace {

std::string in_shell(const std::string& text) {
  if (!text.empty() && text.find_first_of(" \t\n'\"\\$`|&;<>()*?[]#~{}!") == text.npos) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted.append("'\\''");
    else
      quoted.push_back(c);
  }
  quoted.push_back('\'');
  return quoted;
}

std::string option_text(const OptionValue& value, bool is_flag) {
  if (is_flag && value.text == "true") return fmt::format(" --{}", value.name);
  std::string text = fmt::format(" --{}", value.name);
  for (const std::string& one : value.list) text += fmt::format(" {}", in_shell(one));
  return text;
}

/// Whether only SDXL can be trained so.
bool is_only_of_sdxl(const LoraTraining& training) {
  return !training.block_lr.empty() || training.learning_rate_te1 || training.learning_rate_te2 ||
         training.has_two_text_rates();
}

}  // namespace

std::string darkroom_command(const LoraTraining& training) {
  const std::vector<OptionRow> rows = lora_option_rows();
  const std::vector<OptionValue> values = option_values(training);
  std::string line = "darkroom train";
  for (size_t i = 0; i < rows.size(); ++i)
    if (values[i].text != rows[i].standard) line += option_text(values[i], rows[i].is_flag);
  return line;
}

std::string kohya_command(const LoraTraining& training) {
  // Ours alone; and those whose default is another there, so that they are always said. Source of truth: sd-scripts
  // 0.10, library/train_util.py and train_network.py.
  static const std::set<std::string> kOurs = {"latent_cache_dir", "alpha_background", "ema_decay", "log_every_n_steps",
                                              "resume"};
  static const std::set<std::string> kAlways = {"caption_extension", "resolution",    "network_module", "network_dim",
                                                "network_alpha",     "learning_rate", "output_name"};
  const std::vector<OptionRow> rows = lora_option_rows();
  const std::vector<OptionValue> values = option_values(training);
  // Full fine-tuning from folders of pictures is train_db.py's, of SDXL sdxl_train.py's; they have no network and other
  // words for text encoders.
  const bool is_full = training.trains_the_model(), is_of_sdxl = is_full && is_only_of_sdxl(training);
  std::string line = "accelerate launch ";
  line += is_of_sdxl ? "sdxl_train.py" : is_full ? "train_db.py" : "train_network.py";
  if (is_full && !is_of_sdxl && !training.train_text_encoder) line += " --stop_text_encoder_training -1";
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string& name = rows[i].name;
    if (is_full && (name.starts_with("network_") || (name == "train_text_encoder" && !is_of_sdxl))) continue;
    if (is_full && name == "text_encoder_lr") {
      if (training.says_text_rates() && is_of_sdxl)
        line +=
            fmt::format(" --learning_rate_te1 {} --learning_rate_te2 {}", training.text_rate(0), training.text_rate(1));
      else if (!training.text_encoder_lr.empty())
        line += fmt::format(" --learning_rate_te {}", training.text_rate(0));
      continue;
    }
    if (is_of_sdxl && name.starts_with("learning_rate_te")) continue;
    if (kOurs.contains(name) || (values[i].text == rows[i].standard && !kAlways.contains(name))) continue;
    if (name == "save_state_every_n_steps") {
      line += " --save_state";  // there with each saved file
    } else if (!rows[i].is_flag || values[i].text == "true") {
      line += option_text(values[i], rows[i].is_flag);
    }
  }
  return line + " --save_model_as safetensors";
}

}  // namespace darkroom::train
