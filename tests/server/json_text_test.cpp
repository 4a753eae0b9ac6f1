#include "server/json_text.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::server {
namespace {

using nlohmann::json;

TEST(JsonText, ReadsABody) {
  EXPECT_EQ(object_of_body(R"({"a": [1, {"b": null}]})")["a"][0], 1);
  EXPECT_TRUE(object_of_body("").empty());
  EXPECT_TRUE(object_of_body(" \n").empty());
  for (const char* bad : {"[1]", "3", "\"a\""})
    formats::expect_error(ErrorKind::invalid_request, "must be a JSON object", [&] { object_of_body(bad); });
  for (const char* bad : {"{", "{\"a\":}", "{\"a\": 1} x", "\xff"})
    formats::expect_error(ErrorKind::invalid_request, "must be JSON", [&] { object_of_body(bad); });
}

TEST(JsonText, RefusesJsonThatIsTooDeep) {
  const std::string deep = R"({"a":)" + std::string(100000, '[') + std::string(100000, ']') + "}";
  formats::expect_error(ErrorKind::invalid_request, "nested deeper", [&] { object_of_body(deep); });
}

TEST(JsonText, ValuesAreTypedAsPeopleWould) {
  EXPECT_EQ(field_text_of(20), "20");
  EXPECT_EQ(field_text_of(20.0), "20");
  EXPECT_EQ(field_text_of(0.1), "0.1");
  EXPECT_EQ(field_text_of(true), "True");
  EXPECT_EQ(field_text_of("a"), "a");
  EXPECT_EQ(field_text_of(json(uint64_t(18446744073709551615u))), "18446744073709551615");
  formats::expect_error(ErrorKind::invalid_request, "array", [] { field_text_of(json::array()); });
}

TEST(JsonText, FieldsMustBeARequests) {
  const auto settings = settings_of({{"steps", 7}, {"cfg_scale", nullptr}});
  EXPECT_EQ(settings, (generate::Settings{{"steps", "7"}}));
  formats::expect_error(ErrorKind::invalid_request, "step_count", [] { settings_of({{"step_count", 7}}); });
  formats::expect_error(ErrorKind::invalid_request, "steps", [] { settings_of({{"steps", json::array()}}); });
  formats::expect_error(ErrorKind::invalid_request, "object", [] { settings_of(json::array()); });
}

}  // namespace
}  // namespace darkroom::server
