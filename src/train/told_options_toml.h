// Options said on a command line as TOML: a visitor of the list in lora_options.h. For config.cpp alone, as
// options_toml.h.
#pragma once

#include <toml++/toml.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "train/config.h"

namespace darkroom::train {

/// Puts what was said on a command line into a table, over what is there.
class ToldWriter {
 public:
  ToldWriter(toml::table& table, const ToldOptions& told) : table_(table), told_(told) {}

  void operator()(const char* key, std::filesystem::path&, const char*) {
    if (const std::string* text = one(key)) put(key, whole_path(*text));
  }
  void operator()(const char* key, std::string&, const char*) {
    if (const std::string* text = one(key)) put(key, *text);
  }
  void operator()(const char* key, bool&, const char*) {
    const auto found = told_.find(key);
    if (found == told_.end()) return;
    const std::string text = found->second.empty() || found->second.front().empty() ? "true" : found->second.front();
    const bool yes = text == "true" || text == "True" || text == "1";
    require(yes || text == "false" || text == "False" || text == "0", ErrorKind::invalid_request,
            "--{}: must be true or false, \"{}\" was given", key, text);
    put(key, yes);
  }
  void operator()(const char* key, double&, const char*) {
    const std::string* text = one(key);
    // "10%" of the run, as kohya's trainer takes it.
    const bool may_be_share = key == std::string_view("lr_warmup_steps") || key == std::string_view("lr_decay_steps");
    if (text && may_be_share && text->ends_with('%'))
      put(key, parsed<double>(key, text->substr(0, text->size() - 1), "a number, or a share as 10%") / 100);
    else
      number<double>(key, "a number");
  }
  void operator()(const char* key, int&, const char*) { number<int64_t>(key, "a whole number"); }
  void operator()(const char* key, int64_t&, const char*) { number<int64_t>(key, "a whole number"); }
  void operator()(const char* key, uint64_t&, const char*) { number<int64_t>(key, "a whole number"); }
  template <typename T>
  void operator()(const char* key, std::optional<T>&, const char* words) {
    T value{};
    (*this)(key, value, words);
  }
  void operator()(const char* key, std::vector<std::string>&, const char*) {
    const auto found = told_.find(key);
    if (found == told_.end()) return;
    toml::array list;
    for (const std::string& text : found->second) list.push_back(text);
    put(key, std::move(list));
  }
  void operator()(const char* key, std::vector<std::filesystem::path>&, const char*) {
    const auto found = told_.find(key);
    if (found == told_.end()) return;
    toml::array list;
    for (const std::string& text : found->second) list.push_back(whole_path(text));
    put(key, std::move(list));
  }
  void operator()(const char* key, std::vector<double>&, const char*) {
    const auto found = told_.find(key);
    if (found == told_.end()) return;
    toml::array list;
    for (const std::string& text : found->second)
      list.push_back(parsed<double>(key, text, "numbers with blanks between"));
    put(key, std::move(list));
  }

 private:
  /// "" takes back what a file says.
  static std::string whole_path(const std::string& text) {
    return text.empty() ? text : std::filesystem::absolute(text).string();
  }
  const std::string* one(const char* key) const {
    const auto found = told_.find(key);
    if (found == told_.end()) return nullptr;
    require(found->second.size() == 1, ErrorKind::invalid_request, "--{}: takes one value, {} were given", key,
            found->second.size());
    return &found->second.front();
  }
  template <typename T>
  void number(const char* key, const char* what) {
    if (const std::string* text = one(key)) put(key, parsed<T>(key, *text, what));
  }
  template <typename T>
  static T parsed(const char* key, const std::string& text, const char* what) {
    T value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(problem == std::errc() && end == text.data() + text.size(), ErrorKind::invalid_request,
            "--{}: must be {}, \"{}\" was given", key, what, text);
    return value;
  }
  template <typename T>
  void put(const char* key, T&& value) {
    table_.insert_or_assign(key, std::forward<T>(value));
  }

  toml::table& table_;
  const ToldOptions& told_;
};

}  // namespace darkroom::train
