#include "train/lora_training.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/error.h"
#include "train/caption_rules.h"
#include "train/lora_blocks.h"
#include "train/optimizer_arguments.h"
#include "train/optimizers.h"

namespace darkroom::train {
namespace {

void needs(bool holds, const std::string& rule) {
  require(holds, ErrorKind::invalid_request, "LoRA training: {}", rule);
}

/// "512", "512,768" or "512x768".
PixelSize size_of(const std::string& text) {
  const auto number = [&](std::string_view part) {
    int value = 0;
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value);
    needs(problem == std::errc() && end == part.data() + part.size() && value >= 8 && value <= 8192 && value % 8 == 0,
          fmt::format("resolution must be \"width,height\" or one number, each a multiple of 8 in 8..8192; \"{}\" was "
                      "given",
                      text));
    return value;
  };
  const size_t comma = text.find_first_of(",x");
  if (comma == text.npos) return {number(text), number(text)};
  size_t second = comma + 1;
  while (second < text.size() && text[second] == ' ') ++second;
  return {number(std::string_view(text).substr(0, comma)), number(std::string_view(text).substr(second))};
}

/// network_args that belong to the network itself.
void read_network_args(LoraTraining& c) {
  OptimizerArguments arguments("network_args", c.network_args);
  const auto whole = [&](const char* name, int64_t own) {
    const double value = arguments.number(name, double(own));
    needs(value >= 0 && value <= 1e6 && value == std::floor(value),
          fmt::format("{} of network_args must be a whole number, {} was given", name, value));
    return int64_t(value);
  };
  const bool is_lycoris = c.network_module == "lycoris.kohya";
  if (is_lycoris) {
    // LyCORIS trains all kinds of layers unless told otherwise.
    const std::string preset = arguments.text("preset", "full"), algorithm = arguments.text("algo", "lora");
    needs(preset == "full" || preset == "attn-mlp",
          fmt::format("preset of network_args must be full or attn-mlp, \"{}\" was given", preset));
    c.network.algorithm = algorithm == "locon" ? "lora" : algorithm;
    c.network.ends = preset == "full";
    if (preset == "full") c.network.conv_dim = c.network.dim, c.network.conv_alpha = c.network.alpha;
    c.network.drops_rows = true;
    c.network.dora = arguments.truth("dora_wd", false);
    c.network.factor = int64_t(arguments.number("factor", -1));
    c.network.decompose_both = arguments.truth("decompose_both", false);
    c.network.full_matrix = arguments.truth("full_matrix", false);
  }
  c.network.conv_dim = whole("conv_dim", c.network.conv_dim);
  c.network.conv_alpha = arguments.number("conv_alpha", c.network.conv_alpha);
  c.network.rank_dropout = arguments.number("rank_dropout", c.network.rank_dropout);
  c.network.module_dropout = arguments.number("module_dropout", c.network.module_dropout);
  for (const char* ratio : {"loraplus_lr_ratio", "loraplus_unet_lr_ratio", "loraplus_text_encoder_lr_ratio"})
    needs(arguments.number(ratio, 1) > 0, fmt::format("{} of network_args must be above 0", ratio));
  if (!is_lycoris) c.network.blocks = read_block_options(arguments);
  arguments.refuse_others();
}

/// Options that say how a network is made, where there is none.
void refuse_network_options(const LoraTraining& c) {
  const LoraTraining standard;
  const std::pair<const char*, bool> said[] = {{"network_dim", c.network.dim != standard.network.dim},
                                               {"network_alpha", c.network.alpha != standard.network.alpha},
                                               {"network_args", !c.network_args.empty()},
                                               {"network_dropout", c.network.dropout != 0},
                                               {"network_weights", !c.network_weights.empty()},
                                               {"dim_from_weights", c.dim_from_weights},
                                               {"base_weights", !c.base_weights.empty()},
                                               {"network_train_unet_only", c.network_train_unet_only},
                                               {"network_train_text_encoder_only", c.network_train_text_encoder_only},
                                               {"scale_weight_norms", c.scale_weight_norms != 0}};
  for (const auto& [name, is_said] : said)
    needs(!is_said,
          fmt::format("network_module \"none\" trains the model's own weights, and {} is of networks; leave it "
                      "out{}",
                      name,
                      std::string_view(name).starts_with("network_train")
                          ? ", and say unet_lr, train_text_encoder, text_encoder_lr"
                          : ""));
}

/// The learning rates of text encoders have several names.
void refuse_rates_said_twice(const LoraTraining& c) {
  const bool says_one = c.learning_rate_te.has_value(), says_each = c.learning_rate_te1 || c.learning_rate_te2;
  needs(
      c.text_encoder_lr.size() <= 2,
      fmt::format("text_encoder_lr is one learning rate, or one for each text encoder, of which there are two at most; "
                  "{} were given",
                  c.text_encoder_lr.size()));
  needs(c.trains_the_model() || (!says_one && !says_each),
        "learning_rate_te, learning_rate_te1 and learning_rate_te2 are of full fine-tuning (network_module \"none\"); "
        "rates of a LoRA are said by text_encoder_lr, which takes one number for each text encoder too");
  needs(c.text_encoder_lr.empty() || (!says_one && !says_each),
        "text_encoder_lr says the rates of the text encoders, and so do learning_rate_te, learning_rate_te1 and "
        "learning_rate_te2; say one");
  needs(
      !says_one || !says_each,
      "learning_rate_te is of all text encoders, learning_rate_te1 and learning_rate_te2 are of one each; say the one "
      "or the others");
}

/// "0.0001", or of two text encoders "0.0001 and 5e-05".
std::string text_rates_of(const LoraTraining& c) {
  return c.has_two_text_rates() ? fmt::format("{} and {}", c.text_rate(0), c.text_rate(1))
                                : fmt::format("{}", c.text_rate(0));
}

/// Whether all that is trained has one learning rate.
bool has_one_rate(const LoraTraining& c) {
  std::set<double> rates;
  if (c.network.unet) rates.insert(c.unet_rate());
  for (size_t i = 0; i < 2; ++i)
    if (c.network.trains_text(i)) rates.insert(c.text_rate(i));
  return rates.size() <= 1;
}

/// Of files that are there before: captions, where ranks come from, what is merged.
void refuse_contradictions_of_files(const LoraTraining& c) {
  needs(c.in_json.empty() || (c.dataset_config.empty() && c.reg_data_dir.empty()),
        "in_json says the pictures of train_data_dir; regularisation pictures beside them are said in dataset_config, "
        "where a subset may have a metadata_file; leave out the one or the other");
  needs(c.conditioning_data_dir.empty() || c.masked_loss,
        "conditioning_data_dir holds masks, which masked_loss uses; say masked_loss too, or leave the masks out");
  needs(!c.dim_from_weights || !c.network_weights.empty(),
        "dim_from_weights takes ranks from network_weights, and there is none; say network_weights, or leave it out");
  needs(!c.dim_from_weights || c.network_module == "networks.lora",
        fmt::format("dim_from_weights is for plain LoRA (networks.lora), network_module is \"{}\"; leave it out",
                    c.network_module));
  const LoraOptions& n = c.network;
  needs(!c.dim_from_weights || (n.conv_dim == 0 && !is_by_block(n.blocks)),
        "dim_from_weights takes ranks from network_weights, and network_args say ranks or rates too (conv_dim, or by "
        "block); leave out the one or the other");
  needs(c.base_weights_multiplier.size() <= c.base_weights.size(),
        fmt::format("base_weights_multiplier has {} numbers for {} files of base_weights; it must have one for each "
                    "at most",
                    c.base_weights_multiplier.size(), c.base_weights.size()));
}

/// What cannot be together, with the reason.
void refuse_contradictions(const LoraTraining& c) {
  if (c.trains_the_model()) refuse_network_options(c);
  refuse_rates_said_twice(c);
  refuse_contradictions_of_files(c);
  needs(c.save_n_epoch_ratio == 0 || c.save_every_n_epochs == 0,
        "save_n_epoch_ratio says after which epochs files are saved, and so does save_every_n_epochs; say one");
  needs(c.trains_the_model() || !c.train_text_encoder,
        "train_text_encoder is for network_module \"none\"; networks change the text encoders unless "
        "network_train_unet_only or text_encoder_lr = 0 says otherwise");
  needs(c.trains_the_model() || c.block_lr.empty(),
        "block_lr is of full fine-tuning (network_module \"none\"); rates of a LoRA's blocks are down_lr_weight, "
        "mid_lr_weight and up_lr_weight in network_args");
  needs(c.block_lr.empty() || !c.unet_lr,
        "block_lr gives each block of the UNet its rate, and so does unet_lr; say one");
  needs(!c.trains_the_model() || c.train_text_encoder || !c.says_text_rates() || c.highest_text_rate() == 0,
        fmt::format("text_encoder_lr is {}, but with network_module \"none\" the text encoders are trained only where "
                    "train_text_encoder says so; say it, or leave the rate out",
                    text_rates_of(c)));
  needs(!(c.network_train_unet_only && c.network_train_text_encoder_only),
        "network_train_unet_only and network_train_text_encoder_only leave nothing to train; say one of them");
  needs(c.network.unet || c.network.text_encoder,
        "nothing would be trained: the learning rates of the UNet and of the text encoders are 0");
  needs(c.lr_scheduler != "constant" || c.lr_warmup_steps == 0,
        "lr_scheduler \"constant\" has no warm-up; say constant_with_warmup, or lr_warmup_steps = 0");
  if (finds_step_size(c.run.optimizer)) {
    needs(has_one_rate(c),
          fmt::format("{} finds one step size for everything it trains: unet_lr ({}) and text_encoder_lr ({}) must be "
                      "equal, usually 1, or one of them 0",
                      c.run.optimizer, c.unet_rate(), text_rates_of(c)));
    const LoraPlus faster = lora_plus(c);
    needs(faster.unet == 1 && faster.text == 1,
          fmt::format("{} finds one step size for everything it trains, so loraplus_lr_ratio cannot be; leave it out",
                      c.run.optimizer));
    needs(c.block_lr.empty(),
          fmt::format("{} finds one step size for everything it trains, so block_lr cannot be; leave "
                      "it out",
                      c.run.optimizer));
    needs(
        !has_block_rates(c.network.blocks),
        fmt::format("{} finds one step size for everything it trains, so blocks cannot have rates of their own; leave "
                    "out down_lr_weight, mid_lr_weight and up_lr_weight, or say ranks by block_dims",
                    c.run.optimizer));
  }
  const bool own_steps = takes_own_steps(c.run);
  if (own_steps) {
    const LoraPlus faster = lora_plus(c);
    needs(
        has_one_rate(c) && faster.unet == 1 && faster.text == 1 && c.block_lr.empty() &&
            !has_block_rates(c.network.blocks),
        "Adafactor takes steps of its own size, whatever the learning rates, so there cannot be different ones; leave "
        "them out, or say relative_step=False in optimizer_args");
  }
  needs(own_steps || c.lr_scheduler != "adafactor",
        "lr_scheduler \"adafactor\" is the size of steps that Adafactor finds by itself, and here it does not; say "
        "another, or leave relative_step=False out of optimizer_args");
  bool has_safeguard = false;
  for (const std::string& argument : c.run.optimizer_args)
    has_safeguard |= argument == "safeguard_warmup=True" || argument == "safeguard_warmup=true";
  needs(c.run.optimizer != "Prodigy" || c.lr_scheduler != "cosine_with_restarts" || has_safeguard,
        "Prodigy takes the start of each cosine for progress and grows its step size; add safeguard_warmup=True to "
        "optimizer_args, or take lr_scheduler cosine (its authors' advice)");
  needs(!c.full_bf16 || c.run.mixed_precision == "bf16", "full_bf16 is with mixed_precision = \"bf16\"; say both");
  needs(!c.full_fp16 || c.run.mixed_precision == "fp16", "full_fp16 is with mixed_precision = \"fp16\"; say both");
  const LoraPlus plus = lora_plus(c);
  needs((c.network.algorithm == "lora" && !c.network.dora) || (plus.unet == 1 && plus.text == 1),
        "loraplus_lr_ratio is for plain LoRA, whose up matrix it means");
  needs(!c.no_metadata || c.training_comment.empty(), "training_comment is not kept with no_metadata; say one of them");
  needs(c.sample_prompts.empty() || c.sample_every_n_steps > 0 || c.sample_every_n_epochs > 0 || c.sample_at_first,
        "sample_prompts are given, but not when: say sample_every_n_steps, sample_every_n_epochs or sample_at_first");
}

void check_ranges(const LoraTraining& c) {
  needs(!c.pretrained_model_name_or_path.empty(), "pretrained_model_name_or_path must be given");
  needs(c.train_data_dir.empty() != c.dataset_config.empty(),
        "train_data_dir or dataset_config must be given, and not both");
  needs(c.dataset_config.empty() || (c.reg_data_dir.empty() && c.validation_split == 0),
        "reg_data_dir and validation_split are said in dataset_config where there is one: is_reg of a subset, "
        "validation_split of a dataset");
  needs(c.network_module == "networks.lora" || c.network_module == "lycoris.kohya" || c.trains_the_model(),
        fmt::format("network_module must be \"networks.lora\", \"lycoris.kohya\" or \"none\", \"{}\" was given",
                    c.network_module));
  needs(c.network.algorithm == "lora" || c.network.algorithm == "loha" || c.network.algorithm == "lokr",
        fmt::format("algo of network_args must be lora, locon, loha or lokr, \"{}\" was given", c.network.algorithm));
  needs(
      (c.network.algorithm == "lora" && !c.network.dora && !c.network.drops_rows) || c.network.dropout == 0,
      "network_dropout acts between the two matrices of a plain LoRA (networks.lora); for other kinds leave it out, or "
      "say rank_dropout or module_dropout in network_args");
  needs(c.clip_skip >= 1 && c.clip_skip <= 12, "clip_skip must lie in 1..12");
  needs(c.max_token_length == 75 || c.max_token_length == 150 || c.max_token_length == 225,
        "max_token_length must be 75, 150 or 225");
  needs(c.max_train_epochs >= 0, "max_train_epochs must not be negative");
  needs(c.gradient_accumulation_steps >= 1 && c.gradient_accumulation_steps <= 4096,
        "gradient_accumulation_steps must lie in 1..4096");
  needs(c.min_timestep >= 0 && c.min_timestep <= c.max_timestep && c.max_timestep <= 1000 && c.min_timestep < 1000,
        "timesteps must be 0 <= min_timestep <= max_timestep <= 1000");
  needs(c.validation_split >= 0 && c.validation_split < 1, "validation_split must be at least 0 and below 1");
  needs(c.validate_every_n_steps >= 0 && c.validate_every_n_epochs >= 0 && c.max_validation_steps >= 0,
        "validate_every_n_steps, validate_every_n_epochs and max_validation_steps must not be negative");
  needs(c.prior_loss_weight >= 0 && c.scale_weight_norms >= 0 && c.ip_noise_gamma >= 0,
        "prior_loss_weight, scale_weight_norms and ip_noise_gamma must not be negative");
  needs(c.unet_rate() >= 0 && c.text_rate(0) >= 0 && c.text_rate(1) >= 0, "learning rates must not be negative");
  needs(c.save_n_epoch_ratio >= 0, "save_n_epoch_ratio must not be negative");
  needs(c.save_last_n_steps_state >= 0 && c.save_last_n_epochs_state >= 0,
        "save_last_n_steps_state and save_last_n_epochs_state must not be negative");
  needs(c.save_precision == "float" || c.save_precision == "fp16" || c.save_precision == "bf16",
        "save_precision must be float, fp16 or bf16");
  needs(!c.output_name.empty() && c.output_name.find('/') == std::string::npos,
        "output_name must be a name without slashes");
  constexpr double kMostSteps = 1e9;
  needs(c.lr_warmup_steps >= 0 && c.lr_decay_steps >= 0 && c.lr_warmup_steps <= kMostSteps &&
            c.lr_decay_steps <= kMostSteps,
        fmt::format("lr_warmup_steps and lr_decay_steps must lie in 0..{:g}", kMostSteps));
  const std::string& colour = c.alpha_background;
  needs(colour == "none" || (colour.size() == 7 && colour[0] == '#' &&
                             colour.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos),
        "alpha_background must be a colour as #ffffff, or none");
}

}  // namespace

