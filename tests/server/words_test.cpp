#include "server/words.h"

#include <gtest/gtest.h>

namespace darkroom::server {
namespace {

TEST(Words, LiveValuesAreFieldsOfARequest) {
  const nlohmann::ordered_json all = explanations();
  for (const auto& [name, text] : all.items()) {
    std::string rest = text;
    for (size_t open = rest.find('{'); open != std::string::npos; open = rest.find('{')) {
      const std::string value = rest.substr(open + 1, rest.find('}') - open - 1);
      const std::string field = value.ends_with("-1") ? value.substr(0, value.size() - 2) : value;
      EXPECT_NO_THROW(generate::request_field(field)) << name;
      rest.erase(0, rest.find('}') + 1);
    }
  }
}

TEST(Words, EveryFieldHasALabel) {
  for (const generate::RequestField& field : generate::request_fields()) EXPECT_NE(label_of(field), "") << field.name;
  EXPECT_EQ(label_of(generate::request_field("cfg_scale")), "CFG scale");
}

TEST(Words, TheFirstPromptsAreEight) {
  EXPECT_EQ(first_prompts().size(), 8u);
}

}  // namespace
}  // namespace darkroom::server
