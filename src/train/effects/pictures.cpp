// Where pictures come from, at which sizes they are trained and how they become latents; what is only measured.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "train/effects/rows.h"

namespace darkroom::train::effects {
namespace {

constexpr int64_t kLatentChannels = 4, kPixelsPerLatent = 64;

std::string train_data_dir(const Seen& run) {
  if (!run.options.dataset_config.empty()) return no_effect("dataset_config says where the pictures are");
  if (!run.plan())
    return run.options.in_json.empty()
               ? "the number before each folder's name says how often its pictures come in an epoch"
               : "the pictures that in_json names lie there";
  const int64_t uses = run.uses_per_epoch();
  int64_t folders = 0;
  for (const LoraPlan::Folder& folder : run.plan()->folders) folders += !folder.is_regularisation;
  return fmt::format("{} in {} are used {} an epoch{}", count(run.pictures(), "picture"), count(folders, "folder"),
                     count(uses, "time"), run.regularisation() > 0 ? ", regularisation among them" : "");
}

std::string reg_data_dir(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.dataset_config.empty()) return no_effect("dataset_config says which subsets are regularisation");
  if (o.reg_data_dir.empty()) return "none: nothing reminds the model of what it should keep";
  if (!run.plan()) return "as many uses an epoch as of the trained pictures";
  return fmt::format("{} make up half of the {} of an epoch, each weighing {:g}",
                     count(run.regularisation(), "picture"), count(run.uses_per_epoch(), "use"), o.prior_loss_weight);
}

std::string dataset_config(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.dataset_config.empty()) return "none: train_data_dir says the pictures, and all share one set of options";
  const std::string rule = "what it says of a subset counts over the options here";
  if (!run.plan()) return rule;
  return fmt::format("{}; {} in {}, {} an epoch", rule, count(run.pictures() + run.regularisation(), "picture"),
                     count(int64_t(run.plan()->folders.size()), "folder"),
                     count(run.plan()->batches_per_epoch, "batch"));
}

std::string in_json(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.in_json.empty()) return "none: captions stand beside the pictures";
  const std::string file = o.in_json.filename().string();
  return run.plan() ? fmt::format("{} has captions and tags of {}", file, count(run.pictures(), "picture"))
                    : fmt::format("{} has captions and tags", file);
}

std::string dataset_repeats(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.in_json.empty()) return no_effect("it is for in_json; folders say it themselves");
  return run.plan() ? fmt::format("{} x {} = {} an epoch", count(run.pictures(), "picture"), o.dataset_repeats,
                                  count(run.uses_per_epoch(), "use"))
                    : fmt::format("each picture comes {} an epoch", count(o.dataset_repeats, "time"));
}

std::string resolution(const Seen& run) {
  const PixelSize at = run.options.buckets.resolution;
  const int64_t area = int64_t(at.width) * at.height;
  if (area == 0) return "not read yet";
  return fmt::format("{} x {} = {} pixels{}, which are {} x {} latents", at.width, at.height, count(area),
                     run.options.enable_bucket ? " at most" : "", at.width / 8, at.height / 8);
}

/// Of the pictures: how much is cut.
std::string cut_away(const Seen& run) {
  const LoraPlan* plan = run.plan();
  if (!plan) return "";
  if (plan->largest_crop_loss <= 0) return "; nothing is cut away";
  return fmt::format("; {} of the area is cut away, most from {} ({})", percent(plan->mean_crop_loss),
                     plan->largest_crop_file, percent(plan->largest_crop_loss));
}

/// The sizes there are; empty where the options cannot make any, which the run will refuse.
std::vector<PixelSize> possible_sizes(const LoraTraining& o) {
  try {
    return bucket_sizes(o.buckets);
  } catch (const Error&) {
    return {};
  }
}

int64_t used_sizes(const LoraPlan& plan) {
  std::vector<PixelSize> used;
  for (const LoraPlan::Bucket& bucket : plan.buckets)
    if (std::find(used.begin(), used.end(), bucket.size) == used.end()) used.push_back(bucket.size);
  return int64_t(used.size());
}

std::string enable_bucket(const Seen& run) {
  const LoraTraining& o = run.options;
  const PixelSize at = o.buckets.resolution;
  if (!o.enable_bucket)
    return fmt::format("off: all pictures are cut to {} x {}{}", at.width, at.height, cut_away(run));
  const std::string used = run.plan() ? fmt::format(", {} used", used_sizes(*run.plan())) : "";
  if (o.buckets.no_upscale) return fmt::format("sizes follow from the pictures{}{}", used, cut_away(run));
  return fmt::format("{} possible{}{}", count(int64_t(possible_sizes(o).size()), "size"), used, cut_away(run));
}

/// Why sides have no limits now; "" if they have.
std::string without_limits(const LoraTraining& o) {
  if (!o.enable_bucket) return "enable_bucket is false";
  return o.buckets.no_upscale ? "with bucket_no_upscale sizes follow from the pictures" : "";
}

