// darkroom lora: what is in a LoRA file, how two differ, and new files made of them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "adapters/layer_changes.h"
#include "adapters/report.h"
#include "adapters/rewrite.h"
#include "base/error.h"
#include "cli/subcommands.h"
#include "formats/utf8.h"
#include "lab/lora_report.h"

namespace darkroom::cli {
namespace {

using adapters::AdapterComparison;
using adapters::AdapterReport;
using adapters::WeightedFile;
using Json = nlohmann::ordered_json;

constexpr const char* kScaleText =
    "A LoRA adds weight * alpha / rank * up * down to each matrix. The file stores alpha, and every program applies\n"
    "alpha / rank by itself: alpha 32 at rank 64 halves the change. Use the finished file at weight 1. Weight 0.5 "
    "would\n"
    "give 0.5 * 0.5 = 0.25 of the trained change. The same matrices with alpha 64 at weight 0.5 equal alpha 32 at "
    "weight\n"
    "1 exactly: darkroom lora compare shows it.";
constexpr size_t kListed = 10;

struct LoraOptions {
  std::string file, model, output, weights, layer;
  std::vector<std::string> files;
  double alpha = 0, weight = 1, keep = 1;
  int64_t rank = 0;
  bool json = false, fp32 = false;
};

/// "file" or "file:0.5".
WeightedFile weighted(const std::string& text) {
  const size_t colon = text.rfind(':');
  double weight = 1;
  if (colon != std::string::npos && colon > 0) {
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data() + colon + 1, end, weight);
    if (problem == std::errc() && stop == end) {
      require(weight > -1e6 && weight < 1e6, ErrorKind::invalid_request,
              "{}: the weight must be a number below a million", formats::in_quotes(text));
      return {text.substr(0, colon), weight};
    }
  }
  return {text, 1};
}

std::vector<WeightedFile> weighted(const std::vector<std::string>& texts) {
  std::vector<WeightedFile> files;
  for (const std::string& text : texts) files.push_back(weighted(text));
  return files;
}

template <typename Counts>
void print_counts(const char* what, const Counts& counts) {
  if (counts.empty()) return;
  std::string text;
  for (const auto& [value, count] : counts) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", value, count);
  fmt::print("  {}: {}\n", what, text);
}

void print_list(const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  fmt::print("  {} {}:\n", names.size(), what);
  for (size_t i = 0; i < std::min(names.size(), kListed); ++i) fmt::print("    {}\n", names[i]);
  if (names.size() > kListed) fmt::print("    and {} more\n", names.size() - kListed);
}

void print_report(const AdapterReport& report) {
  size_t layers = 0;
  for (const auto& [kind, count] : report.kinds) layers += count;
  fmt::print("{} layers{}\n", layers, report.made_for.empty() ? "" : ", made for " + report.made_for);
  print_counts("kind (layers)", report.kinds);
  print_counts("rank", report.ranks);
  print_counts("alpha", report.alphas);
  print_counts("scale at weight 1 (alpha / rank)", report.scales);
  fmt::print("  size of the change at weight 1: {:.4g}\n", report.change);
  for (const auto& block : report.blocks) {
    fmt::print("    {:16} {:3} layers  {:.4g}", block.name, block.layers, block.change);
    if (block.relative > 0) fmt::print(", {:.3g} % of the weights", 100 * block.relative);
    fmt::print("\n");
  }
  if (report.unknown_changes > 0)
    fmt::print("  {} layers change by what the weight is; give the model with --model to see how much\n",
               report.unknown_changes);
  for (const std::string& note : report.notes) fmt::print("  note: {}\n", note);
  print_list("layers are not in the model", report.unmatched);
  print_list("tensors belong to no kind of LoRA", report.unused);
  print_list("tensors are textual inversions", report.embeddings);
  for (const auto& [name, value] : report.metadata) fmt::print("  {}: {}\n", name, value);
}

void print_comparison(const AdapterComparison& found) {
  fmt::print("first:      {:.6g}\nsecond:     {:.6g}\ndifference: {:.6g}\n", found.first, found.second,
             found.difference);
  fmt::print("relative:   {:.6g}\ncosine:     {:.6f}\n", found.relative(), found.cosine);
  fmt::print("layers:     {} in both, {} only in the first, {} only in the second\n", found.shared, found.only_first,
             found.only_second);
  for (size_t i = 0; i < std::min<size_t>(found.layers.size(), 3) && found.layers[i].difference > 0; ++i)
    fmt::print("  {}: {:.4g}\n", found.layers[i].layer, found.layers[i].difference);
  fmt::print("{}\n", lab::comparison_verdict(found));
}

void print_ranks(const adapters::RankReport& report, const std::string& output) {
  fmt::print("{}: {} layers of rank {}{}, {:.4g} % of the change kept\n", output, report.layers, report.least_rank,
             report.most_rank == report.least_rank ? "" : fmt::format(" to {}", report.most_rank), 100 * report.kept);
}

void merge(const LoraOptions& options) {
  const std::vector<WeightedFile> files = weighted(options.files);
  if (options.model.empty()) {
    print_ranks(adapters::merge_adapters(files, options.output, {.rank = options.rank, .share = options.keep}),
                options.output);
    return;
  }
  require(options.rank == 0 && options.keep == 1, ErrorKind::invalid_request,
          "lora merge: --rank and --keep are for LoRA files, a checkpoint takes everything");
  adapters::merge_into_checkpoint(files, options.model, options.output, options.fp32);
  fmt::print("{}\n", options.output);
}

void add_inspect(CLI::App& lora, const std::shared_ptr<LoraOptions>& options) {
  CLI::App* command = lora.add_subcommand("inspect", "Kind, rank, alpha, scale, what it changes and where");
  command->add_option("file", options->file, "The LoRA file.")->required();
  command->add_option("--model", options->model,
                      "A checkpoint it shall fit: says what does not, and how much it changes.");
  command->add_flag("--json", options->json, "For programs.");
  command->footer(kScaleText);
  command->callback([options] {
    const AdapterReport report = adapters::inspect_adapter(options->file, options->model);
    if (options->json)
      fmt::print("{}", lab::lora_json(report));
    else
      print_report(report);
  });
}

void add_compare(CLI::App& lora, const std::shared_ptr<LoraOptions>& options) {
  CLI::App* command = lora.add_subcommand("compare", "Whether two LoRA files, each at a weight, do the same");
  command->add_option("files", options->files, "Two files; file:0.5 is a file at weight 0.5.")->required()->expected(2);
  command->add_option("--model", options->model,
                      "The checkpoint, for kinds whose change depends on it (DoRA, OFT, ...).");
  command->add_flag("--json", options->json, "For programs.");
  command->footer(kScaleText);
  command->callback([options] {
    const AdapterComparison found =
        adapters::compare_adapters(weighted(options->files[0]), weighted(options->files[1]), options->model);
    if (options->json)
      fmt::print("{}", lab::comparison_json(found));
    else
      print_comparison(found);
  });
}

void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

Json values_json(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  return {{"shape", shape}, {"data", values}};
}

void print_changes(const std::vector<adapters::LayerChange>& changes) {
  Json layers = Json::array();
  for (const adapters::LayerChange& change : changes) {
    Json bias;  // null: the bias stays
    if (!change.bias.empty()) bias = values_json({int64_t(change.bias.size())}, change.bias);
    layers.push_back({{"layer", change.layer},
                      {"kind", change.kind},
                      {"delta", values_json(change.shape, change.weight)},
                      {"bias_delta", bias}});
  }
  print_json({{"layers", layers}});
}

void add_delta(CLI::App& lora, const std::shared_ptr<LoraOptions>& options) {
  CLI::App* command = lora.add_subcommand("delta", "What it adds to each weight, number by number");
  command->add_option("file", options->file, "The LoRA file; file:0.5 is a file at weight 0.5.")->required();
  command->add_option("--model", options->model, "The checkpoint whose weights it changes.");
  command->add_option("--weights", options->weights,
                      "Instead of a checkpoint: a file of tensors called as the LoRA calls its layers, with .weight\n"
                      "behind. Only kinds whose change depends on the weight need one (DoRA, OFT, IA3, GLoRA).");
  command->add_option("--layer", options->layer, "Only this layer, as the file calls it.");
  command->add_option("-o,--output", options->output, "A safetensors file for the numbers.");
  command->add_flag("--json", options->json, "Print the numbers.");
  command->footer(kScaleText);
  command->callback([options] {
    require(options->json || !options->output.empty(), ErrorKind::invalid_request,
            "lora delta: say where the numbers shall go, with -o FILE or --json");
    const auto changes =
        adapters::layer_changes(weighted(options->file), {options->model, options->weights}, options->layer);
    if (!options->output.empty()) adapters::write_layer_changes(changes, options->output);
    options->json ? print_changes(changes) : fmt::print("{}: {} layers\n", options->output, changes.size());
  });
}

void add_scale(CLI::App& lora, const std::shared_ptr<LoraOptions>& options) {
  CLI::App* command = lora.add_subcommand("scale", "The same matrices with another strength");
  command->add_option("file", options->file, "The LoRA file.")->required();
  CLI::Option* alpha = command->add_option("--alpha", options->alpha, "Alpha to write into every layer.");
  CLI::Option* weight =
      command->add_option("--weight", options->weight, "What the file did at this weight it will do at 1.");
  command->add_option("-o,--output", options->output, "The new file.")->required();
  command->footer(kScaleText);
  command->callback([options, alpha, weight] {
    require(*alpha || *weight, ErrorKind::invalid_request, "lora scale: --alpha or --weight is needed");
    adapters::Scaling scaling;
    if (*alpha) scaling.alpha = options->alpha;
    if (*weight) scaling.weight = options->weight;
    adapters::scale_adapter(options->file, options->output, scaling);
    fmt::print("{}\n", options->output);
  });
}

void add_merge(CLI::App& lora, const std::shared_ptr<LoraOptions>& options) {
  CLI::App* command = lora.add_subcommand("merge", "Several LoRA files as one, or into a checkpoint");
  command->add_option("files", options->files, "The files; file:0.5 is a file at weight 0.5.")->required();
  command->add_option("-o,--output", options->output, "The new file; with --model a .safetensors file or a folder.")
      ->required();
  command->add_option("--model", options->model, "A checkpoint to merge them into.");
  command->add_flag("--fp32", options->fp32, "Write the checkpoint in fp32, not in fp16.");
  command->add_option("--rank", options->rank, "At most this rank; without it the ranks add up, which is exact.")
      ->check(CLI::Range(int64_t(1), int64_t(100000)));
  command->add_option("--keep", options->keep, "Share of each layer's change that is enough, 0 to 1.")
      ->check(CLI::Range(0.0, 1.0));
  command->callback([options] { merge(*options); });
}

void add_resize(CLI::App& lora, const std::shared_ptr<LoraOptions>& options) {
  CLI::App* command = lora.add_subcommand("resize", "The nearest LoRA of a smaller rank");
  command->add_option("file", options->file, "The LoRA file.")->required();
  command->add_option("-o,--output", options->output, "The new file.")->required();
  command->add_option("--rank", options->rank, "At most this rank.")->check(CLI::Range(int64_t(1), int64_t(100000)));
  command->add_option("--keep", options->keep, "Share of each layer's change that is enough, 0 to 1.")
      ->check(CLI::Range(0.0, 1.0));
  command->callback([options] {
    require(options->rank > 0 || options->keep < 1, ErrorKind::invalid_request,
            "lora resize: --rank or --keep is needed");
    print_ranks(adapters::resize_adapter(options->file, options->output, {options->rank, options->keep}),
                options->output);
  });
}

}  // namespace

void add_lora(CLI::App& program) {
  const auto options = std::make_shared<LoraOptions>();
  CLI::App* lora = program.add_subcommand("lora", "What is in LoRA files, how they differ, new ones made of them");
  lora->require_subcommand(1);
  lora->footer(kScaleText);
  add_inspect(*lora, options);
  add_compare(*lora, options);
  add_delta(*lora, options);
  add_scale(*lora, options);
  add_merge(*lora, options);
  add_resize(*lora, options);
}

}  // namespace darkroom::cli
