#include "generate/embedding_folder.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "formats/file_kind.h"
#include "formats/utf8.h"
#include "generate/files_below.h"
#include "generate/model_hash.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostVectors = 75;  // a chunk holds no more
constexpr size_t kHashDigits = 12;
constexpr std::string_view kParameters = "string_to_param.";

bool is_floating(formats::DType dtype) {
  return dtype == formats::DType::f64 || dtype == formats::DType::f32 || dtype == formats::DType::f16 ||
         dtype == formats::DType::bf16;
}

/// With both dimensions.
formats::StoredTensor checked(formats::StoredTensor tensor) {
  if (tensor.shape.size() == 1) tensor.shape.insert(tensor.shape.begin(), 1);
  require(tensor.shape.size() == 2 && tensor.shape[0] >= 1 && tensor.shape[0] <= kMostVectors && tensor.shape[1] >= 1 &&
              is_floating(tensor.dtype),
          ErrorKind::unsupported, "an embedding must be 1 to {} vectors of numbers, found {} of shape [{}]",
          kMostVectors, formats::dtype_name(tensor.dtype), fmt::join(tensor.shape, ", "));
  return tensor;
}

EmbeddingTensors tensors_in(const formats::TensorFile& file) {
  const auto clip_l = file.tensors.find("clip_l"), clip_g = file.tensors.find("clip_g");
  if (clip_l != file.tensors.end() && clip_g != file.tensors.end()) {
    EmbeddingTensors both = {checked(clip_l->second), checked(clip_g->second)};
    require(both[0].shape[0] == both[1].shape[0], ErrorKind::unsupported,
            "clip_l and clip_g must have as many vectors, have {} and {}", both[0].shape[0], both[1].shape[0]);
    return both;
  }
  const bool is_a1111 = std::any_of(file.tensors.begin(), file.tensors.end(),
                                    [](const auto& tensor) { return tensor.first.starts_with(kParameters); });
  const formats::StoredTensor* found = nullptr;
  for (const auto& [name, tensor] : file.tensors) {
    if (is_a1111 && !name.starts_with(kParameters)) continue;
    require(!found, ErrorKind::unsupported, "an embedding must hold one term, has {} tensors", file.tensors.size());
    found = &tensor;
  }
  require(found != nullptr, ErrorKind::unsupported, "an embedding must hold a tensor, has none");
  return {checked(*found)};
}

}  // namespace

fs::path embeddings_folder(const GenerateRequest& request) {
  if (!request.embeddings_dir.empty()) return request.embeddings_dir;
  fs::path found = "embeddings";
  for (fs::path folder = fs::path(request.model).parent_path(); folder.has_filename(); folder = folder.parent_path())
    if (folder.filename() == "Stable-diffusion") found = folder.parent_path().parent_path() / "embeddings";
  std::error_code ignored;
  return fs::is_directory(found, ignored) ? found : fs::path();
}

EmbeddingTensors read_embedding(const fs::path& file) {
  const formats::TensorFile tensors = formats::read_tensor_file(file);
  try {
    return tensors_in(tensors);
  } catch (const Error& error) {
    throw error.within("read the embedding " + formats::in_quotes(file.string()));
  }
}

EmbeddingFolder::EmbeddingFolder(const fs::path& folder, const prompt::Tokenizer& tokenizer,
                                 std::vector<int64_t> widths)
    : widths_(std::move(widths)) {
  if (folder.empty()) return;
  std::error_code ignored;
  require(fs::is_directory(folder, ignored), ErrorKind::not_found, "--embeddings-dir: {} must be a folder, is none",
          formats::in_quotes(folder.string()));
  for (const fs::path& file : files_below(folder, {".pt", ".bin", ".safetensors"})) {
    words_.add(int(entries_.size()), tokenizer.encode(file.stem().string()));
    entries_.push_back({.file = file});
  }
}

bool EmbeddingFolder::is_usable(Entry& entry) const {
  if (entry.state != Entry::State::unread) return entry.state == Entry::State::usable;
  entry.state = Entry::State::refused;
  const std::string name = formats::in_quotes(entry.file.stem().string());
  try {
    entry.tensors = read_embedding(entry.file);
    entry.vectors = int(entry.tensors.front().shape[0]);
    std::vector<int64_t> widths;
    for (const auto& tensor : entry.tensors) widths.push_back(tensor.shape[1]);
    if (widths_.empty() || widths == widths_)
      entry.state = Entry::State::usable;
    else
      log_warning("the embedding {} is text here: it was taught to text encoders of width {}, this model's have {}",
                  name, fmt::join(widths, " and "), fmt::join(widths_, " and "));
  } catch (const Error& error) {
    log_warning("the embedding {} is text here: {}", name, error.what());
  }
  return entry.state == Entry::State::usable;
}

std::optional<prompt::EmbeddingMatch> EmbeddingFolder::find(std::span<const int> ids, size_t position) {
  for (prompt::EmbeddingMatch& match : words_.at(ids, position)) {
    Entry& entry = entries_[size_t(match.embedding)];
    if (!is_usable(entry)) continue;
    match.vectors = entry.vectors;
    if (std::find(found_.begin(), found_.end(), match.embedding) == found_.end()) found_.push_back(match.embedding);
    return match;
  }
  return std::nullopt;
}

std::vector<EmbeddingFolder::Found> EmbeddingFolder::found() const {
  std::vector<Found> found;
  for (const int number : found_) {
    const Entry& entry = entries_[size_t(number)];
    found.push_back({entry.file.stem().string(), file_hash(entry.file, kHashDigits), entry.vectors});
  }
  return found;
}

std::string embedding_hashes(const std::vector<EmbeddingFolder::Found>& found) {
  std::string text;
  for (const EmbeddingFolder::Found& one : found) {
    std::string name = one.name;
    std::erase_if(name, [](char c) { return c == ':' || c == ','; });
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, one.hash);
  }
  return text;
}

}  // namespace darkroom::generate
