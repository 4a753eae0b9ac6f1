#include "generate/model_adapters.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "formats/utf8.h"
#include "generate/lora_folder.h"
#include "generate/model_hash.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListed = 3;

void report(const std::string& name, const std::vector<std::string>& tensors, const char* what) {
  if (tensors.empty()) return;
  const std::vector<std::string> first(tensors.begin(), tensors.begin() + long(std::min(tensors.size(), kListed)));
  log_warning("LoRA {}: {} {}: {}{}", name, tensors.size(), what, fmt::join(first, ", "),
              tensors.size() > kListed ? ", ..." : "");
}

void report(const fs::path& path, const adapters::FittedAdapter& adapter) {
  const std::string name = formats::in_quotes(path.stem().string());
  report(name, adapter.unmatched, "of its layers are not in this model and have no effect");
  report(name, adapter.file->unused, "of its tensors belong to no kind of LoRA and have no effect");
  report(name, adapter.file->embeddings, "of its tensors are textual inversions, which are not read from LoRA files");
  for (const std::string& note : adapter.notes) log_warning("LoRA {}: {}", name, note);
}

/// Takes out of `wanted` what can act beside the weights; nothing if the order of what acts matters.
std::vector<adapters::WantedAdapter> take_apart(std::vector<adapters::WantedAdapter>& wanted) {
  for (const auto& one : wanted)
    for (const auto& [module, place] : one.adapter->modules)
      if (adapters::acts_on_weight(module->kind, module->factors)) return {};
  const auto merged = std::stable_partition(wanted.begin(), wanted.end(),
                                            [](const auto& one) { return !adapters::can_act_beside(*one.adapter); });
  const std::vector<adapters::WantedAdapter> apart(merged, wanted.end());
  wanted.erase(merged, wanted.end());
  return apart;
}

/// As infotext writes it: the name in the tag without what would end a field.
std::string hash_entry(std::string name, const std::string& hash) {
  std::erase_if(name, [](char c) { return c == ':' || c == ','; });
  return name + ": " + hash;
}

/// Parity: in A1111 a name said twice is one LoRA that is added twice, both times with the weights said last.
std::vector<prompt::LoraTag> as_they_act(std::vector<prompt::LoraTag> tags) {
  for (size_t i = 0; i < tags.size(); ++i) {
    for (size_t later = tags.size() - 1; later > i; --later) {
      if (tags[later].name != tags[i].name) continue;
      log_warning("LoRA {} is said twice: it is added twice, both times with the later weight, as in A1111",
                  formats::in_quotes(tags[i].name));
      const std::string written = tags[i].written;
      tags[i] = tags[later];
      tags[i].written = written;
      break;
    }
  }
  return tags;
}

}  // namespace

const ModelAdapters::Loaded& ModelAdapters::loaded(const fs::path& path, std::map<fs::path, Loaded>& files) {
  std::error_code problem;
  const auto written = fs::last_write_time(path, problem);
  if (const auto known = files.find(path); known != files.end()) return known->second;
  if (const auto known = files_.find(path); known != files_.end() && known->second.written == written)
    return files.emplace(path, known->second).first->second;
  if (!keys_) keys_ = std::make_unique<adapters::ModelKeys>(model_);
  const auto file = std::make_shared<const adapters::AdapterFile>(adapters::read_adapter_file(path));
  Loaded now{std::make_shared<const adapters::FittedAdapter>(adapters::fit(file, *keys_)), written, {}};
  report(path, *now.adapter);
  now.hash = std::async(std::launch::async, [path, file] { return adapter_hash(path, file->metadata); }).share();
  return files.emplace(path, std::move(now)).first->second;
}

std::string ModelAdapters::use(const std::vector<prompt::LoraTag>& tags, const fs::path& folder, bool beside) {
  std::map<fs::path, Loaded> files;
  std::vector<adapters::WantedAdapter> wanted;
  std::vector<std::string> entries;
  for (const prompt::LoraTag& tag : as_they_act(tags)) {
    const Loaded& file = loaded(find_lora(folder, tag.name), files);
    wanted.push_back({file.adapter, tag.text, tag.unet, tag.rank_limit});
    entries.push_back(hash_entry(tag.name, file.hash.get()));
  }
  const auto apart = beside ? take_apart(wanted) : std::vector<adapters::WantedAdapter>();
  beside_.set({});
  merge_.set(std::move(wanted));
  beside_.set(apart);
  files_ = std::move(files);
  return fmt::format("{}", fmt::join(entries, ", "));
}

}  // namespace darkroom::generate
