#include "generate/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/log.h"
#include "checkpoint/load.h"
#include "checkpoint/save.h"
#include "diffusion/samplers.h"
#include "formats/file_kind.h"
#include "formats/support.h"
#include "generate/convert.h"
#include "generate/infotext.h"
#include "generate/latents.h"
#include "generate/loaded_model.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;

const LoadedModel& sd15() {
  static const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  return model;
}

std::vector<uint8_t> pixels(const Settings& said) {
  return pictures_of(sd15(), small_request(said)).at(0).image.pixels;
}

TEST(Run, MakesAPictureWithItsRecipe) {
  const auto pictures = pictures_of(sd15(), small_request({{"width", "48"}}));
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].image.width, 48);
  EXPECT_EQ(pictures[0].image.height, 32);
  EXPECT_EQ(pictures[0].image.channels, 3);
  EXPECT_EQ(pictures[0].seed, 42);
  const Settings read = infotext_settings(parse_infotext(pictures[0].infotext));
  EXPECT_EQ(read.at("scheduler"), "Karras");  // what Automatic meant for DPM++ 2M
  EXPECT_EQ(read.at("seed"), "42");
  EXPECT_NE(pictures[0].infotext.find("Model: sd15, RNG: CPU"), std::string::npos);
}

TEST(Run, SchedulesWithoutPreferenceStayAutomatic) {
  const auto read = [&](const Settings& said) {
    return infotext_settings(parse_infotext(pictures_of(sd15(), small_request(said)).at(0).infotext)).at("scheduler");
  };
  EXPECT_EQ(read({{"sampler_name", "Euler"}}), "Automatic");
  EXPECT_EQ(read({{"sampler_name", "Euler"}, {"scheduler", "uniform"}}), "Uniform");
}

TEST(Run, TheRecipeMakesThePictureAgain) {
  const auto first =
      pictures_of(sd15(), small_request({{"sampler_name", "Euler a"}, {"negative_prompt", "the dog"}})).at(0);
  const auto again = pictures_of(sd15(), completed_request(infotext_settings(parse_infotext(first.infotext)))).at(0);
  EXPECT_EQ(again.image.pixels, first.image.pixels);
  EXPECT_EQ(again.infotext, first.infotext);
}

TEST(Run, EverySamplerAndScheduleMakesAnotherPicture) {
  std::set<std::vector<uint8_t>> different;
  int count = 0;
  for (const diffusion::SamplerInfo& sampler : diffusion::samplers()) {
    const bool is_restart = sampler.name == "Restart";  // Heun below 20 steps, from there on Karras levels of its own
    const bool takes_schedules = !sampler.own_levels && !sampler.chooses_steps && !is_restart;
    const char* steps = is_restart ? "20" : "4";
    for (const std::string schedule : {"Automatic", "Uniform", "Karras", "Exponential"}) {
      if ((schedule == "Automatic") == takes_schedules) continue;
      different.insert(pixels({{"sampler_name", sampler.name}, {"scheduler", schedule}, {"steps", steps}}));
      ++count;
    }
  }
  EXPECT_EQ(int(different.size()), count);
}

/// Two steps of Euler on the seed's noise, its columns moved to the right by half the width and around.
Image picture_of_moved_noise(const char* tiling, bool moved) {
  const int64_t columns = 64 / sd15().parts().checkpoint.vae->config.reduction();
  RunOptions options;
  if (moved)
    options.starting_noise = [&](int, std::span<float> noise) {
      for (auto row = noise.begin(); row != noise.end(); row += columns)
        std::rotate(row, row + columns / 2, row + columns);
    };
  const auto request = small_request({{"tiling", tiling}, {"width", "64"}, {"sampler_name", "Euler"}});
  return pictures_of(sd15(), request, options).at(0).image;
}

/// The largest difference to the other picture, moved by half its width and around.
int difference_to_moved(const Image& a, const Image& moved) {
  int largest = 0;
  for (int y = 0; y < a.height; ++y)
    for (int x = 0; x < a.width; ++x)
      for (int c = 0; c < 3; ++c)
        largest = std::max(largest, std::abs(a.pixel(x, y)[c] - moved.pixel((x + a.width / 2) % a.width, y)[c]));
  return largest;
}

