#include "generate/request_fields.h"

#include <gtest/gtest.h>

#include <set>

#include "formats/support.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
constexpr auto kInvalid = ErrorKind::invalid_request;

GenerateRequest with(const std::string& name, const std::string& text) {
  return completed_request({{name, text}});
}

TEST(RequestFields, NamesFlagsAndKeysAreUnique) {
  std::set<std::string> names, flags, keys;
  for (const auto& field : request_fields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_TRUE(field.flag.empty() || flags.insert(field.flag).second) << field.flag;
    EXPECT_TRUE(field.infotext.empty() || keys.insert(field.infotext).second) << field.infotext;
    EXPECT_FALSE(field.help.empty()) << field.name;
  }
}

TEST(RequestFields, DefaultsAreValid) {
  for (const auto& field : request_fields()) {
    GenerateRequest request;
    EXPECT_NO_THROW(assign_field(request, field, field_text(GenerateRequest{}, field))) << field.name;
  }
}

TEST(RequestFields, EveryFieldReadsBackWhatItWrites) {
  const Settings said = {{"prompt", "a cat"},
                         {"negative_prompt", "a dog"},
                         {"steps", "7"},
                         {"sampler_name", "Euler a"},
                         {"scheduler", "Karras"},
                         {"cfg_scale", "4.5"},
                         {"seed", "9007199254740991"},
                         {"subseed", "3"},
                         {"subseed_strength", "0.25"},
                         {"seed_resize_from_w", "32"},
                         {"seed_resize_from_h", "40"},
                         {"eta_noise_seed_delta", "31337"},
                         {"randn_source", "NV"},
                         {"width", "64"},
                         {"height", "128"},
                         {"model", "m"},
                         {"vae", "v"},
                         {"lora_dir", "loras"},
                         {"lora_beside", "True"},
                         {"clip_skip", "2"},
                         {"eta", "0.5"},
                         {"s_noise", "1.5"},
                         {"s_churn", "2.5"},
                         {"s_tmin", "0.1"},
                         {"s_tmax", "9"},
                         {"order", "2"},
                         {"rtol", "0.01"},
                         {"atol", "0.001"},
                         {"sigma_min", "0.1"},
                         {"sigma_max", "10"},
                         {"rho", "5"},
                         {"discard_next_to_last_sigma", "True"},
                         {"noise", "torchsde"},
                         {"profile", "kdiffusion"},
                         {"denoising_strength", "0.4"},
                         {"inpainting_mask_weight", "0.5"},
                         {"enable_hr", "True"},
                         {"hr_sampler_name", "Euler a"},
                         {"hr_prompt", "e"},
                         {"hr_negative_prompt", "f"},
                         {"hr_scheduler", "Exponential"},
                         {"hr_scale", "1.5"},
                         {"hr_resize_x", "64"},
                         {"hr_resize_y", "72"},
                         {"hr_second_pass_steps", "7"},
                         {"hr_upscaler", "Nearest"},
                         {"firstphase_width", "80"},
                         {"firstphase_height", "88"},
                         {"init_image", "i.png"},
                         {"mask", "m.png"},
                         {"inpainting_mask_invert", "Inpaint not masked"},
                         {"mask_blur", "5"},
                         {"mask_blur_x", "6"},
                         {"mask_blur_y", "7"},
                         {"mask_round", "False"},
                         {"inpaint_full_res", "Only masked"},
                         {"inpaint_full_res_padding", "8"},
                         {"inpainting_fill", "latent noise"},
                         {"resize_mode", "Crop and resize"},
                         {"img2img_fix_steps", "True"},
                         {"initial_noise_multiplier", "0.9"},
                         {"img2img_extra_noise", "0.2"},
                         {"batch_size", "3"},
                         {"n_iter", "2"},
                         {"sd_vae_decode_method", "TAESD"},
                         {"taesd", "taesd_decoder.pth"},
                         {"lora_dir", "loras"},
                         {"tiling", "True"},
                         {"guidance_rescale", "0.7"},
                         {"precision", "bf16"},
                         {"vae_precision", "fp32"},
                         {"embeddings_dir", "e"},
                         {"use_old_scheduling", "True"},
                         {"emphasis", "No norm"},
                         {"use_downcasted_alpha_bar", "True"},
                         {"sd_noise_schedule", "Zero Terminal SNR"},
                         {"pad_cond_uncond", "True"},
                         {"pad_cond_uncond_v0", "True"},
                         {"plain", "True"},
                         {"vae_decoding", "Strips"},
                         {"low_memory", "True"},
                         {"threads", "4"}};
  ASSERT_EQ(said.size(), request_fields().size());
  const GenerateRequest request = completed_request(said);
  for (const auto& field : request_fields()) EXPECT_EQ(field_text(request, field), said.at(field.name));
}

