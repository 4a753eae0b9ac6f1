// Options from TOML: a visitor of the lists in config.cpp and lora_options.h. For config.cpp alone: toml++ is
// slow to compile.
#pragma once

#include <toml++/toml.h>

#include <climits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "train/config.h"

namespace darkroom::train {

/// Throws Error: not_found, and invalid_request naming the line that is no TOML.
inline toml::table parsed_toml(const std::filesystem::path& path) {
  require(std::filesystem::exists(path), ErrorKind::not_found, "read training options \"{}\": no such file",
          path.string());
  try {
    return toml::parse_file(path.string());
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::invalid_request, "read \"{}\": line {}: {}", path.string(), error.source().begin.line,
         error.description());
  }
}

/// A file's name in errors; of no file, what was said instead.
inline std::string name_of_options(const std::filesystem::path& file) {
  return file.empty() ? "command line" : file.string();
}

/// Takes options out of a table, remembering which keys it has seen.
class TableReader {
 public:
  TableReader(const toml::table& table, std::filesystem::path file)
      : table_(table), file_(std::move(file)), name_(name_of_options(file_)) {}

  void operator()(const char* key, std::filesystem::path& value) {
    std::string text;
    (*this)(key, text);
    if (text.empty()) return;
    value = (file_.parent_path() / text).lexically_normal();
    if (!value.has_filename()) value = value.parent_path();  // "10_dog/" is the folder named 10_dog
  }
  void operator()(const char* key, std::string& value) {
    // 512 and "512" are the same resolution, and [512, 768] is one too.
    if (const auto* node = table_.get(key); node && node->is_integer()) {
      seen_.insert(key);
      value = std::to_string(*node->value_exact<int64_t>());
      return;
    }
    const auto* node = table_.get(key);
    const auto* pair = node ? node->as_array() : nullptr;
    if (pair && pair->size() == 2 && (*pair)[0].is_integer() && (*pair)[1].is_integer()) {
      seen_.insert(key);
      value = fmt::format("{},{}", (*pair)[0].value_or(int64_t(0)), (*pair)[1].value_or(int64_t(0)));
      return;
    }
    read<std::string>(key, value, "a text");
  }
  void operator()(const char* key, bool& value) { read<bool>(key, value, "true or false"); }
  void operator()(const char* key, int& value) {
    int64_t number = value;
    read<int64_t>(key, number, "a whole number");
    require(number >= INT_MIN && number <= INT_MAX, ErrorKind::invalid_request, "read \"{}\": {} is out of range, {}",
            name_, key, number);
    value = int(number);
  }
  template <typename T>
  void operator()(const char* key, std::optional<T>& value) {
    seen_.insert(key);
    if (!table_.contains(key)) return;
    T told{};
    (*this)(key, told);
    value = told;
  }
  /// Words are for people.
  template <typename T>
  void operator()(const char* key, T& value, const char*) {
    (*this)(key, value);
  }
  void operator()(const char* key, double& value) {
    seen_.insert(key);
    if (const auto* node = table_.get(key)) {
      require(node->is_number(), ErrorKind::invalid_request, "read \"{}\": {} must be a number", name_, key);
      value = *node->value<double>();
    }
  }
  void operator()(const char* key, int64_t& value) { read<int64_t>(key, value, "a whole number"); }
  void operator()(const char* key, uint64_t& value) {
    int64_t number = int64_t(value);
    read<int64_t>(key, number, "a whole number");
    require(number >= 0, ErrorKind::invalid_request, "read \"{}\": {} must not be negative, found {}", name_, key,
            number);
    value = uint64_t(number);
  }
  void operator()(const char* key, std::vector<std::string>& value) { read_list(key, value, "a list of texts"); }
  void operator()(const char* key, std::vector<std::filesystem::path>& value) {
    std::vector<std::string> texts;
    (*this)(key, texts);
    value.clear();
    for (const std::string& text : texts) value.push_back((file_.parent_path() / text).lexically_normal());
  }
  /// One number is a list of one.
  void operator()(const char* key, std::vector<double>& value) {
    seen_.insert(key);
    const auto* node = table_.get(key);
    if (!node) return;
    value.clear();
    const auto add = [&](const toml::node& element) {
      require(element.is_number(), ErrorKind::invalid_request, "read \"{}\": {} must be a number, or a list of numbers",
              name_, key);
      value.push_back(*element.value<double>());
    };
    if (const auto* list = node->as_array())
      for (const auto& element : *list) add(element);
    else
      add(*node);
  }
  void operator()(const char* key, std::vector<int64_t>& value) {
    read_list(key, value, "a list of whole numbers", /*may_be_empty=*/false);
  }

  void refuse_unknown_keys() const {
    for (const auto& [key, node] : table_) {
      if (seen_.contains(std::string(key.str()))) continue;
      std::string known;
      for (const auto& name : seen_) known += (known.empty() ? "" : ", ") + name;
      fail(ErrorKind::invalid_request, "read \"{}\": unknown option \"{}\"; known are {}", name_, key.str(), known);
    }
  }
  void mark_seen(const char* key) { seen_.insert(key); }

 private:
  template <typename T>
  void read(const char* key, T& value, const char* what) {
    seen_.insert(key);
    if (const auto* node = table_.get(key)) {
      const auto found = node->value_exact<T>();
      require(found.has_value(), ErrorKind::invalid_request, "read \"{}\": {} must be {}", name_, key, what);
      value = *found;
    }
  }

  template <typename T>
  void read_list(const char* key, std::vector<T>& value, const char* what, bool may_be_empty = true) {
    seen_.insert(key);
    const auto* node = table_.get(key);
    if (!node) return;
    value.clear();
    const auto* list = node->as_array();
    bool holds = list && (may_be_empty || !list->empty());
    for (size_t i = 0; holds && i < list->size(); ++i)
      if (const auto found = (*list)[i].value_exact<T>(); (holds = found.has_value())) value.push_back(*found);
    require(holds, ErrorKind::invalid_request, "read \"{}\": {} must be {}", name_, key, what);
  }

  const toml::table& table_;
  std::filesystem::path file_;
  std::string name_;  // in errors
  std::set<std::string> seen_;
};

}  // namespace darkroom::train
