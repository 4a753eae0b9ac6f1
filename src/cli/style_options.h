// Styles as options of a command.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "generate/request_fields.h"
#include "prompt/styles.h"

namespace darkroom::cli {

struct StyleOptions {
  std::vector<std::string> files;  ///< styles.csv, wildcards allowed
  std::vector<std::string> names;  ///< of styles, each applied to the result of the last
};

/// --styles-file and --style, both repeatable.
void add_style_options(CLI::App& command, const std::shared_ptr<StyleOptions>& options);

/// Of all files, in their order. Throws Error: not_found where a wildcard finds nothing, those of add_styles.
std::vector<prompt::Style> styles_of(const StyleOptions& options);

/// The settings with prompt and negative prompt in the styles. Throws as styles_of and style_named.
generate::Settings with_styles(generate::Settings said, const StyleOptions& options);

}  // namespace darkroom::cli
