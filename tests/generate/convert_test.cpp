#include "generate/convert.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "checkpoint/load.h"
#include "checkpoint/save.h"
#include "formats/support.h"
#include "prompt/vocabulary.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::TemporaryFolder;

std::vector<uint8_t> pixels(const std::filesystem::path& model) {
  const LoadedModel loaded({.model = model.string(), .precision = "fp32"});
  return pictures_of(loaded, small_request()).front().image.pixels;
}

class ConvertFamily : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Families, ConvertFamily, testing::Values("sd15", "sd21", "sdxl"));

// From each container to each form and back: the picture is the same to the bit, since the weights are.
TEST_P(ConvertFamily, KeepsThePicture) {
  const TemporaryFolder folder;
  const std::string name = GetParam();
  const auto expected = pixels(tiny_model(name));
  for (const std::string& from : {name, name + ".safetensors", name + ".ckpt"}) {
    convert({.model = tiny_model(from), .out = folder / "file.safetensors", .overwrite = true});
    EXPECT_EQ(pixels(folder / "file.safetensors"), expected) << from;
    convert({.model = folder / "file.safetensors", .out = folder / "folder", .overwrite = true});
    EXPECT_EQ(pixels(folder / "folder"), expected) << from;
  }
}

TEST(Convert, AFolderFromASingleFileHasTheStandardTokenizer) {
  const TemporaryFolder folder;
  // A file that says nothing of its tokenizer, so that the standard one counts; it has more tokens than the tiny
  // models.
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(tiny_model("sd15"), {.writable = true});
  auto& encoder = model.description.text_encoders[0];
  encoder.config.vocabulary = 49408;
  encoder.tokenizer.reset();
  models::ClipText text(encoder.config);
  for (auto& [name, parameter] : text.named_parameters()) parameter->zero_();
  checkpoint::save_single_file({model.description, {&text}, model.unet.get(), model.vae.get()},
                               folder / "m.safetensors");
  convert({.model = folder / "m.safetensors", .out = folder / "m"});
  const prompt::Vocabulary written = prompt::read_vocabulary(folder / "m" / "tokenizer");
  EXPECT_EQ(written.ids, prompt::clip_vocabulary().ids);
  EXPECT_EQ(written.merges, prompt::clip_vocabulary().merges);
}

TEST(Convert, WritesThePrecisionAskedFor) {
  const TemporaryFolder folder;
  const auto bytes = [&](const std::string& precision) {
    const auto out = folder / (precision + ".safetensors");
    const ConvertReport report = convert({.model = tiny_model("sdxl"), .out = out, .precision = precision});
    EXPECT_EQ(report.family, "SDXL");
    return double(std::filesystem::file_size(out)) / double(report.parameters);
  };
  const double fp32 = bytes("fp32");
  EXPECT_NEAR(fp32 - bytes("fp16"), 2, 0.02);
  EXPECT_NEAR(fp32 - bytes("bf16"), 2, 0.02);
}

TEST(Convert, RefusesWeightsThatBecomeInfinite) {
  const TemporaryFolder folder;
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(tiny_model("sd15"), {.writable = true});
  model.unet->out_conv.weight.view(-1)[3] = 70000;
  checkpoint::save_single_file({model.description, {model.text_encoders[0].get()}, model.unet.get(), model.vae.get()},
                               folder / "large.safetensors", at::kFloat);
  const ConvertRequest request{.model = folder / "large.safetensors", .out = folder / "out.safetensors"};
  try {
    convert(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("too large for fp16 (out.2.weight)"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(request.out));
  ConvertRequest wider = request;
  wider.precision = "bf16";
  convert(wider);
}

TEST(Convert, NeverReplacesUnasked) {
  const TemporaryFolder folder;
  const auto refused = [&](const ConvertRequest& request) {
    try {
      convert(request);
    } catch (const Error& error) {
      return error.kind() == ErrorKind::invalid_request;
    }
    return false;
  };
  std::ofstream(folder / "a.safetensors") << "precious";
  std::filesystem::create_directory(folder / "b.safetensors");
  std::ofstream(folder / "c") << "precious";
  EXPECT_TRUE(refused({.model = tiny_model("sd15"), .out = folder / "a.safetensors"}));
  EXPECT_TRUE(refused({.model = tiny_model("sd15"), .out = folder / "b.safetensors", .overwrite = true}));
  EXPECT_TRUE(refused({.model = tiny_model("sd15"), .out = folder / "c", .overwrite = true}));
  EXPECT_TRUE(refused({.model = tiny_model("sd15"), .out = tiny_model("sd15"), .overwrite = true}));
  EXPECT_TRUE(refused({.model = tiny_model("sd15"), .out = folder / "d", .precision = "fp8"}));
  EXPECT_EQ(formats::content_of(folder / "a.safetensors"), "precious");
  EXPECT_FALSE(std::filesystem::exists(folder / "d"));
}

}  // namespace
}  // namespace darkroom::generate
