// Training pictures and their captions.
#include "formats/picture_file.h"
#include "formats/utf8.h"
#include "imaging/shrink.h"
#include "server/json_text.h"
#include "server/training/told_options.h"
#include "server/training/trainings.h"
#include "server/v1/endpoints.h"

namespace darkroom::server::v1 {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kSmallSide = 320;

/// How the run that is asked about uses pictures; the defaults where none is.
train::LoraTraining options_for(const Asked& asked, Context& context) {
  const std::string run = asked.value("run");
  if (run.empty()) return train::settled(train::PictureOptions{}), train::LoraTraining{};
  RunDraft draft = context.trainings.runs.draft(run);
  draft.dataset = asked.parts.at(0);
  draft.prompts.clear(), draft.regularisation.clear();
  train::ToldOptions told = told_options(run, draft, context);
  told["output_dir"] = {context.trainings.runs.path(run).string()};
  return std::get<train::LoraTraining>(train::read_training_config({}, told));
}

ordered_json size_json(const train::PixelSize& size) {
  return {{"width", size.width}, {"height", size.height}};
}

ordered_json picture_json(const DatasetPicture& picture, const std::string& address) {
  return {{"name", picture.name},
          {"caption", picture.caption},
          {"has_caption_file", picture.has_caption_file},
          {"problem", picture.problem.empty() ? ordered_json(nullptr) : ordered_json(picture.problem)},
          {"size", size_json(picture.size)},
          {"bucket", size_json(picture.place.bucket)},
          {"resized", size_json(picture.place.resized)},
          {"crop_loss", picture.crop_loss()},
          {"thumbnail", address + "/thumbnail"}};
}

/// One part of an address.
std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-_.~").find(c) != std::string_view::npos;
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string text_of_body(const json& body, const char* name) {
  require(body.contains(name) && body[name].is_string(), ErrorKind::invalid_request, "{}: a text is needed", name);
  return body[name].get<std::string>();
}

}  // namespace

Answer dataset(const Asked& asked, Context& context) {
  const std::string& name = asked.parts.at(0);
  ordered_json folders = ordered_json::array();
  for (const DatasetFolder& folder : context.trainings.datasets.folders(name, options_for(asked, context))) {
    ordered_json pictures = ordered_json::array();
    for (const DatasetPicture& picture : folder.pictures)
      pictures.push_back(picture_json(picture, fmt::format("/api/v1/train/datasets/{}/{}/{}", encoded(name),
                                                           encoded(folder.name), encoded(picture.name))));
    folders.push_back({{"name", folder.name},
                       {"repeats", folder.repeats},
                       {"class_tokens", folder.class_tokens},
                       {"problem", folder.problem.empty() ? ordered_json(nullptr) : ordered_json(folder.problem)},
                       {"pictures", std::move(pictures)}});
  }
  return json_answer({{"name", name}, {"folders", std::move(folders)}});
}

Answer add_dataset(const Asked& asked, Context& context) {
  const json body = object_of_body(asked.body);
  context.trainings.datasets.add(text_of_body(body, "name"), text_of_body(body, "folder"));
  return json_answer({{"datasets", context.trainings.datasets.names()}}, 201);
}

Answer add_dataset_picture(const Asked& asked, Context& context) {
  const std::string name =
      context.trainings.datasets.add_picture(asked.parts.at(0), asked.parts.at(1), asked.value("name"), asked.body);
  return json_answer({{"name", name}}, 201);
}

Answer dataset_thumbnail(const Asked& asked, Context& context) {
  const auto path = context.trainings.datasets.picture(asked.parts.at(0), asked.parts.at(1), asked.parts.at(2));
  const Image image = formats::read_picture(path).image;
  const double scale = std::min(1.0, double(kSmallSide) / std::max(image.width, image.height));
  const int width = std::max(1, int(image.width * scale)), height = std::max(1, int(image.height * scale));
  return {.body = formats::encode_picture(imaging::shrunk_by_area(image, width, height), "",
                                          {formats::FileKind::webp, formats::kDefaultQuality}),
          .type = "image/webp",
          .headers = {{"Cache-Control", "no-cache"}}};
}

Answer set_caption(const Asked& asked, Context& context) {
  const json body = object_of_body(asked.body);
  const std::string extension = body.contains("extension") ? text_of_body(body, "extension") : ".txt";
  context.trainings.datasets.set_caption(asked.parts.at(0), asked.parts.at(1), asked.parts.at(2),
                                         text_of_body(body, "caption"), extension);
  return json_answer(ordered_json::object());
}

}  // namespace darkroom::server::v1