LoraTraining::LoraTraining() {
  run.steps = 1600, run.batch_size = 1, run.learning_rate = 1e-4, run.ema_decay = 0;
  run.save_every_n_steps = 250, run.log_every_n_steps = 1;
  network.dim = 4, network.alpha = 1;
}

double LoraTraining::text_rate(size_t number) const {
  const auto& own = number == 0 ? learning_rate_te1 : learning_rate_te2;
  if (own) return *own;
  if (learning_rate_te) return *learning_rate_te;
  if (text_encoder_lr.empty()) return run.learning_rate;
  return text_encoder_lr[std::min(number, text_encoder_lr.size() - 1)];
}

double LoraTraining::base_multiplier(size_t number) const {
  return number < base_weights_multiplier.size() ? base_weights_multiplier[number] : 1;
}

int64_t LoraTraining::epochs_between_files(int64_t epochs) const {
  return save_n_epoch_ratio > 0 ? std::max<int64_t>(1, epochs / save_n_epoch_ratio) : save_every_n_epochs;
}

bool LoraTraining::says_text_rates() const {
  return !text_encoder_lr.empty() || learning_rate_te || learning_rate_te1 || learning_rate_te2;
}

PictureOptions settled(PictureOptions told) {
  told.buckets.resolution = size_of(told.resolution);
  check(told.captions);
  return told;
}

