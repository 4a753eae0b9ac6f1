#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/demo_lora.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;
using nlohmann::json;

TEST(Lora, InspectsAndCompares) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "half.safetensors", kTiny + "sd15", {.rank = 8, .alpha = 4, .metadata = {{"ss_tag", "x"}}});
  write_demo_lora(folder / "whole.safetensors", kTiny + "sd15", {.rank = 8, .alpha = 8});
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "lora");
    return run_program(arguments, folder.path());
  };
  const auto inspected = run({"inspect", "half.safetensors", "--model", kTiny + "sd15", "--json"});
  ASSERT_EQ(inspected.code, 0) << inspected.err;
  const json report = json::parse(inspected.out);
  EXPECT_EQ(report["ranks"][0]["value"], 8);
  EXPECT_EQ(report["scales"][0]["value"], 0.5);
  EXPECT_EQ(report["metadata"]["ss_tag"], "x");
  EXPECT_GT(report["blocks"][0]["relative"].get<double>(), 0);
  EXPECT_NE(run({"inspect", "half.safetensors"}).out.find("scale at weight 1 (alpha / rank): 0.5 ("),
            std::string::npos);

  const auto compared = run({"compare", "half.safetensors", "whole.safetensors:0.5", "--json"});
  ASSERT_EQ(compared.code, 0) << compared.err;
  EXPECT_EQ(json::parse(compared.out)["relative"], 0);
  const std::string quarter = run({"compare", "whole.safetensors", "half.safetensors:0.5"}).out;
  EXPECT_NE(quarter.find("The second does 0.25 times what the first does."), std::string::npos) << quarter;
}

TEST(Lora, PrintsAndWritesWhatAFileAdds) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "a.safetensors", kTiny + "sd15", {.rank = 2});
  const auto delta = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"lora", "delta"});
    return run_program(arguments, folder.path());
  };
  const auto whole = delta({"a.safetensors", "--json"}), half = delta({"a.safetensors:0.5", "--json"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  const json one = json::parse(whole.out)["layers"][0], other = json::parse(half.out)["layers"][0];
  EXPECT_EQ(one["delta"]["shape"], other["delta"]["shape"]);
  EXPECT_TRUE(one["bias_delta"].is_null());
  EXPECT_FLOAT_EQ(one["delta"]["data"][3].get<float>() / 2, other["delta"]["data"][3].get<float>());
  const std::string layer = one["layer"];
  EXPECT_EQ(delta({"a.safetensors", "--layer", layer, "-o", "d.safetensors"}).out, "d.safetensors: 1 layers\n");
  EXPECT_TRUE(std::filesystem::exists(folder / "d.safetensors"));
  EXPECT_EQ(delta({"a.safetensors"}).code, 2);
  EXPECT_EQ(delta({"a.safetensors", "--layer", "nowhere", "--json"}).code, 2);
}

TEST(Lora, WritesFilesThatDoWhatWasAskedFor) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "a.safetensors", kTiny + "sd15");
  write_demo_lora(folder / "b.safetensors", kTiny + "sd15", {.rank = 2, .seed = 5});
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "lora");
    return run_program(arguments, folder.path());
  };
  EXPECT_EQ(run({"scale", "a.safetensors", "--weight", "0.5", "-o", "s.safetensors"}).code, 0);
  EXPECT_NE(run({"compare", "a.safetensors:0.5", "s.safetensors"}).out.find("They do the same."), std::string::npos);
  EXPECT_EQ(run({"merge", "a.safetensors:0.5", "b.safetensors", "-o", "m.safetensors"}).out,
            "m.safetensors: 45 layers of rank 6, 100 % of the change kept\n");
  EXPECT_NE(run({"resize", "m.safetensors", "--rank", "3", "-o", "r.safetensors"}).out.find("of rank 3, "),
            std::string::npos);
  const auto merged = run({"merge", "m.safetensors", "--model", kTiny + "sd15", "-o", "model.safetensors"});
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_EQ(run_program({"inspect", "model.safetensors"}, folder.path()).out.substr(0, 10), "checkpoint");
}

TEST(Lora, RefusesWhatMakesNoSense) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "a.safetensors", kTiny + "sd15");
  const auto refused = [&](std::vector<std::string> arguments, const std::string& part) {
    arguments.insert(arguments.begin(), "lora");
    const auto run = run_program(arguments, folder.path());
    EXPECT_NE(run.code, 0);
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  };
  refused({"inspect", "a.safetensors", "--model", kTiny + "sdxl"}, "it must be made for this model, which is SDXL");
  refused({"scale", "a.safetensors", "-o", "b.safetensors"}, "--alpha or --weight is needed");
  refused({"resize", "a.safetensors", "-o", "b.safetensors"}, "--rank or --keep is needed");
  refused({"compare", "a.safetensors"}, "files");
  refused({"inspect", "none.safetensors"}, "none.safetensors");
  EXPECT_NE(run_program({"lora", "--help"}, folder.path()).out.find("weight * alpha / rank * up * down"),
            std::string::npos);
}

}  // namespace
}  // namespace darkroom::cli
