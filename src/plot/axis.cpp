#include "plot/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "formats/csv.h"
#include "formats/utf8.h"
#include "prompt/blanks.h"

namespace darkroom::plot {
namespace {

using diffusion::same_name;
using generate::RequestField;
using generate::Settings;

constexpr size_t kMostValues = 1000;

/// A1111's names of axes that are not also infotext keys, and the JSON names of their fields.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kNames = {
    {{"Var. seed", "subseed"},
     {"Var. strength", "subseed_strength"},
     {"Checkpoint name", "model"},
     {"Sigma min", "s_tmin"},
     {"Sigma max", "s_tmax"},
     {"Always discard next-to-last sigma", "discard_next_to_last_sigma"},
     {"RNG source", "randn_source"},
     {"UniPC Order", "order"},
     {"Denoising", "denoising_strength"},
     {"Initial noise multiplier", "initial_noise_multiplier"},
     {"Cond. Image Mask Weight", "inpainting_mask_weight"},
     {"Image CFG Scale", "image_cfg_scale"},
     {"Hires steps", "hr_second_pass_steps"},
     {"Hires sampler", "hr_sampler_name"},
     {"Hires upscaler", "hr_upscaler"},
     {"Extra noise", "img2img_extra_noise"},
     {"Width", "width"},
     {"Height", "height"}}};

std::string trimmed(std::string_view text) {
  return std::string(prompt::without_blanks_around(text));
}

const RequestField* field_named(std::string_view name) {
  for (const auto& [known, json] : kNames)
    if (same_name(known, name)) name = json;
  for (const RequestField& field : generate::request_fields()) {
    const std::string_view flag = field.flag;
    if (same_name(field.name, name) || (!field.infotext.empty() && same_name(field.infotext, name)) ||
        (flag.starts_with("--") && same_name(flag.substr(2), name)))
      return &field;
  }
  return nullptr;
}

[[noreturn]] void fail_unknown(std::string_view name) {
  std::vector<std::string> names = {"Prompt S/R", "Prompt order", "Styles", "Size", "LoRA weight NAME", "Nothing"};
  for (const RequestField& field : generate::request_fields())
    names.push_back(field.infotext.empty() || field.infotext.ends_with("-1") ? field.name : field.infotext);
  fail(ErrorKind::invalid_request, "there is no axis {}; did you mean {}?", formats::in_quotes(name),
       diffusion::nearest_names_text(name, names));
}

bool is_number(const RequestField& field) {
  return !std::holds_alternative<std::string generate::GenerateRequest::*>(field.member) &&
         !std::holds_alternative<bool generate::GenerateRequest::*>(field.member);
}

bool is_whole(const RequestField& field) {
  return is_number(field) && !std::holds_alternative<double generate::GenerateRequest::*>(field.member);
}

std::vector<std::string> texts_of(std::string_view text) {
  std::vector<std::string> texts;
  for (const formats::CsvRow& row : formats::csv_rows(text))
    for (const std::string& one : row) texts.push_back(trimmed(one));
  return texts;
}

std::string label_of(const RequestField& field, const std::string& name, const std::string& value) {
  if (field.name == "model" || field.name == "vae") return std::filesystem::path(value).filename().string();
  return is_number(field) ? name + ": " + value : value;
}

std::vector<AxisValue> field_values(const RequestField& field, const std::string& name, std::string_view text) {
  std::vector<AxisValue> values;
  for (const std::string& one : texts_of(text)) {
    if (one.empty() && is_number(field)) continue;
    std::vector<std::string> numbers =
        is_number(field) ? range_values(one, is_whole(field)) : std::vector<std::string>();
    if (numbers.empty()) numbers = {one};
    for (const std::string& value : numbers) {
      generate::completed_request({{field.name, value}});  // refused now rather than after hours
      values.push_back(
          {label_of(field, name, value), [json = field.name, value](Settings& said) { said[json] = value; }});
    }
  }
  return values;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

void search_and_replace(Settings& said, const std::string& from, const std::string& to) {
  std::string& prompt = said["prompt"];
  std::string& negative = said["negative_prompt"];
  require(prompt.find(from) != std::string::npos || negative.find(from) != std::string::npos,
          ErrorKind::invalid_request, "Prompt S/R: {} must be in the prompt or the negative prompt, is in neither",
          formats::in_quotes(from));
  prompt = replaced(prompt, from, to);
  negative = replaced(negative, from, to);
  if (negative.empty()) said.erase("negative_prompt");
}

std::vector<AxisValue> replacements(std::string_view text) {
  const std::vector<std::string> texts = texts_of(text);
  require(!texts.empty() && !texts[0].empty(), ErrorKind::invalid_request,
          "Prompt S/R: the first value is what is looked for, and must not be empty");
  std::vector<AxisValue> values;
  for (const std::string& to : texts)
    values.push_back({to, [from = texts[0], to](Settings& said) { search_and_replace(said, from, to); }});
  return values;
}

/// The prompt with `order` in the places where its texts stand now.
void reorder(Settings& said, const std::vector<std::string>& order) {
  std::string& prompt = said["prompt"];
  std::vector<std::pair<size_t, std::string>> places;
  for (const std::string& text : order) {
    places.emplace_back(prompt.find(text), text);
    require(places.back().first != std::string::npos, ErrorKind::invalid_request,
            "Prompt order: {} must be in the prompt", formats::in_quotes(text));
  }
  std::sort(places.begin(), places.end());
  std::string result;
  size_t at = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    const size_t begin = std::max(at, places[i].first);
    result += prompt.substr(at, begin - at) + order[i];
    at = begin + places[i].second.size();
  }
  prompt = result + prompt.substr(std::min(at, prompt.size()));
}

std::vector<AxisValue> orders(std::string_view text) {
  std::vector<std::string> texts = texts_of(text);
  std::vector<size_t> order(texts.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  require(texts.size() <= 6, ErrorKind::invalid_request,
          "Prompt order: at most 6 texts, which have 720 orders, {} were given", texts.size());
  std::vector<AxisValue> values;
  do {
    std::vector<std::string> ordered;
    for (const size_t i : order) ordered.push_back(texts[i]);
    std::string label;
    for (const std::string& one : ordered) label += (label.empty() ? "" : ", ") + one;
    values.push_back({label, [ordered](Settings& said) { reorder(said, ordered); }});
  } while (std::next_permutation(order.begin(), order.end()));
  return values;
}

std::vector<AxisValue> style_values(std::string_view text, const std::vector<prompt::Style>& styles) {
  std::vector<AxisValue> values;
  for (const std::string& name : texts_of(text)) {
    const prompt::Style style = name.empty() ? prompt::Style{} : prompt::style_named(styles, name);
    values.push_back({name, [style](Settings& said) {
                        said["prompt"] = prompt::with_style(said["prompt"], style.prompt);
                        const std::string negative = prompt::with_style(said["negative_prompt"], style.negative_prompt);
                        said["negative_prompt"] = negative;
                        if (negative.empty()) said.erase("negative_prompt");
                      }});
  }
  return values;
}

std::vector<AxisValue> sizes(std::string_view text) {
  std::vector<AxisValue> values;
  for (const std::string& size : texts_of(text)) {
    const size_t x = std::min(size.find('x'), size.size());
    const std::string width = size.substr(0, x), height = x < size.size() ? size.substr(x + 1) : "";
    generate::completed_request({{"width", width}, {"height", height}});
    values.push_back({size, [width, height](Settings& said) {
                        said["width"] = width;
                        said["height"] = height;
                      }});
  }
  return values;
}

constexpr std::string_view kLoraWeight = "LoRA weight ";

/// "LoRA weight silver": the name, or "" for other axes.
std::string lora_of(std::string_view axis) {
  if (axis.size() <= kLoraWeight.size() || !same_name(axis.substr(0, kLoraWeight.size()), kLoraWeight)) return "";
  return trimmed(axis.substr(kLoraWeight.size()));
}

/// The weight in every tag of that LoRA; where there is none, one is added.
void set_lora_weight(Settings& said, const std::string& lora, const std::string& weight) {
  std::string& prompt = said["prompt"];
  const std::string begin = "<lora:" + lora, tag = begin + ":" + weight + ">";
  bool is_there = false;
  for (size_t at = prompt.find(begin); at != std::string::npos; at = prompt.find(begin, at + tag.size())) {
    const size_t after = at + begin.size(), end = prompt.find('>', at);
    if (end == std::string::npos) break;
    if (prompt[after] == ':' || prompt[after] == '>') {
      prompt.replace(at, end + 1 - at, tag);
      is_there = true;
    }
  }
  if (!is_there) prompt += (prompt.empty() ? "" : " ") + tag;
}

std::vector<AxisValue> lora_weights(const std::string& lora, std::string_view text) {
  std::vector<AxisValue> values;
  for (const std::string& one : texts_of(text)) {
    std::vector<std::string> weights = range_values(one, /*is_whole=*/false);
    if (weights.empty()) weights = {one};
    for (const std::string& weight : weights) {
      generate::completed_request({{"prompt", fmt::format("<lora:{}:{}>", lora, weight)}});
      values.push_back({lora + ": " + weight, [lora, weight](Settings& said) { set_lora_weight(said, lora, weight); }});
    }
  }
  return values;
}

std::optional<double> number_at(std::string_view& text, bool is_whole) {
  std::string_view rest = prompt::without_blanks_in_front(text);
  if (rest.starts_with('+')) rest.remove_prefix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
  if (problem != std::errc() || (is_whole && value != std::floor(value))) return std::nullopt;
  rest.remove_prefix(size_t(end - rest.data()));
  text = prompt::without_blanks_in_front(rest);
  return value;
}

bool skip(std::string_view& text, char sign) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(1);
  return true;
}

std::string number_text(double value) {
  // Sums of steps such as 0.1 end in digits that nobody meant.
  return fmt::format("{}", std::round(value * 1e8) / 1e8);
}

std::vector<std::string> stepped(double from, double to, double step) {
  require(step != 0 && std::isfinite(step), ErrorKind::invalid_request, "a range's step must not be 0");
  std::vector<std::string> values;
  for (int i = 0; step > 0 ? from + i * step <= to + 1e-9 : from + i * step >= to - 1e-9; ++i) {
    require(values.size() < kMostValues, ErrorKind::invalid_request, "a range must have at most {} values",
            kMostValues);
    values.push_back(number_text(from + i * step));
  }
  require(!values.empty(), ErrorKind::invalid_request,
          "a range from {} to {} in steps of {} has no value; try the other sign", from, to, step);
  return values;
}

std::vector<std::string> counted(double from, double to, double count, bool is_whole) {
  require(count >= 1 && count <= double(kMostValues), ErrorKind::invalid_request,
          "a range must have 1 to {} values, {} were asked for", kMostValues, count);
  std::vector<std::string> values;
  for (int i = 0; i < int(count); ++i) {
    const double value = count > 1 ? from + (to - from) * i / (count - 1) : from;
    values.push_back(number_text(is_whole ? std::trunc(value + (value < 0 ? -1e-9 : 1e-9)) : value));
  }
  return values;
}

}  // namespace

