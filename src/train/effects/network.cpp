// What is learned, and how large it is.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "train/effects/rows.h"
#include "train/lora_blocks.h"

namespace darkroom::train::effects {
namespace {

constexpr const char* kRanksOfFile = "dim_from_weights takes it from network_weights";
constexpr const char* kNoNetwork = "network_module is none, so there is no network";

int64_t bytes_of_a_number(const LoraTraining& o) {
  return o.save_precision == "float" ? 4 : 2;
}

std::string file_of(const Seen& run) {
  const auto learned = run.learned();
  if (!learned) return "";
  return fmt::format("{} numbers, a file of {}", count(*learned),
                     size(double(*learned * bytes_of_a_number(run.options))));
}

std::string network_module(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model())
    return fmt::format("the weights themselves are trained{}{}; the whole checkpoint is saved",
                       o.network.text_encoder ? ", UNet and text encoders" : ", the UNet's alone",
                       run.learned() ? ": " + count(*run.learned()) + " numbers" : "");
  const char* kind = o.network.algorithm == "loha"   ? "LoHa, a product of two low-rank changes"
                     : o.network.algorithm == "lokr" ? "LoKr, a Kronecker product"
                     : o.network.conv_dim > 0        ? "LoRA of linear layers and convolutions (LoCon)"
                                                     : "LoRA of linear layers";
  const std::string file = file_of(run);
  return fmt::format("{}{}{}", kind, o.network.dora ? ", with the length of each output learned apart (DoRA)" : "",
                     file.empty() ? "" : ": " + file);
}

std::string network_dim(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  if (o.dim_from_weights) return no_effect(kRanksOfFile);
  const auto learned = run.learned();
  if (!learned) return fmt::format("each layer can change in {}", count(o.network.dim, "direction"));
  const auto& model = run.facts.model;
  if (!model || !run.is_plain_lora()) return file_of(run);
  std::vector<std::string> parts;
  if (o.network.unet) parts.push_back(count(model->unet.per_rank));
  if (o.network.text_encoder) parts.push_back(count(run.text_per_rank()));
  return fmt::format("{} x ({}) = {}", o.network.dim, fmt::join(parts, " + "), file_of(run));
}

std::string network_alpha(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  if (o.dim_from_weights) return no_effect(kRanksOfFile);
  const double a = o.network.alpha > 0 ? o.network.alpha : double(o.network.dim);
  return fmt::format("the change counts alpha / dim = {:g} / {} = {:g}; the same file as alpha {} at weight {:g}", a,
                     o.network.dim, a / double(o.network.dim), o.network.dim, a / double(o.network.dim));
}

std::string faster(const LoraTraining& o) {
  const LoraPlus plus = lora_plus(o);
  std::vector<std::string> parts;
  if (plus.unet != 1 && o.network.unet)
    parts.push_back(fmt::format("the UNet's up matrices learn at {:g} x {:g} = {:g}", plus.unet, o.unet_rate(),
                                plus.unet * o.unet_rate()));
  if (plus.text != 1 && o.network.text_encoder)
    parts.push_back(
        o.has_two_text_rates()
            ? fmt::format("the text encoders' up matrices learn at {:g} x {:g} = {:g} and {:g} x {:g} = {:g}",
                          plus.text, o.text_rate(0), plus.text * o.text_rate(0), plus.text, o.text_rate(1),
                          plus.text * o.text_rate(1))
            : fmt::format("the text encoders' up matrices learn at {:g} x {:g} = {:g}", plus.text, o.text_rate(0),
                          plus.text * o.text_rate(0)));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string network_args(const Seen& run) {
  const LoraTraining& o = run.options;
  const LoraOptions& n = o.network;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  std::vector<std::string> parts;
  if (n.conv_dim > 0) {
    const double alpha = n.conv_alpha > 0 ? n.conv_alpha : double(n.conv_dim);
    parts.push_back(fmt::format("3x3 convolutions change too, in {}, counting {:g} / {} = {:g}",
                                count(n.conv_dim, "direction"), alpha, n.conv_dim, alpha / double(n.conv_dim)));
  }
  if (n.dora) parts.emplace_back("the length of each output's weights is learned apart");
  if (n.rank_dropout > 0)
    parts.push_back(
        n.drops_rows ? fmt::format("{} of a layer's outputs rest at each use", percent(n.rank_dropout))
                     : fmt::format("{:.3g} of {} directions rest at each use", n.rank_dropout * double(n.dim), n.dim));
  if (n.module_dropout > 0) parts.push_back(fmt::format("{} of the layers rest in a step", percent(n.module_dropout)));
  if (const std::string plus = faster(o); !plus.empty()) parts.push_back(plus);
  if (!n.blocks.dims.empty() || !n.blocks.conv_dims.empty()) parts.emplace_back("ranks differ by block of the UNet");
  if (has_block_rates(n.blocks)) parts.emplace_back("the UNet's rate differs by block");
  if (parts.empty()) return "nothing more: the transformers' linear layers change, at one rank and rate for each part";
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string network_dropout(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  const double share = o.network.dropout;
  if (share == 0) return "off: every value between the two matrices counts in every step";
  return fmt::format("{:.3g} of {} values between the matrices are left out at each use, the others count {:.3g} times",
                     share * double(o.network.dim), o.network.dim, 1 / (1 - share));
}

std::string network_weights(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  if (o.network_weights.empty()) return "none: the change is 0 before the first step";
  const std::string file = o.network_weights.filename().string();
  if (o.dim_from_weights) return fmt::format("the first step has the change of {}", file);
  return fmt::format("the first step has the change of {}, which must have rank {}", file, o.network.dim);
}

std::string dim_from_weights(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  if (!o.dim_from_weights) return "off: network_dim and network_args say ranks";
  return fmt::format("layers, ranks and alphas are those of {}", o.network_weights.filename().string());
}

/// "192 layers of the UNet"; without a count where nobody looked.
std::string unet_layers(const Seen& run) {
  const auto& model = run.facts.model;
  return model && run.is_plain_lora() ? count(model->unet.modules, "layer") + " of the UNet" : "the UNet";
}
std::string text_layers(const Seen& run) {
  const auto& model = run.facts.model;
  const bool is_known = model && !run.options.trains_the_model() && !is_by_block(run.options.network.blocks);
  const char* which = model && model->text_encoders > 1 ? "the text encoders" : "the text encoder";
  return is_known ? count(model->text().modules, "layer") + " of " + which : which;
}

std::string unet_only(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  if (o.network_train_unet_only)
    return fmt::format("{} are trained; {} stay as they are, so what they say of a caption is kept", unet_layers(run),
                       text_layers(run));
  if (!o.network.text_encoder) return no_effect("the text encoders stay as they are anyway");
  return fmt::format("off: {} are trained too", text_layers(run));
}

std::string text_only(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  if (o.network_train_text_encoder_only)
    return fmt::format("{} are trained; {} stay as they are", text_layers(run), unet_layers(run));
  if (!o.network.unet) return no_effect("the UNet stays as it is anyway");
  return fmt::format("off: {} are trained too", unet_layers(run));
}

std::string train_text_encoder(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!o.trains_the_model()) return no_effect("it is for network_module none; a network has options of its own for it");
  if (!o.train_text_encoder)
    return fmt::format("off: {} as it is, and what it says of a caption is kept", text_layers(run));
  const std::string rates = o.has_two_text_rates() ? fmt::format("{:g} and {:g}", o.text_rate(0), o.text_rate(1))
                                                   : fmt::format("{:g}", o.text_rate(0));
  return fmt::format("{} learn too, at {}; captions go through at each use", text_layers(run), rates);
}

std::string scale_weight_norms(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect(kNoNetwork);
  if (o.scale_weight_norms == 0) return "off: a layer's change may grow without limit";
  return fmt::format(
      "after each step a layer's change longer than {0:g} is shrunk to {0:g}; the log says how many were",
      o.scale_weight_norms);
}

constexpr Row kRows[] = {{"network_module", network_module},
                         {"network_dim", network_dim},
                         {"network_alpha", network_alpha},
                         {"network_args", network_args},
                         {"network_dropout", network_dropout},
                         {"network_weights", network_weights},
                         {"dim_from_weights", dim_from_weights},
                         {"network_train_unet_only", unet_only},
                         {"network_train_text_encoder_only", text_only},
                         {"train_text_encoder", train_text_encoder},
                         {"scale_weight_norms", scale_weight_norms}};

}  // namespace

std::span<const Row> network_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
