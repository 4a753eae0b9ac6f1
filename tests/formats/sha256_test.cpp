#include "formats/sha256.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

// FIPS 180-2, appendix B.1.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, IsThatOfTheStandard) {
  Sha256 sha;
  sha.add("a");
  sha.add("bc");
  EXPECT_EQ(sha.hex(), kAbc);
}

TEST(Sha256, TakesPartsOfFiles) {
  const TemporaryFolder folder;
  put(folder / "file", "xxabcyy");
  Sha256 sha;
  sha.add_file(folder / "file", 2, 3);
  EXPECT_EQ(sha.hex(), kAbc);
  Sha256 other;
  EXPECT_EQ(error_of([&] { other.add_file(folder / "missing"); }).kind(), ErrorKind::io);
}

TEST(Sha256, OfAFolderIsThatOfItsWeights) {
  const TemporaryFolder folder;
  put(folder / "a.safetensors", "ab");
  put(folder / "notes.txt", "other");
  const std::string hash = sha256_of_model(folder.path());
  put(folder / "notes.txt", "changed");
  EXPECT_EQ(sha256_of_model(folder.path()), hash);
  EXPECT_EQ(sha256_of_model(folder / "a.safetensors"), hash);
  put(folder / "b.safetensors", "c");
  EXPECT_EQ(sha256_of_model(folder.path()), kAbc);
}

}  // namespace
}  // namespace darkroom::formats
