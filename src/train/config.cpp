#include "train/config.h"

#include <fmt/ranges.h>

#include <sstream>

#include "base/error.h"
#include "base/log.h"
#include "train/kohya_options.h"
#include "train/kohya_options_toml.h"
#include "train/lora_options.h"
#include "train/options_toml.h"
#include "train/resolved_options_toml.h"
#include "train/told_options_toml.h"

namespace darkroom::train {
namespace {

/// Visits every option once, as a pair of key and member; reading and writing are two visitors of this one list.
template <typename Visitor>
void visit_run(RunConfig& c, Visitor&& v) {
  v("output_dir", c.output_dir);
  v("steps", c.steps);
  v("batch_size", c.batch_size);
  v("seed", c.seed);
  v("optimizer", c.optimizer);
  v("learning_rate", c.learning_rate);
  v("min_learning_rate", c.min_learning_rate);
  v("lr_schedule", c.lr_schedule);
  v("warmup_steps", c.warmup_steps);
  if (c.optimizer == "AdamW") {  // for another one these are unknown options, not options without effect
    v("beta1", c.beta1);
    v("beta2", c.beta2);
    v("eps", c.eps);
    v("weight_decay", c.weight_decay);
  } else {
    v("optimizer_args", c.optimizer_args);
  }
  v("max_grad_norm", c.max_grad_norm);
  v("ema_decay", c.ema_decay);
  v("mixed_precision", c.mixed_precision);
  v("save_every_n_steps", c.save_every_n_steps);
  v("log_every_n_steps", c.log_every_n_steps);
}

template <typename Visitor>
void visit_options(VaeTraining& c, Visitor&& v) {
  visit_run(c.run, v);
  v("dataset", c.dataset);
  v("crop", c.crop);
  v("channels", c.channels);
  v("res_blocks", c.res_blocks);
  v("groups", c.groups);
  v("white_background", c.white_background);
  v("l1_weight", c.l1_weight);
  v("ssim_weight", c.ssim_weight);
  v("gradient_weight", c.gradient_weight);
  v("kl_weight", c.kl_weight);
  v("validate_every_n_steps", c.validate_every_n_steps);
}

template <typename Visitor>
void visit_options(DiffusionTraining& c, Visitor&& v) {
  visit_run(c.run, v);
  v("dataset", c.dataset);
  v("vae", c.vae);
  v("tokenizer", c.tokenizer);
  v("start_from", c.start_from);
  v("channels", c.channels);
  v("depth", c.depth);
  v("res_blocks", c.res_blocks);
  v("head_width", c.head_width);
  v("groups", c.groups);
  v("text_width", c.text_width);
  v("text_layers", c.text_layers);
  v("text_heads", c.text_heads);
  v("caption_tokens", c.caption_tokens);
  v("full_length_share", c.full_length_share);
  v("caption_dropout", c.caption_dropout);
  v("min_snr", c.min_snr);
  v("recommended_steps", c.recommended_steps);
  v("recommended_cfg_scale", c.recommended_cfg_scale);
  v("model_name", c.model_name);
}

/// What stands in sections, which kohya's files have and ignore, comes to the top.
void flatten(toml::table& table) {
  toml::table flat;
  for (auto& [key, node] : table) {
    if (const toml::table* section = node.as_table()) {
      for (auto& [inner, value] : *section) flat.insert_or_assign(inner, value);
    } else {
      flat.insert_or_assign(key, node);
    }
  }
  table = std::move(flat);
}

/// kohya's GUI names a file of prompts even where nobody wants pictures: it says when only where somebody does.
void leave_out_samples_without_a_time(toml::table& table) {
  const auto is_said = [&](const char* key) { return table.contains(key) && !is_off(*table.get(key)); };
  if (!is_said("sample_prompts") || is_said("sample_every_n_steps") || is_said("sample_every_n_epochs") ||
      is_said("sample_at_first"))
    return;
  log_info("sample_prompts: no pictures are made, sample_every_n_steps and sample_every_n_epochs say when");
  table.erase("sample_prompts");
}

/// Those said on a command line, into the table: a flag is true, and a number a number.
void tell_kohya_options(toml::table& table, const ToldOptions& told) {
  for (const KohyaOption& option : kohya_options()) {
    const auto found = told.find(option.name);
    if (found == told.end()) continue;
    const std::string text = fmt::format("{}", fmt::join(found->second, " "));
    const bool is_no = text == "false" || text == "False" || text == "0";
    if (is_no)
      table.insert_or_assign(option.name, false);
    else if (text.empty() || text == "true" || text == "True" || text == "1")
      table.insert_or_assign(option.name, true);
    else
      table.insert_or_assign(option.name, text);
  }
}

std::string text_of(const std::filesystem::path& value) {
  return value.string();
}
std::string text_of(const std::string& value) {
  return value;
}
std::string text_of(bool value) {
  return value ? "true" : "false";
}
template <typename Number>
std::string text_of(const Number& value) requires std::is_arithmetic_v<Number> {
  return fmt::format("{}", value);
}
template <typename T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : "";
}
template <typename T>
std::string text_of(const std::vector<T>& value) {
  std::vector<std::string> texts;
  for (const T& element : value) texts.push_back(text_of(element));
  return fmt::format("{}", fmt::join(texts, " "));
}

template <typename Member>
constexpr bool is_list =
    std::is_same_v<Member, std::vector<std::string>> || std::is_same_v<Member, std::vector<double>> ||
    std::is_same_v<Member, std::vector<std::filesystem::path>>;

const char* type_of(const std::filesystem::path&) {
  return "path";
}
const char* type_of(const std::string&) {
  return "text";
}
const char* type_of(bool) {
  return "truth";
}
template <typename T>
const char* type_of(const std::vector<T>&) {
  return "list";
}
template <typename Number>
const char* type_of(const Number&) requires std::is_arithmetic_v<Number> {
  return std::is_integral_v<Number> ? "whole" : "number";
}
template <typename T>
const char* type_of(const std::optional<T>&) {
  return type_of(T());
}

void check_ranges(const RunConfig& c, const std::string& file) {
  const auto check = [&](bool holds, const char* rule) {
    require(holds, ErrorKind::invalid_request, "read \"{}\": {}", file, rule);
  };
  check(!c.output_dir.empty(), "output_dir must be given");
  check(c.steps >= 1, "steps must be at least 1");
  check(c.batch_size >= 1 && c.batch_size <= 4096, "batch_size must lie in 1..4096");
  check(c.learning_rate > 0, "learning_rate must be above 0");
  check(c.mixed_precision == "no" || c.mixed_precision == "bf16" || c.mixed_precision == "fp16",
        "mixed_precision must be \"no\", \"bf16\" or \"fp16\"");
  check(c.ema_decay >= 0 && c.ema_decay < 1, "ema_decay must lie in 0..1");
  check(c.save_every_n_steps >= 1 && c.log_every_n_steps >= 1,
        "save_every_n_steps and log_every_n_steps must be at least 1");
}

}  // namespace

