#include "train/lora_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "train/lora_steps.h"

namespace darkroom::train {
namespace {

std::string megabytes(int64_t bytes) {
  return fmt::format("{:.1f} MB", double(bytes) / (1 << 20));
}

std::string duration(double seconds) {
  const auto whole = int64_t(std::lround(seconds));
  if (whole < 60) return fmt::format("{:.1f} s", seconds);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

/// Eight heights of a bar for each point.
std::string curve_text(const std::vector<std::pair<int64_t, double>>& points) {
  constexpr const char* kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double most = 0;
  for (const auto& [step, factor] : points) most = std::max(most, factor);
  std::string text;
  for (const auto& [step, factor] : points)
    text += kBars[most > 0 ? std::clamp(int(std::ceil(factor / most * 8)), 0, 8) : 0];
  return text;
}

}  // namespace

LoraPlan plan_of_pictures(const TrainingSet& set) {
  LoraPlan plan;
  std::map<std::string, LoraPlan::Folder> folders;
  double crop_losses = 0;
  for (const TrainingPicture& picture : set.trained) {
    LoraPlan::Folder& folder = folders[picture.file.parent_path().string()];
    folder.name = picture.folder;
    folder.repeats = std::max(folder.repeats, picture.repeats);
    folder.is_regularisation = picture.is_regularisation;
    ++folder.pictures;
    folder.with_caption_file += picture.has_caption_file;
    const auto& [bucket, resized] = picture.place;
    const double loss = 1 - double(bucket.width) * bucket.height / (double(resized.width) * resized.height);
    crop_losses += loss;
    if (!plan.largest_crop_file.empty() && loss <= plan.largest_crop_loss) continue;
    plan.largest_crop_loss = loss;
    plan.largest_crop_file = picture.file.filename().string();
  }
  plan.mean_crop_loss = crop_losses / double(set.trained.size());
  for (auto& [path, folder] : folders) plan.folders.push_back(std::move(folder));
  for (const TrainingBucket& bucket : set.buckets)
    plan.buckets.push_back({bucket.size, int64_t(bucket.pictures.size()), bucket.batches()});
  plan.validation_pictures = int64_t(set.validation.size());
  return plan;
}

LoraPlan plan_of_run(const LoraTraining& options, const TrainingSet& set) {
  constexpr int64_t kCurvePoints = 60;
  LoraPlan plan = plan_of_pictures(set);
  const LoraSteps steps = steps_of(options, set);
  plan.batch_size = set.largest_batch();
  plan.accumulation = steps.accumulation;
  plan.batches_per_epoch = steps.batches_per_epoch;
  plan.steps_per_epoch = steps.steps_per_epoch;
  plan.steps = steps.steps;
  plan.epochs = steps.epochs;
  plan.optimizer = options.run.optimizer;
  plan.schedule = options.lr_scheduler;
  const LrSchedule schedule = lr_schedule_of(options, steps.steps);
  for (int64_t i = 0; i < kCurvePoints; ++i) {
    const int64_t step = i * std::max<int64_t>(1, steps.steps - 1) / (kCurvePoints - 1);
    plan.rate_curve.emplace_back(step, rate_factor(options, schedule, step));
  }
  plan.trains_the_model = options.trains_the_model();
  return plan;
}

std::string plan_text(const LoraPlan& p) {
  std::string text = "Pictures\n";
  for (const LoraPlan::Folder& folder : p.folders)
    text += fmt::format("  {:<32} {:>5} x {:<4} {:>5} with a caption file{}\n", folder.name, folder.pictures,
                        folder.repeats, folder.with_caption_file, folder.is_regularisation ? "  regularisation" : "");
  if (p.validation_pictures > 0) text += fmt::format("  {} more are measured, never trained\n", p.validation_pictures);
  text += fmt::format("  cut away: {:.1f} % of the area, at most {:.1f} % ({})\n", 100 * p.mean_crop_loss,
                      100 * p.largest_crop_loss, p.largest_crop_file);
  text += "Sizes\n";
  for (const LoraPlan::Bucket& bucket : p.buckets)
    text += fmt::format("  {:>4} x {:<4} {:>6} pictures {:>5} batches\n", bucket.size.width, bucket.size.height,
                        bucket.pictures, bucket.batches);
  text += fmt::format("Steps\n  {} batches of {} an epoch, {} to a step: {} steps an epoch, {} in all ({} epochs)\n",
                      p.batches_per_epoch, p.batch_size, p.accumulation, p.steps_per_epoch, p.steps, p.epochs);
  if (p.steps_done > 0) text += fmt::format("  {} are done; the run would be continued\n", p.steps_done);
  text += fmt::format("Learning rate: {}, {}\n  |{}|\n", p.optimizer, p.schedule, curve_text(p.rate_curve));
  text += "Trained\n";
  for (const LoraPlan::Part& part : p.parts)
    text += fmt::format("  {:<20} {:>4} tensors  {:>12} parameters, rate {:g}\n", part.name, part.modules,
                        part.parameters, part.rate);
  const std::string lora = p.trains_the_model ? "" : fmt::format("LoRA {}, ", megabytes(p.lora_bytes));
  text += fmt::format("Memory\n  model {}, {}gradients and optimizer {}, a step about {}: about {}",
                      megabytes(p.model_bytes), lora, megabytes(p.state_bytes), megabytes(p.step_bytes),
                      megabytes(p.model_bytes + p.lora_bytes + p.state_bytes + p.step_bytes));
  text += p.machine_bytes > 0 ? fmt::format(" of {}\n", megabytes(p.machine_bytes)) : "\n";
  if (!p.memory_warning.empty()) text += fmt::format("  {}\n", p.memory_warning);
  if (!p.probe) return text;
  const double left = p.probe->seconds_per_step * double(p.steps - p.steps_done);
  text += fmt::format("Measured with the largest batch\n  {:.3f} s a step, {} in all; {} at most\n",
                      p.probe->seconds_per_step, duration(left), megabytes(p.probe->peak_bytes));
  return text;
}

std::string plan_json(const LoraPlan& p) {
  using Json = nlohmann::ordered_json;
  Json folders = Json::array(), buckets = Json::array(), parts = Json::array(), curve = Json::array();
  for (const LoraPlan::Folder& f : p.folders)
    folders.push_back({{"name", f.name},
                       {"pictures", f.pictures},
                       {"repeats", f.repeats},
                       {"with_caption_file", f.with_caption_file},
                       {"regularisation", f.is_regularisation}});
  for (const LoraPlan::Bucket& b : p.buckets)
    buckets.push_back(
        {{"width", b.size.width}, {"height", b.size.height}, {"pictures", b.pictures}, {"batches", b.batches}});
  for (const LoraPlan::Part& part : p.parts)
    parts.push_back({{"name", part.name},
                     {"matrices", part.modules},
                     {"parameters", part.parameters},
                     {"learning_rate", part.rate}});
  for (const auto& [step, factor] : p.rate_curve) curve.push_back({{"step", step}, {"factor", factor}});
  Json json = {{"folders", folders},
               {"validation_pictures", p.validation_pictures},
               {"mean_crop_loss", p.mean_crop_loss},
               {"largest_crop_loss", p.largest_crop_loss},
               {"largest_crop_file", p.largest_crop_file},
               {"buckets", buckets},
               {"batch_size", p.batch_size},
               {"gradient_accumulation_steps", p.accumulation},
               {"batches_per_epoch", p.batches_per_epoch},
               {"steps_per_epoch", p.steps_per_epoch},
               {"steps", p.steps},
               {"epochs", p.epochs},
               {"steps_done", p.steps_done},
               {"optimizer", p.optimizer},
               {"lr_scheduler", p.schedule},
               {"learning_rate_curve", curve},
               {"trained", parts},
               {"trains_the_model", p.trains_the_model},
               {"model_bytes", p.model_bytes},
               {"lora_bytes", p.lora_bytes},
               {"state_bytes", p.state_bytes},
               {"step_bytes", p.step_bytes},
               {"machine_bytes", p.machine_bytes},
               {"memory_warning", p.memory_warning},
               {"file_bytes", p.file_bytes},
               {"effects", p.effects}};
  if (p.probe) json["probe"] = {{"seconds_per_step", p.probe->seconds_per_step}, {"peak_bytes", p.probe->peak_bytes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace darkroom::train
