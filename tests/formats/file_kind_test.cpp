#include "formats/file_kind.h"

#include "formats/safetensors.h"
#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(FileKind, ByFirstBytes) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {}, {{"format", "pt"}});
  EXPECT_EQ(int(file_kind(folder / "a")), int(FileKind::safetensors));
  EXPECT_EQ(int(file_kind(golden("training.ckpt"))), int(FileKind::torch_zip));
  EXPECT_EQ(int(file_kind(golden("training_legacy.ckpt"))), int(FileKind::torch_legacy));
  EXPECT_EQ(int(file_kind(golden("rgb8.png"))), int(FileKind::png));
  for (const char* text :
       {"", "P", "<html>404</html>", "\x80\x02K\x01.", "12345678", "\xff\xff\xff\xff\xff\xff\xff\xff{"})
    EXPECT_EQ(int(file_kind(as_bytes(text))), int(FileKind::unknown)) << text;
  expect_error(ErrorKind::not_found, "no such file", [&] { file_kind(folder / "b"); });
}

TEST(FileKind, HasNamesForPeople) {
  EXPECT_EQ(file_kind_name(FileKind::safetensors), "a safetensors file");
  EXPECT_EQ(file_kind_name(FileKind::unknown), "a file of unknown kind");
}

TEST(ReadTensorFile, ChoosesByContentNotByName) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.ckpt", {}, {{"format", "pt"}});
  EXPECT_EQ(read_tensor_file(folder / "a.ckpt").metadata.at("format"), "pt");
  std::filesystem::copy_file(golden("training.ckpt"), folder / "b.safetensors");
  EXPECT_TRUE(read_tensor_file(folder / "b.safetensors").tensors.contains("0.weight"));
  EXPECT_TRUE(read_tensor_file(golden("training_legacy.ckpt")).tensors.contains("0.weight"));
}

TEST(ReadTensorFile, SaysWhatElseTheFileIs) {
  const TemporaryFolder folder;
  put(folder / "a.safetensors", "<html>");
  put(folder / "a.ckpt", "<html>");
  put(folder / "a.bin", "<html>");
  expect_error(ErrorKind::corrupt_file, "8 bytes of header length",
               [&] { read_tensor_file(folder / "a.safetensors"); });
  expect_error(ErrorKind::unsupported, "not a torch checkpoint", [&] { read_tensor_file(folder / "a.ckpt"); });
  expect_error(ErrorKind::unsupported, "is a file of unknown kind", [&] { read_tensor_file(folder / "a.bin"); });
  expect_error(ErrorKind::unsupported, "is a PNG picture", [&] { read_tensor_file(golden("rgb8.png")); });
}

}  // namespace
}  // namespace darkroom::formats
