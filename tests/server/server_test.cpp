// Whole flows through HTTP, as clients go.
#include "server/server.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "formats/picture_file.h"
#include "generate/infotext_syntax.h"
#include "server/base64.h"
#include "server/support.h"

namespace darkroom::server {
namespace {

using nlohmann::json;

formats::PictureFile picture_of(const json& base64_text) {
  const std::string bytes = bytes_of_base64(base64_text.get<std::string>());
  return formats::read_picture_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

/// One server for all cases that leave it as it was.
const RunningServer& shared() {
  static const RunningServer server;
  return server;
}

TEST(Server, MakesAPictureAsA1111Does) {
  const auto answer = shared().post("/sdapi/v1/txt2img", small_image({{"batch_size", 2}, {"unknown_field", 7}}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(answer.json["images"].size(), 2u);
  const auto picture = picture_of(answer.json["images"][1]);
  EXPECT_EQ(picture.image.width, 64);
  const json info = json::parse(answer.json["info"].get<std::string>());
  EXPECT_EQ(info["all_seeds"], json({5, 6}));
  EXPECT_EQ(info["infotexts"][1], picture.texts.at("parameters"));
  EXPECT_EQ(info["sampler_name"], "Euler") << "the API's default";
  EXPECT_EQ(info["cfg_scale"], 7);
  EXPECT_EQ(info["sd_model_name"], "emoji");
  EXPECT_EQ(answer.json["parameters"]["steps"], 2);
  EXPECT_EQ(answer.json["parameters"]["n_iter"], 1) << "the echo has every default";
  EXPECT_EQ(shared().get("/api/v1/pictures").json["total"], 0) << "save_images is false";
}

TEST(Server, TheSameRequestIsTheSamePicture) {
  const auto one = shared().post("/sdapi/v1/txt2img", small_image());
  const auto two = shared().post("/sdapi/v1/txt2img", small_image());
  EXPECT_EQ(one.json["images"], two.json["images"]);
}

TEST(Server, StartsFromAPicture) {
  const auto made = shared().post("/sdapi/v1/txt2img", small_image());
  const json body = small_image({{"init_images", {made.json["images"][0]}}, {"denoising_strength", 0.5}});
  const auto changed = shared().post("/sdapi/v1/img2img", body);
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_NE(changed.json["images"][0], made.json["images"][0]);
  EXPECT_TRUE(changed.json["parameters"]["init_images"].is_null()) << "not echoed unless asked for";
  const json info = json::parse(changed.json["info"].get<std::string>());
  EXPECT_EQ(info["denoising_strength"], 0.5);
  // Nothing is made anew where the mask is black.
  json masked = body;
  masked.update({{"mask", base64(formats::encode_picture(Image(64, 64, 1), "", {}))}, {"inpaint_full_res", false}});
  const auto kept = shared().post("/sdapi/v1/img2img", masked);
  ASSERT_EQ(kept.status, 200) << kept.body;
  EXPECT_EQ(picture_of(kept.json["images"][0]).image.pixels, picture_of(made.json["images"][0]).image.pixels);
  EXPECT_EQ(shared().post("/sdapi/v1/img2img", small_image()).json["detail"], "Init image not found");
}

TEST(Server, SaysWhatIsWrongWithARequest) {
  const auto types = shared().post("/sdapi/v1/txt2img", small_image({{"steps", "many"}, {"styles", 3}}));
  EXPECT_EQ(types.status, 422);
  EXPECT_EQ(types.json["detail"].size(), 2u);
  EXPECT_EQ(types.json["detail"][1]["loc"], json({"body", "steps"}));
  EXPECT_EQ(types.json["detail"][1]["type"], "type_error.integer");
  const auto range = shared().post("/sdapi/v1/txt2img", small_image({{"width", 99999}}));
  EXPECT_EQ(range.status, 422);
  EXPECT_NE(range.json["detail"].get<std::string>().find("--width"), std::string::npos) << range.body;
  EXPECT_EQ(shared().post("/sdapi/v1/txt2img", small_image({{"sampler_name", "Eular"}})).status, 422);
  EXPECT_EQ(shared().post("/sdapi/v1/txt2img", small_image({{"script_name", "dance"}})).status, 422);
  EXPECT_EQ(shared().post_bytes("/sdapi/v1/txt2img", "{", "application/json").status, 422);
  EXPECT_EQ(shared().get("/sdapi/v1/txt2img").status, 405);
  EXPECT_EQ(shared().get("/sdapi/v1/dance").status, 404);
  EXPECT_EQ(shared().post("/sdapi/v1/interrogate").status, 501);
}

TEST(Server, ThePlotScriptAnswersAsA1111s) {
  const json arguments = {4,    "1,2", "",    6,     "1,7", "",    0,     "", "",
                          true, true,  false, false, false, false, false, 0,  true};
  json body = small_image({{"script_name", "X/Y/Z plot"}, {"script_args", arguments}, {"n_iter", 2}});
  const auto answer = shared().post("/sdapi/v1/txt2img", body);
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(answer.json["images"].size(), 5u) << "the plot, then its cells";
  EXPECT_GT(picture_of(answer.json["images"][0]).image.width, 128);
  EXPECT_EQ(picture_of(answer.json["images"][4]).image.width, 64);
  const json info = json::parse(answer.json["info"].get<std::string>());
  EXPECT_EQ(info["index_of_first_image"], 1);
  EXPECT_NE(info["infotexts"][0].get<std::string>().find("X Type: Steps"), std::string::npos) << info["infotexts"][0];
  EXPECT_NE(info["infotexts"][4].get<std::string>().find("Steps: 2"), std::string::npos);
  EXPECT_NE(answer.json["warnings"].dump().find("n_iter"), std::string::npos);
  EXPECT_EQ(shared().get("/api/v1/pictures").json["total"], 0) << "save_images is false";
  body["script_args"][10] = false;
  EXPECT_EQ(shared().post("/sdapi/v1/txt2img", body).json["images"].size(), 1u);
  body["script_args"][0] = 12;
  const auto refused = shared().post("/sdapi/v1/txt2img", body);
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("Negative Guidance minimum sigma"), std::string::npos) << refused.body;
  EXPECT_EQ(shared().get("/sdapi/v1/scripts").json["img2img"][0], "x/y/z plot");
}

TEST(Server, WarnsOfWhatHasNoEffect) {
  const auto answer =
      shared().post("/sdapi/v1/txt2img", small_image({{"restore_faces", true},
                                                      {"alwayson_scripts", {{"ControlNet", {{"args", json::array()}}}}},
                                                      {"override_settings", {{"sd_model_checkpoint", "none"}}}}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::string warnings = answer.json["warnings"].dump();
  for (const char* name : {"restore_faces", "ControlNet", "none"})
    EXPECT_NE(warnings.find(name), std::string::npos) << warnings;
}

TEST(Server, OverrideSettingsActForOneRequest) {
  const auto one =
      shared().post("/sdapi/v1/txt2img",
                    small_image({{"override_settings", {{"eta_noise_seed_delta", 31337}, {"samples_format", "jpg"}}},
                                 {"sampler_name", "Euler a"}}));
  ASSERT_EQ(one.status, 200) << one.body;
  const auto picture = picture_of(one.json["images"][0]);
  EXPECT_EQ(picture.kind, formats::FileKind::jpeg);
  EXPECT_NE(picture.texts.at("parameters").find("ENSD: 31337"), std::string::npos);
  EXPECT_EQ(shared().get("/sdapi/v1/options").json["eta_noise_seed_delta"], 0);
}

TEST(Server, InfotextFillsOnlyWhatIsOpen) {
  const json body = {{"infotext", "a blue pear\nSteps: 3, Sampler: Heun, CFG scale: 4, Seed: 8, Size: 64x64"},
                     {"steps", 2}};
  const auto answer = shared().post("/sdapi/v1/txt2img", body);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json info = json::parse(answer.json["info"].get<std::string>());
  EXPECT_EQ(info["prompt"], "a blue pear");
  EXPECT_EQ(info["steps"], 2);
  EXPECT_EQ(info["seed"], 8);
  EXPECT_EQ(info["width"], 64);
}

TEST(Server, ListsWhatThereIs) {
  const auto has = [](const std::string& path, const std::string& key, const json& value) {
    for (const json& one : shared().get(path).json)
      if (one[key] == value) return true;
    return false;
  };
  EXPECT_TRUE(has("/sdapi/v1/samplers", "name", "DPM++ 2M"));
  EXPECT_TRUE(has("/sdapi/v1/schedulers", "label", "Karras"));
  EXPECT_TRUE(has("/sdapi/v1/upscalers", "name", "Lanczos"));
  EXPECT_TRUE(has("/sdapi/v1/latent-upscale-modes", "name", "Latent"));
  EXPECT_TRUE(has("/sdapi/v1/sd-models", "model_name", "emoji"));
  EXPECT_TRUE(has("/sdapi/v1/loras", "name", "ink"));
  EXPECT_TRUE(shared().get("/sdapi/v1/embeddings").json["loaded"].is_object());
  EXPECT_GT(shared().get("/sdapi/v1/memory").json["ram"]["total"].get<int64_t>(), 0);
  for (const char* path : {"sd-vae", "prompt-styles", "hypernetworks", "face-restorers", "realesrgan-models"})
    EXPECT_TRUE(shared().get(std::string("/sdapi/v1/") + path).json.is_array()) << path;
  EXPECT_EQ(shared().get("/sdapi/v1/progress").json["state"]["job_count"], 0);
}

TEST(Server, ReadsARecipe) {
  const auto made = shared().post("/sdapi/v1/txt2img", small_image());
  const auto info = shared().post("/sdapi/v1/png-info", {{"image", made.json["images"][0]}});
  EXPECT_EQ(info.json["parameters"]["Steps"], "2");
  EXPECT_EQ(info.json["info"], info.json["items"]["parameters"]);
  const auto ours =
      shared().post_bytes("/api/v1/recipe", bytes_of_base64(made.json["images"][0].get<std::string>()), "image/png");
  EXPECT_EQ(ours.json["settings"]["steps"], "2");
  EXPECT_EQ(ours.json["settings"]["prompt"], "a red apple");
  const auto text = shared().post_bytes("/api/v1/recipe",
                                        "x\nSteps: 9, Sampler: Euler, Face restoration: GFPGAN, Seed: 1", "text/plain");
  EXPECT_NE(text.json["fields"].dump().find(R"("honoured":"no")"), std::string::npos) << text.body;
}

TEST(Server, Upscales) {
  const std::string png = base64(formats::encode_picture(Image(32, 24, 3), "", {}));
  const auto answer = shared().post("/sdapi/v1/extra-single-image",
                                    {{"image", png}, {"upscaler_1", "Lanczos"}, {"upscaling_resize", 3}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(picture_of(answer.json["image"]).image.width, 96);
  const auto batch = shared().post(
      "/sdapi/v1/extra-batch-images",
      {{"imageList", {{{"data", png}, {"name", "a"}}, {{"data", png}, {"name", "b"}}}}, {"upscaler_1", "Nearest"}});
  EXPECT_EQ(batch.json["images"].size(), 2u) << batch.body;
  const auto path = shared().post("/sdapi/v1/extra-single-image", {{"image", png}, {"upscaler_1", "/etc/passwd"}});
  EXPECT_EQ(path.status, 422) << "no file but those that are there";
}

TEST(Server, ReadsNoFilesForOthers) {
  for (const auto& [field, value] : {std::pair("model", "/etc/passwd"),
                                     {"vae", "../x"},
                                     {"taesd", "/etc/passwd"},
                                     {"init_image", "/etc/passwd"},
                                     {"hr_upscaler", "/etc/passwd"}}) {
    const auto answer = shared().post("/api/v1/jobs", {{"request", {{"prompt", "a"}, {field, value}}}});
    EXPECT_TRUE(answer.status == 422 || answer.status == 404) << field << " " << answer.body;
  }
  for (const char* path : {"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../etc/passwd",
                           "/api/v1/uploads/..%2f..%2fsettings.json", "/api/v1/pictures/..%2f1/file"})
    EXPECT_GE(shared().get(path).status, 400) << path;
}

TEST(Server, RefusesOtherSites) {
  EXPECT_EQ(
      shared().post("/sdapi/v1/options", {{"samples_format", "webp"}}, {{"Origin", "https://evil.example"}}).status,
      403);
  EXPECT_EQ(shared().get("/sdapi/v1/options", {{"Host", "evil.example"}}).status, 403);
  EXPECT_EQ(shared().get("/sdapi/v1/options").json["samples_format"], "png");
}

TEST(Server, ServesThePageWithItsFirstData) {
  const auto page = shared().get("/gallery/12");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<script type=\"application/json\" id=\"start\">"), std::string::npos);
  EXPECT_NE(page.headers.find("Content-Security-Policy")->second.find("script-src 'self'"), std::string::npos);
  const auto start = shared().get("/api/v1/start");
  EXPECT_EQ(start.json["recommended"]["width"], "128");
  EXPECT_EQ(start.json["fields"][2]["name"], "steps");
  EXPECT_EQ(start.json["fields"][2]["least"], 1);
  EXPECT_EQ(start.json["models"][0]["built_in"], true);
}

// The library's own choice is brotli at its slowest: 0.8 s for the page's script.
TEST(Server, AnswersBrowsersInGzip) {
  const std::string plain = shared().get("/").body;
  for (const auto& [accepted, expected] : {std::pair{"gzip, deflate, br", "gzip"}, {"br", ""}}) {
    httplib::Client client = shared().client();
    client.set_decompress(false);
    const auto answer = client.Get("/", {{"Accept-Encoding", accepted}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->get_header_value("Content-Encoding"), expected) << accepted;
    EXPECT_EQ(answer->get_header_value("Vary"), "Accept-Encoding");
    EXPECT_EQ(answer->body.size() < plain.size() / 2, *expected != '\0');
  }
}

TEST(Server, TheFirstVisitFindsTheModelLoaded) {
  const RunningServer server;
  const auto state = [](const RunningServer& one) { return one.get("/api/v1/residency").json.value("state", ""); };
  EXPECT_EQ(state(server), "unloaded");
  server.get("/");
  for (int i = 0; i < 600 && state(server) != "loaded"; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(state(server), "loaded");
  EXPECT_EQ(server.get("/api/v1/pictures").json["total"], 0);
  EXPECT_EQ(server.get("/api/v1/jobs?state=waiting,running,finished,failed").json["jobs"].size(), 0u);
  // Who has models of his own has not said which one he wants.
  const formats::TemporaryFolder models;
  std::filesystem::create_directories(models / "Stable-diffusion");
  std::filesystem::copy(std::string(DARKROOM_SOURCE_DIR) + "/models/emoji", models / "Stable-diffusion/other",
                        std::filesystem::copy_options::recursive);
  const RunningServer other({.models = models.path()});
  other.get("/");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(state(other), "unloaded");
}

TEST(Server, CountsTokensAsTheModelDoes) {
  const auto answer = shared().post(
      "/api/v1/prompt", {{"prompt", "a (red:1.3) apple <lora:ink:0.5> <lora:none:1>"}, {"negative_prompt", "(("}});
  EXPECT_EQ(answer.json["prompt"]["tokens"], 3) << answer.body;
  EXPECT_EQ(answer.json["prompt"]["limit"], 75);
  EXPECT_NEAR(answer.json["prompt"]["chunks"][0][1]["weight"].get<double>(), 1.3, 1e-6);
  EXPECT_EQ(answer.json["loras"][0]["found"], true);
  EXPECT_EQ(answer.json["loras"][1]["found"], false);
}

TEST(Server, TellsWhatAModelsFolderSaysOfIt) {
  const json card = shared().get("/api/v1/models/card").json;
  EXPECT_EQ(card["name"], "emoji");
  EXPECT_NE(card["card"].get<std::string>().find("# emoji: the embedded model"), std::string::npos);
  EXPECT_EQ(card["knows"]["concepts"].size(), 1366u);
  EXPECT_EQ(card["knows"]["backgrounds"].size(), 16u);
  EXPECT_EQ(shared().get("/api/v1/models/card?model=nothing").status, 404);

  const formats::TemporaryFolder models;
  const std::filesystem::path other = models / "Stable-diffusion/other";
  std::filesystem::create_directories(models / "Stable-diffusion");
  std::filesystem::copy(std::string(DARKROOM_SOURCE_DIR) + "/models/emoji", other,
                        std::filesystem::copy_options::recursive);
  std::ofstream(other / "knows.json") << R"({"concepts": "all"})";
  std::ofstream(models / "secret.md") << "secret";
  std::filesystem::remove(other / "README.md");
  std::filesystem::create_symlink(models / "secret.md", other / "README.md");
  const RunningServer server({.models = models.path()});
  const json bare = server.get("/api/v1/models/card?model=other").json;
  EXPECT_EQ(bare["name"], "other");
  EXPECT_TRUE(bare["card"].is_null()) << "no link is followed out of the folder";
  EXPECT_TRUE(bare["knows"].is_null()) << "no lists of words";
}

TEST(Server, ShowsThePictureBesideALora) {
  const formats::TemporaryFolder models;
  std::filesystem::create_directories(models / "Lora");
  std::filesystem::copy(std::string(DARKROOM_SOURCE_DIR) + "/models/Lora/ink.safetensors",
                        models / "Lora/my ink.safetensors");
  const RunningServer server({.models = models.path()});
  const auto lora = [&] { return server.get("/api/v1/start").json["loras"][0]; };
  EXPECT_TRUE(lora()["preview"].is_null());
  EXPECT_TRUE(lora()["run"].is_null());
  const std::string address = "/api/v1/loras/my%20ink/preview";
  EXPECT_EQ(server.get(address).status, 404);
  EXPECT_EQ(server.get("/api/v1/loras/..%2fmy%20ink/preview").status, 404);

  std::ofstream(models / "Lora/my ink.png") << "no picture";
  server.post("/api/v1/refresh");
  EXPECT_FALSE(lora()["preview"].is_null());
  EXPECT_EQ(server.get(address).status, 422) << "only pictures leave";

  EXPECT_EQ(server.post(address, {{"picture", 1}}).status, 404) << "there is no such picture";
  server.post("/api/v1/jobs", {{"id", "mine"}, {"request", small_image(json::object())}});
  json job;
  for (int i = 0; i < 600 && job["state"] != "finished"; ++i) {
    job = server.get("/api/v1/jobs/mine").json;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const json before = lora()["preview"];
  const auto answer = server.post(address, {{"picture", job["pictures"][0]["id"]}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_NE(answer.json["loras"][0]["preview"], before);
  EXPECT_EQ(server.get(address).headers.find("Content-Type")->second, "image/webp");
  EXPECT_TRUE(std::filesystem::exists(models / "Lora/my ink.png")) << "what was there stays";
}

TEST(Server, KeepsJobsAndPictures) {
  const RunningServer server;
  const json body = {{"id", "mine"}, {"request", small_image({{"n_iter", 2}, {"width", "64"}})}};
  const auto submitted = server.post("/api/v1/jobs", body);
  ASSERT_EQ(submitted.status, 201) << submitted.body;
  EXPECT_EQ(submitted.json["number"], 1);
  EXPECT_EQ(server.post("/api/v1/jobs", body).status, 200) << "the same id is the same job";
  json job;
  for (int i = 0; i < 600 && job["state"] != "finished"; ++i) {
    job = server.get("/api/v1/jobs/mine").json;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSERT_EQ(job["pictures"].size(), 2u) << job.dump();
  const std::string address = job["pictures"][1]["url"];
  const auto file = server.get(address);
  EXPECT_EQ(file.headers.find("Content-Type")->second, "image/png");
  EXPECT_EQ(server.get(job["pictures"][1]["thumbnail"]).headers.find("Content-Type")->second, "image/webp");
  EXPECT_EQ(server.get("/api/v1/pictures?search=apple").json["total"], 2);
  const auto ids = [&](const std::string& query) {
    const json found = server.get("/api/v1/pictures?" + query).json;
    std::vector<int64_t> all;
    for (const json& picture : found["pictures"]) all.push_back(picture["id"]);
    return all;
  };
  EXPECT_EQ(ids("sort=oldest"), (std::vector<int64_t>{job["pictures"][0]["id"], job["pictures"][1]["id"]}));
  EXPECT_EQ(ids("sort=seed"), ids("sort=oldest"));
  EXPECT_EQ(server.get("/api/v1/pictures?sort=best").status, 422);
  const json counted = server.get("/api/v1/pictures/facets?search=apple").json;
  json facets;
  for (const json& facet : counted["facets"])
    facets[facet["field"].get<std::string>()][facet["word"].get<std::string>()] = facet["count"];
  EXPECT_EQ(facets["model"], (json{{"model:\"emoji\"", 2}}));
  EXPECT_EQ(facets["by"], (json{{"by:\"txt2img\"", 2}}));
  EXPECT_EQ(facets["date"]["date:today"], 2);
  EXPECT_GE(server.get("/api/v1/residency").json["last_used"].get<double>(), job["started"].get<double>());
  const std::string one = "/api/v1/pictures/" + job["pictures"][0]["id"].dump();
  EXPECT_EQ(server.get(one).json["request"]["steps"], "2");
  EXPECT_EQ(server.post(one + "/flag", {{"flag", "picked"}}).json["flag"], "picked");
  EXPECT_EQ(server.post(one + "/flag", {{"flag", "loved"}}).status, 422);
  EXPECT_EQ(server.get("/api/v1/pictures?flag=picked").json["total"], 1);
  EXPECT_EQ(server.remove(one).status, 200);
  EXPECT_EQ(server.get("/api/v1/pictures").json["total"], 1);
  EXPECT_EQ(server.post(one + "/restore").status, 200);
  EXPECT_EQ(server.get("/api/v1/pictures").json["total"], 2);
  EXPECT_EQ(server.get("/api/v1/pictures/999").status, 404);
  EXPECT_EQ(server.get("/api/v1/jobs?state=finished").json["jobs"].size(), 1u);
}

TEST(Server, TellsThoseWhoWatch) {
  const RunningServer server;
  std::string heard;
  std::atomic<bool> is_heard = false;
  std::thread watcher([&] {
    auto client = server.client();
    client.Get("/api/v1/events", [&](const char* data, size_t size) {
      heard.append(data, size);
      is_heard = heard.find("event: hello") != std::string::npos;
      return heard.find("\"state\":\"finished\"") == std::string::npos;
    });
  });
  while (!is_heard) std::this_thread::yield();
  server.post("/api/v1/jobs", {{"request", small_image()}});
  watcher.join();
  const json start = server.get("/api/v1/start").json;
  for (const char* id : {"start_id", "build_id"})
    EXPECT_NE(heard.find(start[id].get<std::string>()), std::string::npos)
        << "else a page takes it for another program";
  for (const char* event : {"snapshot", "job", "progress", "preview", "picture"})
    EXPECT_NE(heard.find(std::string("event: ") + event), std::string::npos) << event;
}

// A picture may take minutes: who only looks does not wait for it.
TEST(Server, AnswersWhoLooksWhileAPictureIsMade) {
  const RunningServer server;
  server.post("/api/v1/jobs", {{"id", "long"}, {"request", small_image({{"steps", 1000}, {"sampler_name", "Euler"}})}});
  json progress;
  while (progress["state"]["sampling_step"] < 2) progress = server.get("/sdapi/v1/progress").json;
  EXPECT_EQ(server.get("/api/v1/residency").json["in_use_by"], "long");
  std::string heard;
  server.client().Get("/api/v1/events", [&](const char* data, size_t size) {
    heard.append(data, size);
    return heard.find("event: snapshot") == std::string::npos;
  });
  EXPECT_EQ(server.get("/api/v1/jobs/long").json["state"], "running") << "all that before the picture was finished";
  EXPECT_EQ(server.remove("/api/v1/jobs/long").status, 200);
}

TEST(Server, InterruptsAndGoesOn) {
  const RunningServer server;
  RunningServer::Answered answer;
  std::thread client([&] {
    answer = server.post("/sdapi/v1/txt2img", small_image({{"steps", 1000}, {"force_task_id", "long"}}));
  });
  json progress;
  for (int i = 0; i < 2000 && progress["state"]["sampling_step"] < 2; ++i) {
    progress = server.get("/sdapi/v1/progress").json;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_GT(progress["progress"].get<double>(), 0);
  EXPECT_FALSE(progress["current_image"].is_null());
  const auto internal = server.post("/internal/progress", {{"id_task", "long"}, {"id_live_preview", -1}});
  EXPECT_EQ(internal.json["active"], true);
  EXPECT_EQ(internal.json["live_preview"].get<std::string>().find("data:image/png;base64,"), 0u);
  server.post("/sdapi/v1/interrupt");
  client.join();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json["images"].size(), 1u) << "what there was";
  EXPECT_EQ(picture_of(answer.json["images"][0]).image.width, 64);
  EXPECT_EQ(server.post("/sdapi/v1/txt2img", small_image()).status, 200);
}

TEST(Server, GivesMemoryBackAndTakesItAgain) {
  const RunningServer server;
  const auto before = server.post("/sdapi/v1/txt2img", small_image());
  const json loaded = server.get("/api/v1/residency").json;
  EXPECT_EQ(loaded["state"], "loaded");
  EXPECT_EQ(server.post("/sdapi/v1/unload-checkpoint").status, 200);
  const json unloaded = server.get("/api/v1/residency").json;
  EXPECT_EQ(unloaded["state"], "unloaded");
  EXPECT_LT(unloaded["memory"]["process"].get<int64_t>(), loaded["memory"]["process"].get<int64_t>());
  EXPECT_EQ(server.post("/sdapi/v1/reload-checkpoint").status, 200);
  EXPECT_EQ(server.get("/api/v1/residency").json["state"], "loaded");
  EXPECT_EQ(server.post("/sdapi/v1/txt2img", small_image()).json["images"], before.json["images"]);
}

TEST(Server, OptionsComeBackWhole) {
  const RunningServer server;
  json options = server.get("/sdapi/v1/options").json;
  options["samples_format"] = "webp";
  options["odd_extension_setting"] = {1, 2};
  options["outdir_samples"] = "/tmp/elsewhere";
  EXPECT_EQ(server.post("/sdapi/v1/options", options).status, 200);
  const json changed = server.get("/sdapi/v1/options").json;
  EXPECT_EQ(changed["samples_format"], "webp");
  EXPECT_EQ(changed["odd_extension_setting"], json({1, 2}));
  EXPECT_FALSE(changed.contains("outdir_samples")) << "nobody moves our files over the network";
  EXPECT_EQ(server.post("/sdapi/v1/options", {{"sd_model_checkpoint", "none.safetensors"}}).status, 404);
}

TEST(Server, UsersSignInAndStopOnlyTheirOwn) {
  const RunningServer server({.users = "ann:a,bob:b"});
  const httplib::Headers ann = {{"Authorization", "Basic " + base64("ann:a")}},
                         bob = {{"Authorization", "Basic " + base64("bob:b")}};
  const auto nobody = server.get("/sdapi/v1/options");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.headers.find("WWW-Authenticate")->second, "Basic realm=\"Darkroom\"");
  EXPECT_EQ(server.post("/api/v1/jobs", {{"id", "hers"}, {"request", small_image({{"steps", 1000}})}}, ann).status,
            201);
  json job;
  while (job["state"] != "running") job = server.get("/api/v1/jobs/hers", ann).json;
  server.post("/sdapi/v1/interrupt", json::object(), bob);
  EXPECT_EQ(server.get("/api/v1/jobs/hers", ann).json["state"], "running");
  EXPECT_EQ(server.post("/api/v1/jobs/hers/move", {{"to", "front"}}, bob).status, 404);
  server.post("/sdapi/v1/interrupt", json::object(), ann);
  while (job["state"] == "running") job = server.get("/api/v1/jobs/hers", ann).json;
  EXPECT_EQ(job["state"], "cancelled");
}

TEST(Server, GoesOnAfterAStop) {
  const formats::TemporaryFolder folder;
  const auto config = ServerConfig{.port = 0, .models = folder / "none", .output = folder / "out"};
  std::string ids;
  {
    Server server(config);
    std::thread thread([&] { server.run(); });
    httplib::Client client("127.0.0.1", server.port());
    for (int i = 0; i < 5; ++i) {
      const json body = {{"id", "job" + std::to_string(i)}, {"request", small_image({{"n_iter", 3}})}};
      client.Post("/api/v1/jobs", body.dump(), "application/json");
    }
    server.stop();
    thread.join();
  }
  Server server(config);
  std::thread thread([&] { server.run(); });
  httplib::Client client("127.0.0.1", server.port());
  json jobs;
  for (int i = 0; i < 1200 && jobs["jobs"].size() < 5; ++i) {
    jobs = json::parse(client.Get("/api/v1/jobs?state=finished")->body);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(jobs["jobs"].size(), 5u);
  EXPECT_EQ(json::parse(client.Get("/api/v1/pictures?limit=100")->body)["total"], 15) << "none lost, none twice";
  server.stop();
  thread.join();
}

TEST(Server, StopsAlsoBeforeItHasBegunToListen) {
  const formats::TemporaryFolder folder;
  const auto config = ServerConfig{.port = 0, .models = folder / "none", .output = folder / "out"};
  for (int i = 0; i < 10; ++i) {
    Server server(config);
    std::thread thread([&] { server.run(); });
    server.stop();
    thread.join();  // without end, were the stop forgotten
  }
}

TEST(Server, RefusesASecondOneInTheSameFolder) {
  const formats::TemporaryFolder folder;
  const ServerConfig config{.port = 0, .output = folder / "out"};
  const Server first(config);
  formats::expect_error(ErrorKind::invalid_request, "another Darkroom", [&] { Server second(config); });
  ServerConfig other{.port = first.port(), .output = folder / "other"};
  formats::expect_error(ErrorKind::io, "--port", [&] { Server third(other); });
}

sockaddr_in address_of(int port) {
  return {
      .sin_family = AF_INET, .sin_port = htons(uint16_t(port)), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
}

// A client that finds no place among those that wait to be taken tries again after seconds.
TEST(Server, LetsManyClientsComeAtOnce) {
  const formats::TemporaryFolder folder;
  const Server server({.port = 0, .models = folder / "none", .output = folder / "out"});  // bound, takes nobody yet
  const sockaddr_in address = address_of(server.port());
  std::vector<int> sockets;
  int connected = 0;
  for (int i = 0; i < 64; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval half_a_second{.tv_sec = 0, .tv_usec = 500000};
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &half_a_second, sizeof(half_a_second));
    connected += ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    sockets.push_back(socket);
    if (connected <= i) break;
  }
  EXPECT_EQ(connected, 64);
  for (const int socket : sockets) ::close(socket);
}

// Clients that vanish in the middle of a request or an answer harm nobody.
TEST(Server, OutlivesClientsThatVanish) {
  const RunningServer server;
  for (const std::string& said :
       {std::string("POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"),
        std::string("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("\x00\xff nonsense\r\n\r\n", 14), std::string()}) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = address_of(server.port());
    ASSERT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::send(socket, said.data(), said.size(), MSG_NOSIGNAL), ssize_t(said.size()));
    ::close(socket);
  }
  EXPECT_EQ(server.get("/internal/ping").status, 200);
}

}  // namespace
}  // namespace darkroom::server
