// How much work a picture takes, counted: calls of networks, products, tensors, memory from the system, primitives.
// Seconds move by a tenth from run to run and with every machine; these counts do not, so a change that makes the
// program do more fails here, wherever it runs.
#include <c10/core/CPUAllocator.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "generate/loaded_model.h"
#include "layers/tensor_memory.h"
#include "layers/winograd_conv.h"
#include "layers/work.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using layers::Work;
using layers::WorkKind;

const LoadedModel& embedded() {
  static const LoadedModel model({.model = DARKROOM_SOURCE_DIR "/models/emoji", .precision = "fp32"});
  return model;
}

/// A picture of the embedded model, with guidance.
GenerateRequest request(Settings said = {}) {
  const Settings usual = {{"prompt", "a red apple"}, {"seed", "1"},    {"sampler_name", "Euler"}, {"steps", "4"},
                          {"cfg_scale", "5"},        {"width", "128"}, {"height", "128"}};
  said.insert(usual.begin(), usual.end());
  return completed_request(said, embedded().recommended());
}

/// Hands out tensors from the program's own memory, and counts them.
class CountingAllocator : public at::Allocator {
 public:
  explicit CountingAllocator(at::Allocator* inner) : inner_(inner) {}
  at::DataPtr allocate(size_t bytes) { return ++count, inner_->allocate(bytes); }
  at::DataPtr allocate(size_t bytes) const { return ++count, inner_->allocate(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  at::DeleterFnPtr raw_deleter() const override { return inner_->raw_deleter(); }

  mutable std::atomic<int64_t> count = 0;

 private:
  at::Allocator* inner_;
};

int64_t tensors_handed_out() {
  static CountingAllocator* const counting = [] {
    layers::use_tensor_memory();
    auto* made = new CountingAllocator(c10::GetCPUAllocator());  // tensors may live as long as the process
    c10::SetCPUAllocator(made, /*priority=*/2);
    return made;
  }();
  return counting->count;
}

/// All that happened between two moments.
struct Counts {
  std::map<std::string, int> networks;  ///< calls
  std::map<std::string, int64_t> macs;  ///< by network
  std::vector<Work> unet;               ///< works told inside it, in order
  int64_t tensors = 0, system_requests = 0, transformations = 0;
};

/// Moments are taken after each step.
struct StepCounts {
  std::vector<int64_t> tensors, system_requests, transformations;
  static std::vector<int64_t> between(const std::vector<int64_t>& at) {
    std::vector<int64_t> steps;
    for (size_t i = 1; i < at.size(); ++i) steps.push_back(at[i] - at[i - 1]);
    return steps;
  }
};

Counts counted(const GenerateRequest& request, StepCounts* steps = nullptr) {
  Counts counts;
  std::string network;
  const layers::WatchedWork watch({[&](const Work& work, const layers::Compute& compute) {
                                     counts.macs[network] += work.macs;
                                     if (network == "UNet") counts.unet.push_back(work);
                                     return compute();
                                   },
                                   [&](const char* name) { ++counts.networks[network = name]; }});
  const RunOptions options{.on_progress = [&](const ProgressEvent& event) {
    if (event.stage != "sampling" || !steps) return;
    steps->tensors.push_back(tensors_handed_out());
    steps->system_requests.push_back(int64_t(layers::tensor_memory().requests_to_system));
    steps->transformations.push_back(layers::kernel_transformations());
  }};
  pictures_of(embedded(), request, options);
  return counts;
}

int64_t golden_macs(const std::string& name) {
  std::ifstream file(DARKROOM_TESTS_DIR "/golden/flops.json");
  return nlohmann::json::parse(file).at(name).at("macs");
}

TEST(Work, PromptsAreReadOnceTogetherAndEachStepAsksOnce) {
  const Counts counts = counted(request());
  EXPECT_EQ(counts.networks, (std::map<std::string, int>{{"text encoder", 1}, {"UNet", 4}, {"VAE decoder", 1}}));
  EXPECT_EQ(counts.unet.front().answer.front(), 2) << "both halves of guidance are one batch";
}

TEST(Work, OfAStepIsThatOfTheConfiguration) {
  EXPECT_EQ(counted(request({{"steps", "1"}, {"prompt", "a pear"}})).macs.at("UNet"), 2 * golden_macs("unet emoji"));
}

/// Layers of the UNet that attend to the prompt, and the channels of all of them.
std::pair<int64_t, int64_t> prompt_layers() {
  const models::UNetConfig& unet = embedded().parts().checkpoint.unet->config;
  int64_t count = unet.middle_depth, channels = unet.channels.back() * unet.middle_depth;
  for (size_t level = 0; level < unet.channels.size(); ++level) {
    const int64_t of_level = unet.depth[level] * (2 * unet.res_blocks + 1);
    count += of_level, channels += unet.channels[level] * of_level;
  }
  return {count, channels};
}

/// Products of `steps` steps for one row of a batch: keys and values of the prompt are made in the first.
int64_t macs_of_steps(int64_t steps) {
  const int64_t of_prompt = 2 * 77 * embedded().parts().checkpoint.unet->config.context * prompt_layers().second;
  return steps * golden_macs("unet emoji") - (steps - 1) * of_prompt;
}

TEST(Work, KeysAndValuesOfAPromptAreMadeOnce) {
  EXPECT_LT(macs_of_steps(4), 4 * golden_macs("unet emoji"));
  EXPECT_EQ(counted(request({{"prompt", "a fig"}})).macs.at("UNet"), 2 * macs_of_steps(4));
}

TEST(Work, WithoutGuidanceIsHalf) {
  const Counts counts = counted(request({{"cfg_scale", "1"}}));
  EXPECT_EQ(counts.networks, (std::map<std::string, int>{{"text encoder", 1}, {"UNet", 4}, {"VAE decoder", 1}}));
  EXPECT_EQ(counts.macs.at("UNet"), macs_of_steps(4));
}

TEST(Work, ABatchReadsItsPromptOnce) {
  const Counts counts = counted(request({{"batch_size", "3"}}));
  EXPECT_EQ(counts.networks.at("text encoder"), 1) << "both prompts are one pass";
  EXPECT_EQ(counts.networks.at("UNet"), 4);
  EXPECT_EQ(counts.macs.at("UNet"), 2 * 3 * macs_of_steps(4));
}

TEST(Work, OfSamplersIsTheirNumberOfCalls) {
  for (const auto& [sampler, calls] : std::map<std::string, int>{
           {"Euler", 6}, {"Euler a", 6}, {"Heun", 11}, {"DPM++ 2M", 6}, {"DPM++ 2S a", 11}, {"DPM2", 11}, {"LMS", 6}})
    EXPECT_EQ(counted(request({{"sampler_name", sampler}, {"steps", "6"}})).networks.at("UNet"), calls) << sampler;
}

/// Vectors of the time, [B, width]: two layers make them, and one for each block with a residual takes what it needs.
TEST(Work, TheTimeIsEmbeddedOncePerStep) {
  int linear_of_time = 0, convolutions_3x3 = 0;
  for (const Work& work : counted(request()).unet) {
    linear_of_time += work.kind == WorkKind::linear && work.answer.size() == 2;
    convolutions_3x3 += work.name == "conv 3x3";
  }
  const auto& unet = embedded().parts().checkpoint.unet->config;
  const int levels = int(unet.channels.size()), enlargements = levels - 1, ends = 2;
  const int residual_blocks = (convolutions_3x3 / 4 - enlargements - ends) / 2;
  EXPECT_EQ(residual_blocks, levels * int(2 * unet.res_blocks + 1) + 2);
  EXPECT_EQ(linear_of_time, 4 * (2 + residual_blocks));
}

TEST(Work, StepsTakeNothingFromTheSystemAndNoMoreTensorsThanTheFirst) {
  tensors_handed_out();
  counted(request());
  // A small model's steps fit into what lies beside its weights; filled up, they need memory of their own.
  std::vector<Tensor> ballast;
  const size_t asked = layers::tensor_memory().requests_to_system;
  while (layers::tensor_memory().requests_to_system == asked) ballast.push_back(at::empty({int64_t(1) << 15}));
  ballast.pop_back();
  layers::release_unused_tensor_memory();
  StepCounts steps;
  counted(request({{"steps", "8"}}), &steps);
  ASSERT_EQ(steps.tensors.size(), 9u);
  const std::vector<int64_t> asked_in_steps = StepCounts::between(steps.system_requests);
  EXPECT_EQ(std::vector<int64_t>(asked_in_steps.begin() + 1, asked_in_steps.end()), std::vector<int64_t>(7, 0));
  const std::vector<int64_t> tensors = StepCounts::between(steps.tensors);
  RecordProperty("tensors_per_step", std::to_string(tensors.at(4)));
  EXPECT_NEAR(double(tensors.front()), double(tensors.at(4) + 2 * prompt_layers().first), 8) << "keys and values";
  for (size_t i = 1; i < tensors.size(); ++i) EXPECT_NEAR(double(tensors[i]), double(tensors.at(4)), 8) << "they grow";
}

/// Kernels of Winograd's convolutions are transformed for each call, and for nothing else: not for threads or blocks.
TEST(Work, KernelsAreTransformedOncePerConvolution) {
  StepCounts steps;
  const Counts counts = counted(request(), &steps);
  int64_t convolutions = 0;
  for (const Work& work : counts.unet)
    convolutions += work.name == "conv 3x3" && work.answer[2] * work.answer[3] >= 256;
  int64_t transformations = 0;
  for (const int64_t of_step : StepCounts::between(steps.transformations)) transformations += of_step;
  EXPECT_GT(transformations, 0);
  EXPECT_LE(transformations, convolutions);
}

/// What oneDNN says it did in each step.
struct Primitives {
  std::vector<int> created, reordered;
};

/// Null where oneDNN is not part of libtorch, or another one.
template <typename Function>
Function* onednn(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

Primitives primitives_of_steps(const GenerateRequest& request) {
  auto* set_verbose = onednn<int(int)>("dnnl_set_verbose");
  testing::internal::CaptureStdout();
  set_verbose(2);
  pictures_of(embedded(), request, {.on_progress = [](const ProgressEvent& event) {
                if (event.stage == "sampling") fmt::print("step\n");
                if (event.stage == "decoding") fmt::print("over\n");
              }});
  set_verbose(0);
  std::istringstream lines(testing::internal::GetCapturedStdout());
  Primitives found;
  bool is_over = false;
  for (std::string line; std::getline(lines, line);) {
    is_over |= line == "over";
    if (is_over) continue;
    if (line == "step") found.created.push_back(0), found.reordered.push_back(0);
    if (found.created.empty()) continue;
    found.created.back() += line.find("create:cache_miss") != std::string::npos;
    found.reordered.back() += line.find("exec,cpu,reorder") != std::string::npos;
  }
  if (!found.created.empty()) found.created.pop_back(), found.reordered.pop_back();  // behind the last step is nothing
  return found;
}

TEST(Work, NoPrimitiveIsMadeTwice) {
  // Newer libtorch may have oneDNN inside itself or none: then there are no primitives of ours to count.
  if (!onednn<int(int)>("dnnl_set_verbose")) GTEST_SKIP() << "this libtorch computes without oneDNN";
  const Primitives found = primitives_of_steps(request());
  ASSERT_EQ(found.created.size(), 4u);
  EXPECT_EQ(std::vector<int>(found.created.begin() + 1, found.created.end()), std::vector<int>(3, 0));
  // libtorch gives oneDNN its kernels in the order they are stored, so each call puts them into oneDNN's.
  int convolutions = 0;
  for (const Work& work : counted(request()).unet) convolutions += work.kind == WorkKind::conv;
  for (const int of_step : found.reordered) EXPECT_LE(of_step, convolutions / 4);
}

TEST(Work, PrimitivesAreSeenToBeMade) {
  auto* set_capacity = onednn<int(int)>("dnnl_set_primitive_cache_capacity");
  // Newer libtorch may have oneDNN inside itself or none: then there are no primitives of ours to count.
  if (!set_capacity) GTEST_SKIP() << "this libtorch computes without oneDNN";
  set_capacity(0);  // so that the test above can fail
  const Primitives found = primitives_of_steps(request());
  set_capacity(1024);
  ASSERT_EQ(found.created.size(), 4u);
  EXPECT_GT(found.created.back(), 0);
}

}  // namespace
}  // namespace darkroom::generate
