// A request becomes pictures. No tensors here, so that whoever calls this needs no libtorch.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/progress.h"
#include "generate/precision.h"
#include "generate/request.h"
#include "generate/request_fields.h"
#include "generate/source_picture.h"
#include "imaging/image.h"

namespace darkroom::generate {

/// Which model is loaded, and how: these fields of a request hold for all pictures made with one LoadedModel.
struct ModelChoice {
  std::string model;  ///< empty = default_model()
  std::string vae;    ///< empty = the model's own
  std::string precision = "auto";
  std::string vae_precision = "auto";       ///< auto = as precision
  std::string vae_decoder = "Full", taesd;  ///< as in the request
  bool has_bf16 = computes_bf16();          ///< tests compute in bf16 on processors that only emulate it

  bool operator==(const ModelChoice&) const = default;
};

/// What a request says of it.
ModelChoice model_choice(const GenerateRequest& request);

/// What the makers of a model (empty = the one that comes with the program) recommend, without reading its weights.
/// Throws Error as LoadedModel does.
Settings recommended_settings(const std::string& model);

/// Where the weights of a part of a model are.
struct PartFacts {
  std::string name;               ///< "Text encoder", "Text encoder 2", "UNet", "VAE", "LoRA"
  int64_t memory_bytes = 0;       ///< in main memory
  int64_t file_bytes = 0;         ///< mapped from the file: the system keeps them only while it has room
  int64_t read_bytes = 0;         ///< of those, what this process has in memory now
  int64_t accelerator_bytes = 0;  ///< on an accelerator: then the three above are 0
  int64_t packed_bytes = 0;       ///< of memory_bytes, what was made of the weights to compute with
  std::string precision;          ///< of most of its weights as they are kept: fp32, bf16, fp16

  /// Whether most of its weights are those of the file, so that what is in memory can be let go of.
  bool can_return_to_file() const { return file_bytes > memory_bytes - packed_bytes; }
};

/// Where a part can be.
enum class PartPlace { file, memory, accelerator };

/// A model in memory. One generate() at a time, others wait: the LoRA files a prompt names act on its weights.
class LoadedModel {
 public:
  /// Logs a line where the precision is not what was asked. Throws Error: not_found, corrupt_file, unsupported.
  explicit LoadedModel(const ModelChoice& choice);
  ~LoadedModel();
  LoadedModel(const LoadedModel&) = delete;
  LoadedModel& operator=(const LoadedModel&) = delete;

  /// What its makers recommend; the size is always among it.
  Settings recommended() const;

  /// "LoRA" stands last: what changed weights take besides the model's own. Waits for generate().
  std::vector<PartFacts> part_facts() const;

  /// Reads a part's mapped weights into memory, or takes them out of it until they are used again, or moves the part to
  /// the accelerator it is computed on: there until another part needs the room or it is moved elsewhere. The pictures
  /// stay the same. Waits for generate(). Throws Error: not_found, invalid_request where weights to take out are not
  /// the file's own or nothing is computed on an accelerator, out_of_memory.
  void move_part(const std::string& name, PartPlace to) const;

  /// These parts stay on the accelerator while others need room there; move_part() moves them all the same. Waits for
  /// generate().
  void keep_on_accelerator(const std::set<std::string>& names) const;
  /// All other parts go back to main memory. Waits for generate().
  void free_accelerator() const;

  /// Whether one of its files was written in place since: generate() would refuse.
  bool is_outdated() const;

  struct Parts;  // in loaded_model.h, for those who know tensors
  const Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

/// Gives memory that no model uses any more back to the system.
void release_memory();

struct Picture {
  Image image;
  int64_t seed = 0;
  std::string infotext;
};

/// Quick: by TAESD where it is there, else by colours alone (linear_preview.h), which costs nothing that can be
/// measured. Full: by the VAE, as long as decoding the picture takes.
enum class PreviewKind { quick, full };

struct GuidanceWatch;  // in guidance_watch.h, for those who know tensors

struct RunOptions {
  Progress on_progress =
      ignore_progress;  ///< stages "reading the prompt", "sampling", "decoding"; may cancel by throwing
  /// What the request's init_image and mask stand for; files, unless somebody knows better.
  std::function<Image(const std::string& name)> read_picture = read_source_picture;
  /// Instead of the seed's: fills picture i's starting noise [C, H/8, W/8], unit variance. For comparisons with
  /// programs that make their noise in other ways.
  std::function<void(int picture, std::span<float> noise)> starting_noise = {};
  /// Of the batch's first picture as it is guessed after a step: every `preview_every` steps, if that is not 0.
  std::function<void(Image&&)> on_preview = {};
  int preview_every = 0;
  PreviewKind preview_kind = PreviewKind::quick;
  const GuidanceWatch* watch = nullptr;  ///< told of every denoiser call, if given
};

/// seed, or for -1 a random one in 0..4294967293, A1111's range.
int64_t drawn_seed(int64_t seed);

/// The request as it will act on this model: its seeds drawn, its size known. Throws Error{invalid_request} for a size
/// the model cannot make.
GenerateRequest settled(const LoadedModel& model, GenerateRequest request);

/// Makes batch_size * batch_count pictures and hands each over as soon as it is finished. Picture i has the seed
/// `seed` + i and does not depend on the batch it is made in. The request's model, VAE, precisions and noise schedule
/// are `model`'s. Throws Error{invalid_request} for a size the model cannot make, {cancelled} from the callbacks,
/// {internal} where the network computes values that are no numbers.
void generate(const LoadedModel& model, const GenerateRequest& request,
              const std::function<void(Picture&&)>& on_picture, const RunOptions& options = {});

}  // namespace darkroom::generate
