#include "server/v1/submissions.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"
#include "generate/infotext_syntax.h"
#include "generate/read_recipe.h"
#include "jobs/merge_job.h"
#include "jobs/replay_job.h"
#include "plot/axis.h"
#include "server/field_facts.h"
#include "server/json_text.h"
#include "server/own_files.h"

namespace darkroom::server::v1 {
namespace {

using generate::Settings;
using nlohmann::json;

constexpr double kMostWeight = 1000, kMostAlpha = 1e6;
constexpr size_t kMostMerged = 32;
constexpr size_t kLongestName = 100;

std::string said_in(const Settings& settings, const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

/// What the options say, and over it what the body's "request" says.
Settings said_of(const json& body, const Context& context, bool is_needed = true) {
  Settings said = context.options.request_settings();
  const auto request = body.find("request");
  require(request != body.end() || !is_needed, ErrorKind::invalid_request,
          "submit a job: \"request\" is needed, an object of fields");
  if (request != body.end())
    for (const auto& [name, text] : settings_of(*request)) said[name] = text;
  return said;
}

/// Of pictures: how they are written, as the options say.
template <typename PictureKind>
void take_format(PictureKind& job, const Context& context) {
  job.format = context.options.text("samples_format");
  job.quality = int(std::clamp<int64_t>(context.options.whole("jpeg_quality"), 1, 100));
  job.has_recipe = context.options.truth("enable_pnginfo");
}

Submission generate_submission(const json& body, Context& context) {
  jobs::PictureJob wanted;
  wanted.settings = picture_settings(body, context);
  take_format(wanted, context);
  wanted = jobs::settled(std::move(wanted));
  return {said_in(wanted.settings, "prompt"), jobs::job_text(wanted)};
}

plot::Axis axis_of(const char* side, const std::string& text, const Context& context) {
  if (text.empty()) return plot::no_axis();
  try {
    plot::Axis axis = plot::axis_of(text, context.library.styles());
    const bool is_about_files = !axis.field.empty() && !is_for_people(generate::request_field(axis.field));
    require(!is_about_files, ErrorKind::invalid_request, "the axis {} names folders of this machine",
            formats::in_quotes(axis.name));
    require(axis.field != "batch_size" && axis.field != "n_iter", ErrorKind::invalid_request,
            "the axis {}: a cell is always one picture", formats::in_quotes(axis.name));
    return axis;
  } catch (const Error& error) {
    throw error.within(side);
  }
}

Submission xyz_submission(const json& body, Context& context) {
  const jobs::XyzJob wanted = xyz_of(body, context);
  return {said_in(wanted.settings, "prompt"), jobs::job_text(wanted)};
}

/// The files that a replay takes: the recipe's model where it is here, else the chosen one.
Settings replay_settings(const json& body, const std::string& infotext, const Context& context) {
  Settings said;
  const auto request = body.find("request");
  if (request != body.end()) said = settings_of(*request);
  const generate::ReadRecipe recipe = generate::read_recipe(generate::parse_infotext(infotext));
  if (!said.contains("model"))
    if (const auto model = context.library.model_of_recipe(recipe.model_name, recipe.model_hash))
      said["model"] = model->title();
  const bool has_vae = said.contains("vae");
  said = with_own_files(std::move(said), context);
  if (!has_vae) said.erase("vae");
  return said;
}

Submission replay_submission(const json& body, Context& context) {
  require_known(body, {"id", "kind", "to_front", "picture", "upload", "request"});
  jobs::ReplayJob wanted;
  std::string title = "an uploaded picture", infotext;
  const int64_t id = whole_in(body, "picture", 0, 1, INT64_MAX);
  wanted.upload = text_in(body, "upload");
  require((id > 0) != !wanted.upload.empty(), ErrorKind::invalid_request,
          "prove a picture: either \"picture\", its number, or \"upload\", a name, is needed");
  if (id > 0) {
    const auto picture = context.store.picture(id);
    require(picture.has_value(), ErrorKind::not_found, "there is no picture {}", id);
    require(!picture->infotext.empty(), ErrorKind::invalid_request, "picture {} has no recipe to prove", id);
    wanted.file = picture->file, wanted.picture = id, infotext = picture->infotext;
    title = picture->prompt.empty() ? fmt::format("picture {}", id) : picture->prompt;
  } else {
    context.uploads.bytes(wanted.upload);  // refused now where it is not there
  }
  wanted.settings = replay_settings(body, infotext, context);
  return {"Prove it: " + title, jobs::job_text(wanted)};
}

/// A file by its name, or else by the name it was trained under, which copies of it keep.
LoraFile lora_named(const std::string& name, const Context& context) {
  const std::vector<LoraFile> all = context.library.loras();
  std::vector<std::string> names;
  for (const LoraFile& lora : all) names.push_back(lora.name);
  for (std::string LoraFile::*called : {&LoraFile::name, &LoraFile::alias}) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const LoraFile& lora) { return lora.*called == name; });
    if (found == all.end()) continue;
    require(found->error.empty(), ErrorKind::corrupt_file, "{}", found->error);
    return *found;
  }
  require(!names.empty(), ErrorKind::not_found, "find the LoRA {}: there is none in the folder",
          formats::in_quotes(name));
  fail(ErrorKind::not_found, "find the LoRA {}: there is none of this name; the nearest are {}",
       formats::in_quotes(name), diffusion::nearest_names_text(name, names));
}