// Where opposite edges fit together there is no edge: moved noise makes the moved picture.
TEST(Run, TiledPicturesHaveNoEdge) {
  EXPECT_LE(difference_to_moved(picture_of_moved_noise("True", false), picture_of_moved_noise("True", true)), 1);
  EXPECT_GT(difference_to_moved(picture_of_moved_noise("False", false), picture_of_moved_noise("False", true)), 8);
  EXPECT_NE(pictures_of(sd15(), small_request({{"tiling", "True"}})).at(0).infotext.find(", Tiling: True"),
            std::string::npos);
}

// A VAE with a weight that bf16 rounds to infinity where what it multiplies is 0 decodes in fp32 alone.
TEST(Run, APictureThatBf16CannotDecodeIsDecodedInFp32) {
  const formats::TemporaryFolder folder;
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(tiny_model("sd15"), {.writable = true});
  const float least = std::numeric_limits<float>::max();
  auto& first = model.vae->post_quant_conv;
  first.bias[0] = 0;
  first.weight[0].zero_();                                      // channel 0 is 0 ...
  model.vae->decoder.conv_in.weight.select(1, 0).fill_(least);  // ... and multiplied by what bf16 calls infinite
  checkpoint::save_vae(*model.vae, folder / "vae", at::kFloat);
  const std::string vae = (folder / "vae").string();
  std::vector<std::string> lines;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { lines.push_back(line); });
  const auto pixels_in = [&](const char* precision) {
    const LoadedModel loaded({.model = tiny_model("sd15"), .vae = vae, .vae_precision = precision, .has_bf16 = true});
    return pictures_of(loaded, small_request()).at(0).image.pixels;
  };
  const auto expected = pixels_in("fp32");
  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(pixels_in("bf16"), expected);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("decoding it in fp32"), std::string::npos);
  set_log_sink(before);
}

TEST(Run, RecipesSayWhereTheVaeComputesInAnotherPrecision) {
  const auto recipe_of = [](const char* precision, const char* vae_precision) {
    const LoadedModel loaded(
        {.model = tiny_model("sd15"), .precision = precision, .vae_precision = vae_precision, .has_bf16 = true});
    return pictures_of(loaded, small_request()).at(0).infotext;
  };
  EXPECT_NE(recipe_of("fp32", "bf16").find("Precision: fp32, VAE precision: bf16"), std::string::npos);
  EXPECT_NE(recipe_of("bf16", "fp32").find("Precision: bf16, VAE precision: fp32"), std::string::npos);
  for (const char* precision : {"fp32", "bf16"})
    EXPECT_EQ(recipe_of(precision, "auto").find("VAE precision"), std::string::npos);
}

TEST(Run, APictureToStartFromIsAlwaysEncodedInFp32) {
  const LoadedModel fp32({.model = tiny_model("sd15"), .precision = "fp32"}),
      bf16({.model = tiny_model("sd15"), .precision = "bf16", .has_bf16 = true});
  const NoGrad guard;
  const Tensor picture = at::rand({2, 3, 16, 24}) * 2 - 1;
  EXPECT_TRUE(encoded(bf16.parts(), picture).equal(encoded(fp32.parts(), picture)));
}

ModelChoice with_taesd(const char* decoder) {
  return {.model = tiny_model("sd15"),
          .precision = "fp32",
          .vae_decoder = decoder,
          .taesd = tiny_model("taesd_decoder.safetensors")};
}

// The tiny model's own VAE halves twice, TAESD three times.
TEST(Run, TaesdMustFitTheLatents) {
  expect_error(ErrorKind::invalid_request, "give taesd_decoder.safetensors with --taesd",
               [] { LoadedModel({.model = tiny_model("sd15"), .vae_decoder = "TAESD"}); });
  ASSERT_NE(sd15().parts().checkpoint.vae->config.reduction(), 8);
  expect_error(ErrorKind::invalid_request, "it decodes 4 channels at 8 pixels each",
               [] { LoadedModel(with_taesd("TAESD")); });
}

