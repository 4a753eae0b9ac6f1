#include "jobs/picture_search.h"

#include <map>
#include <optional>
#include <string_view>

namespace darkroom::jobs {
namespace {

/// LIKE's own characters lose their meaning.
std::string pattern_of(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

/// "a b" -c model:d -> the pieces, quotes taken off; a quoted value may follow a colon.
std::vector<std::string> pieces_of(std::string_view words) {
  std::vector<std::string> pieces;
  std::string piece;
  bool is_quoted = false;
  for (const char c : words) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if ((c == ' ' || c == '\t') && !is_quoted) {
      if (!piece.empty()) pieces.push_back(std::move(piece));
      piece.clear();
    } else {
      piece += c;
    }
  }
  if (!piece.empty()) pieces.push_back(piece);
  return pieces;
}

/// How a field's value stands in infotext. Numbers must end where they end.
std::optional<std::string> field_of(const std::string& key, const std::string& value) {
  static const std::map<std::string, std::string> kKeys = {{"model", "Model: "},   {"sampler", "Sampler: "},
                                                           {"seed", "Seed: "},     {"size", "Size: "},
                                                           {"cfg", "CFG scale: "}, {"steps", "Steps: "}};
  if (key == "lora") return "<lora:" + value;
  const auto found = kKeys.find(key);
  if (found == kKeys.end()) return std::nullopt;
  const bool is_name = key == "model" || key == "sampler";
  return found->second + value + (is_name ? "" : ",");
}

}  // namespace

PictureCondition picture_condition(const PictureQuery& query) {
  PictureCondition condition{"WHERE is_listed = 1 AND is_binned = 0", {}};
  const auto add = [&](const char* sql, std::string value) {
    condition.sql += sql;
    condition.values.push_back(std::move(value));
  };
  for (std::string piece : pieces_of(query.words)) {
    const bool is_without = piece.size() > 1 && piece[0] == '-';
    if (is_without) piece.erase(0, 1);
    const size_t colon = piece.find(':');
    std::optional<std::string> field;
    if (colon != std::string::npos) field = field_of(piece.substr(0, colon), piece.substr(colon + 1));
    add(is_without ? " AND infotext NOT LIKE ? ESCAPE '\\'" : " AND infotext LIKE ? ESCAPE '\\'",
        pattern_of(field.value_or(piece)));
  }
  if (!query.flag.empty()) add(" AND flag = ?", query.flag);
  if (query.before > 0) add(" AND id < CAST(? AS INTEGER)", std::to_string(query.before));
  return condition;
}

}  // namespace darkroom::jobs
