#include "generate/pass.h"

#include <gtest/gtest.h>

#include "support/picture_parity.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

constexpr double kReferenceRounding = 1e-5;  // fp32 through ten steps

/// The reference runs of make_picture_parity.py: 10 Euler steps, of which strength 0.5 walks 6.
Tensor made(const std::string& name, bool from_picture, bool has_mask = false, bool is_ddim = false,
            const std::string& noise_schedule = "Default") {
  NoGrad guard;
  const LoadedModel model({.model = tiny_model(name), .precision = "fp32"});
  GenerateRequest request = completed_request({{"prompt", "a red apple on the blue moon"},
                                               {"negative_prompt", "the dog"},
                                               {"width", "64"},
                                               {"height", "64"},
                                               {"steps", "10"},
                                               {"sampler_name", is_ddim ? "DDIM" : "Euler"},
                                               {"cfg_scale", "5"},
                                               {"mask_blur", "0"},
                                               {"denoising_strength", "0.5"},
                                               {"sd_noise_schedule", noise_schedule},
                                               {"profile", is_ddim ? "a1111-1.10" : "darkroom"}});
  const auto& parts = model.parts();
  const Batch batch{.seeds = {42}};
  if (!from_picture) {
    const diffusion::NoiseSchedule schedule = noise_schedule_of(parts, request);  // the sampling refers to it
    const Sampling sampling = sampling_of(request, schedule, false);
    return Pass(parts, request, sampling, 10).run(batch);
  }
  std::optional<Image> mask;
  if (has_mask) mask = parity_image("mask");
  const StartingPoint start =
      starting_point(parts, request, canvas_of(request, parity_image("picture"), mask), batch.seeds);
  const Sampling sampling = sampling_from_picture(request, parts.noise_schedule, false, false);
  EXPECT_EQ(sampling.steps(), is_ddim ? 4 : 6);
  return Pass(parts, request, sampling, 10).run(batch, start);
}

TEST(Pass, FromAPictureIsTheReferencePipeline) {
  for (const std::string family : {"sd15", "sd21"})
    EXPECT_LT(relative_error(made(family, true), parity("pictures", family + ".img2img")), kReferenceRounding)
        << family;
}

TEST(Pass, MasksKeepThePictureAsTheReferenceFormulaDoes) {
  EXPECT_LT(relative_error(made("sd15", true, true), parity("pictures", "sd15.masked")), kReferenceRounding);
  EXPECT_LT(relative_error(made("inpaint.safetensors", true, true), parity("pictures", "inpaint.masked")),
            kReferenceRounding);
}

TEST(Pass, TimestepSamplersStartAndMaskAsA1111s) {
  EXPECT_LT(relative_error(made("sd15", true, false, true), parity("pictures", "sd15.ddim")), kReferenceRounding);
  EXPECT_LT(relative_error(made("sd15", true, true, true), parity("pictures", "sd15.masked_ddim")), kReferenceRounding);
}

TEST(Pass, ZeroTerminalSnrWithVIsTheReferenceFormula) {
  EXPECT_LT(relative_error(made("sd21", false, false, false, "Zero Terminal SNR"),
                           parity("pictures", "sd21.zero_terminal_snr")),
            kReferenceRounding);
}

TEST(Pass, InpaintingModelsWithoutAPictureAreToldToMakeAllOfIt) {
  EXPECT_LT(relative_error(made("inpaint.safetensors", false), parity("pictures", "inpaint.txt2img")),
            kReferenceRounding);
}

}  // namespace
}  // namespace darkroom::generate
