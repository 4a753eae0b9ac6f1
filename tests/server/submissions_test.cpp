// Plots, proofs, reports and merges through HTTP, and what is refused of them.
#include <gtest/gtest.h>

#include <filesystem>

#include "formats/picture_file.h"
#include "server/support.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json job_when(const RunningServer& server, const std::string& id, const std::string& state) {
  json job;
  for (int i = 0; i < 4000; ++i) {
    job = server.get("/api/v1/jobs/" + id).json;
    if (job["state"] == state || job["state"] == "failed") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return job;
}

json finished(const RunningServer& server, const json& body) {
  const auto submitted = server.post("/api/v1/jobs", body);
  EXPECT_EQ(submitted.status, 201) << submitted.body;
  if (submitted.status != 201) return {};
  const json job = job_when(server, submitted.json["id"], "finished");
  EXPECT_EQ(job["state"], "finished") << job["error"];
  return job;
}

/// Models in a folder of the test's own: the LoRA that comes with Darkroom, and its model under another name.
struct OwnModels {
  formats::TemporaryFolder folder;
  OwnModels() {
    const fs::path source = fs::path(DARKROOM_SOURCE_DIR) / "models";
    fs::create_directories(folder / "Stable-diffusion");
    fs::copy(source / "Lora", folder / "Lora", fs::copy_options::recursive);
    fs::copy(source / "emoji", folder / "Stable-diffusion" / "other", fs::copy_options::recursive);
  }
};

TEST(Submissions, APlotIsItsCellsAndOnePicture) {
  const RunningServer server;
  const json request = small_image({{"seed", -1}, {"n_iter", 3}});
  const json body = {{"kind", "xyz"}, {"request", request}, {"x", "Steps: 1,2"}, {"y", "LoRA weight ink: 0-1 [2]"}};
  const json plan =
      server.post("/api/v1/plans/xyz", {{"request", request}, {"x", "Steps: 1,2"}, {"y", "Seed: 5-7"}}).json;
  EXPECT_EQ(plan["cells"], 6) << plan;
  EXPECT_EQ(plan["x_labels"], json({"Steps: 1", "Steps: 2"}));
  const json job = finished(server, body);
  ASSERT_EQ(job["pictures"].size(), 5u) << job;
  EXPECT_EQ(job["request"]["y_labels"], json({"ink: 0", "ink: 1"}));
  const json& plot = job["pictures"][4];
  EXPECT_EQ(plot["index"], 4);
  EXPECT_GE(plot["width"], 128);
  EXPECT_NE(plot["infotext"].get<std::string>().find("Script: X/Y/Z plot"), std::string::npos);
  EXPECT_NE(job["pictures"][3]["infotext"].get<std::string>().find("Steps: 2"), std::string::npos);
  EXPECT_NE(job["pictures"][3]["prompt"].get<std::string>().find("<lora:ink:1>"), std::string::npos);
  EXPECT_EQ(job["pictures"][0]["seed"], job["pictures"][3]["seed"]) << "one seed for all";
  EXPECT_EQ(server.get(plot["url"]).status, 200);
}

TEST(Submissions, APromptMatrixIsEveryChoiceOfItsParts) {
  const RunningServer server;
  const json request = small_image({{"prompt", "a cat | at night | in snow"}, {"steps", 1}});
  const json plan = server.post("/api/v1/plans/xyz", {{"request", request}, {"matrix", true}}).json;
  EXPECT_EQ(plan["cells"], 4) << plan;
  EXPECT_EQ(plan["x_labels"], json({"without", "at night"}));
  EXPECT_EQ(plan["y_labels"], json({"without", "in snow"}));
  const json job = finished(server, {{"kind", "xyz"}, {"request", request}, {"matrix", true}});
  ASSERT_EQ(job["pictures"].size(), 5u) << job;
  EXPECT_EQ(job["pictures"][0]["prompt"], "a cat ");
  EXPECT_EQ(job["pictures"][3]["prompt"], "a cat , at night, in snow");
  EXPECT_NE(job["pictures"][4]["infotext"].get<std::string>().find("Script: Prompt matrix"), std::string::npos);
}

