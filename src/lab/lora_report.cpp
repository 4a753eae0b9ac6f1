#include "lab/lora_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace darkroom::lab {
namespace {

using Json = nlohmann::ordered_json;

template <typename Counts>
Json counts_json(const Counts& counts) {
  Json json = Json::array();
  for (const auto& [value, count] : counts) json.push_back({{"value", value}, {"layers", count}});
  return json;
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string lora_json(const adapters::AdapterReport& report) {
  Json json = {{"kinds", counts_json(report.kinds)},
               {"ranks", counts_json(report.ranks)},
               {"alphas", counts_json(report.alphas)},
               {"scales", counts_json(report.scales)},
               {"made_for", report.made_for},
               {"change", report.change},
               {"unknown_changes", report.unknown_changes},
               {"blocks", Json::array()}};
  for (const adapters::BlockReport& block : report.blocks)
    json["blocks"].push_back(
        {{"name", block.name}, {"layers", block.layers}, {"change", block.change}, {"relative", block.relative}});
  json["unmatched"] = report.unmatched;
  json["unused"] = report.unused;
  json["embeddings"] = report.embeddings;
  json["notes"] = report.notes;
  json["metadata"] = report.metadata;
  return text_of(json);
}

std::string comparison_json(const adapters::AdapterComparison& found) {
  Json json = {
      {"first", found.first},           {"second", found.second},           {"difference", found.difference},
      {"relative", found.relative()},   {"cosine", found.cosine},           {"shared_layers", found.shared},
      {"only_first", found.only_first}, {"only_second", found.only_second}, {"verdict", comparison_verdict(found)},
      {"layers", Json::array()}};
  for (const adapters::LayerDistance& layer : found.layers)
    json["layers"].push_back(
        {{"name", layer.layer}, {"first", layer.first}, {"second", layer.second}, {"difference", layer.difference}});
  return text_of(json);
}

std::string comparison_verdict(const adapters::AdapterComparison& found) {
  if (found.relative() < 1e-6) return "They do the same.";
  const bool in_proportion = found.cosine > 1 - 1e-9 || found.cosine < -1 + 1e-9;
  if (in_proportion && found.only_first + found.only_second == 0)
    return fmt::format("The second does {:.4g} times what the first does.",
                       (found.cosine > 0 ? 1 : -1) * found.second / found.first);
  return fmt::format("They differ by {:.3g} % of the larger change.", 100 * found.relative());
}

}  // namespace darkroom::lab