TEST(RequestFields, TruthIsWrittenAsPythonDoes) {
  for (const auto& [text, truth] :
       {std::pair("True", true), {"true", true}, {"1", true}, {"FALSE", false}, {"0", false}})
    EXPECT_EQ(completed_request({{"discard_next_to_last_sigma", text}}).discards_lowest, truth) << text;
  EXPECT_THROW(completed_request({{"discard_next_to_last_sigma", "yes please"}}), Error);
}

TEST(RequestFields, ChoicesAreNamedOrCounted) {
  const GenerateRequest request = completed_request({{"resize_mode", "2"},
                                                     {"inpainting_fill", "LATENT nothing"},
                                                     {"inpaint_full_res", "true"},
                                                     {"inpainting_mask_invert", "0"}});
  EXPECT_EQ(request.resize_mode, "Resize and fill");
  EXPECT_EQ(request.masked_content, "latent nothing");
  EXPECT_EQ(request.inpaint_area, "Only masked");
  EXPECT_EQ(request.mask_mode, "Inpaint masked");
  for (const char* wrong : {"4", "-1", "cut", ""}) EXPECT_THROW(completed_request({{"resize_mode", wrong}}), Error);
}

TEST(RequestFields, TheSecondPassSamplerIsCheckedToo) {
  const GenerateRequest request =
      completed_request({{"enable_hr", "True"}, {"hr_sampler_name", "k_euler_a"}, {"hr_scheduler", "karras"}});
  EXPECT_EQ(request.hires_sampler, "Euler a");
  EXPECT_EQ(request.hires_schedule, "Karras");
  EXPECT_THROW(completed_request({{"enable_hr", "True"}, {"hr_sampler_name", "Oiler"}}), Error);
}

TEST(RequestFields, NamesTakeTheSpellingOfTheirTables) {
  const GenerateRequest request = completed_request({{"profile", "A1111-1.10"}, {"noise", "BROWNIAN"}});
  EXPECT_EQ(request.profile, "a1111-1.10");
  EXPECT_EQ(request.noise, "brownian");
  EXPECT_EQ(completed_request({{"sd_noise_schedule", "zero terminal snr"}}).noise_schedule, "Zero Terminal SNR");
  EXPECT_THROW(completed_request({{"sd_noise_schedule", "ztsnr"}}), Error);
  EXPECT_THROW(completed_request({{"profile", "comfy"}}), Error);
  EXPECT_THROW(completed_request({{"noise", "white"}}), Error);
}

TEST(RequestFields, CompletedRequestsCanBeCompletedAgain) {
  for (const char* profile : {"darkroom", "kdiffusion", "a1111-1.10", "a1111-2022-12"}) {
    for (const char* sampler : {"DDIM", "UniPC", "DPM++ 2M", "DPM++ 2M Karras", "Euler"}) {
      const GenerateRequest once = completed_request({{"sampler_name", sampler}, {"profile", profile}});
      Settings said;
      for (const RequestField& field : request_fields()) said[field.name] = field_text(once, field);
      EXPECT_EQ(completed_request(said).schedule, once.schedule) << sampler << " " << profile;
      EXPECT_EQ(once.schedule, std::string(sampler) == "DPM++ 2M Karras" && std::string(profile) == "a1111-2022-12"
                                   ? "Karras"
                                   : "Automatic");
    }
  }
}

