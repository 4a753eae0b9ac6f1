#include "lab/precision.h"

#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/load.h"
#include "checkpoint/save.h"
#include "formats/support.h"
#include "support/tiny_model.h"

namespace darkroom::lab {
namespace {

generate::Settings small_picture(const std::string& model) {
  return {{"prompt", "a red apple"}, {"model", model},         {"seed", "1"}, {"steps", "2"}, {"width", "32"},
          {"height", "32"},          {"sampler_name", "Euler"}};
}

const PrecisionReport& of_the_tiny_model() {
  static const PrecisionReport report = measure_precision(small_picture(generate::tiny_model("sd15")), ignore_progress);
  return report;
}

const LayerPrecision& layer(const PrecisionRun& run, const std::string& name, const std::string& operation) {
  for (const LayerPrecision& found : run.layers)
    if (found.layer == name && found.operation == operation) return found;
  ADD_FAILURE() << name << " " << operation;
  return run.layers.front();
}

TEST(Precision, RunsAreThePictureInThreeFormats) {
  const PrecisionReport& report = of_the_tiny_model();
  ASSERT_EQ(report.runs.size(), 3u);
  const PrecisionRun &fp32 = report.runs[0], &bf16 = report.runs[1], &fp16 = report.runs[2];
  EXPECT_TRUE(std::isinf(fp32.psnr));
  EXPECT_GT(fp32.seconds, 0);
  EXPECT_GT(bf16.psnr, 30);
  EXPECT_GT(fp16.psnr, bf16.psnr) << "fp16 keeps three more digits";
  EXPECT_EQ(fp32.weight_bytes, 2 * fp16.weight_bytes);
  EXPECT_EQ(fp32.layers.size(), fp16.layers.size());
  EXPECT_EQ(report.parts.size(), 6u);
  EXPECT_EQ(part_to_keep(report, "fp16"), "");
  EXPECT_EQ(first_overflow(fp16), nullptr);
}

// The first operation of the UNet takes what is the same in every format: its error is its own rounding, and no more
// than half a unit in the last place: 2^-9 of bf16's eight bits, 2^-12 of fp16's eleven.
TEST(Precision, ErrorsStartWithTheFirstRounding) {
  for (const auto& [run, unit] : {std::pair(1, std::ldexp(1, -9)), std::pair(2, std::ldexp(1, -12))}) {
    const LayerPrecision& first = layer(of_the_tiny_model().runs[run], "time_embed.0", "linear");
    EXPECT_GT(first.error, unit / 8);
    EXPECT_LT(first.rounding, unit);
    const LayerPrecision& last = layer(of_the_tiny_model().runs[run], "out.2", "conv2d");
    EXPECT_GT(last.error, first.error);
    EXPECT_LT(last.error, 100 * unit);
  }
}

TEST(Precision, NamesThePartThatRunsOutOfNumbers) {
  const formats::TemporaryFolder folder;
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(generate::tiny_model("sd15"), {.writable = true});
  model.vae->decoder.conv_in.weight.mul_(1e6);  // the norms behind it make it good again, but not in fp16
  model.vae->decoder.conv_in.bias.mul_(1e6);
  const std::string path = folder / "large.safetensors";
  checkpoint::save_single_file({model.description, {model.text_encoders[0].get()}, model.unet.get(), model.vae.get()},
                               path, at::kFloat);
  const PrecisionReport report = measure_precision(small_picture(path), ignore_progress);
  const PrecisionRun &bf16 = report.runs[1], &fp16 = report.runs[2];
  EXPECT_EQ(bf16.failure, "");
  EXPECT_NE(fp16.failure.find("no numbers"), std::string::npos) << fp16.failure;
  EXPECT_TRUE(fp16.picture.pixels.empty());
  ASSERT_NE(first_overflow(fp16), nullptr);
  EXPECT_EQ(first_overflow(fp16)->layer, "decoder.conv_in");
  EXPECT_GT(first_overflow(fp16)->not_numbers, 0) << "its weights are beyond 65504 themselves";
  EXPECT_EQ(part_to_keep(report, "fp16"), "VAE decoder");
  EXPECT_EQ(part_to_keep(report, "bf16"), "");
}

}  // namespace
}  // namespace darkroom::lab
