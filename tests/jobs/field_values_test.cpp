#include "jobs/field_values.h"

#include <gtest/gtest.h>

namespace darkroom::jobs {
namespace {

TEST(FieldValues, HaveTheTypesOfTheirFields) {
  const auto values = field_values({{"steps", "20"},
                                    {"cfg_scale", "7.5"},
                                    {"tiling", "True"},
                                    {"seed", "4294967293"},
                                    {"prompt", "20"},
                                    {"no_such_field", "1"}});
  EXPECT_EQ(values.dump(), R"({"prompt":"20","steps":20,"cfg_scale":7.5,"seed":4294967293,"tiling":true})");
}

TEST(FieldValues, TextThatIsNoValueStays) {
  EXPECT_EQ(field_values({{"steps", "many"}}).dump(), R"({"steps":"many"})");
}

}  // namespace
}  // namespace darkroom::jobs