struct Previewed {
  std::vector<Image> previews;
  Image picture;
};
Previewed previewed(const Settings& said, int every, PreviewKind kind) {
  Previewed all;
  RunOptions options;
  options.on_preview = [&](Image&& image) { all.previews.push_back(std::move(image)); };
  options.preview_every = every, options.preview_kind = kind;
  all.picture = pictures_of(sd15(), small_request(said), options).at(0).image;
  return all;
}

TEST(Run, PreviewsComeEveryFewStepsAndChangeNothing) {
  const Settings said = {{"steps", "5"}, {"sampler_name", "Euler"}};
  const auto [previews, picture] = previewed(said, 2, PreviewKind::quick);
  ASSERT_EQ(previews.size(), 2u);
  EXPECT_EQ(previews[0].width, picture.width);
  EXPECT_NE(previews[0].pixels, previews[1].pixels);
  EXPECT_EQ(picture.pixels, pixels(said));
}

TEST(Run, FullPreviewsAreDecoded) {
  const Settings said = {{"steps", "3"}, {"sampler_name", "Euler"}};
  const Previewed quick = previewed(said, 1, PreviewKind::quick), full = previewed(said, 1, PreviewKind::full);
  ASSERT_EQ(full.previews.size(), 3u);
  EXPECT_EQ(full.previews[2].pixels, full.picture.pixels) << "Euler's last step ends at what it denoised";
  EXPECT_NE(quick.previews.at(2).pixels, full.picture.pixels);
}

TEST(Run, WhatIsSaidMatters) {
  const auto plain = pixels({});
  EXPECT_EQ(pixels({}), plain);
  for (const Settings& said : {Settings{{"seed", "43"}},
                               {{"prompt", "the cat"}},
                               {{"negative_prompt", "the dog"}},
                               {{"cfg_scale", "3"}},
                               {{"clip_skip", "2"}},
                               {{"guidance_rescale", "0.7"}},
                               {{"tiling", "True"}},
                               {{"steps", "3"}},
                               {{"randn_source", "NV"}},
                               {{"subseed_strength", "0.3"}, {"subseed", "5"}},
                               {{"seed_resize_from_w", "16"}, {"seed_resize_from_h", "16"}},
                               {{"use_downcasted_alpha_bar", "True"}},
                               {{"sd_noise_schedule", "zero terminal snr"}},
                               {{"prompt", "a (red:1.9) apple"}}})
    EXPECT_NE(pixels(said), plain) << said.begin()->first;
}

TEST(Run, EmphasisHasFourModes) {
  std::set<std::vector<uint8_t>> different;
  for (const char* mode : {"Original", "No norm", "Ignore", "None"})
    different.insert(pixels({{"prompt", "a (red:1.9) apple"}, {"emphasis", mode}}));
  EXPECT_EQ(different.size(), 4u);
  EXPECT_EQ(pixels({{"prompt", "a (red:1.9) apple"}, {"emphasis", "ignore"}}),
            pixels({{"prompt", "a red apple"}, {"emphasis", "Ignore"}}));
  const auto text = [](const char* prompt) {
    return pictures_of(sd15(), small_request({{"prompt", prompt}, {"emphasis", "no norm"}})).at(0).infotext;
  };
  EXPECT_NE(text("a (red:1.9) apple").find(", Emphasis: No norm,"), std::string::npos);
  EXPECT_EQ(text("a red apple").find("Emphasis"), std::string::npos);
}

TEST(Run, TimesInPromptsAsBefore16) {
  const auto said = [](const char* prompt, const char* old) {
    return pixels({{"prompt", prompt}, {"steps", "4"}, {"use_old_scheduling", old}});
  };
  EXPECT_EQ(said("a [red:blue:1.0] apple", "True"), said("a [red:blue:1] apple", "False"));
  EXPECT_NE(said("a [red:blue:1.0] apple", "True"), said("a [red:blue:1.0] apple", "False"));
}

