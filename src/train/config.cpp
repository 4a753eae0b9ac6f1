#include "train/config.h"

#include <toml++/toml.h>

#include <set>
#include <sstream>

#include "base/error.h"

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

/// Takes options out of a table, remembering which keys it has seen.
class TableReader {
 public:
  TableReader(const toml::table& table, std::filesystem::path file) : table_(table), file_(std::move(file)) {}

  void operator()(const char* key, std::filesystem::path& value) {
    std::string text;
    (*this)(key, text);
    if (!text.empty()) value = (file_.parent_path() / text).lexically_normal();
  }
  void operator()(const char* key, std::string& value) { read<std::string>(key, value, "a text"); }
  void operator()(const char* key, double& value) {
    seen_.insert(key);
    if (const auto* node = table_.get(key)) {
      require(node->is_number(), ErrorKind::invalid_request, "read \"{}\": {} must be a number", file_.string(), key);
      value = *node->value<double>();
    }
  }
  void operator()(const char* key, int64_t& value) { read<int64_t>(key, value, "a whole number"); }
  void operator()(const char* key, uint64_t& value) {
    int64_t number = int64_t(value);
    read<int64_t>(key, number, "a whole number");
    require(number >= 0, ErrorKind::invalid_request, "read \"{}\": {} must not be negative, found {}", file_.string(),
            key, number);
    value = uint64_t(number);
  }
  void operator()(const char* key, std::vector<std::string>& value) {
    seen_.insert(key);
    const auto* node = table_.get(key);
    if (!node) return;
    value.clear();
    require(node->is_array(), ErrorKind::invalid_request, "read \"{}\": {} must be a list of texts", file_.string(),
            key);
    for (const auto& element : *node->as_array()) {
      const auto text = element.value_exact<std::string>();
      require(text.has_value(), ErrorKind::invalid_request, "read \"{}\": {} must be a list of texts", file_.string(),
              key);
      value.push_back(*text);
    }
  }
  void operator()(const char* key, std::vector<int64_t>& value) {
    seen_.insert(key);
    if (const auto* node = table_.get(key)) {
      require(node->is_array() && !node->as_array()->empty(), ErrorKind::invalid_request,
              "read \"{}\": {} must be a list of whole numbers", file_.string(), key);
      value.clear();
      for (const auto& element : *node->as_array()) {
        const auto number = element.value_exact<int64_t>();
        require(number.has_value(), ErrorKind::invalid_request, "read \"{}\": {} must be a list of whole numbers",
                file_.string(), key);
        value.push_back(*number);
      }
    }
  }

  void refuse_unknown_keys() const {
    for (const auto& [key, node] : table_) {
      if (seen_.contains(std::string(key.str()))) continue;
      std::string known;
      for (const auto& name : seen_) known += (known.empty() ? "" : ", ") + name;
      fail(ErrorKind::invalid_request, "read \"{}\": unknown option \"{}\"; known are {}", file_.string(), key.str(),
           known);
    }
  }
  void mark_seen(const char* key) { seen_.insert(key); }

 private:
  template <typename T>
  void read(const char* key, T& value, const char* what) {
    seen_.insert(key);
    if (const auto* node = table_.get(key)) {
      const auto found = node->value_exact<T>();
      require(found.has_value(), ErrorKind::invalid_request, "read \"{}\": {} must be {}", file_.string(), key, what);
      value = *found;
    }
  }

  const toml::table& table_;
  std::filesystem::path file_;
  std::set<std::string> seen_;
};

/// Puts options into a table.
struct TableWriter {
  toml::table& table;
  void operator()(const char* key, std::filesystem::path& value) { table.insert(key, value.string()); }
  void operator()(const char* key, std::string& value) { table.insert(key, value); }
  void operator()(const char* key, double& value) { table.insert(key, value); }
  void operator()(const char* key, int64_t& value) { table.insert(key, value); }
  void operator()(const char* key, uint64_t& value) { table.insert(key, int64_t(value)); }
  void operator()(const char* key, std::vector<std::string>& value) {
    toml::array list;
    for (const std::string& text : value) list.push_back(text);
    table.insert(key, std::move(list));
  }
  void operator()(const char* key, std::vector<int64_t>& value) {
    toml::array list;
    for (const int64_t number : value) list.push_back(number);
    table.insert(key, std::move(list));
  }
};

void check_ranges(const RunConfig& c, const std::string& file) {
  const auto check = [&](bool holds, const char* rule) {
    require(holds, ErrorKind::invalid_request, "read \"{}\": {}", file, rule);
  };
  check(!c.output_dir.empty(), "output_dir must be given");
  check(c.steps >= 1, "steps must be at least 1");
  check(c.batch_size >= 1 && c.batch_size <= 4096, "batch_size must lie in 1..4096");
  check(c.learning_rate > 0, "learning_rate must be above 0");
  check(c.mixed_precision == "no" || c.mixed_precision == "bf16", "mixed_precision must be \"no\" or \"bf16\"");
  check(c.ema_decay >= 0 && c.ema_decay < 1, "ema_decay must lie in 0..1");
  check(c.save_every_n_steps >= 1 && c.log_every_n_steps >= 1,
        "save_every_n_steps and log_every_n_steps must be at least 1");
}

}  // namespace

Training read_training_config(const std::filesystem::path& path) {
  require(std::filesystem::exists(path), ErrorKind::not_found, "read training options \"{}\": no such file",
          path.string());
  toml::table table;
  try {
    table = toml::parse_file(path.string());
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::invalid_request, "read \"{}\": line {}: {}", path.string(), error.source().begin.line,
         error.description());
  }
  const std::string kind = table["kind"].value_or(std::string());
  Training training;
  if (kind == "vae") {
    training = VaeTraining{};
  } else if (kind == "diffusion") {
    training = DiffusionTraining{};
  } else {
    fail(ErrorKind::invalid_request, "read \"{}\": kind must be \"vae\" or \"diffusion\", found \"{}\"", path.string(),
         kind);
  }
  TableReader reader(table, path);
  reader.mark_seen("kind");
  std::visit([&](auto& options) { visit_options(options, reader); }, training);
  reader.refuse_unknown_keys();
  check_ranges(run_config(training), path.string());
  return training;
}

RunConfig& run_config(Training& training) {
  return std::visit([](auto& options) -> RunConfig& { return options.run; }, training);
}

std::string resolved_toml(const Training& training) {
  Training copy = training;
  toml::table table;
  table.insert("kind", std::holds_alternative<VaeTraining>(copy) ? "vae" : "diffusion");
  TableWriter writer{table};
  std::visit([&](auto& options) { visit_options(options, writer); }, copy);
  std::ostringstream text;
  text << table << '\n';
  return text.str();
}

}  // namespace darkroom::train
