// darkroom generate: a prompt, or a file of prompts, becomes picture files.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "cli/output_names.h"
#include "cli/progress_bar.h"
#include "cli/request_options.h"
#include "cli/style_options.h"
#include "cli/subcommands.h"
#include "formats/jpeg.h"
#include "formats/picture_file.h"
#include "formats/utf8.h"
#include "generate/devices.h"
#include "generate/explanations.h"
#include "generate/request_fields.h"
#include "generate/run.h"
#include "generate/source_picture.h"

namespace darkroom::cli {
namespace {

using generate::GenerateRequest;
using generate::Settings;

struct GenerateOptions {
  Settings said;
  StyleOptions styles;
  std::string output;
  std::string prompts_file;
  std::string preview;
  int preview_every = 5;
  bool preview_full = false;
  int quality = formats::kDefaultQuality;
  std::string device = "auto";
  bool quiet = false, explain = false;
};

/// One prompt per line; empty lines are left out.
std::vector<std::string> prompts_of(const std::string& path) {
  std::ifstream file(path);
  require(file.is_open(), ErrorKind::not_found, "read the prompts {}: cannot open the file", formats::in_quotes(path));
  std::vector<std::string> prompts;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") != std::string::npos) prompts.push_back(line);
  }
  require(!prompts.empty(), ErrorKind::invalid_request, "read the prompts {}: there is no line with a prompt",
          formats::in_quotes(path));
  return prompts;
}

std::vector<GenerateRequest> completed_requests(const GenerateOptions& options, const Settings& recommended) {
  if (options.prompts_file.empty())
    return {generate::completed_request(with_styles(options.said, options.styles), recommended)};
  std::vector<GenerateRequest> requests;
  for (const std::string& prompt : prompts_of(options.prompts_file)) {
    Settings said = options.said;
    said["prompt"] = prompt;
    requests.push_back(generate::completed_request(with_styles(said, options.styles), recommended));
  }
  return requests;
}

/// The pictures that requests name, read once, and before the model, which takes longer.
class SourcePictures {
 public:
  explicit SourcePictures(const std::vector<GenerateRequest>& requests) {
    for (const GenerateRequest& request : requests) {
      for (const std::string& name : {request.init_image, request.mask}) {
        if (!name.empty() && !pictures_.contains(name)) pictures_[name] = generate::read_source_picture(name);
      }
    }
  }
  const Image& at(const std::string& name) const { return pictures_.at(name); }

 private:
  std::map<std::string, Image> pictures_;
};

/// Writes pictures as they come and says what was written.
class PictureWriter {
 public:
  PictureWriter(const GenerateOptions& options, int pictures)
      : names_(options.output, pictures),
        quality_(options.quality),
        quiet_(options.quiet),
        bar_(stderr, isatty(fileno(stderr)) != 0),
        start_(steady_seconds()) {
    names_.require_writable();
    sink_before_ = set_log_sink([this](LogLevel level, const std::string& line) { log(level, line); });
  }
  ~PictureWriter() {
    if (!quiet_) bar_.clear();
    set_log_sink(std::move(sink_before_));
  }
  PictureWriter(const PictureWriter&) = delete;
  PictureWriter& operator=(const PictureWriter&) = delete;

  void show(const ProgressEvent& event) {
    if (!quiet_) bar_.show(event);
  }

  void write(const generate::Picture& picture) {
    const std::filesystem::path path = names_.path(written_++, picture.seed);
    names_.make_folder();
    formats::write_picture(path, picture.image, picture.infotext, quality_);
    if (quiet_) return;
    bar_.clear();
    fmt::print("{}  {}x{}, seed {}\n", path.string(), picture.image.width, picture.image.height, picture.seed);
    std::fflush(stdout);
  }

  void finish() {
    if (quiet_) return;
    bar_.clear();
    fmt::print("{} in {:.1f} s, {:.2f} s/step\n", written_ == 1 ? "1 picture" : fmt::format("{} pictures", written_),
               steady_seconds() - start_, bar_.seconds_per_step());
  }

 private:
  void log(LogLevel level, const std::string& line) {
    if (quiet_) return;
    bar_.clear();
    sink_before_(level, line);
  }