TEST(Submissions, APictureIsProved) {
  const RunningServer server;
  const json made = finished(server, {{"request", small_image()}});
  const json proof = finished(server, {{"kind", "replay"}, {"picture", made["pictures"][0]["id"]}});
  const auto report = server.get("/api/v1/jobs/" + proof["id"].get<std::string>() + "/files/replay.json");
  EXPECT_EQ(report.json["identical"], true) << report.body;
  EXPECT_EQ(report.json["same_bytes"], true) << report.body;
  EXPECT_TRUE(report.json["psnr"].is_null());
  EXPECT_EQ(report.json["fields"][0]["honoured"], "yes");
  EXPECT_EQ(server.get("/api/v1/pictures").json["total"], 1) << "the second one is not for the gallery";
  // One of another program: what is not here is said, not guessed at.
  const std::string foreign = formats::encode_picture(
      Image(64, 64, 3), "a red apple\nSteps: 2, Sampler: Euler, Seed: 5, Size: 64x64, Face restoration: GFPGAN", {});
  const auto upload = server.post_bytes("/api/v1/uploads", foreign, "image/png");
  const json other = finished(server, {{"kind", "replay"}, {"upload", upload.json["name"]}});
  const auto told = server.get("/api/v1/jobs/" + other["id"].get<std::string>() + "/files/replay.json");
  EXPECT_EQ(told.json["identical"], false);
  EXPECT_GT(told.json["largest"], 0);
  EXPECT_NE(told.body.find("\"no\""), std::string::npos) << told.body;
}

TEST(Submissions, ReportsAreKeptAsFiles) {
  const RunningServer server;
  const json cost =
      server.post("/api/v1/plans/lab", {{"report", "guidance"}, {"request", small_image()}, {"cfg_scales", {1, 7}}})
          .json;
  EXPECT_EQ(cost["calls"], 4) << cost;
  const json guidance =
      finished(server, {{"kind", "lab"}, {"report", "guidance"}, {"request", small_image()}, {"cfg_scales", {1, 7}}});
  const std::string files = "/api/v1/jobs/" + guidance["id"].get<std::string>() + "/files";
  EXPECT_EQ(server.get(files + "/guidance.json").json["runs"].size(), 2u);
  EXPECT_EQ(server.get(files + "/pictures.png").headers.find("Content-Type")->second, "image/png");
  const auto page = server.get(files + "/guidance.html");
  EXPECT_NE(page.headers.find("Content-Security-Policy")->second.find("default-src 'none'"), std::string::npos);
  for (const char* name : {"/..%2f..%2fsettings.json", "/%2e%2e", "/none.json", "/..%2f00002%2fguidance.json"})
    EXPECT_EQ(server.get(files + name).status, 404) << name;
  const json lora = finished(
      server,
      {{"kind", "lab"}, {"report", "lora"}, {"loras", {{{"name", "ink"}}, {{"name", "ink"}, {"weight", 0.5}}}}});
  const auto comparison = server.get("/api/v1/jobs/" + lora["id"].get<std::string>() + "/files/comparison.json");
  EXPECT_EQ(comparison.json["verdict"], "The second does 0.5 times what the first does.") << comparison.body;
  EXPECT_EQ(server.get("/api/v1/jobs?state=finished&kind=lab").json["jobs"].size(), 2u);
  EXPECT_EQ(server.get("/api/v1/jobs?state=finished&kind=merge").json["jobs"].size(), 0u);
  const json levels = server.post("/api/v1/noise-levels", {{"request", {{"steps", 5}, {"scheduler", "Karras"}}}}).json;
  EXPECT_EQ(levels["sigmas"].size(), 6u) << levels;
}

