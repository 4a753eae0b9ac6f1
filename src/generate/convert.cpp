#include "generate/convert.h"

#include "base/error.h"
#include "base/tensor.h"
#include "checkpoint/load.h"
#include "checkpoint/save.h"
#include "formats/utf8.h"
#include "prompt/vocabulary.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;

at::ScalarType dtype_named(const std::string& precision) {
  if (precision == "fp16") return at::kHalf;
  if (precision == "bf16") return at::kBFloat16;
  if (precision == "fp32") return at::kFloat;
  fail(ErrorKind::invalid_request, "--precision: fp16, bf16 or fp32 is needed, {} was given",
       formats::in_quotes(precision));
}

void check_places(const ConvertRequest& request) {
  const std::string out = formats::in_quotes(request.out.string());
  require(!request.out.empty(), ErrorKind::invalid_request, "convert: a place to write to must be given");
  if (!fs::exists(request.out)) return;
  // The weights are read from the mapped file while the new one is written.
  require(!fs::exists(request.model) || !fs::equivalent(request.out, request.model), ErrorKind::invalid_request,
          "convert: {} is the model itself; write to another place", out);
  require(request.overwrite, ErrorKind::invalid_request,
          "convert: {} is there already; say --overwrite, or another name", out);
  require(fs::is_directory(request.out) == (request.out.extension() != ".safetensors"), ErrorKind::invalid_request,
          "convert: {} is {}, which the new model cannot replace; give another name", out,
          fs::is_directory(request.out) ? "a folder" : "a file");
}

void require_finite(layers::Module& network, const char* part, const std::string& precision) {
  for (const auto& [name, parameter] : network.named_parameters()) {
    require(parameter->isfinite().all().item<bool>(), ErrorKind::invalid_request,
            "convert: {} holds weights that are no numbers or too large for {} ({}); try --precision bf16", part,
            precision, name);
  }
}

/// A diffusers folder carries its tokenizers; a single file leaves out the standard one.
void add_standard_tokenizers(checkpoint::ModelDescription& model) {
  for (checkpoint::TextEncoderDescription& encoder : model.text_encoders) {
    if (encoder.tokenizer) continue;
    const prompt::Vocabulary clip = prompt::clip_vocabulary();
    encoder.tokenizer = {{}, prompt::vocab_json(clip), prompt::merges_txt(clip)};
  }
}

}  // namespace

ConvertReport convert(const ConvertRequest& request) {
  const at::ScalarType dtype = dtype_named(request.precision);
  check_places(request);
  // An SD 2.x file may have to be asked for its prediction, and nothing here computes in fp16.
  const bool is_asked = !checkpoint::describe_checkpoint(request.model).prediction;
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(
      request.model,
      {.unet_dtype = is_asked ? at::kFloat : dtype, .text_dtype = dtype, .vae_dtype = dtype, .vae = request.vae});
  if (is_asked) model.unet->convert_to(dtype);
  ConvertReport report{std::string(checkpoint::family_name(model.description.family)),
                       model.unet->parameter_count() + model.vae->parameter_count()};
  require_finite(*model.unet, "the UNet", request.precision);
  require_finite(*model.vae, "the VAE", request.precision);
  checkpoint::ModelToSave saved{model.description, {}, model.unet.get(), model.vae.get()};
  for (const auto& text : model.text_encoders) {
    require_finite(*text, "a text encoder", request.precision);
    report.parameters += text->parameter_count();
    saved.text_encoders.push_back(text.get());
  }
  if (request.out.extension() == ".safetensors") {
    checkpoint::save_single_file(saved, request.out, dtype);
  } else {
    add_standard_tokenizers(saved.description);
    checkpoint::save_diffusers_folder(saved, request.out, dtype);
  }
  return report;
}

}  // namespace darkroom::generate
