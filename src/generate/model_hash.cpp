#include "generate/model_hash.h"

#include <fstream>

#include "base/error.h"
#include "formats/sha256.h"
#include "formats/utf8.h"

namespace darkroom::generate {
namespace fs = std::filesystem;

constexpr size_t kModelDigits = 10;

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
  return formats::sha256_of_file(file).substr(0, digits);
}

std::string model_hash(const fs::path& model) {
  return formats::sha256_of_model(model).substr(0, kModelDigits);
}

std::string known_model_hash(const fs::path& model) {
  return formats::known_sha256_of_model(model).value_or("").substr(0, kModelDigits);
}

}  // namespace darkroom::generate