TEST(Run, PromptsOfDifferentLengthsCanBePadded) {
  std::string words;
  for (int i = 0; i < 90; ++i) words += "apple ";
  const auto said = [&](const Settings& more) {
    Settings all = {{"negative_prompt", words}};
    all.insert(more.begin(), more.end());
    return pixels(all);
  };
  const auto neither = said({}), chunks = said({{"pad_cond_uncond", "True"}}),
             rows = said({{"pad_cond_uncond_v0", "True"}});
  EXPECT_NE(neither, chunks);
  EXPECT_NE(neither, rows);
  EXPECT_NE(chunks, rows);
  EXPECT_EQ(pixels({{"pad_cond_uncond", "True"}, {"pad_cond_uncond_v0", "True"}}), pixels({}));
}

TEST(Run, PromptsThatChangeAndPromptsThatAreSeveral) {
  const auto said = [](const char* prompt) { return pixels({{"prompt", prompt}, {"steps", "4"}}); };
  EXPECT_EQ(said("a [red:blue:9] apple"), said("a red apple"));
  EXPECT_EQ(said("a [red:blue:0] apple"), said("a blue apple"));
  std::set<std::vector<uint8_t>> different = {said("a red apple"),
                                              said("a blue apple"),
                                              said("a [red:blue:0.5] apple"),
                                              said("a [red|blue] apple"),
                                              said("a red apple AND the moon"),
                                              said("a red apple:0.7"),
                                              said("a red apple AND the moon:0.5")};
  EXPECT_EQ(different.size(), 7u);
}

TEST(Run, CommentsAreNeitherSaidNorRecorded) {
  const auto picture = pictures_of(sd15(), small_request({{"prompt", "a red apple # the best"}})).at(0);
  EXPECT_EQ(picture.image.pixels, pixels({{"prompt", "a red apple \n"}}));
  EXPECT_EQ(picture.infotext.find("best"), std::string::npos);
}

TEST(Run, NegativePromptDoesNothingAtCfgScaleOne) {
  EXPECT_EQ(pixels({{"cfg_scale", "1"}, {"negative_prompt", "the dog"}}), pixels({{"cfg_scale", "1"}}));
}

TEST(Run, PicturesDoNotDependOnTheirBatch) {
  for (const std::string sampler : {"Euler a", "DPM++ 2M"}) {
    const auto batch =
        pictures_of(sd15(), small_request({{"batch_size", "3"}, {"n_iter", "2"}, {"sampler_name", sampler}}));
    ASSERT_EQ(batch.size(), 6u);
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ(batch[i].seed, 42 + i);
      const auto alone =
          pictures_of(sd15(), small_request({{"seed", std::to_string(42 + i)}, {"sampler_name", sampler}}));
      int largest = 0;
      for (size_t p = 0; p < batch[i].image.pixels.size(); ++p)
        largest = std::max(largest, std::abs(int(batch[i].image.pixels[p]) - int(alone[0].image.pixels[p])));
      EXPECT_LE(largest, 1) << sampler << " " << i;  // sums in another order may cross one rounding border
      EXPECT_EQ(infotext_settings(parse_infotext(batch[i].infotext)),
                infotext_settings(parse_infotext(alone[0].infotext)));
    }
  }
}

// A sampler that adapts its steps fits them to each picture, in our profile; in A1111's to the whole batch.
TEST(Run, AdaptiveStepsDoNotDependOnTheBatch) {
  const Settings adaptive = {{"sampler_name", "DPM adaptive"}, {"batch_size", "2"}};
  const auto with = [&](Settings said, const Settings& more) { return said.insert(more.begin(), more.end()), said; };
  const auto batch = pictures_of(sd15(), small_request(adaptive));
  ASSERT_EQ(batch.size(), 2u);
  const auto alone = [&](const std::string& seed) {
    return pixels({{"sampler_name", "DPM adaptive"}, {"seed", seed}});
  };
  EXPECT_EQ(batch[0].image.pixels, alone("42"));
  EXPECT_EQ(batch[1].image.pixels, alone("43"));
  EXPECT_NE(batch[1].infotext.find("Batch pos: 1"), std::string::npos);
  const auto theirs = pictures_of(sd15(), small_request(with(adaptive, {{"profile", "kdiffusion"}})));
  EXPECT_EQ(theirs.size(), 2u);
}

