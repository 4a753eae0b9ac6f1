#include "jobs/picture_job.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "formats/picture_file.h"
#include "generate/infotext_syntax.h"
#include "jobs/support.h"
#include "jobs/upscale_job.h"

namespace darkroom::jobs {
namespace {

/// A server without HTTP, with the embedded model.
struct Darkroom {
  formats::TemporaryFolder folder;
  SqliteStore store{folder / "a.sqlite"};
  EventLog events;
  Residency residency;
  Queue queue{store, events};

  Darkroom() {
    const PictureFolders folders{folder.path(), [](const std::string&) { return Image(32, 32, 3); }};
    queue.set_runner("generate", picture_runner(residency, folders));
    queue.set_runner("upscale", upscale_runner(folders));
    queue.start();
  }
  Job run(const PictureJob& wanted) {
    Job job{.kind = "generate", .request = job_text(settled(wanted))};
    queue.submit(job);
    return queue.wait(job.id).job;
  }
};

generate::Settings small(const generate::Settings& said = {}) {
  generate::Settings settings = said;
  settings.insert({{"prompt", "a red apple"}, {"steps", "2"}, {"width", "64"}, {"height", "64"}, {"seed", "5"}});
  return settings;
}

TEST(PictureJob, IsKeptAsText) {
  const PictureJob job{.settings = small(), .format = "webp", .quality = 7, .has_recipe = false, .is_listed = false};
  const PictureJob read = picture_job(job_text(job));
  EXPECT_EQ(read.settings, job.settings);
  EXPECT_EQ(read.format, "webp");
  EXPECT_EQ(read.quality, 7);
  EXPECT_FALSE(read.has_recipe || read.is_listed);
  formats::expect_error(ErrorKind::corrupt_file, "kept job", [] { picture_job("{}"); });
  formats::expect_error(ErrorKind::corrupt_file, "kept job", [] { picture_job("no json"); });
}

TEST(PictureJob, DrawsItsSeedsAndRefusesWhatCannotBe) {
  PictureJob job{.settings = {{"prompt", "a"}}};
  EXPECT_NE(settled(job).settings.at("seed"), "-1");
  job.settings["steps"] = "0";
  formats::expect_error(ErrorKind::invalid_request, "--steps", [&] { settled(job); });
  job = {.format = "gif"};
  formats::expect_error(ErrorKind::invalid_request, ".png", [&] { settled(job); });
}

TEST(PictureJob, MakesPicturesLikeTheCommandLine) {
  Darkroom darkroom;
  const Job job = darkroom.run({.settings = small({{"n_iter", "2"}})});
  EXPECT_EQ(job.state, JobState::finished) << job.error;
  const auto pictures = darkroom.store.pictures_of(job.id);
  ASSERT_EQ(pictures.size(), 2u);
  EXPECT_EQ(pictures[1].seed, 6);
  const auto file = formats::read_picture(darkroom.folder / pictures[1].file);
  EXPECT_EQ(file.image.width, 64);
  EXPECT_EQ(file.texts.at("parameters"), pictures[1].infotext);
  // As in one run of two batches.
  const generate::LoadedModel model({});
  std::vector<generate::Picture> together;
  generate::generate(model, generate::completed_request(small({{"n_iter", "2"}}), model.recommended()),
                     [&](generate::Picture&& picture) { together.push_back(std::move(picture)); });
  EXPECT_EQ(together.at(1).image.pixels, file.image.pixels);
  EXPECT_EQ(together.at(1).infotext, pictures[1].infotext);
}

/// A job of four pictures on a server that is stopped and starts again in the same folder.
struct Restarted {
  formats::TemporaryFolder folder;
  SqliteStore store{folder / "a.sqlite"};
  EventLog events;
  Residency residency;
  Job job{.id = "a", .kind = "generate", .request = job_text(settled({.settings = small({{"n_iter", "4"}})}))};

