// The whole measurement on a tiny model with random weights: what is wanted here is that it runs, keeps and goes on.
#include "lab/convergence.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "formats/support.h"
#include "generate/request_fields.h"
#include "lab/judgement.h"
#include "support/tiny_model.h"

namespace darkroom::lab {
namespace {

ConvergenceRequest tiny_request(const std::filesystem::path& output) {
  ConvergenceRequest request;
  request.base = generate::completed_request({{"model", generate::tiny_model("sd15")},
                                              {"width", "32"},
                                              {"height", "32"},
                                              {"seed", "3"},
                                              {"cfg_scale", "2"},
                                              {"precision", "fp32"}});
  request.base.batch_size = 2;
  request.prompts = {"a red apple"};
  request.steps = {2, 4, 8};
  request.high_cfg_scales = {3};
  request.output = output;
  return request;
}

TEST(Convergence, RunsKeepsAndGoesOn) {
  const formats::TemporaryFolder folder;
  const ConvergenceRequest request = tiny_request(folder.path());
  // Stopped after a while, as by Ctrl-C.
  int events = 0;
  EXPECT_THROW(run_convergence(request,
                               [&](const ProgressEvent&) {
                                 if (++events == 300) fail(ErrorKind::cancelled, "stopped");
                               }),
               Error);
  int calls_before = 0;
  std::set<std::string> notes;
  const ConvergenceRuns runs = run_convergence(request, [&](const ProgressEvent& event) {
    if (calls_before == 0 && event.total > 0) calls_before = event.step;
    notes.insert(event.note);
    EXPECT_LE(event.step, event.total);
  });
  EXPECT_GT(calls_before, 10);  // the first run's were read, not computed
  ASSERT_EQ(runs.profiles.size(), 2u);
  for (const ProfileRuns& profile : runs.profiles) {
    EXPECT_EQ(profile.variants.size(), noted_variants().size());
    for (const VariantRuns& variant : profile.variants) {
      ASSERT_EQ(variant.at.size(), 3u);
      for (const Latents& latents : variant.at) {
        EXPECT_EQ(latents.pictures.size(), 2u);
        EXPECT_GT(latents.calls, 0);
      }
    }
    EXPECT_GT(profile.contact_sheet.height, 0);
  }
  EXPECT_TRUE(notes.contains("Heun, 4 steps, darkroom"));
  EXPECT_EQ(runs.at_cfg.size(), 1u);

  // All of it again from the files, to the bit; a damaged one is made anew.
  const auto some_file = *std::filesystem::recursive_directory_iterator(folder.path() / "cache" / "darkroom");
  std::filesystem::resize_file(some_file.path(), 20);
  const ConvergenceRuns again = run_convergence(request, ignore_progress);
  for (size_t p = 0; p < 2; ++p)
    for (size_t v = 0; v < noted_variants().size(); ++v)
      for (size_t s = 0; s < 3; ++s)
        EXPECT_EQ(again.profiles[p].variants[v].at[s].pictures, runs.profiles[p].variants[v].at[s].pictures);
}

TEST(Convergence, NeedsSomethingToDo) {
  const formats::TemporaryFolder folder;
  ConvergenceRequest request = tiny_request(folder.path());
  request.prompts.clear();
  EXPECT_THROW(run_convergence(request, ignore_progress), Error);
}

}  // namespace
}  // namespace darkroom::lab
