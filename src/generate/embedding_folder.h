// The textual inversion embeddings of a folder, read when a prompt names them. No libtorch here: the command line shows
// what is found.
// Source of truth: A1111 1.10, modules/textual_inversion/textual_inversion.py.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/tensor_file.h"
#include "generate/request.h"
#include "prompt/embedding_words.h"
#include "prompt/tokenizer.h"

namespace darkroom::generate {

/// The request's --embeddings-dir; without one, of a model below models/Stable-diffusion the folder "embeddings" beside
/// "models" (A1111's layout), else embeddings in the current folder. Empty if that is not there.
std::filesystem::path embeddings_folder(const GenerateRequest& request);

/// One tensor [vectors, width] per text encoder; 1 to 75 vectors, as many in each. The first dimension of a single
/// vector may be missing.
using EmbeddingTensors = std::vector<formats::StoredTensor>;

/// A .pt, .bin or .safetensors file: A1111's (string_to_param), diffusers' (one tensor), or SDXL's (clip_l, clip_g: two
/// encoders). Throws Error: those of read_tensor_file, unsupported for anything else in it.
EmbeddingTensors read_embedding(const std::filesystem::path& file);

class EmbeddingFolder {
 public:
  /// Of one that was found.
  struct Found {
    std::string name;
    std::string hash;  ///< first 12 hex digits of the file's SHA-256
    int vectors = 0;
  };

  /// All .pt, .bin and .safetensors files below `folder`; an empty path has none. `widths`: of the model's text
  /// encoders; empty = any will do. The tokenizer is used here only. Throws Error{not_found} for a folder that is none.
  EmbeddingFolder(const std::filesystem::path& folder, const prompt::Tokenizer& tokenizer,
                  std::vector<int64_t> widths = {});

  /// The longest word there that names an embedding of these widths. One that cannot be used is passed over, with a
  /// warning that names it. Not thread-safe.
  std::optional<prompt::EmbeddingMatch> find(std::span<const int> ids, size_t position);

  /// Of one that was found.
  const EmbeddingTensors& tensors(int embedding) const { return entries_.at(size_t(embedding)).tensors; }

  /// What was found so far, each once, in the order of first use.
  std::vector<Found> found() const;

 private:
  struct Entry {
    std::filesystem::path file;
    enum class State { unread, usable, refused } state = State::unread;
    EmbeddingTensors tensors;
    int vectors = 0;
  };
  bool is_usable(Entry& entry) const;

  std::vector<Entry> entries_;
  std::vector<int64_t> widths_;
  prompt::EmbeddingWords words_;
  std::vector<int> found_;
};

/// "name: hash, name: hash", as infotext's "TI hashes"; "" for none.
std::string embedding_hashes(const std::vector<EmbeddingFolder::Found>& found);

}  // namespace darkroom::generate
