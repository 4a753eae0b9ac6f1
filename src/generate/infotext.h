// A picture's recipe as text, as A1111 writes and reads it (modules/processing.py create_infotext,
// modules/infotext_utils.py).
#pragma once

#include <string>

#include "generate/infotext_syntax.h"
#include "generate/request.h"
#include "generate/request_fields.h"

namespace darkroom::generate {

/// Everything that made one picture.
struct Recipe {
  GenerateRequest request;  ///< as it acted: this picture's seed, its size, the label of the schedule
  std::string model_name;   ///< file stem or folder name
  std::string model_hash;   ///< see model_hash.h
  std::string vae_name;     ///< of a separate VAE, else empty
  std::string vae_hash;
  std::string lora_hashes;       ///< "name: hash, name: hash" of the tags that acted
  std::string embedding_hashes;  ///< see embedding_folder.h
  int batch_position = 0;        ///< of the picture in its batch of request.batch_size
};

/// "prompt\nNegative prompt: ...\nSteps: 20, Sampler: ...": the text of the PNG's "parameters" chunk.
std::string infotext(const Recipe& recipe);

/// The request fields among them, as read_recipe() finds them (the model aside: infotext has its name, not its place).
Settings infotext_settings(const ParsedInfotext& infotext);

}  // namespace darkroom::generate