/// [{"name", "weight"}] as files of the library.
std::vector<adapters::WeightedFile> loras_of(const json& body, const Context& context) {
  std::vector<adapters::WeightedFile> files;
  const json list = list_in(body, "loras");
  require(list.size() <= kMostMerged, ErrorKind::invalid_request, "loras: at most {} are taken, {} were given",
          kMostMerged, list.size());
  for (const json& one : list) {
    require(one.is_object(), ErrorKind::invalid_request, "loras: {{\"name\", \"weight\"}} is needed, a {} was given",
            one.type_name());
    require_known(one, {"name", "weight"});
    files.push_back(
        {lora_named(text_in(one, "name"), context).path, number_in(one, "weight", 1, -kMostWeight, kMostWeight)});
  }
  return files;
}

/// A checkpoint's path by its title; "" stays "" and is none. The one that comes with Darkroom is by its own.
std::string model_path(const std::string& title, const Context& context) {
  if (title.empty()) return "";
  const ModelFile model = context.library.model_named(title);
  require(model.error.empty(), ErrorKind::corrupt_file, "{}", model.error);
  return model.path.string();
}

/// What a new model file may be called: never a path.
void require_file_name(const std::string& name) {
  const auto is_allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view(" -_.()+").find(char(c)) != std::string_view::npos;
  };
  const bool is_name = !name.empty() && name.size() <= kLongestName && name.front() != '.' && name.front() != ' ' &&
                       std::all_of(name.begin(), name.end(), is_allowed);
  require(is_name, ErrorKind::invalid_request,
          "name: 1 to {} letters, digits, blanks and - _ . ( ) + are needed, not beginning with . or a blank; {} was "
          "given",
          kLongestName, formats::in_quotes(name.substr(0, 200)));
}

Submission merge_submission(const json& body, Context& context) {
  require_known(body, {"id", "kind", "to_front", "how", "loras", "alpha", "model", "name", "rank", "keep", "fp32"});
  const std::string name = text_in(body, "name");
  require_file_name(name);
  const std::string how = text_in(body, "how");
  require(how.empty() || std::find(jobs::kMergeKinds.begin(), jobs::kMergeKinds.end(), how) != jobs::kMergeKinds.end(),
          ErrorKind::invalid_request, "how must be one of {}, {} was given", fmt::join(jobs::kMergeKinds, ", "),
          formats::in_quotes(how.substr(0, 100)));
  jobs::MergeJob wanted{.how = how.empty() ? "merge" : how,
                        .alpha = number_in(body, "alpha", 0, 0, kMostAlpha),
                        .model = model_path(text_in(body, "model"), context),
                        .rank = whole_in(body, "rank", 0, 0, 100000),
                        .keep = number_in(body, "keep", 1, 0, 1),
                        .is_fp32 = truth_in(body, "fp32")};
  std::vector<std::string> names;
  for (const adapters::WeightedFile& file : loras_of(body, context)) {
    wanted.files.push_back({file.path.string(), file.weight});
    names.push_back(file.path.stem().string());
  }
  const LibraryFolders& folders = context.library.folders();
  const std::filesystem::path& folder = wanted.model.empty() ? folders.lora : folders.checkpoints;
  wanted.output = (folder / (name + ".safetensors")).string();
  jobs::check(wanted);
  const char* verb = wanted.how == "scale" ? "Scale" : wanted.how == "resize" ? "Resize" : "Merge";
  return {fmt::format("{} {} into {}", verb, fmt::join(names, ", "), name), jobs::job_text(wanted)};
}

Submission lab_submission(const json& body, Context& context) {
  const jobs::LabJob wanted = lab_of(body, context);
  std::string about = said_in(wanted.settings, "prompt");
  if (wanted.report == "samplers") about = "exact solutions";
  if (wanted.report == "lora") {
    std::vector<std::string> names;
    for (const adapters::WeightedFile& lora : wanted.loras) names.push_back(lora.path.stem().string());
    about = fmt::format("{}", fmt::join(names, " and "));
  }
  return {about, jobs::job_text(wanted)};
}

