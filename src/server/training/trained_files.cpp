#include "server/training/trained_files.h"

#include <system_error>

#include "base/error.h"
#include "generate/file_facts.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

/// What trainers write of the weights into a file; "" where they did not.
std::string stated_hash(const std::map<std::string, std::string>& metadata) {
  const auto found = metadata.find("sshs_model_hash");
  return found == metadata.end() ? "" : found->second;
}

bool is_same(const fs::path& left, const LoraFile& lora) {
  std::error_code problem;
  const auto bytes = fs::file_size(left, problem);
  const std::string hash = stated_hash(lora.metadata);
  if (problem || hash.empty() || bytes != fs::file_size(lora.path, problem)) return false;
  try {
    return stated_hash(generate::file_facts(left).texts) == hash;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TrainedFiles::TrainedFiles(const Runs& runs) {
  for (const std::string& run : runs.names())
    for (const fs::path& file : runs.lora_files(run)) by_name_.insert({file.filename().string(), {run, file}});
}

std::string TrainedFiles::run_of(const LoraFile& lora) const {
  const auto [first, last] = by_name_.equal_range(lora.path.filename().string());
  for (auto at = first; at != last; ++at)
    if (is_same(at->second.path, lora)) return at->second.run;
  return "";
}

}  // namespace darkroom::server
