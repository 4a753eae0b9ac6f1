#include "formats/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "base/error.h"
#include "formats/known_hashes.h"
#include "formats/utf8.h"

namespace darkroom::formats {

struct Sha256::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(context_->digest && EVP_DigestInit_ex(context_->digest.get(), EVP_sha256(), nullptr) == 1,
          ErrorKind::internal, "start SHA-256: libcrypto refused");
}

Sha256::~Sha256() = default;

void Sha256::add(const void* data, size_t bytes) {
  EVP_DigestUpdate(context_->digest.get(), data, bytes);
}

void Sha256::add_file(const std::filesystem::path& path, int64_t start, int64_t most) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  const auto name = [&] { return in_quotes(path.string()); };
  require(file != nullptr, ErrorKind::io, "hash {}: cannot open it: {}", name(), std::strerror(errno));
  require(fseeko(file.get(), start, SEEK_SET) == 0, ErrorKind::io, "hash {}: cannot seek in it", name());
  std::vector<char> buffer(1 << 20);
  while (most > 0) {
    const size_t wanted = size_t(std::min<int64_t>(most, int64_t(buffer.size())));
    const size_t bytes = std::fread(buffer.data(), 1, wanted, file.get());
    if (bytes == 0) break;
    add(buffer.data(), bytes);
    most -= int64_t(bytes);
  }
  require(!std::ferror(file.get()), ErrorKind::io, "hash {}: cannot read it: {}", name(), std::strerror(errno));
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context_->digest.get(), digest, &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256_of_file(const std::filesystem::path& path) {
  Sha256 sha;
  sha.add_file(path);
  return sha.hex();
}

std::vector<std::filesystem::path> weight_files(const std::filesystem::path& model) try {
  if (!std::filesystem::is_directory(model)) return {model};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(model)) {
    const std::string ending = entry.path().extension().string();
    if (entry.is_regular_file() &&
        (ending == ".safetensors" || ending == ".bin" || ending == ".ckpt" || ending == ".pt"))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
} catch (const std::filesystem::filesystem_error& error) {
  fail(ErrorKind::io, "look for weights in {}: {}", in_quotes(model.string()), error.code().message());
}

namespace {

constexpr uintmax_t kWorthKeeping = 1 << 20;  // bytes; less is hashed as fast as it is looked up
// Longer than the ticks in which file systems count: what changes after it shows another time.
constexpr std::chrono::milliseconds kTick{20};

uintmax_t bytes_of(const std::vector<std::filesystem::path>& files) {
  uintmax_t bytes = 0;
  std::error_code ignored;  // what cannot be looked at cannot be read either, and says so then
  for (const std::filesystem::path& file : files) bytes += std::filesystem::file_size(file, ignored);
  return bytes;
}

std::string sha256_of_all(const std::vector<std::filesystem::path>& files) {
  Sha256 sha;
  for (const std::filesystem::path& file : files) sha.add_file(file);
  return sha.hex();
}

}  // namespace

std::optional<std::string> known_sha256_of_model(const std::filesystem::path& model) {
  return known_hash(model, state_of_files(weight_files(model)));
}

std::string sha256_of_model(const std::filesystem::path& model) {
  const std::vector<std::filesystem::path> files = weight_files(model);
  if (bytes_of(files) < kWorthKeeping) return sha256_of_all(files);
  const std::string state = state_of_files(files);
  if (const auto known = known_hash(model, state)) return *known;
  std::this_thread::sleep_for(kTick);
  const std::string hash = sha256_of_all(files);
  if (state_of_files(files) == state) keep_hash(model, state, hash);
  return hash;
}

}  // namespace darkroom::formats