TEST(RequestFields, WhatWasSaidGoesBeforeAdviceAndAdviceBeforeDefaults) {
  const GenerateRequest request = completed_request({{"steps", "5"}}, {{"steps", "9"}, {"cfg_scale", "4"}});
  EXPECT_EQ(request.steps, 5);
  EXPECT_EQ(request.cfg_scale, 4);
  EXPECT_EQ(request.clip_skip, 1);
  EXPECT_EQ(request.sampler, "DPM++ 2M");
  EXPECT_EQ(request.schedule, "Automatic");
}

TEST(RequestFields, AdvisedScheduleBelongsToItsSampler) {
  const Settings advice = {{"sampler_name", "DPM++ 2M"}, {"scheduler", "exponential"}};
  EXPECT_EQ(completed_request({}, advice).schedule, "Exponential");
  EXPECT_EQ(completed_request({{"sampler_name", "Euler"}}, advice).schedule, "Automatic");
  EXPECT_EQ(completed_request({{"sampler_name", "Euler"}, {"scheduler", "karras"}}, advice).schedule, "Karras");
}

TEST(RequestFields, NamesGetTheSpellingOfTheTable) {
  EXPECT_EQ(with("sampler_name", "euler A").sampler, "Euler a");
  EXPECT_EQ(with("precision", "BF16").precision, "bf16");
  const GenerateRequest joined = with("sampler_name", "Euler Karras");  // before A1111 1.9
  EXPECT_EQ(joined.sampler, "Euler");
  EXPECT_EQ(joined.schedule, "Karras");
}

TEST(RequestFields, RefusesNumbersOutOfRange) {
  for (const char* text : {"0", "1001", "-5", "2.5", "", "abc", "7x", "99999999999999999999", " 7", "0x7"})
    expect_error(kInvalid, "--steps: a whole number from 1 to 1000 is needed", [&] { with("steps", text); });
  for (const char* text : {"nan", "inf", "-1", "101", "", "seven", "1e999"})
    expect_error(kInvalid, "--cfg-scale: a number from 0 to 100 is needed", [&] { with("cfg_scale", text); });
  expect_error(kInvalid, "--seed", [] { with("seed", "9007199254740993"); });
}

TEST(RequestFields, SizeErrorsNameTheNearest) {
  expect_error(kInvalid, "--width: must be a multiple of 8, 500 was given; try 496 or 504",
               [] { with("width", "500"); });
  expect_error(kInvalid, "--height: must be a multiple of 8, 3 was given; try 8 or 16", [] { with("height", "3"); });
  expect_error(kInvalid, "--height", [] { with("height", "9000"); });
}

TEST(RequestFields, UnknownNamesListTheNearest) {
  expect_error(kInvalid, "\"Euler\"", [] { with("sampler_name", "Eular"); });
  expect_error(kInvalid, "Karras", [] { with("scheduler", "karas"); });
  expect_error(kInvalid, "auto, fp32, bf16 or fp16", [] { with("precision", "fp8"); });
  expect_error(kInvalid, "did you mean \"cfg_scale\"", [] { with("cfgscale", "7"); });
}

TEST(RequestFields, TextMustBeUtf8) {
  EXPECT_EQ(with("prompt", "\U0001F34E").prompt, "\U0001F34E");
  EXPECT_EQ(with("prompt", "").prompt, "");
  expect_error(kInvalid, "prompt: the text must be UTF-8", [] { with("prompt", "caf\xe9"); });
  expect_error(kInvalid, "--negative-prompt: the text must be UTF-8", [] { with("negative_prompt", "\xff"); });
  expect_error(kInvalid, "zero byte", [] { with("prompt", std::string("a\0b", 3)); });
}

TEST(RequestFields, NumbersArePrintedAsPythonDoes) {
  EXPECT_EQ(field_text(with("cfg_scale", "7"), request_field("cfg_scale")), "7");
  EXPECT_EQ(field_text(with("cfg_scale", "7.50"), request_field("cfg_scale")), "7.5");
  EXPECT_EQ(field_text(with("eta", "0.1"), request_field("eta")), "0.1");
}

}  // namespace
}  // namespace darkroom::generate
