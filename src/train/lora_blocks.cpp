#include "train/lora_blocks.h"

#include <charconv>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace darkroom::train {
namespace {

constexpr int64_t kLargestRank = 1'000'000;

struct BlockCounts {
  size_t down, middle;  // as many up as down
  bool has_ends;        // a block before and one after, which a LoRA never changes
  size_t all() const { return 2 * down + middle + (has_ends ? 2 : 0); }
};
constexpr BlockCounts kSd{12, 1, false}, kSdxl{9, 3, true};

std::optional<double> number_in(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// "1,0.5,,0": what is left out is 0, as there.
std::vector<double> numbers_of(const std::string& name, const std::string& text) {
  std::vector<double> numbers;
  std::string_view rest = text;
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view part = rest.substr(0, comma);
    const auto number = part.empty() ? 0.0 : number_in(part);
    require(number.has_value() && *number >= 0, ErrorKind::invalid_request,
            "{} must be numbers from 0 on with commas between, \"{}\" was given", name, text);
    numbers.push_back(*number);
    if (comma == rest.size()) return numbers;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<double> list_of(OptimizerArguments& arguments, const char* name) {
  const std::string text = arguments.text(name, "");
  if (text.empty()) return {};
  std::vector<double> numbers = numbers_of(fmt::format("network_args: {}", name), text);
  require(numbers.size() == kSd.all() || numbers.size() == kSdxl.all(), ErrorKind::invalid_request,
          "network_args: {} must have a number for each block, {} of SD 1.x and 2.x, {} of SDXL; {} were given", name,
          kSd.all(), kSdxl.all(), numbers.size());
  return numbers;
}

std::vector<int64_t> ranks_of(OptimizerArguments& arguments, const char* name) {
  std::vector<int64_t> ranks;
  for (const double number : list_of(arguments, name)) {
    require(number == std::floor(number) && number <= kLargestRank, ErrorKind::invalid_request,
            "network_args: {} must be whole numbers up to {}, {} was given", name, kLargestRank, number);
    ranks.push_back(int64_t(number));
  }
  return ranks;
}

/// A curve over `count` blocks: shallow to deep on the way down, deep to shallow on the way up.
std::optional<std::vector<double>> curve_named(const std::string& text, size_t count) {
  const size_t plus = std::min(text.find('+'), text.size());
  const std::string name = text.substr(0, plus);
  const auto base = plus < text.size() ? number_in(std::string_view(text).substr(plus + 1)) : 0.0;
  if (!base) return std::nullopt;
  std::vector<double> curve;
  for (size_t i = 0; i < count; ++i) {
    const double rising = double(i) / double(count - 1), falling = double(count - 1 - i) / double(count - 1);
    const auto sine = [](double x) { return std::sin(std::numbers::pi * x / 2); };
    if (name != "sine" && name != "cosine" && name != "linear" && name != "reverse_linear" && name != "zeros")
      return std::nullopt;
    const double height = name == "sine"             ? sine(rising)
                          : name == "cosine"         ? sine(falling)
                          : name == "linear"         ? rising
                          : name == "reverse_linear" ? falling
                                                     : 0;
    curve.push_back(height + *base);
  }
  return curve;
}

bool is_list(const std::string& text) {
  return text.find(',') != text.npos || number_in(text).has_value();
}

/// The factors of one part of the UNet. Short lists go on with 1, of long ones the end does not count, as there.
std::vector<double> factors(const std::string& name, const std::string& text, size_t count, double zero_threshold) {
  if (text.empty()) return std::vector<double>(count, 1.0);
  std::optional<std::vector<double>> found;
  if (is_list(text))
    found = numbers_of("network_args: " + name, text);
  else if (name != "mid_lr_weight")
    found = curve_named(text, count);
  require(found.has_value(), ErrorKind::invalid_request,
          "network_args: {} must be numbers with commas between{}, \"{}\" was given", name,
          name == "mid_lr_weight" ? "" : ", or sine, cosine, linear, reverse_linear or zeros, as in linear+0.25", text);
  found->resize(count, 1.0);
  for (double& factor : *found)
    if (factor <= zero_threshold) factor = 0;
  return *found;
}

template <typename T>
T value_at(const std::vector<T>& list, size_t i, T otherwise) {
  return list.empty() ? otherwise : list[i];
}

/// The number that stands at `at` in a name, between underscores.
size_t number_at(std::string_view name, size_t at) {
  size_t number = 0;
  std::from_chars(name.data() + at, name.data() + name.size(), number);
  return number;
}

}  // namespace

LoraBlockOptions read_block_options(OptimizerArguments& arguments) {
  LoraBlockOptions o;
  o.dims = ranks_of(arguments, "block_dims");
  o.alphas = list_of(arguments, "block_alphas");
  o.conv_dims = ranks_of(arguments, "conv_block_dims");
  o.conv_alphas = list_of(arguments, "conv_block_alphas");
  o.down_rates = arguments.text("down_lr_weight", "");
  o.mid_rates = arguments.text("mid_lr_weight", "");
  o.up_rates = arguments.text("up_lr_weight", "");
  o.zero_threshold = arguments.number("block_lr_zero_threshold", 0);
  require(o.zero_threshold >= 0, ErrorKind::invalid_request,
          "network_args: block_lr_zero_threshold must not be negative, {} was given", o.zero_threshold);
  for (const BlockCounts& counts : {kSd, kSdxl}) {
    factors("down_lr_weight", o.down_rates, counts.down, 0);
    factors("mid_lr_weight", o.mid_rates, counts.middle, 0);
    factors("up_lr_weight", o.up_rates, counts.down, 0);
  }
  return o;
}

std::vector<double> read_block_rates(const std::string& text) {
  const std::vector<double> rates = numbers_of("block_lr", text);
  const bool has_gaps = text.front() == ',' || text.back() == ',' || text.find(",,") != text.npos;
  require(rates.size() == kSdxl.all() && !has_gaps, ErrorKind::invalid_request,
          "block_lr must be {} learning rates with commas between, one for each block of SDXL's UNet, \"{}\" was given",
          kSdxl.all(), text);
  return rates;
}

size_t rate_of_parameter(const std::string& name) {
  for (const auto& [part, first] : {std::pair{std::string_view("input_blocks."), size_t(1)},
                                    {"middle_block.", 1 + kSdxl.down},
                                    {"output_blocks.", 1 + kSdxl.down + kSdxl.middle}})
    if (name.starts_with(part)) return first + number_at(name, part.size());
  return name.starts_with("out.") ? kSdxl.all() - 1 : 0;
}

bool has_block_rates(const LoraBlockOptions& o) {
  return !o.down_rates.empty() || !o.mid_rates.empty() || !o.up_rates.empty();
}

bool is_by_block(const LoraBlockOptions& o) {
  return !o.dims.empty() || !o.alphas.empty() || !o.conv_dims.empty() || !o.conv_alphas.empty() || has_block_rates(o);
}

std::optional<size_t> block_of(const std::string& name, bool is_sdxl) {
  constexpr std::string_view kStart = "lora_unet_";
  if (!name.starts_with(kStart)) return std::nullopt;
  const std::string_view path = std::string_view(name).substr(kStart.size());
  if (is_sdxl) {
    for (const auto& [part, first] : {std::pair{std::string_view("input_blocks_"), size_t(1)},
                                      {"middle_block_", 1 + kSdxl.down},
                                      {"output_blocks_", 1 + kSdxl.down + kSdxl.middle}})
      if (path.starts_with(part)) return first + number_at(path, part.size());
    return std::nullopt;
  }
  if (path.starts_with("mid_block_")) return kSd.down;
  for (const auto& [part, first] :
       {std::pair{std::string_view("down_blocks_"), size_t(1)}, {"up_blocks_", kSd.down + kSd.middle}}) {
    if (!path.starts_with(part)) continue;
    const size_t level = number_at(path, part.size());
    for (const std::string_view kind : {"_resnets_", "_attentions_"})
      if (const size_t at = path.find(kind); at != path.npos)
        return first + 3 * level + number_at(path, at + kind.size());
    return first + 3 * level + 2;  // what halves or doubles stands last
  }
  return std::nullopt;
}

LoraBlocks::LoraBlocks(const LoraOptions& options, bool is_sdxl) {
  const LoraBlockOptions& o = options.blocks;
  const BlockCounts counts = is_sdxl ? kSdxl : kSd;
  const auto check = [&](const char* name, size_t size) {
    require(size == 0 || size == counts.all(), ErrorKind::invalid_request,
            "network_args: {} must have a number for each of the {} blocks of this model, {} were given", name,
            counts.all(), size);
  };
  check("block_dims", o.dims.size()), check("block_alphas", o.alphas.size());
  check("conv_block_dims", o.conv_dims.size()), check("conv_block_alphas", o.conv_alphas.size());
  std::vector<double> rates;
  if (counts.has_ends) rates.push_back(1);
  for (const auto& part : {factors("down_lr_weight", o.down_rates, counts.down, o.zero_threshold),
                           factors("mid_lr_weight", o.mid_rates, counts.middle, o.zero_threshold),
                           factors("up_lr_weight", o.up_rates, counts.down, o.zero_threshold)})
    rates.insert(rates.end(), part.begin(), part.end());
  if (counts.has_ends) rates.push_back(1);
  for (size_t i = 0; i < counts.all(); ++i) {
    const bool is_trained = rates[i] > 0;
    blocks.push_back({.dim = is_trained ? value_at(o.dims, i, options.dim) : 0,
                      .conv_dim = is_trained ? value_at(o.conv_dims, i, options.conv_dim) : 0,
                      .alpha = value_at(o.alphas, i, options.alpha),
                      .conv_alpha = value_at(o.conv_alphas, i, options.conv_alpha),
                      .rate = rates[i]});
  }
}

}  // namespace darkroom::train