using Submit = Submission (*)(const json& body, Context& context);
constexpr std::pair<const char*, Submit> kKinds[] = {{"generate", generate_submission},
                                                     {"xyz", xyz_submission},
                                                     {"replay", replay_submission},
                                                     {"lab", lab_submission},
                                                     {"merge", merge_submission}};

}  // namespace

Settings picture_settings(const json& body, const Context& context) {
  return with_own_files(said_of(body, context), context);
}

jobs::XyzJob xyz_of(const json& body, Context& context) {
  require_known(body, {"id", "kind", "to_front", "request", "x", "y", "z", "matrix"});
  jobs::XyzJob job{.settings = said_of(body, context),
                   .x = text_in(body, "x"),
                   .y = text_in(body, "y"),
                   .z = text_in(body, "z"),
                   .is_matrix = truth_in(body, "matrix")};
  const bool has_axes = !job.x.empty() || !job.y.empty() || !job.z.empty();
  require(has_axes || job.is_matrix, ErrorKind::invalid_request,
          "an X/Y/Z plot: at least one of x, y and z is needed, such as \"Steps: 5,10,20\"");
  require(!has_axes || !job.is_matrix, ErrorKind::invalid_request,
          "a prompt matrix has its parts for axes: leave out x, y and z, or matrix");
  require(!job.is_matrix || said_in(job.settings, "prompt").find('|') != std::string::npos, ErrorKind::invalid_request,
          "a prompt matrix: the prompt needs parts with | between them, such as \"a cat | at night | in snow\"");
  take_format(job, context);
  // The files of now: a checkpoint that is chosen later is for later jobs.
  job.settings = with_own_files(std::move(job.settings), context);
  return settled_plot(std::move(job), context);
}

jobs::XyzJob settled_plot(jobs::XyzJob job, const Context& context) {
  // One seed for all cells, and the same when the job goes on after a restart.
  for (const char* name : {"seed", "subseed"}) {
    const std::string said = said_in(job.settings, name);
    if (said.empty() || said == "-1") job.settings[name] = std::to_string(generate::drawn_seed(-1));
  }
  job.settings["batch_size"] = job.settings["n_iter"] = "1";
  const plot::Plan plan = plan_of(job, context);
  const Settings recommended = generate::recommended_settings(said_in(job.settings, "model"));
  return jobs::settled(std::move(job), plan, recommended);
}

plot::Plan plan_of(const jobs::XyzJob& job, const Context& context) {
  plot::Plan plan = job.is_matrix ? plot::matrix_plan(job.settings)
                                  : plot::xyz_plan(job.settings, axis_of("x", job.x, context),
                                                   axis_of("y", job.y, context), axis_of("z", job.z, context));
  for (Settings& cell : plan.cells) cell = with_own_files(std::move(cell), context);
  return plan;
}

jobs::LabJob lab_of(const json& body, Context& context) {
  require_known(body,
                {"id", "kind", "to_front", "report", "request", "cfg_scales", "steps", "seeds", "loras", "model"});
  jobs::LabJob job{.report = text_in(body, "report")};
  const bool needs_picture = job.report == "convergence" || job.report == "precision" || job.report == "guidance";
  if (needs_picture) job.settings = with_own_files(said_of(body, context), context);
  const json scales = list_in(body, "cfg_scales"), steps = list_in(body, "steps");
  if (!scales.empty()) job.cfg_scales.clear();
  for (const json& scale : scales) {
    require(scale.is_number(), ErrorKind::invalid_request, "cfg_scales: numbers are needed, a {} was given",
            scale.type_name());
    job.cfg_scales.push_back(scale.get<double>());
  }
  if (!steps.empty()) job.steps.clear();
  for (const json& count : steps) {
    require(count.is_number_integer(), ErrorKind::invalid_request, "steps: whole numbers are needed, a {} was given",
            count.type_name());
    job.steps.push_back(int(std::clamp<int64_t>(count.get<int64_t>(), -1, 1001)));  // check() refuses the ends
  }
  job.seeds = int(whole_in(body, "seeds", job.seeds, 2, 16));
  job.loras = loras_of(body, context);
  job.model = model_path(text_in(body, "model"), context);
  jobs::check(job);
  return job;
}

Submission submission_of(const std::string& kind, const json& body, Context& context) {
  std::vector<const char*> names;
  for (const auto& [name, submit] : kKinds) {
    if (kind == name) return submit(body, context);
    names.push_back(name);
  }
  fail(ErrorKind::invalid_request, "submit a job: kind must be one of {}, {} was given", fmt::join(names, ", "),
       formats::in_quotes(kind.substr(0, 100)));
}

}  // namespace darkroom::server::v1