TEST(Run, VariationsAreOfOneSeed) {
  const Settings said = {{"subseed", "9"}, {"subseed_strength", "0.2"}, {"batch_size", "2"}};
  const auto pictures = pictures_of(sd15(), small_request(said));
  EXPECT_EQ(pictures[0].seed, 42);
  EXPECT_EQ(pictures[1].seed, 42);
  EXPECT_NE(pictures[0].image.pixels, pictures[1].image.pixels);
  EXPECT_NE(pictures[1].infotext.find("Variation seed: 10, Variation seed strength: 0.2"), std::string::npos);
  const auto again = pictures_of(sd15(), completed_request(infotext_settings(parse_infotext(pictures[1].infotext))));
  EXPECT_EQ(infotext_settings(parse_infotext(again[0].infotext)),
            infotext_settings(parse_infotext(pictures[1].infotext)));
}

TEST(Run, SeedDeltaActsOnNoiseDrawnLater) {
  EXPECT_EQ(pixels({{"eta_noise_seed_delta", "31337"}}), pixels({}));  // DPM++ 2M draws none
  EXPECT_NE(pixels({{"eta_noise_seed_delta", "31337"}, {"sampler_name", "Euler a"}}),
            pixels({{"sampler_name", "Euler a"}}));
}

TEST(Run, ThreadsDoNotChangeThePicture) {
  EXPECT_EQ(pixels({{"threads", "1"}}), pixels({{"threads", "2"}}));
}

/// The tiny model with the same numbers in fp32.
std::string wide_copy(const formats::TemporaryFolder& folder) {
  const std::string path = (folder / "wide.safetensors").string();
  convert({.model = tiny_model("sd15"), .out = path, .precision = "fp32"});
  return path;
}

TEST(Run, WeightsOfTwoBytesMakeThePictureOfConvertedOnes) {
  const formats::TemporaryFolder folder;
  const LoadedModel wide({.model = wide_copy(folder), .precision = "fp32"});
  for (const Settings& said : {Settings{}, {{"plain", "True"}}, {{"tiling", "True"}}}) {
    const auto expected = pictures_of(wide, small_request(said)).at(0).image.pixels;
    EXPECT_EQ(pixels(said), expected);
  }
}

/// How many bytes of two lists of pictures differ; none by more than 1.
int64_t differing_bytes(const std::vector<std::vector<uint8_t>>& a, const std::vector<std::vector<uint8_t>>& b) {
  int64_t count = 0;
  EXPECT_EQ(a.size(), b.size());
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    EXPECT_EQ(a[i].size(), b[i].size());
    for (size_t j = 0; j < std::min(a[i].size(), b[i].size()); ++j) {
      EXPECT_LE(std::abs(int(a[i][j]) - int(b[i][j])), 1) << i << " " << j;
      count += a[i][j] != b[i][j];
    }
  }
  return count;
}

TEST(Run, LittleMemoryAndStripsMakeTheSamePicture) {
  const Settings large = {{"width", "64"}, {"height", "640"}, {"batch_size", "2"}, {"n_iter", "2"}};
  const auto made = [&](Settings more) {
    more.insert(large.begin(), large.end());
    std::vector<std::vector<uint8_t>> all;
    for (const Picture& picture : pictures_of(sd15(), small_request(more))) all.push_back(picture.image.pixels);
    return all;
  };
  const auto expected = made({{"vae_decoding", "Whole"}});
  EXPECT_EQ(expected.size(), 4u);
  // This VAE's channels fill no vector, so that oneDNN convolves: in strips it may add in another order.
  EXPECT_LE(differing_bytes(made({{"vae_decoding", "Strips"}}), expected), 20) << "of 491,520";
  EXPECT_EQ(made({{"low_memory", "True"}, {"vae_decoding", "Whole"}}), expected);
  expect_error(ErrorKind::invalid_request, "--vae-decoding: Automatic, Whole or Strips is needed", [&] {
    made({{"vae_decoding", "Tiles"}});
  });
}

