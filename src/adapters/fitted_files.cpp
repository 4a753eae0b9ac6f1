#include "adapters/fitted_files.h"

#include "base/log.h"
#include "formats/utf8.h"

namespace darkroom::adapters {

std::vector<WantedAdapter> fitted_files(const std::vector<WeightedFile>& files, const ModelKeys& keys) {
  std::vector<WantedAdapter> wanted;
  for (const WeightedFile& file : files) {
    const auto adapter = std::make_shared<const AdapterFile>(read_adapter_file(file.path));
    const auto fitted = std::make_shared<const FittedAdapter>(fit(adapter, keys));
    for (const std::string& layer : fitted->unmatched)
      log_warning("{}: the model has no layer {}", formats::in_quotes(file.path.string()), layer);
    for (const std::string& note : fitted->notes) log_warning("{}: {}", formats::in_quotes(file.path.string()), note);
    wanted.push_back({fitted, file.weight, file.weight});
  }
  return wanted;
}

}  // namespace darkroom::adapters