std::string least_side(const Seen& run) {
  if (const std::string why = without_limits(run.options); !why.empty()) return no_effect(why);
  const auto sizes = possible_sizes(run.options);
  if (sizes.empty()) return "refused: it does not hold the resolution's sides";
  return fmt::format("the narrowest size is {} x {}", sizes.front().width, sizes.front().height);
}

std::string most_side(const Seen& run) {
  if (const std::string why = without_limits(run.options); !why.empty()) return no_effect(why);
  const auto sizes = possible_sizes(run.options);
  if (sizes.empty()) return "refused: it does not hold the resolution's sides";
  return fmt::format("the widest size is {} x {}", sizes.back().width, sizes.back().height);
}

std::string step_of_sides(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.enable_bucket) return no_effect("enable_bucket is false");
  const int step = o.buckets.step;
  if (o.buckets.no_upscale) return fmt::format("less than {} pixels are cut from a side", step);
  return fmt::format("{}: sides differ by {} latents", count(int64_t(possible_sizes(o).size()), "size"), step / 8);
}

std::string no_upscale(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.enable_bucket) return no_effect("enable_bucket is false");
  const int64_t area = int64_t(o.buckets.resolution.width) * o.buckets.resolution.height;
  if (o.buckets.no_upscale) return fmt::format("a picture below {} pixels keeps its size", count(area));
  return fmt::format("off: a picture below {} pixels is enlarged, and what is learned is as soft", count(area));
}

/// "30 an epoch instead of 3 once", of pictures through the VAE.
std::string encoded_anew(const Seen& run) {
  if (!run.plan()) return "the VAE runs at each use instead of once for each picture";
  return fmt::format("the VAE runs {} an epoch instead of {} before the first step",
                     count(run.uses_per_epoch(), "time"), count(run.pictures() + run.regularisation()));
}

std::string flip_aug(const Seen& run) {
  if (!run.options.flip_aug) return "off: left stays left, as text and faces need it";
  if (run.encodes_at_each_use()) return "half of the uses are mirrored";
  if (!run.plan()) return "half of the uses are mirrored; latents take twice the room";
  return fmt::format("half of the {} an epoch are mirrored; {} latents are kept instead of {}",
                     count(run.uses_per_epoch(), "use"), count(2 * (run.pictures() + run.regularisation())),
                     count(run.pictures() + run.regularisation()));
}

std::string color_aug(const Seen& run) {
  return run.options.color_aug ? encoded_anew(run) : "off: each picture has its own colours at every use";
}

std::string random_crop(const Seen& run) {
  const LoraPlan* plan = run.plan();
  if (!run.options.random_crop) return "off: the middle is kept" + cut_away(run);
  if (plan && plan->largest_crop_loss <= 0) return "nothing is cut, so it moves nothing; but " + encoded_anew(run);
  return (plan ? fmt::format("the {} that are cut are others at each use; ", percent(plan->mean_crop_loss)) : "") +
         encoded_anew(run);
}

std::string alpha_mask(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.conditioning_data_dir.empty()) return no_effect("the masks of conditioning_data_dir say what counts");
  if (o.alpha_mask) return "what is transparent counts 0 in the loss, half transparent a half";
  if (o.masked_loss) return "off, but masked_loss does the same";
  return fmt::format("off: what is transparent is learned as {}",
                     o.alpha_background == "none" ? "the colours hidden under it" : "the colour " + o.alpha_background);
}

std::string masked_loss(const Seen& run) {
  if (!run.options.conditioning_data_dir.empty()) return "the masks of conditioning_data_dir say what counts";
  if (run.options.alpha_mask) return no_effect("alpha_mask does the same");
  if (run.options.masked_loss) return "what is transparent counts 0 in the loss, half transparent a half";
  return "off: every part of a picture counts alike";
}

std::string alpha_background(const Seen& run) {
  const std::string& colour = run.options.alpha_background;
  if (colour == "none") return "colours hidden under transparent pixels are encoded as they are";
  const auto channel = [&](size_t at) { return std::stoi(colour.substr(at, 2), nullptr, 16); };
  return fmt::format("transparent pixels become red {}, green {}, blue {}{}", channel(1), channel(3), channel(5),
                     run.options.alpha_mask || run.options.masked_loss ? " before they are masked" : "");
}

/// Mean and deviation of each latent, fp32.
std::string latent_cache_dir(const Seen& run) {
  const LoraTraining& o = run.options;
  if (run.encodes_at_each_use())
    return no_effect(std::string(o.color_aug ? "color_aug" : "random_crop") + " makes latents anew at each use");
  std::string bytes;
  if (run.plan()) {
    const int64_t values = run.facts.encoded_pixels / kPixelsPerLatent * kLatentChannels * 2 * (o.flip_aug ? 2 : 1);
    bytes = size(double(values) * sizeof(float));
  }
  if (o.latent_cache_dir.empty())
    return fmt::format("none: latents{} are kept in memory and made anew by the next run",
                       bytes.empty() ? "" : " of " + bytes);
  return fmt::format("latents{} are kept in {} too; the next run with these pictures and this VAE reads them",
                     bytes.empty() ? "" : " of " + bytes, o.latent_cache_dir.filename().string());
}

