#include "cli/style_options.h"

#include <glob.h>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::cli {
namespace {

/// In alphabetical order. A name without wildcards is itself, whether there is such a file or not.
std::vector<std::string> matching_files(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found{};
  const int problem = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  require(problem == 0 && !files.empty(), ErrorKind::not_found, "read the styles {}: no file has such a name",
          formats::in_quotes(pattern));
  return files;
}

}  // namespace

void add_style_options(CLI::App& command, const std::shared_ptr<StyleOptions>& options) {
  // One value each, so that a prompt may follow.
  const auto add = [&](const char* flag, std::vector<std::string>& values, const char* help) {
    command
        .add_option_function<std::vector<std::string>>(
            flag, [options, &values](const std::vector<std::string>& said) { values = said; }, help)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false)
        ->type_name("VALUE");
  };
  add("--styles-file", options->files, "A styles.csv as A1111's; repeatable, wildcards in quotes allowed.");
  add("--style", options->names, "A style of it, around or behind the prompt; repeatable, applied in order.");
}

std::vector<prompt::Style> styles_of(const StyleOptions& options) {
  std::vector<prompt::Style> styles;
  for (const std::string& pattern : options.files)
    for (const std::string& file : matching_files(pattern)) prompt::add_styles(styles, file);
  return styles;
}

generate::Settings with_styles(generate::Settings said, const StyleOptions& options) {
  const std::vector<prompt::Style> styles = styles_of(options);
  for (const std::string& name : options.names) {
    const prompt::Style& style = prompt::style_named(styles, name);
    said["prompt"] = prompt::with_style(said["prompt"], style.prompt);
    const std::string negative = prompt::with_style(said["negative_prompt"], style.negative_prompt);
    // Left open where the style says nothing either, so that a recommended one still counts.
    if (negative.empty())
      said.erase("negative_prompt");
    else
      said["negative_prompt"] = negative;
  }
  return said;
}

}  // namespace darkroom::cli
