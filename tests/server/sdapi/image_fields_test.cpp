#include "server/sdapi/image_fields.h"

#include <gtest/gtest.h>

namespace darkroom::server {
namespace {

using nlohmann::json;

// pydantic 1.10: what it takes and what it makes of it.
TEST(ImageFields, AreReadAsPydanticDoes) {
  EXPECT_EQ(read_as(FieldType::whole, 3), json(3));
  EXPECT_EQ(read_as(FieldType::whole, 3.9), json(3));
  EXPECT_EQ(read_as(FieldType::whole, "3"), json(3));
  EXPECT_EQ(read_as(FieldType::whole, "3.5"), std::nullopt);
  EXPECT_EQ(read_as(FieldType::whole, json::array()), std::nullopt);
  EXPECT_EQ(read_as(FieldType::number, "7.5"), json(7.5));
  EXPECT_EQ(read_as(FieldType::number, "much"), std::nullopt);
  EXPECT_EQ(read_as(FieldType::truth, 1), json(true));
  EXPECT_EQ(read_as(FieldType::truth, "Off"), json(false));
  EXPECT_EQ(read_as(FieldType::truth, 2), std::nullopt);
  EXPECT_EQ(read_as(FieldType::text, 12), json("12"));
  EXPECT_EQ(read_as(FieldType::text, json::object()), std::nullopt);
  EXPECT_EQ(read_as(FieldType::texts, json({"a", 1})), std::nullopt);
}

TEST(ImageFields, DefaultsHaveTheirType) {
  for (const ImageField& field : image_fields()) {
    EXPECT_TRUE(field.standard.is_null() || read_as(field.type, field.standard)) << field.name;
  }
}

TEST(ImageFields, OurFieldsExist) {
  for (const ImageField& field : image_fields()) {
    const bool is_ours = field.ours == "=" || field.ours == "hires" || field.ours == "mask";
    EXPECT_TRUE(is_ours || field.ours.empty() || field.ours == "-") << field.name;
  }
}

}  // namespace
}  // namespace darkroom::server
