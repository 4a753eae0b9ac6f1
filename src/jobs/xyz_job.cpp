#include "jobs/xyz_job.h"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "generate/run.h"

namespace darkroom::jobs {
namespace {

using generate::GenerateRequest;
using nlohmann::json;

/// What of a legend applies, in one line: an axis has one line, a matrix one for each part.
std::string label_of(const plot::Legend& legend) {
  std::string label;
  for (const plot::LegendLine& line : legend)
    if (line.applies) label += (label.empty() ? "" : ", ") + line.text;
  return label.empty() && !legend.empty() ? "without" : label;
}

std::vector<std::string> labels_of(const std::vector<plot::Legend>& legends) {
  std::vector<std::string> labels;
  for (const plot::Legend& legend : legends) labels.push_back(label_of(legend));
  return labels;
}

/// The model stays in memory from cell to cell and goes when another is wanted.
class ModelInUse {
 public:
  explicit ModelInUse(Residency& residency) : residency_(residency) {}

  const generate::LoadedModel& of(const generate::ModelChoice& choice) {
    if (!use_ || choice_ != choice) {
      use_.reset();  // two at once may not fit
      use_ = residency_.use(choice);
      choice_ = choice;
    }
    return use_->model();
  }

 private:
  Residency& residency_;
  std::unique_ptr<Residency::Use> use_;
  generate::ModelChoice choice_;
};

class XyzRun {
 public:
  XyzRun(const Job& job, JobControl& control, const PictureFolders& folders, plot::Plan plan)
      : job_(job), control_(control), folders_(folders), wanted_(xyz_job(job.request)), plan_(std::move(plan)) {}

  void run(Residency& residency) {
    const WarningsOf warnings(control_);
    ModelInUse model(residency);
    const int count = int(plan_.cells.size());
    std::vector<std::string> files(plan_.cells.size());
    int done = 0;
    for (const size_t index : plot::work_order(plan_)) {
      try {
        control_.begin_picture(done++, count);
        files[index] = made(model, index);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::cancelled || !control_.take_skip()) throw;
      }
    }
    control_.progress({.stage = "putting the plot together", .note = ""});
    keep_plot(plot::assembled(plan_, cells_in(files)));
  }

 private:
  /// Makes a cell, unless that was done before; the name of its file.
  std::string made(ModelInUse& models, size_t index) {
    const GenerateRequest said = generate::completed_request(plan_.cells[index]);
    const std::string name = picture_file_name(job_, int(index), std::to_string(said.seed), wanted_.format);
    if (wanted_.has_recipe && is_kept(name, index)) return name;
    control_.progress({.stage = "loading the model", .note = ""});
    const generate::LoadedModel& model = models.of(generate::model_choice(said));
    GenerateRequest request =
        generate::settled(model, generate::completed_request(plan_.cells[index], model.recommended()));
    request.batch_size = request.batch_count = 1;
    generate::generate(
        model, request, [&](generate::Picture&& picture) { keep_cell(picture, name, index); },
        folders_.run_options(control_));
    return name;
  }

  /// Whether an earlier start of the program finished this cell.
  bool is_kept(const std::string& name, size_t index) {
    std::error_code ignored;
    if (!std::filesystem::exists(folders_.output / name, ignored)) return false;
    try {
      const formats::PictureFile file = formats::read_picture(folders_.output / name);
      const auto infotext = file.texts.find("parameters");
      if (infotext == file.texts.end()) return false;
      tell(record(file.image, index, name, infotext->second));
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      return false;  // damaged: it is made again
    }
  }

  void keep_cell(const generate::Picture& picture, const std::string& name, size_t index) {
    const std::filesystem::path path = folders_.output / name;
    std::filesystem::create_directories(path.parent_path());
    formats::write_picture(path, picture.image, wanted_.has_recipe ? picture.infotext : "", wanted_.quality);
    tell(record(picture.image, index, name, picture.infotext));
    infotexts_[index] = picture.infotext;
  }

  void keep_plot(const plot::Plot& plot) {
    const size_t index = plan_.cells.size();
    const std::string name = picture_file_name(job_, int(index), "xyz", "png");
    std::filesystem::create_directories((folders_.output / name).parent_path());
    formats::write_picture(folders_.output / name, plot.image, wanted_.has_recipe ? plot.infotext : "");
    tell(record(plot.image, index, name, plot.infotext));
  }

