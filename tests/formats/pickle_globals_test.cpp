#include <gtest/gtest.h>

#include "formats/pickle.h"

namespace darkroom::formats {
namespace {

TEST(PickleGlobals, KnowsTheNamesOfCheckpoints) {
  EXPECT_TRUE(is_known_global("torch._utils", "_rebuild_tensor_v2"));
  EXPECT_TRUE(is_known_global("torch._utils", "_rebuild_parameter"));
  EXPECT_TRUE(is_known_global("torch", "BFloat16Storage"));
  EXPECT_TRUE(is_known_global("torch", "Size"));
  EXPECT_TRUE(is_known_global("collections", "OrderedDict"));
  EXPECT_TRUE(is_known_global("numpy.core.multiarray", "scalar"));
  EXPECT_TRUE(is_known_global("numpy", "dtype"));
  EXPECT_TRUE(is_known_global("_codecs", "encode"));
  EXPECT_TRUE(is_known_global("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"));
}

TEST(PickleGlobals, NeedsTheExactName) {
  EXPECT_FALSE(is_known_global("", ""));
  EXPECT_FALSE(is_known_global("torch", ""));
  EXPECT_FALSE(is_known_global("torch", "Float"));
  EXPECT_FALSE(is_known_global("torch", "Storage"));
  EXPECT_FALSE(is_known_global("torch", "FloatStorage DoubleStorage"));
  EXPECT_FALSE(is_known_global("torch", "_utils._rebuild_tensor_v2"));
  EXPECT_FALSE(is_known_global("torch._utils", "FloatStorage"));
  EXPECT_FALSE(is_known_global("Torch", "FloatStorage"));
}

TEST(PickleGlobals, KnowsNothingThatActs) {
  for (const char* module :
       {"os", "posix", "nt", "subprocess", "builtins", "__builtin__", "sys", "runpy", "torch", "numpy"})
    for (const char* name :
         {"system", "Popen", "eval", "exec", "open", "getattr", "__import__", "compile", "load", "run_path"})
      EXPECT_FALSE(is_known_global(module, name)) << module << "." << name;
}

}  // namespace
}  // namespace darkroom::formats