Training read_training_config(const std::filesystem::path& path, const ToldOptions& told) {
  const std::string name = name_of_options(path);
  toml::table table = path.empty() ? toml::table{{"kind", "lora"}} : parsed_toml(path);
  flatten(table);
  // kohya's own files say no kind, and always this.
  const bool is_kohyas = !table.contains("kind") && table.contains("pretrained_model_name_or_path");
  const std::string kind = is_kohyas ? "lora" : table["kind"].value_or(std::string());
  Training training;
  if (kind == "vae") {
    training = VaeTraining{};
  } else if (kind == "diffusion") {
    training = DiffusionTraining{};
  } else if (kind == "lora") {
    LoraTraining lora;
    visit_options(lora, ToldWriter(table, told));
    tell_kohya_options(table, told);
    settle_kohya_options(table, name);
    if (is_kohyas) leave_out_samples_without_a_time(table);
    training = std::move(lora);
  } else {
    fail(ErrorKind::invalid_request, "read \"{}\": kind must be \"lora\", \"vae\" or \"diffusion\", found \"{}\"", name,
         kind);
  }
  require(told.empty() || kind == "lora", ErrorKind::invalid_request,
          "read \"{}\": options on the command line are for LoRA training, this is of kind \"{}\"; change the file",
          name, kind);
  TableReader reader(table, path);
  reader.mark_seen("kind");
  std::visit([&](auto& options) { visit_options(options, reader); }, training);
  reader.refuse_unknown_keys();
  check_ranges(run_config(training), name);
  if (auto* lora = std::get_if<LoraTraining>(&training)) *lora = settled(std::move(*lora));
  return training;
}

std::vector<OptionRow> lora_option_rows() {
  std::vector<OptionRow> rows;
  LoraTraining standard;
  const auto values = option_values(standard);
  visit_options(standard, [&](const char* name, auto& member, const char* words) {
    using Member = std::remove_cvref_t<decltype(member)>;
    rows.push_back({.name = name,
                    .words = words,
                    .standard = values[rows.size()].text,
                    .is_flag = std::is_same_v<Member, bool>,
                    .is_list = is_list<Member>,
                    .type = type_of(member)});
  });
  return rows;
}

std::vector<OptionValue> option_values(const LoraTraining& training) {
  LoraTraining copy = training;
  std::vector<OptionValue> values;
  visit_options(copy, [&](const char* name, auto& member, const char*) {
    OptionValue value{name, text_of(member), {}};
    if constexpr (is_list<std::remove_cvref_t<decltype(member)>>)
      for (const auto& element : member) value.list.push_back(text_of(element));
    else
      value.list = {value.text};
    values.push_back(std::move(value));
  });
  return values;
}

std::map<std::string, std::string> toml_options(const std::filesystem::path& path) {
  toml::table table = parsed_toml(path);
  flatten(table);
  const auto text = [](const toml::node& node) {
    if (const auto words = node.value_exact<std::string>()) return *words;
    if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
    std::ostringstream out;
    node.visit([&](const auto& value) { out << value; });
    return out.str();
  };
  std::map<std::string, std::string> options;
  for (const auto& [key, node] : table) {
    std::string& value = options[std::string(key.str())];
    if (const toml::array* list = node.as_array()) {
      for (const toml::node& element : *list) {
        if (!value.empty()) value += ' ';
        value += text(element);
      }
    } else {
      value = text(node);
    }
  }
  return options;
}

RunConfig& run_config(Training& training) {
  return std::visit([](auto& options) -> RunConfig& { return options.run; }, training);
}

std::string resolved_toml(const Training& training) {
  Training copy = training;
  toml::table table;
  constexpr const char* kKinds[] = {"vae", "diffusion", "lora"};  // as in the variant
  table.insert("kind", kKinds[copy.index()]);
  TableWriter writer{table};
  std::visit([&](auto& options) { visit_options(options, writer); }, copy);
  std::ostringstream text;
  text << table << '\n';
  return text.str();
}

}  // namespace darkroom::train
