// txt2img, img2img: parse, submit, wait, encode.
#include <algorithm>

#include "formats/mapped_file.h"
#include "formats/png.h"
#include "imaging/resize.h"
#include "server/base64.h"
#include "server/json_text.h"
#include "server/sdapi/endpoints.h"
#include "server/sdapi/image_answer.h"
#include "server/sdapi/image_request.h"
#include "server/v1/submissions.h"

namespace darkroom::server::sdapi {
namespace {

using nlohmann::ordered_json;

std::string title_of(const jobs::PictureJob& job) {
  const auto prompt = job.settings.find("prompt");
  return prompt == job.settings.end() ? "" : prompt->second.substr(0, 200);
}

std::string bytes_of(const std::filesystem::path& path) {
  const formats::MappedFile file = formats::map_file(path);
  return std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
}

/// Pictures that were made for this client alone are not kept.
class Unlisted {
 public:
  Unlisted(Context& context, const std::vector<jobs::PictureRecord>& pictures)
      : context_(context), pictures_(pictures) {}
  ~Unlisted() {
    std::error_code ignored;
    for (const jobs::PictureRecord& picture : pictures_) {
      if (picture.is_listed) continue;
      std::filesystem::remove(context_.output / picture.file, ignored);
      try {
        context_.store.forget_picture(picture.id);
      } catch (const Error&) {
        // It is forgotten at the next start.
      }
    }
  }
  Unlisted(const Unlisted&) = delete;
  Unlisted& operator=(const Unlisted&) = delete;

 private:
  Context& context_;
  const std::vector<jobs::PictureRecord>& pictures_;
};

Answer refusal(const ImageRequest& request) {
  return json_answer({{"detail", request.problems}}, 422);
}

/// A1111 hands over what there is when it is interrupted; clients expect a picture.
ordered_json last_preview(const std::shared_ptr<const Image>& preview, const jobs::PictureJob& job) {
  if (!preview) return ordered_json::array();
  const auto side = [&](const char* name, int standard) {
    const auto said = job.settings.find(name);
    return said == job.settings.end() ? standard : std::stoi(said->second);
  };
  const Image image = imaging::resized(*preview, side("width", preview->width), side("height", preview->height),
                                       imaging::Resample::bicubic);
  return ordered_json::array({base64(formats::encode_png(image))});
}

jobs::Job job_of(const ImageRequest& request, const Asked& asked, const Context& context) {
  jobs::Job job{.id = request.task_id, .owner = asked.user, .title = title_of(request.job)};
  if (!request.plot) {
    job.kind = "generate", job.request = jobs::job_text(jobs::settled(request.job));
    return job;
  }
  const jobs::PictureJob& cell = request.job;
  const jobs::XyzJob plot{.settings = cell.settings,
                          .x = request.plot->x,
                          .y = request.plot->y,
                          .z = request.plot->z,
                          .format = cell.format,
                          .quality = cell.quality,
                          .has_recipe = cell.has_recipe,
                          .is_listed = cell.is_listed};
  job.kind = "xyz", job.request = jobs::job_text(v1::settled_plot(plot, context));
  return job;
}

/// As A1111 hands them over: the plot in front of its cells, or alone; how many plots there are.
int put_plot_in_front(std::vector<jobs::PictureRecord>& pictures, const PlotScript& script, const jobs::Job& job) {
  if (job.state != jobs::JobState::finished || pictures.empty()) return 0;
  std::rotate(pictures.begin(), pictures.end() - 1, pictures.end());
  if (!script.sends_cells) pictures.resize(1);
  return 1;
}

Answer images(const Asked& asked, Context& context, ImageKind kind) {
  const ImageRequest request = image_request(object_of_body(asked.body), kind, context);
  if (!request.problems.empty()) return refusal(request);
  jobs::Job job = job_of(request, asked, context);
  context.queue.submit(job);
  const jobs::EndedJob result = context.queue.wait(job.id);
  const std::vector<jobs::PictureRecord> kept = context.store.pictures_of(job.id);
  const Unlisted removes(context, kept);
  if (result.job.state == jobs::JobState::failed) return error_answer(500, "RuntimeError", result.job.error);
  std::vector<jobs::PictureRecord> pictures = kept;
  const int grids = request.plot ? put_plot_in_front(pictures, *request.plot, result.job) : 0;
  ordered_json encoded = ordered_json::array();
  if (request.sends_images)
    for (const jobs::PictureRecord& picture : pictures)
      encoded.push_back(base64(bytes_of(context.output / picture.file)));
  if (request.sends_images && pictures.empty()) encoded = last_preview(result.preview, request.job);
  std::vector<std::string> warnings = request.warnings;
  warnings.insert(warnings.end(), result.job.warnings.begin(), result.job.warnings.end());
  return json_answer({{"images", std::move(encoded)},
                      {"parameters", request.echo},
                      {"info", info_text(pictures, result.job, grids)},
                      {"warnings", warnings}});
}

}  // namespace

Answer txt2img(const Asked& asked, Context& context) {
  return images(asked, context, ImageKind::txt2img);
}

Answer img2img(const Asked& asked, Context& context) {
  return images(asked, context, ImageKind::img2img);
}

}  // namespace darkroom::server::sdapi
