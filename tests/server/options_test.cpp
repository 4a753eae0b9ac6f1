#include "server/options.h"

#include <gtest/gtest.h>

#include <fstream>

#include "formats/support.h"

namespace darkroom::server {
namespace {

using nlohmann::json;

TEST(Options, AreKept) {
  const formats::TemporaryFolder folder;
  {
    Options options(folder / "settings.json");
    EXPECT_EQ(options.text("samples_format"), "png");
    options.change({{"samples_format", "webp"}, {"some_extension", {{"deep", {1, 2}}}}});
  }
  const Options options(folder / "settings.json");
  EXPECT_EQ(options.text("samples_format"), "webp");
  EXPECT_EQ(options.all()["some_extension"]["deep"][1], 2) << "what only others know";
}

TEST(Options, ChangeAllOrNothing) {
  const formats::TemporaryFolder folder;
  Options options(folder / "settings.json");
  formats::expect_error(ErrorKind::invalid_request, "jpeg_quality", [&] {
    options.change({{"samples_format", "webp"}, {"jpeg_quality", "high"}});
  });
  formats::expect_error(ErrorKind::invalid_request, "randn_source", [&] {
    options.change({{"samples_format", "webp"}, {"randn_source", "dice"}});
  });
  formats::expect_error(ErrorKind::invalid_request, "Approx cheap", [&] {
    options.change({{"samples_format", "webp"}, {"show_progress_type", "Approximate"}});
  });
  formats::expect_error(ErrorKind::invalid_request, "s_churn", [&] { options.change({{"s_churn", -1}}); });
  formats::expect_error(ErrorKind::invalid_request, "bytes", [&] {
    options.change({{"x", std::string(2 << 20, 'a')}});
  });
  EXPECT_EQ(options.text("samples_format"), "png");
}

// A client that hands the whole list back changes nothing.
TEST(Options, TakeTheirOwnListBack) {
  const formats::TemporaryFolder folder;
  Options options(folder / "settings.json");
  const json before = options.all();
  options.change(before);
  EXPECT_EQ(json(options.all()), before);
  EXPECT_FALSE(std::filesystem::exists(folder / "settings.json"));
}

TEST(Options, ActOnRequests) {
  const formats::TemporaryFolder folder;
  Options options(folder / "settings.json");
  EXPECT_TRUE(options.request_settings().empty()) << "defaults leave a model's recommendations alone";
  options.change({{"CLIP_stop_at_last_layers", 2}, {"eta_noise_seed_delta", 31337}, {"randn_source", "GPU"}});
  const generate::Settings settings = options.request_settings();
  EXPECT_EQ(settings.at("clip_skip"), "2");
  EXPECT_EQ(settings.at("eta_noise_seed_delta"), "31337");
  EXPECT_EQ(settings.at("randn_source"), "NV");
  EXPECT_EQ(options.request_settings({{"CLIP_stop_at_last_layers", 3}}).at("clip_skip"), "3") << "override_settings";
  EXPECT_EQ(options.whole("CLIP_stop_at_last_layers"), 2) << "for one request";
}

TEST(Options, SayWhatIsWrongWithTheirFile) {
  const formats::TemporaryFolder folder;
  std::ofstream(folder / "settings.json") << "[1, 2";
  formats::expect_error(ErrorKind::corrupt_file, "settings.json", [&] { Options options(folder / "settings.json"); });
}

}  // namespace
}  // namespace darkroom::server
