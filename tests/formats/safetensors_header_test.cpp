#include "formats/safetensors_header.h"

#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(SafetensorsHeader, ReadsEveryField) {
  const auto header = parse_safetensors_header(
      R"( {"b":{"data_offsets":[8,32],"shape":[2,3],"dtype":"F32"}, "__metadata__":{"k":"v","dtype":"x"},
           "a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}   )");
  ASSERT_EQ(header.entries.size(), 2u);
  EXPECT_EQ(header.entries[0].name, "b");
  EXPECT_EQ(int(header.entries[0].dtype), int(DType::f32));
  EXPECT_EQ(header.entries[0].shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(header.entries[0].begin, 8u);
  EXPECT_EQ(header.entries[0].end, 32u);
  EXPECT_EQ(header.entries[1].name, "a");
  EXPECT_TRUE(header.entries[1].shape.empty());
  EXPECT_EQ(header.metadata, (std::map<std::string, std::string>{{"k", "v"}, {"dtype", "x"}}));
}

TEST(SafetensorsHeader, AnEmptyFileIsLegal) {
  const auto header = parse_safetensors_header("{}");
  EXPECT_TRUE(header.entries.empty());
  EXPECT_TRUE(header.metadata.empty());
}

TEST(SafetensorsHeader, NamesTheTensorInErrors) {
  expect_error(ErrorKind::corrupt_file, "at \"some.weight\"",
               [] { parse_safetensors_header(R"({"some.weight":{"dtype":true}})"); });
}

}  // namespace
}  // namespace darkroom::formats
