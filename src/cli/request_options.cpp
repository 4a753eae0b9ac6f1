#include "cli/request_options.h"

#include <fmt/ranges.h>

namespace darkroom::cli {

std::string help_of(const generate::RequestField& field, const std::string& standard) {
  std::string help = field.help;
  const std::string text = standard.empty() ? generate::field_text(generate::GenerateRequest{}, field) : standard;
  if (!text.empty()) help += fmt::format(" [{}]", text);
  if (field.choices) help += fmt::format(" ({})", fmt::join(field.choices(), ", "));
  return help;
}

void add_request_option(CLI::App& command, const generate::RequestField& field,
                        const std::shared_ptr<generate::Settings>& said, const std::string& standard) {
  const bool is_positional = field.flag.empty();
  const auto say = [said, name = field.name](const std::string& text) { (*said)[name] = text; };
  command.add_option_function<std::string>(is_positional ? field.name : field.flag, say, help_of(field, standard))
      ->type_name(is_positional ? "" : "VALUE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace darkroom::cli
