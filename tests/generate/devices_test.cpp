#include "generate/devices.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/support.h"

namespace darkroom::generate {
namespace {

TEST(Devices, BeginWithTheProcessor) {
  EXPECT_EQ(device_names().front(), "cpu");
  EXPECT_EQ(device_named("cpu"), "cpu");
}

TEST(Devices, AreTheProcessorUntilAnotherIsSaid) {
  EXPECT_EQ(used_device(), "cpu");
  use_device("cpu");
  formats::expect_error(ErrorKind::invalid_request, "\"tpu\"", [] { use_device("tpu"); });
  EXPECT_EQ(used_device(), "cpu");
}

TEST(Devices, AreMeantByShortNames) {
  const std::vector<std::string> two = {"cpu", "cuda:0", "cuda:1"};
  EXPECT_EQ(device_named("auto", {"cpu"}), "cpu");
  EXPECT_EQ(device_named("auto", two), "cuda:0");
  EXPECT_EQ(device_named("cuda", two), "cuda:0");
  EXPECT_EQ(device_named("cuda:1", two), "cuda:1");
  for (const char* name : {"cuda:2", "tpu", "", "cuda:"})
    formats::expect_error(ErrorKind::invalid_request, "cpu, cuda:0, cuda:1; leave it out",
                          [&] { device_named(name, two); });
}

}  // namespace
}  // namespace darkroom::generate