std::vector<std::string> range_values(std::string_view text, bool is_whole) {
  const auto from = number_at(text, is_whole);
  if (!from || !skip(text, '-')) return {};
  const auto to = number_at(text, is_whole);
  if (!to) return {};
  if (text.empty()) return stepped(*from, *to, 1);
  const bool is_step = text.front() == '(';
  if (!skip(text, '(') && !skip(text, '[')) return {};
  const auto number = number_at(text, is_whole || !is_step);
  if (!number || !skip(text, is_step ? ')' : ']') || !prompt::without_blanks_in_front(text).empty()) return {};
  return is_step ? stepped(*from, *to, *number) : counted(*from, *to, *number, is_whole);
}

Axis no_axis() {
  return {.name = "", .text = "", .values = {{"", [](Settings&) {}}}};
}

Axis axis_of(std::string_view text, const std::vector<prompt::Style>& styles) {
  const size_t colon = std::min(text.find(':'), text.size());
  const std::string name = trimmed(text.substr(0, colon));
  const std::string values = colon < text.size() ? trimmed(text.substr(colon + 1)) : "";
  if (same_name(name, "Nothing") || name.empty()) return no_axis();
  Axis axis{.name = name, .text = values, .values = {}};
  if (same_name(name, "Prompt S/R")) {
    axis.values = replacements(values);
  } else if (same_name(name, "Prompt order")) {
    axis.values = orders(values);
  } else if (same_name(name, "Styles")) {
    axis.values = style_values(values, styles);
  } else if (same_name(name, "Size")) {
    axis.values = sizes(values);
  } else if (const std::string lora = lora_of(name); !lora.empty()) {
    axis.values = lora_weights(lora, values);
  } else if (const RequestField* field = field_named(name)) {
    axis.field = field->name;
    axis.values = field_values(*field, name, values);
  } else {
    fail_unknown(name);
  }
  require(!axis.values.empty() && axis.values.size() <= kMostValues, ErrorKind::invalid_request,
          "the axis {}: 1 to {} values are needed, {} were given; write it as \"Steps: 5,10,20\"",
          formats::in_quotes(name), kMostValues, axis.values.size());
  return axis;
}

}  // namespace darkroom::plot
