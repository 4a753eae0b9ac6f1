// Writes the pickles torch.save would write, and those it would not.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/support.h"

namespace darkroom::formats {

inline std::string p_text(const std::string& text) {
  return std::string("X") + raw(uint32_t(text.size())) + text;
}
inline std::string p_int(int64_t value) {
  return std::string("\x8a\x08") + raw(value);
}
inline std::string p_tuple(const std::vector<int64_t>& values) {
  std::string out = "(";
  for (int64_t value : values) out += p_int(value);
  return out + "t";
}
inline std::string p_dict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = "}(";
  for (const auto& [key, value] : entries) out += p_text(key) + value;
  return out + "u";
}
inline std::string p_list(const std::vector<std::string>& items) {
  std::string out = "](";
  for (const std::string& item : items) out += item;
  return out + "e";
}
inline std::string p_storage(const std::string& key, int64_t elements, const std::string& type = "FloatStorage",
                             const std::string& view = "") {
  return std::string("(") + p_text("storage") + "ctorch\n" + type + "\n" + p_text(key) + p_text("cpu") +
         p_int(elements) + view + "tQ";
}
inline std::string p_tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& shape,
                            const std::vector<int64_t>& strides, const std::string& metadata = "") {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + p_int(offset) + p_tuple(shape) + p_tuple(strides) +
         "\x89}" + metadata + "tR";
}
inline std::string p_whole(const std::string& content) {
  return "\x80\x02" + content + ".";
}

}  // namespace darkroom::formats