TEST(Submissions, AMergeIsANewFileAndNeverAnOldOne) {
  const OwnModels models;
  const RunningServer server({.models = models.folder.path()});
  const json body = {
      {"kind", "merge"}, {"name", "ink twice"}, {"loras", {{{"name", "ink"}}, {{"name", "ink"}, {"weight", 0.5}}}}};
  const json job = finished(server, body);
  const auto report = server.get("/api/v1/jobs/" + job["id"].get<std::string>() + "/files/merge.json");
  EXPECT_EQ(report.json["file"], "ink twice.safetensors") << report.body;
  EXPECT_EQ(report.json["kept"], 1);
  EXPECT_EQ(server.get("/api/v1/start").json["loras"].size(), 2u) << "it is there at once";
  const auto again = server.post("/api/v1/jobs", body);
  EXPECT_EQ(again.status, 422);
  EXPECT_NE(again.body.find("never written over"), std::string::npos) << again.body;
  const auto size = fs::file_size(models.folder / "Lora" / "ink twice.safetensors");
  const json whole =
      finished(server, {{"kind", "merge"}, {"name", "inked"}, {"model", "other"}, {"loras", {{{"name", "ink"}}}}});
  EXPECT_TRUE(fs::exists(models.folder / "Stable-diffusion" / "inked.safetensors"));
  EXPECT_EQ(fs::file_size(models.folder / "Lora" / "ink twice.safetensors"), size);
  for (const char* name : {"../ink", "/tmp/ink", "", ".hidden", "a/b", "..", "ink\n", "a\\b"}) {
    json hostile = body;
    hostile["name"] = name;
    EXPECT_EQ(server.post("/api/v1/jobs", hostile).status, 422) << name;
  }
}

TEST(Submissions, ALoraFileIsRescaledAndMadeSmaller) {
  const OwnModels models;
  const RunningServer server({.models = models.folder.path()});
  const json half = {{{"name", "ink"}, {"weight", 0.5}}}, whole = {{{"name", "ink"}}};
  finished(server, {{"kind", "merge"}, {"how", "scale"}, {"name", "half"}, {"loras", half}});
  const json compared = finished(
      server,
      {{"kind", "lab"}, {"report", "lora"}, {"loras", {{{"name", "half"}}, {{"name", "ink"}, {"weight", 0.5}}}}});
  const auto comparison = server.get("/api/v1/jobs/" + compared["id"].get<std::string>() + "/files/comparison.json");
  EXPECT_LT(comparison.json["difference"].get<double>(), 1e-6 * comparison.json["first"].get<double>())
      << comparison.body;
  const json job =
      finished(server, {{"kind", "merge"}, {"how", "resize"}, {"name", "small"}, {"loras", whole}, {"rank", 1}});
  const auto report = server.get("/api/v1/jobs/" + job["id"].get<std::string>() + "/files/merge.json").json;
  EXPECT_EQ(report["most_rank"], 1) << report;
  EXPECT_GT(report["kept"], 0.1);
  EXPECT_LT(report["kept"], 1);
  EXPECT_LT(fs::file_size(models.folder / "Lora" / "small.safetensors"),
            fs::file_size(models.folder / "Lora" / "ink.safetensors"));
}

TEST(Submissions, AModelThatVanishedFailsTheJobAndNothingElse) {
  const OwnModels models;
  const RunningServer server({.models = models.folder.path()});
  server.post("/api/v1/queue", {{"paused", true}});
  const auto submitted = server.post(
      "/api/v1/jobs",
      {{"id", "plot"}, {"kind", "xyz"}, {"request", small_image({{"model", "other"}})}, {"x", "Steps: 1,2"}});
  ASSERT_EQ(submitted.status, 201) << submitted.body;
  fs::remove_all(models.folder / "Stable-diffusion" / "other");
  server.post("/api/v1/refresh");
  server.post("/api/v1/queue", {{"paused", false}});
  const json job = job_when(server, "plot", "finished");
  EXPECT_EQ(job["state"], "failed") << job;
  EXPECT_NE(job["error"].get<std::string>().find("other"), std::string::npos) << job["error"];
  EXPECT_EQ(finished(server, {{"request", small_image()}})["pictures"].size(), 1u);
}

