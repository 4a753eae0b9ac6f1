// darkroom replay: a picture made again from its own recipe, with an account of what could be honoured.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/progress_bar.h"
#include "cli/request_options.h"
#include "cli/subcommands.h"
#include "formats/picture_file.h"
#include "formats/utf8.h"
#include "generate/picture_recipe.h"
#include "generate/replay.h"

namespace darkroom::cli {
namespace {

using generate::Honoured;
using generate::PictureDifference;
using generate::ReadRecipe;
using Json = nlohmann::ordered_json;

struct ReplayOptions {
  std::string picture, output;
  generate::Settings said;
  bool json = false;
};

/// What may be said over a recipe: where things lie (a picture that others were made from is not in theirs), and how
/// they are computed.
constexpr const char* kFields[] = {"model",      "vae",          "lora_dir",   "embeddings_dir", "taesd",
                                   "init_image", "mask",         "profile",    "precision",      "vae_precision",
                                   "plain",      "vae_decoding", "low_memory", "threads"};

const char* word(Honoured honoured) {
  switch (honoured) {
    case Honoured::yes:
      return "honoured";
    case Honoured::differently:
      return "differently";
    case Honoured::no:
      return "not honoured";
    case Honoured::note:
      break;
  }
  return "note";
}

Json report_json(const ReplayOptions& options, const ReadRecipe& recipe, const generate::GenerateRequest& request,
                 const PictureDifference& apart) {
  Json fields = Json::array();
  for (const auto& field : recipe.fields)
    fields.push_back(
        {{"key", field.key}, {"value", field.value}, {"status", word(field.honoured)}, {"note", field.note}});
  Json acted;
  for (const auto& field : generate::request_fields()) acted[field.name] = generate::field_text(request, field);
  Json difference = {{"same_size", apart.same_size}, {"identical", apart.identical()}};
  if (apart.same_size) {
    difference["psnr"] = std::isinf(apart.psnr) ? Json(nullptr) : Json(apart.psnr);
    difference["max_abs"] = apart.largest;
    difference["equal_pixels"] = apart.equal_share;
  }
  return {{"picture", options.picture}, {"output", options.output}, {"profile", request.profile},
          {"fields", fields},           {"difference", difference}, {"request", acted}};
}

std::string difference_text(const PictureDifference& apart) {
  if (!apart.same_size) return "another size, so the pictures are not compared";
  if (apart.identical()) return "identical, pixel for pixel";
  return fmt::format("PSNR {:.2f} dB, largest difference {} of 255, {:.2f} % of the pixels equal", apart.psnr,
                     apart.largest, 100 * apart.equal_share);
}

void print_report(const ReplayOptions& options, const ReadRecipe& recipe, const std::string& profile,
                  const PictureDifference& apart) {
  int honoured = 0, meant = 0;
  for (const auto& field : recipe.fields) {
    const std::string note = field.note.empty() ? "" : ": " + field.note;
    fmt::print("  {:13} {}: {}{}\n", word(field.honoured), field.key, field.value, note);
    meant += field.honoured != Honoured::note;
    honoured += field.honoured == Honoured::yes || field.honoured == Honoured::differently;
  }
  fmt::print("{} of {} fields honoured, in the profile {}\n", honoured, meant, profile);
  fmt::print("against {}: {}\n", options.picture, difference_text(apart));
  if (!options.output.empty()) fmt::print("written: {}\n", options.output);
}

void run_replay(const ReplayOptions& options) {
  if (!options.output.empty()) formats::format_of_name(options.output);
  const formats::PictureFile picture = formats::read_picture(options.picture);
  const std::string text = generate::infotext_of(picture);
  require(!text.empty(), ErrorKind::invalid_request,
          "replay {}: the picture must carry a recipe, has none; was it edited, or saved by a program that drops it?",
          formats::in_quotes(options.picture));
  ReadRecipe recipe = generate::read_recipe(generate::parse_infotext(text));
  require(!recipe.fields.empty(), ErrorKind::invalid_request,
          "replay {}: its text must end in a line of at least three fields such as \"Steps: 20\", has none",
          formats::in_quotes(options.picture));
  const generate::GenerateRequest request = generate::replay_request(recipe, options.said);
  ProgressBar bar(stderr, isatty(fileno(stderr)) != 0);
  bar.show({.stage = "loading the model", .note = ""});
  const generate::LoadedModel model({.model = request.model,
                                     .vae = request.vae,
                                     .precision = request.precision,
                                     .vae_precision = request.vae_precision});
  const generate::Picture again =
      generate::replay(model, recipe, request, {.on_progress = [&](const ProgressEvent& event) { bar.show(event); }});
  bar.clear();
  generate::compare_model(recipe, model);
  generate::compare_hashes(recipe, again);
  const PictureDifference apart = generate::difference(picture.image, again.image);
  if (!options.output.empty()) formats::write_picture(options.output, again.image, again.infotext, 100);
  if (options.json)
    fmt::print("{}\n",
               report_json(options, recipe, request, apart).dump(2, ' ', false, Json::error_handler_t::replace));
  else
    print_report(options, recipe, request.profile, apart);
}

}  // namespace

void add_replay(CLI::App& program) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command =
      program.add_subcommand("replay", "Makes a picture again from its recipe and says what could be honoured");
  command->add_option("picture", options->picture, "A PNG, JPEG or WebP with a recipe, of any program.")->required();
  command->add_option("-o,--output", options->output, "Where the new picture goes. [nowhere]");
  command->add_flag("--json", options->json, "For programs: fields, difference, the request that acted.");
  const std::shared_ptr<generate::Settings> said(options, &options->said);
  for (const char* name : kFields) {
    const bool is_profile = std::string(name) == "profile";
    add_request_option(*command, generate::request_field(name), said, is_profile ? "the recipe's" : "");
  }
  command->callback([options] { run_replay(*options); });
}

}  // namespace darkroom::cli
