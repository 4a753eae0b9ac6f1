// Options to TOML, as they are recorded: a visitor of the lists in config.cpp and lora_options.h. For those who read
// TOML alone, as options_toml.h.
#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::train {

/// Puts options into a table.
struct TableWriter {
  toml::table& table;
  void operator()(const char* key, std::filesystem::path& value) { table.insert(key, value.string()); }
  void operator()(const char* key, std::string& value) { table.insert(key, value); }
  void operator()(const char* key, double& value) { table.insert(key, value); }
  void operator()(const char* key, bool& value) { table.insert(key, value); }
  void operator()(const char* key, int& value) { table.insert(key, int64_t(value)); }
  void operator()(const char* key, int64_t& value) { table.insert(key, value); }
  template <typename T>
  void operator()(const char* key, std::optional<T>& value) {
    if (value) (*this)(key, *value);
  }
  template <typename T>
  void operator()(const char* key, T& value, const char*) {
    (*this)(key, value);
  }
  void operator()(const char* key, uint64_t& value) { table.insert(key, int64_t(value)); }
  template <typename T>
  void operator()(const char* key, std::vector<T>& value) {
    toml::array list;
    for (const T& element : value) {
      if constexpr (std::is_same_v<T, std::filesystem::path>)
        list.push_back(element.string());
      else
        list.push_back(element);
    }
    if constexpr (std::is_same_v<T, double>) {  // a list of one is a number, one of none is not said
      if (value.size() == 1) return void(table.insert(key, value.front()));
      if (value.empty()) return;
    }
    table.insert(key, std::move(list));
  }
};

}  // namespace darkroom::train