LoraTraining settled(LoraTraining c) {
  static_cast<PictureOptions&>(c) = settled(static_cast<const PictureOptions&>(c));
  read_network_args(c);
  // kohya's trainer makes modules it never trains and lets their gradients count; here they are not made.
  c.network.unet = !c.network_train_text_encoder_only && c.unet_rate() > 0;
  c.network.text_encoders = {c.text_rate(0) > 0, c.text_rate(1) > 0};
  c.network.text_encoder = !c.network_train_unet_only && c.highest_text_rate() > 0;
  if (!c.block_lr.empty()) {
    c.block_rates = read_block_rates(c.block_lr);
    c.network.unet &= std::any_of(c.block_rates.begin(), c.block_rates.end(), [](double rate) { return rate > 0; });
  }
  if (c.trains_the_model()) c.network.text_encoder &= c.train_text_encoder;
  check_ranges(c);
  refuse_contradictions(c);
  c.run.weights_in = c.full_bf16 ? "bf16" : c.full_fp16 ? "fp16" : "fp32";
  // Of a run that is told in epochs the number of steps follows from its pictures: the warm-up is held against it
  // later.
  const int64_t least = int64_t(c.lr_warmup_steps + c.lr_decay_steps);
  lr_schedule_of(c, c.max_train_epochs > 0 ? std::max(c.run.steps, least) : c.run.steps);
  return c;
}

