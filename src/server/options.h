// The settings, by A1111's names: kept in a file, applied at once. Source of truth: A1111 1.10,
// modules/shared_options.py.
#pragma once

#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "generate/request_fields.h"

namespace darkroom::server {

class Options {
 public:
  /// Reads `file` if it is there; changes are written to it. Throws Error: io, corrupt_file.
  explicit Options(std::filesystem::path file);

  /// All of them, those that only somebody else's program knows included.
  nlohmann::ordered_json all() const;

  /// Takes over what differs. Options nobody here knows are kept, so that clients that hand the whole list back find
  /// their own again. Values of known ones must have their type. Throws Error{invalid_request} naming the option, and
  /// then nothing has changed.
  void change(const nlohmann::json& some);

  std::string text(const std::string& name) const;
  int64_t whole(const std::string& name) const;
  bool truth(const std::string& name) const;

  /// What the options say of requests that do not say otherwise: the fields that A1111 has among its settings. `over`
  /// goes over them (A1111's override_settings). The checkpoint is not among them.
  generate::Settings request_settings(const nlohmann::json& over = nlohmann::json::object()) const;

 private:
  std::filesystem::path file_;
  mutable std::mutex mutex_;
  nlohmann::ordered_json values_;
};

}  // namespace darkroom::server
