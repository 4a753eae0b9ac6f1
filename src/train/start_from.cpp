#include "train/start_from.h"

#include <fmt/ranges.h>

#include <map>

#include "base/error.h"
#include "base/log.h"
#include "checkpoint/load.h"
#include "prompt/vocabulary.h"

namespace darkroom::train {
namespace {

/// Token spelling -> row of the token table.
std::unordered_map<std::string, int> token_rows(const checkpoint::TextEncoderDescription& text) {
  const auto& files = text.tokenizer;
  return (files ? prompt::parse_vocabulary(files->vocab_json, files->merges_txt) : prompt::clip_vocabulary()).ids;
}

/// Every parameter of `network` but `table` takes the value that `source` has under its name.
void take_parameters(const std::filesystem::path& start, const char* part, layers::Module& source,
                     layers::Module& network, const Tensor* table) {
  std::map<std::string, Tensor*> theirs;
  for (const auto& [name, parameter] : source.named_parameters()) theirs.emplace(name, parameter);
  for (const auto& [name, parameter] : network.named_parameters()) {
    const auto found = theirs.find(name);
    require(found != theirs.end(), ErrorKind::invalid_request,
            "start from \"{}\": its {} must have the sizes of the options, it has no \"{}\"", start.string(), part,
            name);
    const Tensor value = *found->second;
    theirs.erase(found);
    if (parameter == table) continue;
    require(value.sizes() == parameter->sizes(), ErrorKind::invalid_request,
            "start from \"{}\": its {} must have the sizes of the options: \"{}\" has the shape [{}], [{}] is wanted",
            start.string(), part, name, fmt::join(value.sizes(), ", "), fmt::join(parameter->sizes(), ", "));
    parameter->copy_(value);
  }
  require(theirs.empty(), ErrorKind::invalid_request,
          "start from \"{}\": its {} must have the sizes of the options, it has \"{}\" as well", start.string(), part,
          theirs.empty() ? "" : theirs.begin()->first);
}

}  // namespace

TokensCarriedOver start_from(const std::filesystem::path& start, const checkpoint::ModelDescription& model,
                             models::ClipText& text, models::UNet& unet) {
  NoGrad guard;
  const checkpoint::Checkpoint other = checkpoint::load_checkpoint(start);
  require(other.text_encoders.size() == 1, ErrorKind::invalid_request,
          "start from \"{}\": it must have one text encoder, it has {}", start.string(), other.text_encoders.size());
  models::ClipText& other_text = *other.text_encoders[0];
  const Tensor& old_table = other_text.embeddings.token;
  Tensor& table = text.embeddings.token;
  require(old_table.size(1) == table.size(1), ErrorKind::invalid_request,
          "start from \"{}\": its token vectors have {} values, text_width says {}", start.string(), old_table.size(1),
          table.size(1));
  take_parameters(start, "text encoder", other_text, text, &table);
  take_parameters(start, "UNet", *other.unet, unet, nullptr);

  const auto old_rows = token_rows(other.description.text_encoders[0]);
  TokensCarriedOver tokens;
  for (const auto& [spelling, row] : token_rows(model.text_encoders[0])) {
    const auto found = old_rows.find(spelling);
    if (found == old_rows.end()) {
      ++tokens.fresh;
      continue;
    }
    require(found->second < old_table.size(0), ErrorKind::corrupt_file,
            "start from \"{}\": its vocabulary numbers \"{}\" {}, its token table has {} rows", start.string(),
            spelling, found->second, old_table.size(0));
    table[row].copy_(old_table[found->second]);
    ++tokens.kept;
  }
  log_info("start from \"{}\": text encoder and UNet; {} of {} tokens keep their vectors, {} begin anew",
           start.string(), tokens.kept, tokens.kept + tokens.fresh, tokens.fresh);
  return tokens;
}

}  // namespace darkroom::train
