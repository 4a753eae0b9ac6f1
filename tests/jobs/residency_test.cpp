#include "jobs/residency.h"

#include <gtest/gtest.h>

#include <thread>

#include "formats/support.h"
#include "generate/loaded_model.h"
#include "generate/recording_device.h"
#include "layers/bf16_kernels.h"

namespace darkroom::jobs {
namespace {

/// Loads the embedded model in bf16 and makes a small picture, for which its UNet packs its weights.
void pack_unet(Residency& residency) {
  layers::use_bf16_kernels(layers::Bf16Kernels::in_vectors);
  const auto use = residency.use({.precision = "bf16", .has_bf16 = true});
  const generate::LoadedModel& model = use->model();
  const generate::Settings settings = {{"prompt", "a pear"}, {"steps", "1"}, {"width", "64"}, {"height", "64"}};
  generate::generate(model, generate::completed_request(settings, model.recommended()), [](generate::Picture&&) {});
  layers::use_bf16_kernels(layers::Bf16Kernels::of_processor);
}

TEST(Residency, LoadsOnceAndGivesBack) {
  Residency residency;
  EXPECT_FALSE(residency.state().is_loaded);
  const generate::LoadedModel* first = nullptr;
  {
    const auto use = residency.use({});
    first = &use->model();
    EXPECT_TRUE(residency.state().is_in_use);
  }
  EXPECT_EQ(&residency.use({})->model(), first);
  const auto state = residency.state();
  EXPECT_TRUE(state.is_loaded);
  EXPECT_FALSE(state.is_in_use);
  residency.unload();
  EXPECT_FALSE(residency.state().is_loaded);
  residency.reload();
  EXPECT_TRUE(residency.state().is_loaded);
}

TEST(Residency, GivesMemoryBack) {
  Residency residency;
  pack_unet(residency);
  int64_t held = 0;
  for (const generate::PartFacts& part : residency.state().parts) held += part.memory_bytes;
  EXPECT_GT(held, int64_t(20) << 20) << "the embedded model is about 30 MB";
  EXPECT_GT(residency.unload(), held * 95 / 100) << "of " << held;
}

TEST(Residency, WhatWasPackedReturnsToItsFile) {
  Residency residency;
  pack_unet(residency);
  const auto unet = [&] {
    for (const generate::PartFacts& part : residency.state().parts)
      if (part.name == "UNet") return part;
    return generate::PartFacts();
  };
  EXPECT_GT(unet().packed_bytes, unet().file_bytes / 2);
  EXPECT_GE(unet().memory_bytes, unet().packed_bytes);
  EXPECT_TRUE(unet().can_return_to_file());
  residency.move("UNet", generate::PartPlace::memory);
  EXPECT_TRUE(unet().can_return_to_file()) << "the page offers it";
  EXPECT_GT(residency.move("UNet", generate::PartPlace::file), 0);
  EXPECT_EQ(unet().packed_bytes, 0);
}

TEST(Residency, LoadsAgainWhatWasWrittenOver) {
  const formats::TemporaryFolder folder;
  const std::string models = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/";
  std::filesystem::copy(models + "sd15/vae", folder / "vae", std::filesystem::copy_options::recursive);
  const auto path = folder / "vae/diffusion_pytorch_model.safetensors";
  const generate::ModelChoice choice{.model = models + "sd15.safetensors", .vae = (folder / "vae").string()};
  Residency residency;
  const generate::LoadedModel* first = &residency.use(choice)->model();
  EXPECT_EQ(&residency.use(choice)->model(), first);
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_FALSE(residency.use(choice)->model().is_outdated());
}

TEST(Residency, NamesThePartsOfAModel) {
  Residency residency;
  residency.use({});
  std::string names;
  for (const generate::PartFacts& part : residency.state().parts) names += part.name + ", ";
  EXPECT_EQ(names, "Text encoder, UNet, VAE, LoRA, ");
}

TEST(Residency, WaitsForWhoUsesTheModel) {
  Residency residency;
  auto use = residency.use({});
  std::thread other([&] { residency.unload(); });
  EXPECT_TRUE(residency.state().is_loaded);
  use.reset();
  other.join();
  EXPECT_FALSE(residency.state().is_loaded);
}

TEST(Residency, UnloadsWhatIsIdleUnlessItIsKept) {
  Residency residency;
  residency.use({});
  residency.unload_if_idle(3600);
  EXPECT_TRUE(residency.state().is_loaded);
  residency.unload_if_idle(0);
  EXPECT_TRUE(residency.state().is_loaded) << "0 is never";
  residency.pin(true);
  residency.unload_if_idle(1e-9);
  EXPECT_TRUE(residency.state().is_loaded);
  residency.pin(false);
  residency.unload_if_idle(1e-9);
  EXPECT_FALSE(residency.state().is_loaded);
}

generate::PartFacts part_of(const Residency& residency, const std::string& name) {
  for (const generate::PartFacts& part : residency.state().parts)
    if (part.name == name) return part;
  return {};
}

TEST(Residency, MovesOnePart) {
  Residency residency;
  formats::expect_error(ErrorKind::not_found, "no model is loaded",
                        [&] { residency.move("UNet", generate::PartPlace::file); });
  residency.use({});
  residency.move("UNet", generate::PartPlace::memory);
  residency.move("VAE", generate::PartPlace::memory);
  const generate::PartFacts unet = part_of(residency, "UNet");
  EXPECT_EQ(unet.read_bytes, unet.file_bytes);
  const int64_t freed = residency.move("UNet", generate::PartPlace::file);
  EXPECT_GT(freed, unet.file_bytes * 9 / 10) << "of " << unet.file_bytes;
  EXPECT_LT(part_of(residency, "UNet").read_bytes, unet.file_bytes / 10);
  EXPECT_EQ(part_of(residency, "VAE").read_bytes, part_of(residency, "VAE").file_bytes) << "the others stay";
  formats::expect_error(ErrorKind::not_found, "\"Nose\"", [&] { residency.move("Nose", generate::PartPlace::file); });
}

TEST(Residency, WhatWasPackedGoesBackToItsFile) {
  Residency residency;
  pack_unet(residency);
  const generate::PartFacts packed = part_of(residency, "UNet");
  EXPECT_GT(packed.memory_bytes, packed.file_bytes * 9 / 10) << "both take two bytes a weight";
  residency.move("UNet", generate::PartPlace::file);
  EXPECT_LT(part_of(residency, "UNet").memory_bytes, packed.memory_bytes / 10);
}

TEST(Residency, APinnedPartOutlivesIdleTimes) {
  Residency residency;
  residency.use({});
  for (const char* part : {"UNet", "VAE"}) residency.move(part, generate::PartPlace::memory);
  residency.pin_part("UNet", true);
  EXPECT_TRUE(residency.state().pinned_parts.contains("UNet"));
  residency.unload_if_idle(1e-9);
  EXPECT_TRUE(residency.state().is_loaded);
  EXPECT_EQ(part_of(residency, "UNet").read_bytes, part_of(residency, "UNet").file_bytes);
  EXPECT_LT(part_of(residency, "VAE").read_bytes, part_of(residency, "VAE").file_bytes / 10);
  residency.pin_part("UNet", false);
  residency.unload_if_idle(1e-9);
  EXPECT_FALSE(residency.state().is_loaded);
}

TEST(Residency, APinnedPartStaysOnItsAccelerator) {
  Residency residency;
  std::map<std::string, int64_t> sizes;
  {
    const auto use = residency.use({});
    for (const generate::PartFacts& part : use->model().part_facts())
      sizes[part.name] = part.file_bytes + part.memory_bytes;
  }
  generate::RecordingDevice device(int64_t(1) << 30, sizes);
  residency.use({})->model().parts().place_on(device);
  residency.move("UNet", generate::PartPlace::accelerator);
  residency.move("VAE", generate::PartPlace::accelerator);
  EXPECT_GT(part_of(residency, "VAE").accelerator_bytes, 0);
  residency.pin_part("VAE", true);
  residency.unload_if_idle(1e-9);
  EXPECT_EQ(device.log, "+UNet +VAE -UNet ");
  EXPECT_GT(part_of(residency, "VAE").accelerator_bytes, 0);
  residency.move("VAE", generate::PartPlace::memory);
  EXPECT_EQ(device.log, "+UNet +VAE -UNet -VAE ");
  residency.unload();  // the device goes before the model otherwise
}

TEST(Residency, AFailureToLoadLeavesNothingBehind) {
  Residency residency;
  formats::expect_error(ErrorKind::not_found, "/nowhere", [&] { residency.use({.model = "/nowhere"}); });
  EXPECT_FALSE(residency.state().is_loaded);
  EXPECT_TRUE(&residency.use({})->model()) << "and nobody waits for ever";
}

TEST(MemoryFacts, AreThisMachines) {
  const MemoryFacts facts = memory_facts();
  EXPECT_GT(facts.total, facts.free);
  EXPECT_GT(facts.process, 1 << 20);
}

}  // namespace
}  // namespace darkroom::jobs
