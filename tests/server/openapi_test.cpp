#include "server/openapi.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "generate/request_fields.h"
#include "server/api_calls.h"
#include "server/field_facts.h"
#include "server/routes.h"

namespace darkroom::server {
namespace {

using nlohmann::ordered_json;

std::string without_names(std::string path) {
  for (size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1))
    path.erase(open + 1, path.find('}', open) - open - 1);
  return path;
}

TEST(Openapi, DescribesEveryRouteAndNoOther) {
  std::set<std::string> described, routed;
  for (const ApiCall& call : api_calls()) {
    described.insert(call.method + " " + without_names(call.path));
    EXPECT_TRUE(call.summary.ends_with('.')) << call.path;
  }
  for (const Route& route : routes()) routed.insert(std::string(route.method) + " " + route.path);
  EXPECT_EQ(described, routed) << "a row of routes.cpp needs one of api_calls.cpp";
}

void collect_references(const ordered_json& json, std::set<std::string>& names) {
  if (json.is_object() && json.contains("$ref")) names.insert(json["$ref"].get<std::string>());
  if (json.is_structured())
    for (const auto& one : json) collect_references(one, names);
}

TEST(Openapi, NamesNoSchemaThatIsNotThere) {
  const ordered_json document = openapi();
  std::set<std::string> names;
  collect_references(document, names);
  EXPECT_GT(names.size(), 15u);
  for (const std::string& name : names)
    EXPECT_TRUE(document.contains(ordered_json::json_pointer(name.substr(1)))) << name;
}

TEST(Openapi, HasEveryRequestFieldWithItsRange) {
  const ordered_json fields = openapi()["components"]["schemas"]["Request"]["properties"];
  for (const generate::RequestField& field : generate::request_fields())
    EXPECT_EQ(fields.contains(field.name), is_for_people(field)) << field.name;
  EXPECT_EQ(fields["steps"]["minimum"], 1);
  EXPECT_EQ(fields["steps"]["default"], 20);
  EXPECT_EQ(fields["width"]["multipleOf"], 8);
  EXPECT_EQ(fields["tiling"]["type"], "boolean");
}

TEST(Openapi, TheFileInDocsIsTheProgramsOwn) {
  std::ifstream file(std::string(DARKROOM_SOURCE_DIR) + "/docs/openapi.json");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_TRUE(text == openapi_text()) << "run: build/darkroom serve --openapi > docs/openapi.json";
}

}  // namespace
}  // namespace darkroom::server
