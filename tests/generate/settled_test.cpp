#include <gtest/gtest.h>

#include "formats/support.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;

GenerateRequest settled_of(const Settings& said) {
  static const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  return settled(model, small_request(said));
}

TEST(Settled, DenoisingStrengthIsThatOfTheKindOfRun) {
  EXPECT_EQ(settled_of({}).denoising_strength, -1);
  EXPECT_EQ(settled_of({{"init_image", "a.png"}}).denoising_strength, 0.75);
  EXPECT_EQ(settled_of({{"enable_hr", "True"}}).denoising_strength, 0.7);
  EXPECT_EQ(settled_of({{"enable_hr", "True"}, {"denoising_strength", "0"}}).denoising_strength, 0);
  expect_error(ErrorKind::invalid_request, "there must be a picture to start from", [] {
    settled_of({{"denoising_strength", "0.5"}});
  });
  expect_error(ErrorKind::invalid_request, "must be 0 to 1, or -1", [] {
    settled_of({{"init_image", "a.png"}, {"denoising_strength", "-0.5"}});
  });
}

TEST(Settled, RefusesWhatDoesNotGoTogether) {
  expect_error(ErrorKind::invalid_request, "one of the two", [] {
    settled_of({{"init_image", "a.png"}, {"enable_hr", "True"}});
  });
  expect_error(ErrorKind::invalid_request, "--mask: there must be a picture", [] { settled_of({{"mask", "m.png"}}); });
  expect_error(ErrorKind::invalid_request, "both must be given or none, found 32 and 0", [] {
    settled_of({{"enable_hr", "True"}, {"firstphase_width", "32"}});
  });
}

TEST(Settled, TheSecondPassLeavesOpenWhatIsAsInTheFirst) {
  const GenerateRequest request = settled_of({{"enable_hr", "True"},
                                              {"hr_prompt", "a red apple"},
                                              {"hr_negative_prompt", "the dog # or cat"},
                                              {"hr_sampler_name", "DPM++ 2M"},
                                              {"firstphase_width", "48"},
                                              {"firstphase_height", "40"}});
  EXPECT_EQ(request.hires_prompt, "");
  EXPECT_EQ(request.hires_negative_prompt, "the dog \n");
  EXPECT_EQ(request.hires_sampler, "");
  EXPECT_EQ(request.width, 48);  // the first pass' size replaces the picture's
  EXPECT_EQ(request.height, 40);
}

}  // namespace
}  // namespace darkroom::generate
