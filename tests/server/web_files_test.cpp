#include "server/web_files.h"

#include <gtest/gtest.h>

namespace darkroom::server {
namespace {

TEST(WebFiles, ThePageHasItsFirstDataInside) {
  const std::string text = page(R"json({"a": "</script><script>alert(1)"})json");
  EXPECT_EQ(text.find("</script><script>alert"), std::string::npos) << "data never ends its element";
  EXPECT_NE(text.find("\\u003c/script>"), std::string::npos) << "was the page built? tools/build_web.sh";
  EXPECT_EQ(text.find("<!--start-->"), std::string::npos);
}

TEST(WebFiles, PlacesAreThePage) {
  for (const char* path : {"/", "/gallery", "/gallery/12", "/models", "/settings/saving"})
    EXPECT_TRUE(is_page(path)) << path;
  for (const char* path : {"", "/x", "/sdapi/v1/x", "/assets/none.js"}) EXPECT_FALSE(is_page(path)) << path;
}

TEST(WebFiles, OtherPathsAreNone) {
  for (const char* path : {"/../../etc/passwd", "/index.html", "", "/assets/"}) EXPECT_FALSE(web_file(path)) << path;
}

}  // namespace
}  // namespace darkroom::server
