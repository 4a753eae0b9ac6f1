// The fields of A1111's txt2img and img2img bodies with their types and defaults.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::server {

enum class ImageKind { txt2img, img2img };

enum class FieldType { text, whole, number, truth, list, object, texts };

/// Which bodies have it.
enum class FieldOf { both, txt2img, img2img };

struct ImageField {
  std::string name;
  FieldType type;
  nlohmann::json standard;  ///< null: it may be left open
  FieldOf of = FieldOf::both;
  /// Our request field, where it has another name or none; "=" is the same name, "" acts in other ways, "-" never acts.
  std::string ours = "=";
};

const std::vector<ImageField>& image_fields();

/// As pydantic reads it: "20" and 20.0 are whole numbers, 1 is true, numbers are texts. Nothing where it cannot be.
std::optional<nlohmann::json> read_as(FieldType type, const nlohmann::json& value);

/// pydantic's words for that: {"value is not a valid integer", "type_error.integer"}.
std::pair<std::string, std::string> type_error(FieldType type);

}  // namespace darkroom::server
