// Trainings through HTTP, as the page asks: drafts, explanations, plans, a whole run with its trainer in a process.
#include "server/training/trainings.h"

#include <gtest/gtest.h>

#include <thread>

#include "formats/png.h"
#include "jobs/job.h"
#include "server/support.h"

namespace darkroom::server {
namespace {

using nlohmann::json;

ServerConfig with_program() {
  ServerConfig config;
  config.program = DARKROOM_PROGRAM;
  return config;
}

/// A server with a dataset of three small pictures of one colour each.
struct TrainingServer : RunningServer {
  explicit TrainingServer(const ServerConfig& config = with_program()) : RunningServer(config) {
    post("/api/v1/train/datasets", {{"name", "dots"}, {"folder", "2_dot"}});
    for (const uint8_t grey : {40, 120, 200}) {
      Image image(32, 32, 3);
      std::fill(image.pixels.begin(), image.pixels.end(), grey);
      const auto added = post_bytes(fmt::format("/api/v1/train/datasets/dots/2_dot?name={}.png", grey),
                                    formats::encode_png(image), "image/png");
      EXPECT_EQ(added.status, 201) << added.body;
    }
  }
  json options(int steps) const {
    return {{"resolution", "32"}, {"network_dim", 2}, {"max_train_steps", steps}, {"save_state_every_n_steps", 2}};
  }
  Answered add_run(const std::string& name, int steps) const {
    return post("/api/v1/train/runs", {{"name", name}, {"dataset", "dots"}, {"options", options(steps)}});
  }
  std::string ended(const std::string& id) const {
    while (true) {
      const auto job = get("/api/v1/jobs/" + id);
      const std::string state = job.json["state"];
      if (state != "waiting" && state != "running") return state + job.json["error"].dump();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  std::string start(const std::string& name) const {
    const auto job = post("/api/v1/train/runs/" + name + "/start");
    EXPECT_EQ(job.status, 201) << job.body;
    return job.json["id"];
  }
  std::string lora_of(const std::string& run) const {
    return formats::content_of(folder / "out/runs" / run / (run + ".safetensors"));
  }
};

const TrainingServer& trainer() {
  static const TrainingServer server;
  return server;
}

TEST(Trainings, OptionsAreExplainedAndWritten) {
  trainer().add_run("explained", 8);
  const auto told = trainer().post("/api/v1/train/runs/explained/explain",
                                   {{"options", {{"network_dim", 8}, {"network_alpha", "4"}, {"min_snr_gamma", 5}}}});
  ASSERT_EQ(told.status, 200) << told.body;
  EXPECT_TRUE(told.json["problem"].is_null()) << told.body;
  EXPECT_NE(told.json["effects"]["network_alpha"].get<std::string>().find("4 / 8 = 0.5"), std::string::npos);
  EXPECT_NE(told.json["commands"]["darkroom"].get<std::string>().find("--network_dim 8"), std::string::npos);
  EXPECT_NE(told.json["commands"]["kohya"].get<std::string>().find("accelerate launch"), std::string::npos);
  const auto odd = trainer().post("/api/v1/train/runs/explained/explain", {{"options", {{"lr_warmup_steps", 9}}}});
  EXPECT_EQ(odd.json["problem"]["option"], "lr_warmup_steps") << odd.body;
  EXPECT_EQ(odd.json["problem"]["remedies"].size(), 2u);
}

TEST(Trainings, WhatNobodySetsOverTheNetworkIsRefused) {
  trainer().add_run("refusing", 8);
  const auto problem = [](const json& options) {
    const auto told = trainer().post("/api/v1/train/runs/refusing/explain", {{"options", options}});
    return told.status == 200 ? told.json["problem"].dump() : fmt::format("{} {}", told.status, told.body);
  };
  for (const char* place :
       {"output_dir", "logging_dir", "train_data_dir", "dataset_config", "in_json", "sample_prompts"})
    EXPECT_NE(problem({{place, "/etc"}}).find("a place on this machine"), std::string::npos) << place;
  for (const char* name : {"output_name", "log_prefix"})
    EXPECT_NE(problem({{name, "../../x"}}).find("part of a file's name"), std::string::npos) << name;
  EXPECT_NE(problem({{"caption_extension", "/../../secret.txt"}}).find("must be an ending"), std::string::npos);
  EXPECT_NE(problem({{"pretrained_model_name_or_path", "/etc/passwd"}}).find("none of this name"), std::string::npos);
  for (const char* file : {"network_weights", "base_weights"})
    EXPECT_NE(problem({{file, "/etc/passwd"}}).find("nearest"), std::string::npos) << file;
  EXPECT_NE(problem({{"network_dim", "many"}}).find("whole number"), std::string::npos);
  EXPECT_NE(problem({{"dance", 1}}).find("422"), std::string::npos);
  EXPECT_NE(problem({{"network_dim", {1, 2}}}).find("422"), std::string::npos);
  EXPECT_NE(problem({{"network_dim", {{"a", 1}}}}).find("422"), std::string::npos);
  EXPECT_NE(problem(json::array()).find("422"), std::string::npos);
  EXPECT_EQ(trainer().post_bytes("/api/v1/train/runs/refusing/draft", "{", "application/json").status, 422);
  for (const char* path : {"runs/none", "runs/..%2f..", "runs/refusing/samples/..%2f..%2fdraft.json", "datasets/..",
                           "datasets/dots/..%2f..%2f/x/thumbnail", "datasets/dots/2_dot/%2e%2e%2fa/thumbnail"})
    EXPECT_EQ(trainer().get(std::string("/api/v1/train/") + path).status, 404) << path;
  EXPECT_EQ(trainer().post("/api/v1/train/runs", {{"name", "../x"}}).status, 422);
}

TEST(Trainings, APlanIsTheDryRuns) {
  trainer().add_run("planned", 12);
  const auto plan = trainer().post("/api/v1/train/runs/planned/plan");
  ASSERT_EQ(plan.status, 200) << plan.body;
  EXPECT_EQ(plan.json["steps_per_epoch"], 6);
  EXPECT_EQ(plan.json["steps"], 12);
  EXPECT_EQ(plan.json["folders"][0]["pictures"], 3);
  EXPECT_EQ(plan.json["file_bytes"], plan.json["lora_bytes"]) << "fp32 both";
  const json options = trainer().get("/api/v1/train").json["options"];
  EXPECT_GT(options.size(), 100u);
  for (const json& option : options) EXPECT_TRUE(plan.json["effects"].contains(option["name"])) << option["name"];
  EXPECT_FALSE(std::filesystem::exists(trainer().folder / "out/runs/planned/options.toml")) << "nothing was begun";
  const auto refused = trainer().post("/api/v1/train/runs/planned/plan", {{"options", {{"validation_split", 0.9}}}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("leaves no picture"), std::string::npos) << refused.body;
}

TEST(Trainings, StoppedAndStartedAgainEndsInTheSameFile) {
  trainer().add_run("whole", 8);
  ASSERT_EQ(trainer().ended(trainer().start("whole")), "finishednull");
  trainer().add_run("stopped", 8);
  const std::string id = trainer().start("stopped");
  while (trainer().get("/api/v1/train/runs/stopped/series").json["series"].empty())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  trainer().remove("/api/v1/jobs/" + id);
  const std::string first = trainer().ended(id);
  if (first == "cancellednull") {
    EXPECT_EQ(trainer().get("/api/v1/train/runs/stopped").json["state"], "stopped");
  }
  ASSERT_EQ(trainer().ended(trainer().start("stopped")), "finishednull");
  const auto curve = trainer().get("/api/v1/train/runs/stopped/series").json["series"]["loss"];
  EXPECT_EQ(curve["steps"], json({1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(curve, trainer().get("/api/v1/train/runs/whole/series").json["series"]["loss"]);
  // The names differ and stand in the files; nothing else does.
  std::string one = trainer().lora_of("whole"), other = trainer().lora_of("stopped");
  ASSERT_FALSE(one.empty());
  EXPECT_EQ(one.substr(one.size() / 2), other.substr(other.size() - (one.size() - one.size() / 2)));
  const auto diff = trainer().get("/api/v1/train/diff?a=whole&b=stopped");
  EXPECT_EQ(diff.json["same"].count("pictures_sha256"), 1u) << diff.body;
  const auto used = trainer().post("/api/v1/train/runs/whole/use", {{"file", "../draft.json"}});
  EXPECT_EQ(used.status, 404);
}

TEST(Trainings, ACheckpointIsPutWhereCheckpointsLie) {
  ServerConfig config = with_program();
  const formats::TemporaryFolder models;
  config.models = models.path();
  const TrainingServer own(config);
  json options = own.options(1);
  options.erase("network_dim");
  options["network_module"] = "none";
  own.post("/api/v1/train/runs", {{"name", "full"}, {"dataset", "dots"}, {"options", options}});
  ASSERT_EQ(own.ended(own.start("full")), "finishednull");
  const auto used = own.post("/api/v1/train/runs/full/use", {{"file", "full.safetensors"}});
  ASSERT_EQ(used.status, 200) << used.body;
  EXPECT_TRUE(std::filesystem::exists(models / "Stable-diffusion/trained/full.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(models / "Lora/trained"));
  EXPECT_FALSE(used.json.contains("lora"));
  EXPECT_EQ(own.post("/api/v1/model", {{"title", used.json["model"]}}).status, 200) << "it can be chosen at once";
}

TEST(Trainings, ARunThatGoesOnSavesAndSamplesWhenAsked) {
  trainer().post(
      "/api/v1/train/runs",
      {{"name", "asked"},
       {"dataset", "dots"},
       {"prompts", "a dot --w 64 --h 64 --s 1"},
       {"options",
        {{"resolution", "32"}, {"network_dim", 2}, {"max_train_steps", 100000}, {"sample_every_n_steps", 100000}}}});
  const auto wish = [](const char* what) { return trainer().post("/api/v1/train/runs/asked/now", {{"wish", what}}); };
  EXPECT_NE(wish("save").body.find("must be running, it is not started"), std::string::npos);
  const std::string id = trainer().start("asked");
  while (trainer().get("/api/v1/train/runs/asked/series").json["series"].empty())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(wish("dance").status, 422);
  EXPECT_EQ(wish("save").status, 200);
  EXPECT_EQ(wish("sample").status, 200);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  json run;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    run = trainer().get("/api/v1/train/runs/asked").json;
  } while ((run["files"].empty() || run["samples"].empty()) && std::chrono::steady_clock::now() < until);
  trainer().remove("/api/v1/jobs/" + id);
  EXPECT_EQ(trainer().ended(id), "cancellednull");
  ASSERT_EQ(run["files"].size(), 1u) << run;
  EXPECT_EQ(run["files"][0]["name"].get<std::string>().find("asked-step0"), 0u) << run["files"];
  EXPECT_EQ(run["samples"].size(), 1u) << run["samples"];
  EXPECT_EQ(wish("save").status, 422) << "it has ended";
  run = trainer().get("/api/v1/train/runs/asked").json;
  std::string kinds;
  for (const json& event : run["events"]) kinds += event["kind"].get<std::string>() + " ";
  EXPECT_EQ(kinds.find("start "), 0u) << kinds;
  for (const char* kind : {" file ", " state ", " samples ", " end "}) EXPECT_NE(kinds.find(kind), kinds.npos) << kinds;
}

TEST(Trainings, ADatasetThatVanishedWhileQueuedIsSaid) {
  trainer().post("/api/v1/train/datasets", {{"name", "gone"}, {"folder", "1_a"}});
  trainer().post_bytes("/api/v1/train/datasets/gone/1_a?name=a.png", formats::encode_png(Image(32, 32, 3)),
                       "image/png");
  trainer().post("/api/v1/train/runs",
                 {{"name", "lost"}, {"dataset", "gone"}, {"options", {{"resolution", "32"}, {"max_train_steps", 2}}}});
  trainer().post("/api/v1/queue", {{"paused", true}});
  const std::string id = trainer().start("lost");
  EXPECT_EQ(trainer().post("/api/v1/train/runs/lost/start").status, 422) << "it waits already";
  std::filesystem::remove_all(trainer().folder / "out/datasets/gone");
  trainer().post("/api/v1/queue", {{"paused", false}});
  const std::string end = trainer().ended(id);
  EXPECT_EQ(end.find("failed"), 0u) << end;
  EXPECT_NE(end.find("there is no such folder"), std::string::npos) << end;
}

}  // namespace
}  // namespace darkroom::server
