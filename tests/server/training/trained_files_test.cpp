#include "server/training/trained_files.h"

#include <gtest/gtest.h>

#include "formats/safetensors.h"
#include "formats/support.h"
#include "generate/file_facts.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

void write_lora(const fs::path& path, const std::string& hash, int64_t length = 1) {
  fs::create_directories(path.parent_path());
  const std::vector<float> values(size_t(length), 1.0F);
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  formats::write_safetensors(path,
                             {{"x", {formats::DType::f32, {length}, bytes, values.size() * sizeof(float), nullptr}}},
                             {{"sshs_model_hash", hash}});
}

LoraFile lora_at(const fs::path& path) {
  return {.name = path.stem().string(), .path = path, .metadata = generate::file_facts(path).texts};
}

TEST(TrainedFiles, NameTheRun) {
  const formats::TemporaryFolder folder;
  const Runs runs(folder / "runs");
  for (const char* run : {"first", "second"}) runs.add(run, {});
  write_lora(folder / "runs" / "first" / "ink.safetensors", "aa");
  write_lora(folder / "runs" / "second" / "ink.safetensors", "bb");
  write_lora(folder / "runs" / "second" / "blank.safetensors", "");
  const TrainedFiles trained(runs);
  const auto run_of = [&](const std::string& name, const std::string& hash, int64_t length = 1) {
    const fs::path path = folder / "Lora" / "trained" / name;
    write_lora(path, hash, length);
    return trained.run_of(lora_at(path));
  };
  EXPECT_EQ(run_of("ink.safetensors", "aa"), "first");
  EXPECT_EQ(run_of("ink.safetensors", "bb"), "second");
  EXPECT_EQ(run_of("ink.safetensors", "cc"), "") << "another file of the name";
  EXPECT_EQ(run_of("ink.safetensors", "aa", 2), "") << "another length";
  EXPECT_EQ(run_of("line.safetensors", "aa"), "") << "no run left this name";
  EXPECT_EQ(run_of("blank.safetensors", ""), "") << "nothing says that it is the same";
}

}  // namespace
}  // namespace darkroom::server
