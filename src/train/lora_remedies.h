// Ways out of options that contradict each other, for whoever offers them with one click.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "train/config.h"

namespace darkroom::train {

struct Remedy {
  std::string option;                                       ///< beside which it is offered
  std::string label;                                        ///< "Use constant"
  std::map<std::string, std::vector<std::string>> changes;  ///< option -> values; none = back to its default
};

/// What settles `problem`, a message of read_training_config() about `told`; nothing where it is not known. Taking any
/// one of them settles it.
std::vector<Remedy> remedies_for(const std::string& problem, const ToldOptions& told);

}  // namespace darkroom::train
