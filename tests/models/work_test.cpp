// Work of whole networks, counted without computing it: layers tell what they would do, and nothing is done. Held
// against arithmetic that knows only the published configurations (tests/golden/make_flops.py).
#include "layers/work.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "models/clip_text.h"
#include "models/unet.h"
#include "models/vae.h"

namespace darkroom::models {
namespace {

using Macs = std::map<std::string, int64_t>;

const at::TensorOptions kShape = at::TensorOptions().device(at::kMeta).dtype(at::kFloat);

/// By class of layers, all sizes of attention as one. `options`: of the answers, which hold nothing.
Macs counted(const at::TensorOptions& options, const std::function<void()>& run) {
  NoGrad guard;
  Macs macs;
  const layers::WatchedWork watch({[&](const layers::Work& work, const layers::Compute&) {
    const bool is_attention = work.kind == layers::WorkKind::attention;
    if (work.macs > 0) macs[is_attention ? work.name.substr(0, work.name.find(',')) : work.name] += work.macs;
    return at::empty(work.answer, options);
  }});
  run();
  return macs;
}

Macs unet_macs(const UNetConfig& config, int64_t batch, int64_t side) {
  const UNet unet(config);
  const Conditioning told{at::empty({batch, 77, config.context}, kShape),
                          config.vector > 0 ? at::empty({batch, config.vector}, kShape) : Tensor()};
  return counted(kShape, [&] {
    unet.forward(at::empty({batch, config.in_channels, side / 8, side / 8}, kShape), at::zeros({batch}), told);
  });
}

Macs golden(const std::string& name) {
  std::ifstream file(DARKROOM_TESTS_DIR "/golden/flops.json");
  return nlohmann::json::parse(file).at(name).at("classes").get<Macs>();
}

int64_t sum(const Macs& macs) {
  int64_t all = 0;
  for (const auto& [name, count] : macs) all += count;
  return all;
}

const UNetConfig kSd21 = {.heads = {5, 10, 20, 20}, .context = 1024, .linear_projections = true};
const UNetConfig kSdxl = {.channels = {320, 640, 1280},
                          .depth = {0, 2, 10},
                          .middle_depth = 10,
                          .heads = {5, 10, 20},
                          .context = 2048,
                          .vector = 2816,
                          .linear_projections = true};

TEST(Work, OfTheUNetsIsThatOfTheirConfigurations) {
  EXPECT_EQ(unet_macs({}, 1, 512), golden("unet sd15 512"));
  EXPECT_EQ(unet_macs({}, 1, 768), golden("unet sd15 768"));
  EXPECT_EQ(unet_macs(kSd21, 1, 768), golden("unet sd21 768"));
  EXPECT_EQ(unet_macs(kSdxl, 1, 512), golden("unet sdxl 512"));
  EXPECT_EQ(unet_macs(kSdxl, 1, 1024), golden("unet sdxl 1024"));
}

TEST(Work, OfAStepWithGuidanceIsTwoPictures) {
  const int64_t step = sum(unet_macs({}, 2, 512));
  EXPECT_EQ(step, 2 * sum(golden("unet sd15 512")));
  EXPECT_EQ(2 * step / 1'000'000'000, 1606);  // 1,606.5 GFLOP, the figure of docs/performance.md
}

TEST(Work, OfTheVaeAndTheTextEncoder) {
  const AutoencoderKL vae({});
  EXPECT_EQ(counted(kShape, [&] { vae.decode(at::empty({1, 4, 64, 64}, kShape)); }), golden("vae decoder 512"));
  EXPECT_EQ(counted(kShape, [&] { vae.decode(at::empty({1, 4, 128, 128}, kShape)); }), golden("vae decoder 1024"));
  const ClipText clip({});
  EXPECT_EQ(counted(at::kFloat, [&] { clip.hidden_state(at::zeros({1, 77}, at::kLong), 0); }), golden("clip-l"));
}

}  // namespace
}  // namespace darkroom::models
