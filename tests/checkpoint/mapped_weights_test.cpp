#include "checkpoint/mapped_weights.h"

#include "checkpoint/load.h"
#include "fixtures.h"

namespace darkroom::checkpoint {
namespace {

/// A copy of the tiny model that a test may write to.
struct OwnFile {
  ScratchFolder folder;
  std::filesystem::path path = folder / "model.safetensors";
  OwnFile() { std::filesystem::copy_file(tiny("sd15.safetensors"), path); }
};

std::vector<Tensor> copies(layers::Module& network) {
  std::vector<Tensor> all;
  for (const auto& [name, tensor] : network.named_parameters()) all.push_back(tensor->clone());
  return all;
}

TEST(MappedWeights, AreThoseThatAreKeptAsTheFileHasThem) {
  const OwnFile file;
  const Checkpoint mapped = load_checkpoint(file.path, {.keep_half = true}), own = load_checkpoint(file.path);
  EXPECT_EQ(mapped.unet->out_conv.weight.scalar_type(), at::kHalf);
  EXPECT_TRUE(is_mapped(mapped.unet->out_conv.weight));
  EXPECT_FALSE(is_mapped(mapped.unet->out_conv.bias)) << "vectors are converted";
  EXPECT_FALSE(is_mapped(own.unet->out_conv.weight));
  EXPECT_FALSE(is_mapped(at::ones({4})));
  EXPECT_EQ(mapped.unet_computes_in, at::kFloat);
  EXPECT_EQ(mapped.text_computes_in, at::kFloat);
  EXPECT_FALSE(own.unet_computes_in || own.text_computes_in);
}

TEST(MappedWeights, ThatWereLetGoAreWhatTheyWere) {
  const OwnFile file;
  for (const bool keep_half : {true, false}) {  // of converted weights nothing may go
    const Checkpoint model = load_checkpoint(file.path, {.keep_half = keep_half});
    const std::vector<Tensor> before = copies(*model.unet);
    let_go_of(*model.unet);
    const std::vector<Tensor> after = copies(*model.unet);
    for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(after[i].equal(before[i])) << i;
  }
}

TEST(MappedWeights, OfAFileThatWasWrittenToAreRefused) {
  const OwnFile file;
  const Checkpoint model = load_checkpoint(file.path, {.keep_half = true});
  require_unwritten(*model.unet);
  const auto size = std::filesystem::file_size(file.path);
  std::filesystem::resize_file(file.path, size / 2);
  const std::string message = error_of(ErrorKind::io, [&] { require_unwritten(*model.unet); });
  EXPECT_TRUE(mentions(message, "model.safetensors")) << message;
  EXPECT_TRUE(mentions(message, "load it again")) << message;
}

TEST(MappedWeights, OfAFileThatWasReplacedStay) {
  const OwnFile file;
  const Checkpoint model = load_checkpoint(file.path, {.keep_half = true});
  const Tensor before = model.unet->out_conv.weight.clone();
  std::ofstream(file.folder / "new") << "another file";
  std::filesystem::rename(file.folder / "new", file.path);
  let_go_of(*model.unet);
  require_unwritten(*model.unet);
  EXPECT_TRUE(model.unet->out_conv.weight.equal(before)) << "read again from the file that has no name any more";
}

}  // namespace
}  // namespace darkroom::checkpoint