  void run(const std::function<void(Queue&)>& until) {
    Queue queue(store, events);
    queue.set_runner("generate", picture_runner(residency, {folder.path(), {}}));
    queue.submit(job);
    queue.start();
    until(queue);
  }
  void stop_after(size_t pictures) {
    run([&](Queue& queue) {
      while (kept().size() < pictures) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      queue.stop();
    });
  }
  void finish() {
    run([](Queue& queue) { EXPECT_EQ(queue.wait("a").job.state, JobState::finished); });
  }
  std::vector<PictureRecord> kept() const { return store.pictures_of("a"); }
};

TEST(PictureJob, AfterARestartItGoesOnBehindWhatIsThere) {
  Restarted darkroom;
  darkroom.stop_after(2);
  const std::vector<PictureRecord> before = darkroom.kept();
  ASSERT_LT(before.size(), 4u) << "it was stopped in the middle";
  const auto written = std::filesystem::last_write_time(darkroom.folder / before[1].file);
  darkroom.finish();
  const std::vector<PictureRecord> pictures = darkroom.kept();
  ASSERT_EQ(pictures.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(pictures[i].seed, 5 + int64_t(i));
  EXPECT_EQ(pictures[1].id, before[1].id);
  EXPECT_EQ(std::filesystem::last_write_time(darkroom.folder / before[1].file), written) << "not made again";
  int told = 0;
  const std::vector<Event> events = darkroom.events.after(0, std::chrono::milliseconds(0)).value();
  for (const Event& event : events) told += event.name == "picture";
  EXPECT_EQ(told, 4) << "each once";
}

TEST(PictureJob, AfterARestartOnlyWhatIsMissingIsMade) {
  Restarted darkroom;
  for (const int index : {0, 2}) {  // the second was left out on purpose
    const std::string name = fmt::format("{}.png", index);
    if (index == 2) std::ofstream(darkroom.folder / name) << "kept";
    darkroom.store.add_picture({.job = "a", .index = index, .seed = 5 + index, .file = name});
  }
  darkroom.finish();
  const std::vector<PictureRecord> pictures = darkroom.kept();
  ASSERT_EQ(pictures.size(), 3u);
  EXPECT_EQ(pictures[0].width, 64) << "its file had gone";
  EXPECT_EQ(pictures[1].index, 2);
  EXPECT_EQ(pictures[1].width, 0) << "as it was";
  EXPECT_EQ(pictures[2].index, 3);
}

TEST(PictureJob, VariationsKeepTheirSeed) {
  Darkroom darkroom;
  const Job job = darkroom.run({.settings = small({{"n_iter", "2"}, {"subseed", "9"}, {"subseed_strength", "0.5"}})});
  const auto pictures = darkroom.store.pictures_of(job.id);
  ASSERT_EQ(pictures.size(), 2u);
  EXPECT_EQ(pictures[1].seed, 5);
  EXPECT_NE(pictures[1].infotext.find("Variation seed: 10"), std::string::npos) << pictures[1].infotext;
}

TEST(PictureJob, FailsWithTheProgramsOwnWords) {
  Darkroom darkroom;
  const Job missing = darkroom.run({.settings = small({{"model", "/nowhere.safetensors"}})});
  EXPECT_EQ(missing.state, JobState::failed);
  EXPECT_NE(missing.error.find("/nowhere.safetensors"), std::string::npos) << missing.error;
  const Job lora = darkroom.run({.settings = small({{"prompt", "a <lora:none:1>"}, {"lora_dir", "/nowhere"}})});
  EXPECT_EQ(lora.state, JobState::failed);
  EXPECT_NE(lora.error.find("find the LoRA"), std::string::npos) << lora.error;
  EXPECT_EQ(darkroom.run({.settings = small()}).state, JobState::finished) << "the next one is not harmed";
}

TEST(PictureJob, WarningsOfARunAreTheJobs) {
  const LogSink before = set_log_sink([](LogLevel, const std::string&) {});
  set_log_sink(sink_telling_jobs([](LogLevel, const std::string&) {}));
  {
    Darkroom darkroom;
    const Job job = darkroom.run({.settings = small({{"prompt", "a <hypernet:none:1>"}})});
    ASSERT_EQ(job.warnings.size(), 1u);
    EXPECT_NE(job.warnings[0].find("hypernet"), std::string::npos) << job.warnings[0];
  }
  set_log_sink(before);
}

TEST(UpscaleJob, EnlargesForWhoAsked) {
  Darkroom darkroom;
  Job job{.kind = "upscale", .request = job_text(UpscaleJob{.picture = "x", .scale = 2})};
  darkroom.queue.submit(job);
  EXPECT_EQ(darkroom.queue.wait(job.id).job.state, JobState::finished);
  const auto pictures = darkroom.store.pictures_of(job.id);
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].width, 64);
  EXPECT_FALSE(pictures[0].is_listed);
}

}  // namespace
}  // namespace darkroom::jobs
