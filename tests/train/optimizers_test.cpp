#include "train/optimizers.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace darkroom::train {
namespace {

TEST(Optimizers, UnknownNamesListTheKnown) {
  RunConfig config;
  config.optimizer = "Adam";
  try {
    make_optimizer(config, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
    EXPECT_NE(std::string(error.what()).find("AdamW"), std::string::npos);
  }
}

}  // namespace
}  // namespace darkroom::train
