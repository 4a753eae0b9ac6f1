// Request fields as options of a command: their flags and help texts come from the table of fields.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "generate/request_fields.h"

namespace darkroom::cli {

/// "Sampling steps. [20]": what the field is, its default, what there is to choose from. `standard` replaces the
/// default's text.
std::string help_of(const generate::RequestField& field, const std::string& standard = "");

/// Adds the field; what is said goes into `said` under its JSON name. Said twice, the later counts.
void add_request_option(CLI::App& command, const generate::RequestField& field,
                        const std::shared_ptr<generate::Settings>& said, const std::string& standard = "");

}  // namespace darkroom::cli