LoraPlus lora_plus(const LoraTraining& c) {
  OptimizerArguments arguments("network_args", c.network_args);
  const double both = arguments.number("loraplus_lr_ratio", 1);
  return {arguments.number("loraplus_unet_lr_ratio", both), arguments.number("loraplus_text_encoder_lr_ratio", both)};
}

LrSchedule lr_schedule_of(const LoraTraining& c, int64_t steps) {
  const auto in_steps = [&](double told) { return int64_t(told < 1 ? told * double(steps) : told); };
  LrSchedule schedule{.name = c.lr_scheduler,
                      .steps = steps,
                      .warmup_steps = in_steps(c.lr_warmup_steps),
                      .base_rate = c.run.learning_rate,
                      .cycles = c.lr_scheduler_num_cycles,
                      .power = c.lr_scheduler_power,
                      .least = c.lr_scheduler_min_lr_ratio,
                      .decay_steps = in_steps(c.lr_decay_steps),
                      .timescale = c.lr_scheduler_timescale};
  for (const std::string& argument : c.lr_scheduler_args) {
    constexpr std::string_view kRules = "step_rules=";
    needs(argument.starts_with(kRules),
          fmt::format("lr_scheduler_args can say step_rules=..., \"{}\" was given", argument));
    read_pieces(argument.substr(kRules.size()), schedule);
  }
  needs(c.lr_scheduler != "piecewise_constant" || !c.lr_scheduler_args.empty(),
        "lr_scheduler piecewise_constant needs lr_scheduler_args = [\"step_rules=1:10,0.1:20,0.005\"]");
  needs(schedule.warmup_steps <= steps,
        fmt::format("the warm-up of {} steps is longer than the run of {}", schedule.warmup_steps, steps));
  lr_factor(schedule, 0);  // refuses what cannot be
  return schedule;
}

double rate_factor(const LoraTraining& told, const LrSchedule& schedule, int64_t step) {
  return takes_own_steps(told.run) ? own_step(told.run, step) / own_step(told.run, 0) : lr_factor(schedule, step);
}

double rate_of_step(const LoraTraining& told, const LrSchedule& schedule, int64_t step) {
  return takes_own_steps(told.run) ? own_step(told.run, step) : told.run.learning_rate * lr_factor(schedule, step);
}

}  // namespace darkroom::train
