// A LoRA of the embedded model on and off, many times: what it leaves behind.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <random>

#include "checkpoint/load.h"
#include "generate/model_adapters.h"

namespace darkroom::generate {
namespace {

/// Anonymous memory of this process in bytes: what grows when something is not given back.
int64_t own_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stoll(line.substr(8)) * 1024;
  throw std::runtime_error("/proc/self/status has no line RssAnon");
}

int64_t weights_differing(const checkpoint::Checkpoint& a, const checkpoint::Checkpoint& b) {
  int64_t differing = 0;
  const auto others = b.unet->named_parameters();
  size_t i = 0;
  for (const auto& [name, tensor] : a.unet->named_parameters()) differing += !tensor->equal(*others[i++].second);
  return differing;
}

TEST(LoraSwitches, FiftyAtRandomLeaveTheWeightsAndTheMemoryAsTheyWere) {
  const std::string folder = std::string(DARKROOM_SOURCE_DIR) + "/models";
  const checkpoint::Checkpoint untouched = checkpoint::load_checkpoint(folder + "/emoji");
  const checkpoint::Checkpoint model = checkpoint::load_checkpoint(folder + "/emoji");
  ModelAdapters adapters(model);
  const auto use = [&](const std::string& prompt) {
    adapters.use(prompt::lora_tags(prompt::without_tags(prompt)), folder + "/Lora");
  };
  std::mt19937 random(1);
  int64_t settled = 0;
  for (int i = 0; i < 60; ++i) {
    if (i == 10) settled = own_memory();  // by now what is kept on purpose has been made
    const bool is_off = random() % 4 == 0;
    use(is_off ? "" : fmt::format("<lora:ink:{}>", double(random() % 2001) / 1000 - 1));
    if (is_off) {
      ASSERT_EQ(weights_differing(model, untouched), 0) << "switch " << i;
    }
  }
  use("<lora:ink:0.7>");
  EXPECT_GT(weights_differing(model, untouched), 80) << "a LoRA that does nothing proves nothing";
  use("");
  EXPECT_EQ(weights_differing(model, untouched), 0);
  const int64_t grown = own_memory() - settled;
  std::cout << "memory after 10 switches: " << settled << " bytes, 50 later " << grown << " more\n";
  // The weights the LoRA touches are several MiB; one of fifty copies kept would show.
  EXPECT_LT(grown, int64_t(1) << 20);
}

}  // namespace
}  // namespace darkroom::generate
