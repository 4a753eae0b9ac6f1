// Captions -> what the UNet is told while it is trained.
// Source of truth: sd-scripts, library/strategy_sd.py, strategy_sdxl.py, strategy_base.py, library/train_util.py
// get_hidden_states: brackets are words like others unless weighted_captions says otherwise, and long captions are cut
// into windows without regard to commas, which is not what happens to prompts (prompt/encode.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/load.h"
#include "models/conditioning.h"
#include "prompt/encode.h"
#include "prompt/tokenizer.h"

namespace darkroom::train {

class CaptionEncoder {
 public:
  struct Options {
    int64_t max_tokens = 75;   ///< 75, 150 or 225
    int64_t clip_skip = 1;     ///< counts for SD 1.x and 2.x
    bool remembers = false;    ///< what the encoders say of a caption never changes, so it is kept
    bool has_weights = false;  ///< brackets weigh: what is said of a word is multiplied, and no mean brought back
  };
  /// `model` must outlive it. Throws Error{invalid_request} for a CLIP skip the encoder has no layer for.
  CaptionEncoder(const checkpoint::Checkpoint& model, const Options& options);

  /// Throws Error{invalid_request} for weights that are no numbers. Of a batch: context [B, T, C] with T = 77, 152 or
  /// 227; for SDXL the vector [B, V] from the first window's pooled text and each picture's sizes. `sizes`: one per
  /// caption, used for SDXL only.
  models::Conditioning encode(const std::vector<std::string>& captions,
                              const std::vector<prompt::PictureSizes>& sizes) const;

 private:
  struct Encoder {
    const models::ClipText* network;
    std::shared_ptr<const prompt::Tokenizer> tokenizer;
    int pad;
    int64_t skipped;
    bool final_norm, has_pooled;
  };
  models::Conditioning encoded(const std::vector<std::string>& captions) const;

  std::vector<Encoder> encoders_;
  int64_t windows_;
  int64_t size_embedding_;
  bool is_sdxl_, remembers_, has_weights_;
  mutable std::map<std::string, models::Conditioning> known_;
  mutable size_t known_bytes_ = 0;
};

/// The windows of one caption, each `length` ids: the start token, length - 2 of the caption, the end token or what
/// fills.
struct CaptionWindows {
  Tensor ids;      ///< [windows, length] int64
  Tensor weights;  ///< the same, fp32: what each counts
};

/// `pad` fills what is empty. `has_weights`: brackets are not text but weights. Throws as CaptionEncoder::encode().
CaptionWindows caption_windows(const prompt::Tokenizer& tokenizer, int pad, const std::string& caption, int64_t windows,
                               int64_t length, bool has_weights = false);

}  // namespace darkroom::train
