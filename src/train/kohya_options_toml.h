// Options of kohya's trainer in a table, whether of a run or of a dataset: what changes nothing goes, what stands for
// another is put there, what is not there is refused. For those who read TOML alone, as options_toml.h.
#pragma once

#include <toml++/toml.h>

#include <string>

#include "base/error.h"
#include "base/log.h"
#include "train/kohya_options.h"

namespace darkroom::train {

/// "", false, 0 and an empty list, which kohya's GUI writes for what nobody said.
inline bool is_off(const toml::node& node) {
  if (const toml::array* list = node.as_array()) return list->empty();
  return node.value_exact<std::string>() == "" || node.value_exact<bool>() == false ||
         (node.is_number() && node.value<double>() == 0.0);
}

/// What another option of kohya's trainer stands for is put under that one's name.
inline void rename_option(toml::table& table, const KohyaOption& option, const std::string& file) {
  const toml::node* meant = table.get(option.becomes);
  require(!meant || is_off(*meant), ErrorKind::invalid_request, "read \"{}\": {} is {}, and {} is said too; say one",
          file, option.name, option.reason, option.becomes);
  if (*option.value)
    table.insert_or_assign(option.becomes, option.value);
  else
    table.insert_or_assign(option.becomes, *table.get(option.name));
}

/// Options of kohya's trainer that change nothing here are taken out, with a line that says so; those that ask for what
/// is not there are errors.
inline void settle_kohya_options(toml::table& table, const std::string& file) {
  for (const KohyaOption& option : kohya_options()) {
    const toml::node* node = table.get(option.name);
    if (!node) continue;
    if (!is_off(*node)) {
      require(option.verdict != KohyaVerdict::refused, ErrorKind::invalid_request, "read \"{}\": {}: {}; leave it out",
              file, option.name, option.reason);
      if (option.verdict == KohyaVerdict::renamed) rename_option(table, option, file);
      if (option.verdict == KohyaVerdict::needless) log_info("{} changes nothing: {}", option.name, option.reason);
    }
    table.erase(option.name);
  }
}

}  // namespace darkroom::train
