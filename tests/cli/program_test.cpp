// The program from outside: what every user's mistake ends in.
#include <gtest/gtest.h>

#include <cstdint>

#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;

/// Runs a small request, plus `more`; the folder must be empty afterwards.
ProgramResult refused(const std::vector<std::string>& more, const std::string& before = "") {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {
      "generate", "--model", kTiny + "sd15.safetensors", "--steps", "1", "--width", "32", "--height", "32"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  ProgramResult result = run_program(arguments, folder.path(), before);
  EXPECT_EQ(folder.files(), 0u) << "something was left behind";
  return result;
}

void expect_refusal(int code, const std::string& part, const ProgramResult& result) {
  EXPECT_EQ(result.code, code) << result.err;
  EXPECT_NE(result.err.find(part), std::string::npos) << result.err << "\n  lacks: " << part;
  EXPECT_EQ(result.out, "");
}

TEST(Program, SaysWhatItIs) {
  const TemporaryFolder folder;
  EXPECT_EQ(run_program({"--version"}, folder.path()).out, "darkroom " DARKROOM_PROJECT_VERSION "\n");
  const ProgramResult help = run_program({"generate", "--help"}, folder.path());
  EXPECT_EQ(help.code, 0);
  for (const char* part : {"--cfg-scale", "--clip-skip", "Euler a", "Karras", "--from-file", "-o,--output"})
    EXPECT_NE(help.out.find(part), std::string::npos) << part;
}

TEST(Program, WaitsShortlyUnlessTold) {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& environment) {
    return run_program({"--version"}, folder.path(),
                       "unset _ GOMP_SPINCOUNT OMP_WAIT_POLICY; OMP_DISPLAY_ENV=VERBOSE " + environment)
        .err;
  };
  for (const char* found_by : {"", "_=/bin/sh"})
    EXPECT_NE(said(found_by).find("GOMP_SPINCOUNT = '1000'"), std::string::npos) << found_by << "\n" << said(found_by);
  EXPECT_NE(said("GOMP_SPINCOUNT=77").find("GOMP_SPINCOUNT = '77'"), std::string::npos);
  EXPECT_NE(said("OMP_WAIT_POLICY=PASSIVE").find("OMP_WAIT_POLICY = 'PASSIVE'"), std::string::npos);
}

TEST(Program, RefusesArgumentsItDoesNotKnow) {
  expect_refusal(2, "--stepps", refused({"a", "--stepps", "3"}));
  expect_refusal(2, "a prompt or --from-file is needed", refused({}));
  const TemporaryFolder folder;
  EXPECT_EQ(run_program({}, folder.path()).code, 2);
  EXPECT_EQ(run_program({"paint"}, folder.path()).code, 2);
}

TEST(Program, RefusesBadRequests) {
  expect_refusal(2, "--width: must be a multiple of 8, 100 was given; try 96 or 104", refused({"a", "--width", "100"}));
  expect_refusal(2, "\"Euler\"", refused({"a", "--sampler", "Eulr"}));
  expect_refusal(2, "--steps: a whole number from 1 to 1000", refused({"a", "--steps", "many"}));
  expect_refusal(2, "the text must be UTF-8", refused({"caf\xe9"}));
  const ProgramResult weight = refused({"a (red:1.2.3) apple"});
  expect_refusal(2, "found \"1.2.3\"", weight);
  EXPECT_EQ(weight.err.find("loading"), std::string::npos);
  expect_refusal(2, "--negative-prompt", refused({"a", "--negative-prompt", "(red:1.2.3)"}));
}

TEST(Program, RefusesUnwritableOutputBeforeTheWork) {
  const ProgramResult missing = refused({"a", "-o", "no/such/folder/a.png"});
  expect_refusal(5, "no/such/folder/a.png", missing);
  EXPECT_EQ(missing.err.find("loading"), std::string::npos);
  expect_refusal(2, "must end in .png", refused({"a", "-o", "a.gif"}));
  expect_refusal(5, "/proc/", refused({"a", "-o", "/proc/a.png"}));
}

TEST(Program, RefusesModelsItCannotRead) {
  const TemporaryFolder folder;
  const std::string whole = formats::content_of(kTiny + "sd15.safetensors");
  const auto model = [&](const std::string& name, const std::string& content) {
    formats::put(folder / name, content);
    return refused({"a", "--model", (folder / name).string()});
  };
  const auto run = [&](const std::string& path) { return refused({"a", "--model", path}); };
  expect_refusal(3, "nowhere.safetensors", run("nowhere.safetensors"));
  expect_refusal(4, "half.safetensors", model("half.safetensors", whole.substr(0, whole.size() / 2)));
  expect_refusal(4, "head.safetensors", model("head.safetensors", whole.substr(0, 1000)));
  expect_refusal(4, "empty.safetensors", model("empty.safetensors", ""));
  expect_refusal(4, "text.safetensors", model("text.safetensors", "not a model at all, only a few words of text"));
  std::string lies = whole;
  lies[7] = '\x7f';  // a header of 9 exabytes
  expect_refusal(4, "lies.safetensors", model("lies.safetensors", lies));
  const std::string pickle = formats::content_of(kTiny + "sd15.ckpt");
  expect_refusal(4, "half.ckpt", model("half.ckpt", pickle.substr(0, pickle.size() / 2)));
  expect_refusal(4, "vae", run(kTiny + "sd15/vae/diffusion_pytorch_model.safetensors"));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_NE(run((folder / "empty").string()).code, 0);
}

TEST(Program, AFullDiskLeavesNoHalfPicture) {
  // No file may grow beyond one block of 512 bytes: what a full disk does, without one.
  const ProgramResult result = refused({"a", "-o", "a.png"}, "trap '' XFSZ; ulimit -f 1;");
  EXPECT_EQ(result.code, 5) << result.err;
  EXPECT_NE(result.err.find("a.png"), std::string::npos) << result.err;
}

TEST(Program, AnyTextIsAPrompt) {
  std::string words;
  for (int i = 0; i < 10000; ++i) words += "apple ";
  for (const std::string& prompt : {std::string(), std::string("\U0001F34E"), words}) {
    const TemporaryFolder folder;
    const ProgramResult result = run_program({"generate", prompt, "--model", kTiny + "sd15", "--steps", "1", "--width",
                                              "32", "--height", "32", "-o", "a.png"},
                                             folder.path());
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_TRUE(std::filesystem::exists(folder / "a.png"));
  }
}

}  // namespace
}  // namespace darkroom::cli
