#include "diffusion/profiles.h"

#include "diffusion/golden.h"

namespace darkroom::diffusion {
namespace {

TEST(Profiles, AreFoundByName) {
  EXPECT_EQ(profile_named("darkroom").name, profiles().front().name);
  EXPECT_EQ(profile_named("A1111-1.10").solver_eta, 1);
  EXPECT_TRUE(profile_named("a1111-2022-12").old_karras_range);
  EXPECT_FALSE(profile_named("kdiffusion").discards_lowest);
  expect_contains(error_of(ErrorKind::invalid_request, [] { profile_named("a1111"); }), "did you mean \"a1111-1.10\"");
}

TEST(Profiles, KindsOfNoiseAreFoundByName) {
  for (const std::string& name : noise_kind_names()) EXPECT_NO_THROW(noise_kind_named(name, NoiseKind::reference));
  EXPECT_EQ(noise_kind_named("automatic", NoiseKind::brownian), NoiseKind::brownian);
  EXPECT_EQ(noise_kind_named("TorchSDE", NoiseKind::brownian), NoiseKind::torchsde);
  const auto unknown = [] { noise_kind_named("white", NoiseKind::reference); };
  expect_contains(error_of(ErrorKind::invalid_request, unknown), "the noise \"white\"");
}

}  // namespace
}  // namespace darkroom::diffusion
