#include "jobs/residency.h"

#include <gtest/gtest.h>

#include <thread>

#include "formats/support.h"

namespace darkroom::jobs {
namespace {

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
  residency.use({.precision = "bf16", .has_bf16 = true});  // which the file does not have, so it lies in main memory
  int64_t held = 0;
  for (const generate::PartFacts& part : residency.state().parts) held += part.memory_bytes;
  EXPECT_GT(held, int64_t(20) << 20) << "the embedded model is about 30 MB";
  EXPECT_GT(residency.unload(), held * 95 / 100) << "of " << held;
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