  OutputNames names_;
  int quality_;
  bool quiet_;
  ProgressBar bar_;
  double start_;
  int written_ = 0;
  LogSink sink_before_;
};

/// A JPEG that could not hold its recipe is refused before it is made, not after.
void require_room_for_recipes(const OutputNames& names, const std::vector<GenerateRequest>& requests) {
  constexpr size_t kFields = 2000;  // the last line of a recipe, generously
  if (formats::format_of_name(names.path(0, 0)).kind != formats::FileKind::jpeg) return;
  for (const GenerateRequest& request : requests) {
    const size_t bytes = request.prompt.size() + request.negative_prompt.size() + kFields;
    require(bytes <= formats::kMaxJpegComment, ErrorKind::invalid_request,
            "write a JPEG: prompt and negative prompt must be at most {} bytes to fit into it, are {}; PNG and WebP "
            "hold longer ones",
            formats::kMaxJpegComment - kFields, bytes - kFields);
  }
}

/// Each field with its value, whether that is the default, what it means, and what it does now. No picture is made.
void explain(const GenerateOptions& options) {
  const auto model = options.said.find("model");
  const Settings recommended = generate::recommended_settings(model == options.said.end() ? "" : model->second);
  const GenerateRequest request = completed_requests(options, recommended).front();
  for (const generate::ExplainedField& field : generate::explained(request, generate::request_facts(request))) {
    const std::string name = field.field == "lora_weight" ? "LoRA weight"
                             : field.flag.empty()         ? field.field
                                                          : field.flag;
    fmt::print("{} = {}{}\n    {}\n", name, field.value.empty() ? "(nothing)" : field.value,
               field.is_default ? "  [default]" : "", field.words);
    if (!field.now.empty()) fmt::print("    now: {}\n", field.now);
  }
}

void run_generate(const GenerateOptions& options) {
  require(options.said.contains("prompt") == options.prompts_file.empty(), ErrorKind::invalid_request,
          "generate: a prompt or --from-file is needed, one of the two; try darkroom generate \"a red apple\"");
  if (options.explain) return explain(options);
  // What can be refused without the model is refused before it is loaded.
  std::vector<GenerateRequest> requests = completed_requests(options, {});
  const SourcePictures sources(requests);
  const int pictures = int(requests.size()) * requests[0].pictures();
  require_room_for_recipes(OutputNames(options.output, pictures), requests);
  generate::use_device(options.device);
  PictureWriter writer(options, pictures);

  writer.show({.stage = "loading the model", .note = ""});
  const GenerateRequest& any = requests[0];
  const generate::LoadedModel model(generate::model_choice(any));
  requests = completed_requests(options, model.recommended());
  for (const GenerateRequest& request : requests) {
    generate::RunOptions run{.on_progress = [&](const ProgressEvent& event) { writer.show(event); },
                             .read_picture = [&](const std::string& name) { return sources.at(name); }};
    if (!options.preview.empty()) {
      run.on_preview = [&](Image&& image) { formats::write_picture(options.preview, image, ""); };
      run.preview_every = options.preview_every;
      if (options.preview_full) run.preview_kind = generate::PreviewKind::full;
    }
    generate::generate(
        model, request, [&](generate::Picture&& picture) { writer.write(picture); }, run);
  }
  writer.finish();
}

}  // namespace

void add_generate(CLI::App& program) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = program.add_subcommand("generate", "A prompt becomes a picture");
  // Said twice, the later one counts: scripts append to a common line.
  command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  const std::shared_ptr<Settings> said(options, &options->said);
  for (const generate::RequestField& field : generate::request_fields()) add_request_option(*command, field, said);
  add_style_options(*command, std::shared_ptr<StyleOptions>(options, &options->styles));
  command->add_option("-o,--output", options->output,
                      "File (.png, .jpg, .webp), folder/ or pattern like out/%05d.png. [outputs/NNNNN-SEED.png]");
  command->add_option("--quality", options->quality, "Of .jpg and .webp; a .webp of 100 keeps every pixel. [80]")
      ->check(CLI::Range(1, 100));
  command->add_option("--preview", options->preview,
                      "File that shows what the picture is becoming; written anew every few steps.");
  command->add_option("--preview-every", options->preview_every, "Steps between previews. [5]")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--preview-full", options->preview_full,
                    "Previews by the VAE, each as costly as decoding the picture; without it by TAESD where it is "
                    "given, else by colours alone.");
  command->add_option("--from-file", options->prompts_file, "Text file with one prompt per line, instead of a prompt.");
  command->add_flag("-q,--quiet", options->quiet, "Print nothing but errors.");
  command->add_option("--device", options->device,
                      "Where to compute: auto (an accelerator where there is one), cpu, cuda, cuda:1. [auto]");
  command->add_flag("--explain", options->explain,
                    "Make nothing: show every field, its value, what it means and what it does at this value.");
  command->callback([options] { run_generate(*options); });
}

}  // namespace darkroom::cli
