// A1111's page of extras, and reading recipes.
#include "formats/mapped_file.h"
#include "formats/picture_file.h"
#include "generate/infotext_syntax.h"
#include "generate/picture_recipe.h"
#include "jobs/upscale_job.h"
#include "server/base64.h"
#include "server/json_text.h"
#include "server/own_files.h"
#include "server/sdapi/endpoints.h"

namespace darkroom::server::sdapi {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

template <typename T>
T value_or(const json& body, const char* name, const T& standard) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return standard;
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    fail(ErrorKind::invalid_request, "{}: has the wrong type, {}", name, found->type_name());
  }
}

jobs::UpscaleJob upscale_of(const json& body, Context& context) {
  jobs::UpscaleJob job;
  job.picture = context.uploads.keep(bytes_of_base64(value_or<std::string>(body, "image", "")));
  job.upscaler = own_upscaler(value_or<std::string>(body, "upscaler_1", "None"));
  job.scale = value_or<double>(body, "upscaling_resize", 2);
  require(job.scale >= 0.05 && job.scale <= 16, ErrorKind::invalid_request,
          "upscaling_resize: a number from 0.05 to 16 is needed, {} was given", job.scale);
  if (value_or<int>(body, "resize_mode", 0) == 1) {
    job.width = value_or<int>(body, "upscaling_resize_w", 512),
    job.height = value_or<int>(body, "upscaling_resize_h", 512);
    require(job.width > 0 && job.height > 0 && job.width <= 16384 && job.height <= 16384, ErrorKind::invalid_request,
            "upscaling_resize_w and _h: 1 to 16384 pixels are needed, {} and {} were given", job.width, job.height);
  }
  return job;
}

/// The picture as base64.
std::string upscaled(const json& body, const Asked& asked, Context& context) {
  jobs::Job job{
      .kind = "upscale", .owner = asked.user, .title = "Upscale", .request = jobs::job_text(upscale_of(body, context))};
  context.queue.submit(job);
  const jobs::EndedJob ended = context.queue.wait(job.id);
  require(ended.job.state == jobs::JobState::finished, ErrorKind::internal, "{}",
          ended.job.error.empty() ? "upscale: cancelled" : ended.job.error);
  std::string encoded;
  for (const jobs::PictureRecord& picture : context.store.pictures_of(job.id)) {
    const auto path = context.output / picture.file;
    const formats::MappedFile file = formats::map_file(path);
    encoded = base64({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()});
    std::filesystem::remove(path);
    context.store.forget_picture(picture.id);
  }
  return encoded;
}

/// As A1111 shows it. The name has been found among those that are there.
std::string html_info(const json& body) {
  return fmt::format("<p>Postprocess upscale by: {}, Postprocess upscaler: {}</p>",
                     value_or<double>(body, "upscaling_resize", 2),
                     own_upscaler(value_or<std::string>(body, "upscaler_1", "None")));
}

}  // namespace

Answer extra_single_image(const Asked& asked, Context& context) {
  const json body = object_of_body(asked.body);
  return json_answer({{"html_info", html_info(body)}, {"image", upscaled(body, asked, context)}});
}

Answer extra_batch_images(const Asked& asked, Context& context) {
  const json body = object_of_body(asked.body);
  const json list = value_or<json>(body, "imageList", json::array());
  require(list.is_array(), ErrorKind::invalid_request, "imageList: a list is needed");
  ordered_json images = ordered_json::array();
  for (const json& one : list) {
    json single = body;
    single["image"] = value_or<std::string>(one, "data", "");
    images.push_back(upscaled(single, asked, context));
  }
  return json_answer({{"html_info", html_info(body)}, {"images", images}});
}

Answer png_info(const Asked& asked, Context&) {
  const json body = object_of_body(asked.body);
  const std::string bytes = bytes_of_base64(value_or<std::string>(body, "image", ""));
  const formats::PictureFile file = formats::read_picture_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
  const std::string infotext = generate::infotext_of(file);
  ordered_json items = ordered_json::object(), parameters = ordered_json::object();
  for (const auto& [keyword, text] : file.texts) items[keyword] = text;
  if (!infotext.empty()) {
    const generate::ParsedInfotext recipe = generate::parse_infotext(infotext);
    parameters["Prompt"] = recipe.prompt;
    parameters["Negative prompt"] = recipe.negative_prompt;
    for (const auto& [name, value] : recipe.fields) parameters[name] = value;
  }
  return json_answer({{"info", infotext}, {"items", items}, {"parameters", parameters}});
}

}  // namespace darkroom::server::sdapi
