#include "server/training/told_options.h"

#include <algorithm>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "formats/atomic_file.h"
#include "formats/utf8.h"
#include "server/training/own_names.h"
#include "server/training/trainings.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

/// Decided by the server: where things lie.
constexpr std::string_view kOwn[] = {"train_data_dir", "reg_data_dir",     "dataset_config",
                                     "in_json",        "output_dir",       "logging_dir",
                                     "sample_prompts", "latent_cache_dir", "conditioning_data_dir"};
/// Become parts of file names.
constexpr std::string_view kNames[] = {"output_name", "log_prefix"};

template <size_t N>
bool is_among(const std::string& name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string lora_path(const std::string& option, const std::string& name, Context& context) {
  std::vector<std::string> names;
  for (const LoraFile& lora : context.library.loras()) {
    if (lora.name == name) return lora.path.string();
    names.push_back(lora.name);
  }
  require(!names.empty(), ErrorKind::not_found, "{}: there is no LoRA file here", option);
  fail(ErrorKind::not_found, "{}: there is no LoRA {}; the nearest are {}", option, formats::in_quotes(name),
       diffusion::nearest_names_text(name, names));
}

void check_name(const std::string& option, const std::string& text) {
  require(text.empty() || is_plain_name(text), ErrorKind::invalid_request,
          "{}: it becomes part of a file's name, {} cannot", option, formats::in_quotes(text));
}

std::vector<std::string> value_of(const std::string& option, std::vector<std::string> values, Context& context) {
  const std::string text = values.empty() ? "" : values.front();
  if (is_among(option, kNames)) check_name(option, text);
  if (option == "caption_extension") caption_file("a.png", text);
  if (option == "vae") return {context.library.vae_named(text).string()};
  if (option == "network_weights" || option == "base_weights")
    for (std::string& name : values) name = lora_path(option, name, context);
  if (option == "pretrained_model_name_or_path") {
    const ModelFile model = context.library.model_named(text);
    require(model.error.empty(), ErrorKind::corrupt_file, "{}", model.error);
    return {model.path.string()};
  }
  return values;
}

}  // namespace

train::ToldOptions told_options(const std::string& run, const RunDraft& draft, Context& context) {
  const std::vector<train::OptionRow> rows = train::lora_option_rows();
  train::ToldOptions told;
  for (const auto& [name, values] : draft.options) {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const train::OptionRow& one) { return one.name == name; });
    require(row != rows.end(), ErrorKind::invalid_request, "train {}: there is no option {}", run,
            formats::in_quotes(name));
    require(!is_among(name, kOwn), ErrorKind::invalid_request,
            "train {}: {} names a place on this machine, which is decided by the server; leave it out", run, name);
    const bool is_empty = values.empty() || (values.size() == 1 && values.front().empty());
    if (!is_empty) told[name] = value_of(name, values, context);
  }
  const std::string chosen = context.options.text("sd_model_checkpoint");
  if (!told.contains("pretrained_model_name_or_path"))
    told["pretrained_model_name_or_path"] = value_of("pretrained_model_name_or_path", {chosen}, context);
  require(!draft.dataset.empty(), ErrorKind::invalid_request, "train {}: choose a dataset", run);
  told["train_data_dir"] = {context.trainings.datasets.path(draft.dataset).string()};
  if (!draft.regularisation.empty())
    told["reg_data_dir"] = {context.trainings.datasets.path(draft.regularisation).string()};
  if (draft.prompts.find_first_not_of(" \t\r\n") != std::string::npos)
    told["sample_prompts"] = {prompts_file(run, context).string()};
  told.try_emplace("output_name", std::vector<std::string>{run});
  return told;
}

fs::path prompts_file(const std::string& run, Context& context) {
  return context.trainings.runs.path(run) / "sample_prompts.txt";
}

void write_prompts(const std::string& run, const RunDraft& draft, Context& context) {
  if (!draft.prompts.empty()) formats::write_file(prompts_file(run, context), draft.prompts + "\n");
}

}  // namespace darkroom::server