TEST(Submissions, SayWhatIsWrongWithThem) {
  const RunningServer server;
  const json request = small_image(), ink = {{{"name", "ink"}}};
  const auto plot = [&](json more) {
    json body = {{"kind", "xyz"}, {"request", request}};
    body.update(more);
    return body;
  };
  const std::pair<json, const char*> kBad[] = {
      {{{"kind", "dance"}, {"request", request}}, "generate, xyz, replay, lab, merge"},
      {plot(json::object()), "at least one of x, y and z"},
      {plot({{"x", "Stepz: 1,2"}}), "Steps"},
      {plot({{"x", "Steps: many"}}), "whole number"},
      {plot({{"x", 5}}), "a text is needed"},
      {plot({{"x", json::array()}}), "a text is needed"},
      {plot({{"x", "Steps: 1-150"}, {"y", "Seed: 1-100"}}), "10000"},
      {plot({{"x", "Seed: 1-2000"}}), "at most 1000"},
      {plot({{"x", "Size: 2048x2048"}, {"y", "Seed: 1-100"}}), "pixels"},
      {plot({{"x", "lora_dir: /etc,/tmp"}}), "folders of this machine"},
      {plot({{"x", "batch_size: 1,2"}}), "one picture"},
      {plot({{"w", "Steps: 1"}}), "nothing called"},
      {plot({{"matrix", true}}), "parts with |"},
      {plot({{"matrix", true}, {"x", "Steps: 1,2"}}), "leave out"},
      {{{"kind", "xyz"}, {"x", "Steps: 1"}}, "\"request\" is needed"},
      {{{"kind", "replay"}}, "either"},
      {{{"kind", "replay"}, {"picture", "1"}}, "a whole number"},
      {{{"kind", "replay"}, {"picture", -1}}, "a whole number"},
      {{{"kind", "lab"}, {"report", "dance"}}, "samplers, convergence"},
      {{{"kind", "lab"}, {"report", "guidance"}, {"request", request}, {"cfg_scales", {1, "x"}}}, "numbers are needed"},
      {{{"kind", "lab"}, {"report", "guidance"}, {"request", request}, {"cfg_scales", "1"}}, "a list is needed"},
      {{{"kind", "lab"}, {"report", "convergence"}, {"request", request}, {"steps", {1e300}}}, "whole numbers"},
      {{{"kind", "lab"}, {"report", "convergence"}, {"request", request}, {"seeds", 1}}, "from 2 to 16"},
      {{{"kind", "merge"}, {"name", "x"}}, "at least one"},
      {{{"kind", "merge"}, {"name", "x"}, {"loras", {{{"name", "ink"}, {"weight", 1e9}}}}}, "from -1000 to 1000"},
      {{{"kind", "merge"}, {"name", "x"}, {"loras", {"ink"}}}, "is needed"},
      {{{"kind", "merge"}, {"how", "dance"}, {"name", "x"}, {"loras", ink}}, "merge, scale, resize"},
      {{{"kind", "merge"}, {"how", "scale"}, {"name", "x"}, {"loras", ink}}, "other than 1"},
      {{{"kind", "merge"}, {"how", "scale"}, {"name", "x"}, {"loras", ink}, {"alpha", -1}}, "from 0"}};
  for (const auto& [body, words] : kBad) {
    const auto answer = server.post("/api/v1/jobs", body);
    EXPECT_EQ(answer.status, 422) << body << answer.body;
    EXPECT_NE(answer.json.value("detail", "").find(words), std::string::npos) << body << answer.body;
  }
  const json kMissing[] = {{{"kind", "replay"}, {"picture", 999}},
                           {{"kind", "replay"}, {"upload", "upload:../../settings.json"}},
                           {{"kind", "lab"}, {"report", "lora"}, {"loras", {{{"name", "/etc/passwd"}}}}},
                           {{"kind", "merge"}, {"name", "x"}, {"loras", {{{"name", "../Lora/ink"}}}}},
                           {{"kind", "merge"}, {"name", "x"}, {"model", "/etc/passwd"}, {"loras", {{{"name", "ink"}}}}},
                           plot({{"x", "Checkpoint name: /etc/passwd"}})};
  for (const json& body : kMissing) EXPECT_EQ(server.post("/api/v1/jobs", body).status, 404) << body;
  EXPECT_EQ(server.get("/api/v1/jobs?state=waiting,running,finished,failed").json["jobs"].size(), 0u);
}

}  // namespace
}  // namespace darkroom::server
