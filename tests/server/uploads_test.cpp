#include "server/uploads.h"

#include <gtest/gtest.h>

#include "formats/png.h"
#include "formats/support.h"

namespace darkroom::server {
namespace {

std::string small_png() {
  return formats::encode_png(Image(4, 6, 3));
}

TEST(Uploads, AreKeptByContent) {
  const formats::TemporaryFolder folder;
  const Uploads uploads(folder / "up");
  const std::string name = uploads.keep(small_png());
  EXPECT_EQ(uploads.keep(small_png()), name);
  EXPECT_EQ(uploads.bytes(name), small_png());
  EXPECT_EQ(uploads.picture(name).height, 6);
}

TEST(Uploads, AreTheOnlyNames) {
  const formats::TemporaryFolder folder;
  const Uploads uploads(folder / "up");
  for (const std::string& name : {std::string("/etc/passwd"), std::string("upload:../../x"), std::string("upload:"),
                                  "upload:" + std::string(64, 'g')})
    formats::expect_error(ErrorKind::not_found, "no picture that was uploaded", [&] { uploads.picture(name); });
  formats::expect_error(ErrorKind::not_found, "upload it again",
                        [&] { uploads.bytes("upload:" + std::string(64, 'a')); });
}

TEST(Uploads, RefuseWhatIsNoPicture) {
  const formats::TemporaryFolder folder;
  const Uploads uploads(folder / "up");
  for (const std::string& bytes : {std::string(), std::string("hello"), small_png().substr(0, 40)})
    formats::expect_error(ErrorKind::invalid_request, "read a picture", [&] { uploads.keep(bytes); });
  EXPECT_FALSE(std::filesystem::exists(folder / "up")) << "nothing of them stays";
}

TEST(Uploads, GoWhenTheyAreOld) {
  const formats::TemporaryFolder folder;
  const Uploads uploads(folder / "up");
  const std::string name = uploads.keep(small_png());
  EXPECT_EQ(uploads.forget_older_than(1), 0);
  const auto file = folder / "up" / name.substr(7);
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  EXPECT_EQ(uploads.forget_older_than(1), 1);
  EXPECT_EQ(Uploads(folder / "nowhere").forget_older_than(1), 0);
}

}  // namespace
}  // namespace darkroom::server
