#include "generate/lora_folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "diffusion/nearest_names.h"
#include "formats/safetensors.h"
#include "formats/utf8.h"
#include "generate/files_below.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;

/// Runs of digits compare as numbers, letters without case: "a9" before "A10".
bool naturally_less(const std::string& a, const std::string& b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; };
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (lower(a[i]) != lower(b[j])) return lower(a[i]) < lower(b[j]);
      ++i, ++j;
      continue;
    }
    const auto digits = [&](const std::string& text, size_t& at) {
      while (at + 1 < text.size() && text[at] == '0' && is_digit(text[at + 1])) ++at;
      const size_t start = at;
      while (at < text.size() && is_digit(text[at])) ++at;
      return text.substr(start, at - start);
    };
    const std::string x = digits(a, i), y = digits(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return a.size() - i < b.size() - j;
}

/// In A1111's order.
std::vector<fs::path> lora_files(const fs::path& folder) {
  std::vector<fs::path> files = files_below(folder, {".safetensors", ".pt", ".ckpt"});
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    const std::string x = a.parent_path().string(), y = b.parent_path().string();
    return x == y ? naturally_less(a.filename().string(), b.filename().string()) : naturally_less(x, y);
  });
  return files;
}

/// What its maker called it; nothing if the file does not say or cannot be read.
std::optional<std::string> own_name(const fs::path& path) {
  if (path.extension() != ".safetensors") return std::nullopt;
  try {
    const auto metadata = formats::read_safetensors(path).metadata;
    const auto name = metadata.find("ss_output_name");
    return name == metadata.end() ? std::nullopt : std::optional(name->second);
  } catch (const Error&) {
    return std::nullopt;
  }
}

[[noreturn]] void fail_unknown(const fs::path& folder, const std::string& name, const std::vector<fs::path>& files,
                               const std::vector<fs::path>& of_that_name) {
  const std::string what =
      fmt::format("find the LoRA {} in {}", formats::in_quotes(name), formats::in_quotes(folder.string()));
  if (!of_that_name.empty())
    fail(ErrorKind::not_found, "{}: two files have this name in their metadata, {} and {}; use a file's own name", what,
         formats::in_quotes(of_that_name.front().string()), formats::in_quotes(of_that_name.back().string()));
  std::error_code problem;
  require(fs::is_directory(folder, problem), ErrorKind::not_found,
          "{}: there is no such folder; give one with --lora-dir", what);
  require(!files.empty(), ErrorKind::not_found, "{}: the folder holds no .safetensors, .pt or .ckpt file", what);
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.stem().string());
  fail(ErrorKind::not_found, "{}: there is none of this name; the nearest are {}", what,
       diffusion::nearest_names_text(name, names));
}

}  // namespace

fs::path lora_folder(const GenerateRequest& request) {
  if (!request.lora_dir.empty()) return request.lora_dir;
  for (fs::path folder = fs::path(request.model).parent_path(); folder.has_filename(); folder = folder.parent_path()) {
    if (folder.filename() == "Stable-diffusion") return folder.parent_path() / "Lora";
  }
  return fs::path("models") / "Lora";
}

fs::path find_lora(const fs::path& folder, const std::string& name) {
  const std::vector<fs::path> files = lora_files(folder);
  std::vector<fs::path> found;
  for (const fs::path& file : files)
    if (file.stem() == name) found.push_back(file);
  if (found.size() > 1)
    log_warning("{} files are called {}; {} is used", found.size(), formats::in_quotes(name), found.back().string());
  if (!found.empty()) return found.back();
  for (const fs::path& file : files)
    if (own_name(file) == name) found.push_back(file);
  // Parity: A1111 goes on without the LoRA; another picture than was asked for is worse than none.
  if (found.size() != 1) fail_unknown(folder, name, files, found);
  return found[0];
}

}  // namespace darkroom::generate
