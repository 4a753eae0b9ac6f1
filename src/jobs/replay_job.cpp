#include "jobs/replay_job.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/mapped_file.h"
#include "generate/infotext_syntax.h"
#include "generate/picture_recipe.h"
#include "generate/replay.h"
#include "jobs/job_files.h"

namespace darkroom::jobs {
namespace {

using generate::GenerateRequest;
using generate::PictureDifference;
using generate::ReadRecipe;
using nlohmann::json;
using nlohmann::ordered_json;

ReadRecipe recipe_in(const formats::PictureFile& picture) {
  const std::string text = generate::infotext_of(picture);
  require(!text.empty(), ErrorKind::invalid_request,
          "replay the picture: it must carry a recipe, has none; was it edited, or saved by a program that drops it?");
  ReadRecipe recipe = generate::read_recipe(generate::parse_infotext(text));
  require(!recipe.fields.empty(), ErrorKind::invalid_request,
          "replay the picture: its text must end in a line of at least three fields such as \"Steps: 20\", has none");
  return recipe;
}

ordered_json fields_json(const ReadRecipe& recipe) {
  constexpr const char* kHonoured[] = {"yes", "differently", "no", "note"};
  ordered_json fields = ordered_json::array();
  for (const generate::RecipeField& field : recipe.fields)
    fields.push_back({{"key", field.key},
                      {"value", field.value},
                      {"honoured", kHonoured[size_t(field.honoured)]},
                      {"note", field.note}});
  return fields;
}

ordered_json report_json(const ReadRecipe& recipe, const GenerateRequest& request, const PictureDifference& apart,
                         bool has_same_bytes) {
  ordered_json report = {{"identical", apart.identical()},
                         {"same_bytes", has_same_bytes},
                         {"same_size", apart.same_size},
                         {"psnr", nullptr},
                         {"largest", nullptr},
                         {"equal_pixels", nullptr},
                         {"profile", request.profile},
                         {"fields", fields_json(recipe)}};
  if (!apart.same_size) return report;
  if (std::isfinite(apart.psnr)) report["psnr"] = apart.psnr;
  report["largest"] = apart.largest;
  report["equal_pixels"] = apart.equal_share;
  return report;
}

}  // namespace

std::string job_text(const ReplayJob& job) {
  return json({{"file", job.file}, {"upload", job.upload}, {"picture", job.picture}, {"settings", job.settings}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

ReplayJob replay_job(const std::string& text) {
  try {
    const json read = json::parse(text);
    return {.file = read.at("file"),
            .upload = read.at("upload"),
            .picture = read.at("picture"),
            .settings = read.at("settings")};
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read a kept job: {}", error.what());
  }
}

JobRunner replay_runner(Residency& residency, PictureFolders folders,
                        std::function<std::string(const std::string& upload)> read_file) {
  return [&residency, folders = std::move(folders), read_file = std::move(read_file)](const Job& job,
                                                                                      JobControl& control) {
    const WarningsOf warnings(control);
    const ReplayJob wanted = replay_job(job.request);
    std::string bytes;
    if (wanted.upload.empty()) {
      const formats::MappedFile file = formats::map_file(folders.output / wanted.file);
      bytes.assign(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    } else {
      bytes = read_file(wanted.upload);
    }
    const formats::PictureFile original =
        formats::read_picture_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
    ReadRecipe recipe = recipe_in(original);
    const GenerateRequest request = generate::replay_request(recipe, wanted.settings);
    control.begin_picture(0, 1);
    control.progress({.stage = "loading the model", .note = ""});
    const auto use = residency.use(generate::model_choice(request));
    const generate::Picture again = generate::replay(use->model(), recipe, request, folders.run_options(control));
    generate::compare_model(recipe, use->model());
    generate::compare_hashes(recipe, again);
    const PictureDifference apart = generate::difference(original.image, again.image);

    const bool is_png = original.kind == formats::FileKind::png;
    const std::string encoded = formats::encode_picture(again.image, again.infotext, {});
    const std::string name = picture_file_name(job, 0, "replay", "png");
    std::filesystem::create_directories((folders.output / name).parent_path());
    formats::write_file(folders.output / name, encoded);
    const std::filesystem::path folder = job_folder(folders.output, job);
    std::filesystem::create_directories(folder);
    formats::write_file(folder / "replay.json", report_json(recipe, request, apart, is_png && encoded == bytes)
                                                        .dump(1, ' ', false, ordered_json::error_handler_t::replace) +
                                                    "\n");
    control.picture({.job = job.id,
                     .seed = again.seed,
                     .width = again.image.width,
                     .height = again.image.height,
                     .created = now(),
                     .prompt = request.prompt,
                     .infotext = again.infotext,
                     .file = name,
                     .is_listed = false});
  };
}

}  // namespace darkroom::jobs
