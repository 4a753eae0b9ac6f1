#include "generate/precision.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/support.h"

namespace darkroom::generate {
namespace {

TEST(Precision, AutoTakesBf16WhereTheProcessorHasIt) {
  EXPECT_EQ(chosen_precision("auto", true, /*is_slow=*/false).arithmetic, Arithmetic::bf16);
  EXPECT_EQ(chosen_precision("auto", true, /*is_slow=*/true).arithmetic, Arithmetic::fp32);
  EXPECT_EQ(chosen_precision("bf16", true, /*is_slow=*/true).arithmetic, Arithmetic::bf16) << "who asks gets it";
  EXPECT_EQ(chosen_precision("auto", false).arithmetic, Arithmetic::fp32);
  EXPECT_EQ(chosen_precision("bf16", true).arithmetic, Arithmetic::bf16);
  EXPECT_EQ(chosen_precision("fp32", true).arithmetic, Arithmetic::fp32);
}

TEST(Precision, SaysInOneLineWhatIsDoneInstead) {
  for (const char* asked : {"bf16", "fp16"}) {
    const PrecisionChoice choice = chosen_precision(asked, false);
    EXPECT_EQ(choice.arithmetic, Arithmetic::fp32);
    EXPECT_EQ(choice.note.find(asked), 0u);
    EXPECT_NE(choice.note.find("computing in fp32 instead"), std::string::npos);
    EXPECT_EQ(std::count(choice.note.begin(), choice.note.end(), '\n'), 0);
  }
  for (const char* asked : {"auto", "fp32"}) EXPECT_EQ(chosen_precision(asked, false).note, "");
  EXPECT_EQ(chosen_precision("bf16", true).note, "");
  EXPECT_EQ(chosen_precision("fp16", true).arithmetic, Arithmetic::fp32);
}

TEST(Precision, EveryNameCanBeChosen) {
  for (const std::string& name : precision_names()) EXPECT_EQ(precision_named(name), name);
  formats::expect_error(ErrorKind::invalid_request, "\"half\" was given", [] { precision_named("half"); });
}

}  // namespace
}  // namespace darkroom::generate
