#include "train/sample_prompts.h"

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

/// diffusers' and kohya's names of samplers, as A1111 calls them.
std::string sampler_name(const std::string& kohya) {
  static const std::map<std::string, std::string> kNames = {{"ddim", "DDIM"},
                                                            {"pndm", "PLMS"},
                                                            {"lms", "LMS"},
                                                            {"euler", "Euler"},
                                                            {"k_euler", "Euler"},
                                                            {"euler_a", "Euler a"},
                                                            {"k_euler_a", "Euler a"},
                                                            {"heun", "Heun"},
                                                            {"dpm_2", "DPM2"},
                                                            {"k_dpm_2", "DPM2"},
                                                            {"dpm_2_a", "DPM2 a"},
                                                            {"k_dpm_2_a", "DPM2 a"},
                                                            {"dpmsolver++", "DPM++ 2M"},
                                                            {"k_lms", "LMS"}};
  const auto found = kNames.find(kohya);
  return found == kNames.end() ? kohya : found->second;
}

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
    sample.settings[known->field] = flag == "ss" ? sampler_name(value) : value;
  }
  return sample;
}

}  // namespace

std::vector<SamplePrompt> read_sample_prompts(const std::filesystem::path& file) {
  const std::string text = formats::read_text_file(file, kLargestFile);
  std::vector<SamplePrompt> prompts;
  std::string_view rest = text;
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
  require(!prompts.empty(), ErrorKind::invalid_request, "read sample prompts \"{}\": there is no line with a prompt",
          file.string());
  return prompts;
}

}  // namespace darkroom::train
