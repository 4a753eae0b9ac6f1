// The JSON header of a safetensors file, syntax only: what it announces is compared with the data in safetensors.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensor_file.h"

namespace darkroom::formats {

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;  ///< every size >= 0; their product may overflow
  uint64_t begin = 0;          ///< offsets into the data, as the file claims
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of the file
  std::map<std::string, std::string> metadata;
};

inline constexpr std::string_view kSafetensorsMetadataKey = "__metadata__";

/// Throws Error{corrupt_file} for anything but the JSON a header consists of (so nesting is never deep), for names
/// that come twice, missing fields; Error{unsupported} for an unknown dtype.
SafetensorsHeader parse_safetensors_header(std::string_view json);

}  // namespace darkroom::formats
