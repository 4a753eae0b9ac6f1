#include "generate/model_hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, ErrorKind::internal,
            "start SHA-256: libcrypto refused");
  }
  void update(const void* data, size_t bytes) { EVP_DigestUpdate(context_.get(), data, bytes); }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// The file from `start` on.
void add_file(Sha256& sha, const fs::path& path, int64_t start = 0) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  const auto name = [&] { return formats::in_quotes(path.string()); };
  require(file != nullptr, ErrorKind::io, "hash {}: cannot open it: {}", name(), std::strerror(errno));
  require(fseeko(file.get(), start, SEEK_SET) == 0, ErrorKind::io, "hash {}: cannot seek in it", name());
  std::vector<char> buffer(1 << 20);
  while (const size_t bytes = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    sha.update(buffer.data(), bytes);
  }
  require(!std::ferror(file.get()), ErrorKind::io, "hash {}: cannot read it: {}", name(), std::strerror(errno));
}

}  // namespace

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
  Sha256 sha;
  add_file(sha, file, has_header ? int64_t(sizeof header_bytes + header_bytes) : 0);
  return sha.hex().substr(0, kDigits);
}

std::string file_hash(const fs::path& file, size_t digits) {
  Sha256 sha;
  add_file(sha, file);
  return sha.hex().substr(0, digits);
}

std::string model_hash(const fs::path& model) {
  try {
    Sha256 sha;
    for (const fs::path& file : weight_files(model)) add_file(sha, file);
    return sha.hex().substr(0, 10);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::io, "hash {}: {}", formats::in_quotes(model.string()), error.code().message());
  }
}

}  // namespace darkroom::generate
