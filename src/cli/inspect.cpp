// darkroom inspect: what is this file?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/subcommands.h"
#include "generate/file_facts.h"

namespace darkroom::cli {
namespace {

using generate::FileFacts;

void print_text(const FileFacts& file) {
  fmt::print("{}\n", file.kind);
  for (const auto& [name, value] : file.facts) fmt::print("  {}: {}\n", name, value);
  for (const auto& [name, value] : file.texts) fmt::print("\n{}:\n{}\n", name, value);
}

void print_json(const FileFacts& file) {
  nlohmann::ordered_json json = {{"kind", file.kind}};
  for (const auto& [name, value] : file.facts) {
    if (json.contains(name)) {  // two text encoders
      if (!json[name].is_array()) json[name] = {json[name]};
      json[name].push_back(value);
    } else {
      json[name] = value;
    }
  }
  json["texts"] = file.texts;
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

void add_inspect(CLI::App& program) {
  struct InspectOptions {
    std::string file;
    bool json = false;
  };
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = program.add_subcommand("inspect", "Says what a checkpoint, LoRA or picture is");
  command->add_option("file", options->file, "The file, or the folder of a diffusers model.")->required();
  command->add_flag("--json", options->json, "For programs: one JSON object.");
  command->callback([options] {
    const FileFacts file = generate::file_facts(options->file);
    options->json ? print_json(file) : print_text(file);
  });
}

}  // namespace darkroom::cli
