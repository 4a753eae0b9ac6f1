#include "train/sample_prompts.h"

#include <toml++/toml.h>
#include <nlohmann/json.hpp>

#include <sstream>

#include "base/error.h"
#include "formats/mapped_file.h"
#include "formats/utf8.h"
#include "prompt/blanks.h"

namespace darkroom::train {
namespace {

constexpr size_t kLargestFile = size_t(1) << 20;  // bytes

struct Flag {
  const char* flag;
  const char* field;
};
constexpr Flag kFlags[] = {{"n", "negative_prompt"}, {"w", "width"},     {"h", "height"},       {"d", "seed"},
                           {"s", "steps"},           {"l", "cfg_scale"}, {"ss", "sampler_name"}};

SamplePrompt prompt_of(std::string_view line) {
  SamplePrompt sample;
  size_t end = std::min(line.find(" --"), line.size());
  sample.prompt = prompt::without_blanks_around(line.substr(0, end));
  while (end < line.size()) {
    line.remove_prefix(end + 3);
    end = std::min(line.find(" --"), line.size());
    const std::string_view part = line.substr(0, end);
    const size_t blank = std::min(part.find(' '), part.size());
    const std::string flag(part.substr(0, blank));
    const std::string value(prompt::without_blanks_around(part.substr(blank)));
    const Flag* known = nullptr;
    for (const Flag& one : kFlags)
      if (flag == one.flag) known = &one;
    require(known != nullptr, ErrorKind::invalid_request,
            "--{} is not known; --n negative prompt, --w width, --h height, --d seed, --s steps, --l CFG scale, --ss "
            "sampler are",
            flag);
    require(!value.empty(), ErrorKind::invalid_request, "--{} needs a value", flag);
    sample.settings[known->field] = flag == "ss" ? sampler_named_by_kohya(value) : value;
  }
  return sample;
}

using Json = nlohmann::json;

enum class Kind { text, whole_number, number };
struct Key {
  const char* key;
  const char* field;
  Kind kind;
};
constexpr Key kKeys[] = {{"negative_prompt", "negative_prompt", Kind::text}, {"width", "width", Kind::whole_number},
                         {"height", "height", Kind::whole_number},           {"seed", "seed", Kind::whole_number},
                         {"sample_steps", "steps", Kind::whole_number},      {"scale", "cfg_scale", Kind::number},
                         {"sample_sampler", "sampler_name", Kind::text}};

std::string text_of(const std::string& key, const Json& value, Kind kind) {
  const char* const kinds[] = {"a text", "a whole number", "a number"};
  const bool fits = kind == Kind::text     ? value.is_string()
                    : kind == Kind::number ? value.is_number()
                                           : value.is_number_integer();
  require(fits, ErrorKind::invalid_request, "{} must be {}, found {}", key, kinds[int(kind)],
          value.dump().substr(0, 60));
  return value.is_string() ? value.get<std::string>() : value.dump();
}

SamplePrompt prompt_of(const Json& entry) {
  if (entry.is_string()) return prompt_of(std::string_view(entry.get_ref<const std::string&>()));
  require(entry.is_object(), ErrorKind::invalid_request, "it must be a text or an object, found {}",
          entry.dump().substr(0, 60));
  SamplePrompt sample;
  for (const auto& [key, value] : entry.items()) {
    if (key == "prompt") {
      sample.prompt = prompt::without_blanks_around(text_of(key, value, Kind::text));
      continue;
    }
    require(key != "controlnet_image", ErrorKind::invalid_request,
            "controlnet_image: there is no ControlNet; leave it out");
    const Key* known = nullptr;
    for (const Key& one : kKeys)
      if (key == one.key) known = &one;
    require(
        known != nullptr, ErrorKind::invalid_request,
        "\"{}\" is not known; prompt, negative_prompt, width, height, seed, sample_steps, scale, sample_sampler are",
        key);
    const std::string text = text_of(key, value, known->kind);
    sample.settings[known->field] = key == "sample_sampler" ? sampler_named_by_kohya(text) : text;
  }
  require(entry.contains("prompt"), ErrorKind::invalid_request, "it has no \"prompt\"");
  return sample;
}

std::vector<SamplePrompt> prompts_of_list(const Json& list, const std::filesystem::path& file) {
  std::vector<SamplePrompt> prompts;
  for (size_t i = 0; i < list.size(); ++i) {
    try {
      prompts.push_back(prompt_of(list[i]));
    } catch (const Error& error) {
      throw error.within(fmt::format("read sample prompts \"{}\", prompt {}", file.string(), i + 1));
    }
  }
  return prompts;
}

std::vector<SamplePrompt> prompts_of_json(const std::string& text, const std::filesystem::path& file) {
  const Json list = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  require(list.is_array(), ErrorKind::invalid_request,
          "read sample prompts \"{}\": it must be a JSON list of prompts, found {}", file.string(),
          list.is_discarded() ? "what is no JSON" : list.type_name());
  return prompts_of_list(list, file);
}

std::vector<SamplePrompt> prompts_of_toml(const std::string& text, const std::filesystem::path& file) {
  std::ostringstream as_json;
  try {
    as_json << toml::json_formatter{toml::parse(text)};
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::invalid_request, "read sample prompts \"{}\": line {}: {}", file.string(),
         error.source().begin.line, error.description());
  }
  const Json table = Json::parse(as_json.str());
  const bool is_kohyas = table.size() == 1 && table.contains("prompt") && table["prompt"].is_object() &&
                         table["prompt"].contains("subset") && table["prompt"]["subset"].is_array();
  require(is_kohyas, ErrorKind::invalid_request,
          "read sample prompts \"{}\": it must be a table [prompt] and nothing else, with a [[prompt.subset]] for each "
          "prompt",
          file.string());
  Json common = table["prompt"], list = Json::array();
  common.erase("subset");
  for (const Json& subset : table["prompt"]["subset"]) {
    Json entry = common;
    if (subset.is_object()) entry.update(subset);
    list.push_back(subset.is_object() ? std::move(entry) : subset);
  }
  return prompts_of_list(list, file);
}

std::vector<SamplePrompt> prompts_of_lines(std::string_view rest, const std::filesystem::path& file) {
  std::vector<SamplePrompt> prompts;
  for (int number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = prompt::without_blanks_around(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    try {
      require(formats::is_utf8(line), ErrorKind::invalid_request, "it must be UTF-8");
      prompts.push_back(prompt_of(line));
    } catch (const Error& error) {
      throw error.within(fmt::format("read sample prompts \"{}\", line {}", file.string(), number));
    }
  }
  return prompts;
}

}  // namespace

std::vector<SamplePrompt> read_sample_prompts(const std::filesystem::path& file) {
  const std::string text = formats::read_text_file(file, kLargestFile);
  const bool is_json = file.extension() == ".json", is_toml = file.extension() == ".toml";
  const auto read = is_json   ? prompts_of_json(text, file)
                    : is_toml ? prompts_of_toml(text, file)
                              : prompts_of_lines(text, file);
  require(!read.empty() || (!is_json && !is_toml), ErrorKind::invalid_request,
          "read sample prompts \"{}\": there is no prompt in it", file.string());
  return read;
}

std::string sampler_named_by_kohya(const std::string& name) {
  static const std::map<std::string, std::string> kNames = {
      {"ddim", "DDIM"},           {"pndm", "PLMS"},          {"lms", "LMS"},
      {"k_lms", "LMS"},           {"euler", "Euler"},        {"k_euler", "Euler"},
      {"euler_a", "Euler a"},     {"k_euler_a", "Euler a"},  {"heun", "Heun"},
      {"dpm_2", "DPM2"},          {"k_dpm_2", "DPM2"},       {"dpm_2_a", "DPM2 a"},
      {"k_dpm_2_a", "DPM2 a"},    {"dpmsolver", "DPM++ 2M"}, {"dpmsolver++", "DPM++ 2M"},
      {"dpmsingle", "DPM++ 2S a"}};
  const auto found = kNames.find(name);
  return found == kNames.end() ? name : found->second;
}

}  // namespace darkroom::train