std::string prior_loss_weight(const Seen& run) {
  const LoraTraining& o = run.options;
  const bool has_some = run.plan() ? run.regularisation() > 0 : !o.reg_data_dir.empty() || !o.dataset_config.empty();
  if (!has_some) return no_effect("there is no reg_data_dir");
  return fmt::format("regularisation pictures make up half of the uses and {} of the loss's weight",
                     percent(o.prior_loss_weight / (1 + o.prior_loss_weight)));
}

bool validates(const Seen& run) {
  return run.plan() ? run.plan()->validation_pictures > 0
                    : run.options.validation_split > 0 || !run.options.dataset_config.empty();
}

std::string validation_split(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.dataset_config.empty()) return no_effect("dataset_config says it for each dataset");
  if (o.validation_split == 0) return "off: all pictures are trained, and only the samples show when it is too much";
  if (!run.plan()) return "measured at t 200, 400, 600 and 800 with the same noise each time";
  const int64_t kept = run.plan()->validation_pictures;
  if (kept == 0)
    return fmt::format("rounds to no picture: folders of {} are too small for it", count(run.pictures(), "picture"));
  return fmt::format("{} of {} are never trained, but measured at 4 noise levels: {} a time", count(kept),
                     count(kept + run.pictures(), "picture"), count(4 * kept, "model call"));
}

std::string validation_seed(const Seen& run) {
  if (!validates(run)) return no_effect("no pictures are measured");
  const LoraTraining& o = run.options;
  if (o.validation_seed)
    return fmt::format("draw {} chooses the pictures, whatever the seed of the run", *o.validation_seed);
  return fmt::format("the run's seed, {}, chooses the pictures: another seed measures others", o.run.seed);
}

std::string validate_every_n_steps(const Seen& run) {
  if (!validates(run)) return no_effect("no pictures are measured");
  const int64_t every = run.options.validate_every_n_steps;
  if (every == 0 && run.options.validate_every_n_epochs > 0) return no_effect("validate_every_n_epochs says when");
  if (every == 0)
    return run.epochs() ? fmt::format("at the end of each epoch: {}", count(*run.epochs(), "time"))
                        : "at the end of each epoch";
  return run.steps() ? count(*run.steps() / every, "time") + " in the run"
                     : fmt::format("each {}", count(every, "step"));
}

std::string validate_every_n_epochs(const Seen& run) {
  if (!validates(run)) return no_effect("no pictures are measured");
  const int64_t every = run.options.validate_every_n_epochs;
  if (every == 0 && run.options.validate_every_n_steps > 0) return no_effect("validate_every_n_steps says when");
  const std::string when = every > 1 ? fmt::format("at the end of each {} epochs", every) : "at the end of each epoch";
  return run.epochs() ? fmt::format("{}: {}", when, count(*run.epochs() / std::max<int64_t>(1, every), "time")) : when;
}

std::string max_validation_steps(const Seen& run) {
  if (!validates(run)) return no_effect("no pictures are measured");
  const int64_t most = run.options.max_validation_steps;
  if (most == 0) return "all that are held back are measured";
  const int64_t pictures = most * (run.plan() ? run.plan()->batch_size : run.options.run.batch_size);
  if (run.plan() && pictures >= run.plan()->validation_pictures)
    return no_effect(fmt::format("{} are held back", count(run.plan()->validation_pictures, "picture")));
  return fmt::format("only the first {}: {} a time", count(pictures, "picture"), count(4 * pictures, "model call"));
}

std::string masks(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.conditioning_data_dir.empty())
    return o.masked_loss ? "none: the pictures' own alpha says what counts" : "none: all of a picture counts";
  return fmt::format("what is white in the masks of {} counts, what is grey a part",
                     o.conditioning_data_dir.filename().string());
}

constexpr Row kRows[] = {{"train_data_dir", train_data_dir},
                         {"reg_data_dir", reg_data_dir},
                         {"dataset_config", dataset_config},
                         {"in_json", in_json},
                         {"dataset_repeats", dataset_repeats},
                         {"resolution", resolution},
                         {"enable_bucket", enable_bucket},
                         {"min_bucket_reso", least_side},
                         {"max_bucket_reso", most_side},
                         {"bucket_reso_steps", step_of_sides},
                         {"bucket_no_upscale", no_upscale},
                         {"flip_aug", flip_aug},
                         {"color_aug", color_aug},
                         {"random_crop", random_crop},
                         {"conditioning_data_dir", masks},
                         {"alpha_mask", alpha_mask},
                         {"masked_loss", masked_loss},
                         {"alpha_background", alpha_background},
                         {"latent_cache_dir", latent_cache_dir},
                         {"prior_loss_weight", prior_loss_weight},
                         {"validation_split", validation_split},
                         {"validation_seed", validation_seed},
                         {"validate_every_n_steps", validate_every_n_steps},
                         {"validate_every_n_epochs", validate_every_n_epochs},
                         {"max_validation_steps", max_validation_steps}};

}  // namespace

std::span<const Row> picture_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
