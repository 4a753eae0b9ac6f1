#include "checkpoint/load_taesd.h"

#include "checkpoint/stored_tensors.h"
#include "fixtures.h"
#include "formats/safetensors.h"
#include "formats/support.h"

namespace darkroom::checkpoint {
namespace {

const std::string kTaesd = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/taesd";

using Tensors = std::vector<std::pair<std::string, formats::StoredTensor>>;

/// The decoder's tensors with `rename` applied to their names; those it answers "" for are left out.
void write_renamed(const std::filesystem::path& path, const std::function<std::string(const std::string&)>& rename) {
  const formats::TensorFile file = formats::read_safetensors(kTaesd + "_decoder.safetensors");
  Tensors tensors;
  for (const auto& [name, tensor] : file.tensors)
    if (const std::string renamed = rename(name); !renamed.empty()) tensors.emplace_back(renamed, tensor);
  formats::write_safetensors(path, tensors);
}

TEST(LoadTaesd, EveryFormIsTheSameDecoder) {
  const ScratchFolder folder;
  write_renamed(folder / "both.safetensors", [](const std::string& name) { return "taesd_decoder." + name; });
  std::filesystem::create_directory(folder / "tiny");
  std::filesystem::copy(kTaesd + ".safetensors", folder / "tiny" / "diffusion_pytorch_model.safetensors");
  auto expected = load_taesd(kTaesd + "_decoder.safetensors");
  for (const std::filesystem::path& path :
       {std::filesystem::path(kTaesd + ".safetensors"), folder / "both.safetensors", folder / "tiny"}) {
    auto found = load_taesd(path);
    const auto a = found->named_parameters(), b = expected->named_parameters();
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second->equal(*b[i].second)) << path << a[i].first;
  }
}

TEST(LoadTaesd, RefusesWhatIsNone) {
  const ScratchFolder folder;
  formats::expect_error(ErrorKind::not_found, "nowhere", [] { load_taesd("nowhere.safetensors"); });
  formats::expect_error(ErrorKind::unsupported, "no TAESD decoder", [] { load_taesd(tiny("sd15.safetensors")); });
  write_renamed(folder / "part.safetensors",
                [](const std::string& name) { return name == "18.conv.2.weight" ? "" : name; });
  formats::expect_error(ErrorKind::corrupt_file, "18.conv.2.weight", [&] { load_taesd(folder / "part.safetensors"); });
  write_renamed(folder / "more.safetensors",
                [](const std::string& name) { return name == "1.bias" ? "20.bias" : name; });
  formats::expect_error(ErrorKind::corrupt_file, "20.bias", [&] { load_taesd(folder / "more.safetensors"); });
}

}  // namespace
}  // namespace darkroom::checkpoint
