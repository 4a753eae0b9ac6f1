// darkroom upscale: a picture made larger.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "cli/progress_bar.h"
#include "cli/subcommands.h"
#include "formats/png.h"
#include "generate/source_picture.h"
#include "generate/upscalers.h"

namespace darkroom::cli {
namespace {

struct UpscaleOptions {
  std::string picture, output;
  std::string upscaler = "Lanczos";
  double scale = 2;
  int width = 0, height = 0;
  generate::Tiles tiles;
  bool lists = false;
};

std::string output_of(const UpscaleOptions& options) {
  if (options.output.empty()) return std::filesystem::path(options.picture).stem().string() + "-upscaled.png";
  require(options.output.ends_with(".png"), ErrorKind::invalid_request, "-o {}: the name must end in .png",
          options.output);
  return options.output;
}

/// As A1111's page of extras writes it.
std::string record_of(const UpscaleOptions& options) {
  const std::string how = options.width > 0 ? fmt::format("to: {}x{}", options.width, options.height)
                                            : fmt::format("by: {}", options.scale);
  const std::string name = std::filesystem::path(options.upscaler).stem().string();
  return fmt::format("Postprocess upscale {}, Postprocess upscaler: {}", how, name);
}

void run_upscale(const UpscaleOptions& options) {
  if (options.lists) {
    for (const std::string& name : generate::upscaler_names()) fmt::print("{}\n", name);
    return;
  }
  require(!options.picture.empty(), ErrorKind::invalid_request,
          "upscale: a picture is needed; try darkroom upscale a.png --scale 2");
  require((options.width > 0) == (options.height > 0), ErrorKind::invalid_request,
          "--width and --height: both must be given or none, found {} and {}", options.width, options.height);
  const std::string output = output_of(options);
  const formats::PictureFile file = generate::read_source_file(options.picture);
  const generate::Upscaler upscaler(options.upscaler, options.tiles);
  ProgressBar bar(stderr, isatty(fileno(stderr)) != 0);
  const auto show = [&](const ProgressEvent& event) { bar.show(event); };
  const Image image = options.width > 0 ? upscaler.resized(file.image, options.width, options.height, show)
                                        : upscaler.enlarged(file.image, options.scale, show);
  std::vector<formats::PngText> texts;
  for (const auto& [keyword, text] : file.texts)
    if (keyword != "postprocessing") texts.push_back({keyword, text});
  texts.push_back({"postprocessing", record_of(options)});
  formats::write_png(output, image, texts);
  bar.clear();
  fmt::print("{}  {}x{}\n", output, image.width, image.height);
}

}  // namespace

void add_upscale(CLI::App& program) {
  auto options = std::make_shared<UpscaleOptions>();
  CLI::App* command = program.add_subcommand("upscale", "A picture made larger");
  command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  command->add_option("picture", options->picture, "A PNG, JPEG or WebP file.");
  command->add_option("--upscaler", options->upscaler,
                      "Lanczos, Nearest, or an ESRGAN model: a .pth or .safetensors file, or the name of one in "
                      "models/ESRGAN. [Lanczos]");
  command->add_option("--scale", options->scale, "How many times larger; sides become a multiple of 8. [2]")
      ->check(CLI::Range(0.05, 16.0));
  command->add_option("--width", options->width, "Exactly this many pixels, instead of a scale.")
      ->check(CLI::Range(0, formats::kMaxPngSide));
  command->add_option("--height", options->height, "Height of the same.")->check(CLI::Range(0, formats::kMaxPngSide));
  command
      ->add_option("--tile", options->tiles.side,
                   "Pixels of a side of what a network sees at once; 0 is the whole picture. [192]")
      ->check(CLI::Range(0, formats::kMaxPngSide));
  command->add_option("--tile-overlap", options->tiles.overlap, "Pixels that such tiles share. [8]")
      ->check(CLI::Range(0, 1024));
  command->add_option("-o,--output", options->output, "PNG file. [NAME-upscaled.png]");
  command->add_flag("--list", options->lists, "Print the upscalers that are there.");
  command->callback([options] { run_upscale(*options); });
}

}  // namespace darkroom::cli
