#include "generate/model_hash.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "base/error.h"
#include "formats/sha256.h"
#include "formats/utf8.h"

namespace darkroom::generate {
namespace fs = std::filesystem;

std::vector<fs::path> weight_files(const fs::path& model) {
  if (!fs::is_directory(model)) return {model};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(model)) {
    const std::string ending = entry.path().extension().string();
    if (entry.is_regular_file() &&
        (ending == ".safetensors" || ending == ".bin" || ending == ".ckpt" || ending == ".pt"))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string adapter_hash(const fs::path& file, const std::map<std::string, std::string>& metadata) {
  constexpr size_t kDigits = 12;
  if (const auto stated = metadata.find("sshs_model_hash"); stated != metadata.end() && !stated->second.empty())
    return stated->second.substr(0, kDigits);
  uint64_t header_bytes = 0;
  const bool has_header = file.extension() == ".safetensors";
  if (has_header) {
    std::ifstream in(file, std::ios::binary);
    in.read(reinterpret_cast<char*>(&header_bytes), sizeof header_bytes);
    require(bool(in), ErrorKind::io, "hash {}: cannot read its header", formats::in_quotes(file.string()));
  }
  formats::Sha256 sha;
  sha.add_file(file, has_header ? int64_t(sizeof header_bytes + header_bytes) : 0);
  return sha.hex().substr(0, kDigits);
}

std::string file_hash(const fs::path& file, size_t digits) {
  formats::Sha256 sha;
  sha.add_file(file);
  return sha.hex().substr(0, digits);
}

std::string model_hash(const fs::path& model) {
  try {
    formats::Sha256 sha;
    for (const fs::path& file : weight_files(model)) sha.add_file(file);
    return sha.hex().substr(0, 10);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::io, "hash {}: {}", formats::in_quotes(model.string()), error.code().message());
  }
}

}  // namespace darkroom::generate