  PictureRecord record(const Image& image, size_t index, const std::string& name, const std::string& infotext) const {
    const generate::Settings& said = plan_.cells[std::min(index, plan_.cells.size() - 1)];
    const GenerateRequest request = generate::completed_request(said);
    return {.job = job_.id,
            .index = int(index),
            .seed = request.seed,
            .width = image.width,
            .height = image.height,
            .created = now(),
            .prompt = request.prompt,
            .infotext = infotext,
            .file = name,
            .is_listed = wanted_.is_listed};
  }

  void tell(const PictureRecord& picture) { control_.picture(picture); }

  /// From their files, so that a plot does not hold all its pictures while it is made.
  std::vector<plot::Cell> cells_in(const std::vector<std::string>& files) const {
    std::vector<plot::Cell> cells(files.size());
    for (size_t i = 0; i < files.size(); ++i) {
      if (files[i].empty()) continue;  // left out
      formats::PictureFile file = formats::read_picture(folders_.output / files[i]);
      const auto infotext = file.texts.find("parameters");
      const auto known = infotexts_.find(i);
      cells[i].image = std::move(file.image);
      cells[i].infotext = known != infotexts_.end()      ? known->second
                          : infotext != file.texts.end() ? infotext->second
                                                         : "";
    }
    return cells;
  }

  const Job& job_;
  JobControl& control_;
  const PictureFolders& folders_;
  XyzJob wanted_;
  plot::Plan plan_;
  std::map<size_t, std::string> infotexts_;
};

}  // namespace

std::string job_text(const XyzJob& job) {
  return json({{"settings", job.settings},
               {"x", job.x},
               {"y", job.y},
               {"z", job.z},
               {"is_matrix", job.is_matrix},
               {"format", job.format},
               {"quality", job.quality},
               {"has_recipe", job.has_recipe},
               {"is_listed", job.is_listed},
               {"columns", job.columns},
               {"rows", job.rows},
               {"layers", job.layers},
               {"x_labels", job.x_labels},
               {"y_labels", job.y_labels},
               {"z_labels", job.z_labels}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

XyzJob xyz_job(const std::string& text) {
  try {
    const json read = json::parse(text);
    return {.settings = read.at("settings").get<generate::Settings>(),
            .x = read.at("x"),
            .y = read.at("y"),
            .z = read.at("z"),
            .is_matrix = read.value("is_matrix", false),  // older versions had axes only
            .format = read.at("format"),
            .quality = read.at("quality"),
            .has_recipe = read.at("has_recipe"),
            .is_listed = read.value("is_listed", true),  // jobs of older versions were for the gallery
            .columns = read.at("columns"),
            .rows = read.at("rows"),
            .layers = read.at("layers"),
            .x_labels = read.at("x_labels"),
            .y_labels = read.at("y_labels"),
            .z_labels = read.at("z_labels")};
  } catch (const json::exception& error) {
    fail(ErrorKind::corrupt_file, "read a kept job: {}", error.what());
  }
}

XyzJob settled(XyzJob job, const plot::Plan& plan, const generate::Settings& recommended) {
  formats::format_of_name("a." + job.format);  // refuses what cannot be written
  int64_t pixels = 0;
  for (const generate::Settings& cell : plan.cells) {
    const GenerateRequest request = generate::completed_request(cell, recommended);
    pixels += int64_t(request.width) * request.height;
  }
  require(pixels <= kMostPlotPixels, ErrorKind::invalid_request,
          "a plot must have at most {} pixels, its {} cells have {}; take fewer values or smaller pictures",
          kMostPlotPixels, plan.cells.size(), pixels);
  job.columns = plan.columns, job.rows = plan.rows, job.layers = plan.layers;
  job.x_labels = labels_of(plan.legends.columns);
  job.y_labels = labels_of(plan.legends.rows);
  job.z_labels = labels_of(plan.layer_legends);
  return job;
}

JobRunner xyz_runner(Residency& residency, PictureFolders folders, std::function<plot::Plan(const XyzJob&)> plan_of) {
  return [&residency, folders = std::move(folders), plan_of = std::move(plan_of)](const Job& job, JobControl& control) {
    XyzRun(job, control, folders, plan_of(xyz_job(job.request))).run(residency);
  };
}

}  // namespace darkroom::jobs