TEST(Run, RefusesAModelWhoseFileWasWrittenTo) {
  const formats::TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  std::filesystem::copy_file(tiny_model("sd15.safetensors"), path);
  const LoadedModel model({.model = path.string(), .precision = "fp32"});
  pictures_of(model, small_request());
  EXPECT_FALSE(model.is_outdated());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_TRUE(model.is_outdated());
  expect_error(ErrorKind::io, "was written to since", [&] { pictures_of(model, small_request()); });
}

TEST(Run, ReportsStagesAndSteps) {
  std::vector<std::string> events;
  pictures_of(sd15(), small_request({{"n_iter", "2"}}), {.on_progress = [&](const ProgressEvent& event) {
                events.push_back(event.stage + " " + std::to_string(event.step) + "/" + std::to_string(event.total));
              }});
  EXPECT_EQ(events,
            (std::vector<std::string>{"reading the prompt 0/0", "sampling 0/4", "sampling 1/4", "sampling 2/4",
                                      "decoding 0/2", "sampling 2/4", "sampling 3/4", "sampling 4/4", "decoding 1/2"}));
}

TEST(Run, StopsWhenToldTo) {
  const auto cancel = [](const ProgressEvent& event) {
    if (event.step == 1) fail(ErrorKind::cancelled, "stopped");
  };
  expect_error(ErrorKind::cancelled, "stopped", [&] { pictures_of(sd15(), small_request(), {.on_progress = cancel}); });
}

TEST(Run, RandomSeedsAreDrawnAndRecorded) {
  const auto pictures = pictures_of(sd15(), small_request({{"seed", "-1"}}));
  EXPECT_GE(pictures[0].seed, 0);
  EXPECT_LE(pictures[0].seed, 4294967293);
  EXPECT_NE(pictures[0].infotext.find("Seed: " + std::to_string(pictures[0].seed) + ","), std::string::npos);
  EXPECT_NE(drawn_seed(-1), drawn_seed(-1));
  EXPECT_EQ(drawn_seed(7), 7);
}

TEST(Run, AnyTextIsAPrompt) {
  std::string words;
  for (int i = 0; i < 10000; ++i) words += "apple ";
  for (const std::string& prompt : {std::string(), std::string("\U0001F34E\U0001F600"), words, std::string("((((")})
    EXPECT_EQ(pixels({{"prompt", prompt}, {"steps", "1"}}).size(), 32u * 32 * 3);
}

TEST(Run, RefusesWhatTheModelCannotDo) {
  expect_error(ErrorKind::invalid_request, "--clip-skip", [] { pixels({{"clip_skip", "12"}}); });
  expect_error(ErrorKind::invalid_request, "both must be given", [] { pixels({{"seed_resize_from_w", "16"}}); });
  GenerateRequest request = small_request();
  request.width = 30;  // past the rows' own check, as the server might
  expect_error(ErrorKind::invalid_request,
               "--width: must be a multiple of 4 for this model, 30 was given; try 28 or 32",
               [&] { pictures_of(sd15(), request); });
}

TEST(Run, DamagedWeightsMakeAnErrorAndNoPicture) {
  formats::TemporaryFolder folder;
  std::string file = formats::content_of(tiny_model("sd15.safetensors"));
  const auto tensors = formats::read_tensor_file(tiny_model("sd15.safetensors")).tensors;
  const formats::StoredTensor& bias = tensors.at("model.diffusion_model.out.2.bias");
  const size_t at = file.find(std::string(reinterpret_cast<const char*>(bias.data), bias.bytes));
  ASSERT_NE(at, std::string::npos);
  file.replace(at, 2, "\xff\x7f");  // a NaN in fp16
  formats::put(folder / "nan.safetensors", file);
  const LoadedModel model({.model = (folder / "nan.safetensors").string()});
  expect_error(ErrorKind::internal, "sample the picture: the network answered values that are no numbers",
               [&] { pictures_of(model, small_request()); });
}

}  // namespace
}  // namespace darkroom::generate
