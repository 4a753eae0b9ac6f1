#include "checkpoint/upscaler.h"

#include <gtest/gtest.h>

#include <functional>

#include "formats/support.h"
#include "models/names.h"
#include "support/esrgan.h"
#include "support/parity.h"

namespace darkroom::checkpoint {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;
using models::EsrganNames;
using NamedTensors = std::vector<std::pair<std::string, formats::StoredTensor>>;

NamedTensors renamed(NamedTensors tensors, const std::function<std::string(const std::string&)>& rename) {
  for (auto& [name, tensor] : tensors) name = rename(name);
  return tensors;
}

Tensor answer_of(const TemporaryFolder& folder, const NamedTensors& tensors, const std::string& network) {
  NoGrad guard;
  formats::write_safetensors(folder / "net.safetensors", tensors);
  return load_esrgan(folder / "net.safetensors")->forward(parity("pictures", "esrgan." + network + ".in"));
}

TEST(UpscalerFile, IsReadWithEveryNamingAndSize) {
  const TemporaryFolder folder;
  for (const std::string network : {"x4", "x2", "x1"}) {
    const Tensor expected = parity("pictures", "esrgan." + network + ".out");
    for (const EsrganNames names : {EsrganNames::basicsr, EsrganNames::trunk, EsrganNames::numbered}) {
      const auto rename = [&](const std::string& name) { return models::esrgan_name(name, names, {.blocks = 2}); };
      const NamedTensors tensors = renamed(esrgan_tensors(network), rename);
      EXPECT_LT(relative_error(answer_of(folder, tensors, network), expected), 1e-5) << network << " " << int(names);
    }
  }
}

TEST(UpscalerFile, NamesAreThoseOfTheOldRepositories) {
  const models::EsrganConfig full;
  const auto trunk = [&](const char* name) { return models::esrgan_name(name, EsrganNames::trunk, full); };
  const auto numbered = [&](const char* name) { return models::esrgan_name(name, EsrganNames::numbered, full); };
  EXPECT_EQ(trunk("body.22.rdb3.conv5.bias"), "RRDB_trunk.22.RDB3.conv5.bias");
  EXPECT_EQ(trunk("conv_up2.weight"), "upconv2.weight");
  EXPECT_EQ(trunk("conv_body.weight"), "trunk_conv.weight");
  EXPECT_EQ(trunk("conv_hr.weight"), "HRconv.weight");
  EXPECT_EQ(numbered("conv_first.weight"), "model.0.weight");
  EXPECT_EQ(numbered("body.22.rdb3.conv5.bias"), "model.1.sub.22.RDB3.conv5.0.bias");
  EXPECT_EQ(numbered("conv_body.weight"), "model.1.sub.23.weight");
  EXPECT_EQ(numbered("conv_up1.weight"), "model.3.weight");
  EXPECT_EQ(numbered("conv_up2.bias"), "model.6.bias");
  EXPECT_EQ(numbered("conv_hr.weight"), "model.8.weight");
  EXPECT_EQ(numbered("conv_last.weight"), "model.10.weight");
}

TEST(UpscalerFile, AveragedWeightsGoFirst) {
  const TemporaryFolder folder;
  const NamedTensors good = esrgan_tensors("x4");
  NamedTensors tensors = renamed(good, [](const std::string& name) { return "params_ema." + name; });
  const NamedTensors others = renamed(good, [](const std::string& name) { return "params." + name; });
  for (auto other : others) {
    other.second.data = good[0].second.data;  // as many bytes of something else
    if (other.second.bytes <= good[0].second.bytes) tensors.push_back(other);
  }
  EXPECT_LT(relative_error(answer_of(folder, tensors, "x4"), parity("pictures", "esrgan.x4.out")), 1e-5);
  EXPECT_LT(relative_error(answer_of(folder, others, "x4"), parity("pictures", "esrgan.x4.out")), 1e-5);
}

TEST(UpscalerFile, WhatDoesNotFitIsNamed) {
  const TemporaryFolder folder;
  NamedTensors tensors = esrgan_tensors("x4");
  tensors.emplace_back("extra.weight", tensors[0].second);
  expect_error(ErrorKind::corrupt_file, "extra.weight", [&] { answer_of(folder, tensors, "x4"); });
  tensors = esrgan_tensors("x4");
  std::erase_if(tensors, [](const auto& entry) { return entry.first == "conv_hr.bias"; });
  expect_error(ErrorKind::corrupt_file, "conv_hr.bias", [&] { answer_of(folder, tensors, "x4"); });
  std::erase_if(tensors, [](const auto& entry) { return entry.first == "conv_last.weight"; });
  expect_error(ErrorKind::corrupt_file, "tensor \"conv_last.weight\" is missing",
               [&] { answer_of(folder, tensors, "x4"); });
  for (auto& [name, tensor] : tensors = esrgan_tensors("x4"))
    if (name == "conv_first.weight") tensor.shape = {2, 12, 3, 3};
  expect_error(ErrorKind::corrupt_file, "of another shape", [&] { answer_of(folder, tensors, "x4"); });
  for (auto& [name, tensor] : tensors = esrgan_tensors("x4"))
    if (name == "conv_first.weight") tensor.shape = {4, 6, 3, 3};
  expect_error(ErrorKind::unsupported, "must take 3, 12 or 48 channels for pictures of 3, found 6",
               [&] { answer_of(folder, tensors, "x4"); });
  for (auto& [name, tensor] : tensors = esrgan_tensors("x4"))
    if (name == "conv_first.weight") tensor.shape = {216};
  expect_error(ErrorKind::corrupt_file, "must have 4 dimensions, found 1", [&] { answer_of(folder, tensors, "x4"); });
}

TEST(UpscalerFile, OtherFilesAreRefused) {
  expect_error(ErrorKind::not_found, "load \"nowhere.pth\": there is no such file", [] { load_esrgan("nowhere.pth"); });
  expect_error(ErrorKind::unsupported, "this is no ESRGAN upscaler",
               [] { load_esrgan(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors"); });
}

}  // namespace
}  // namespace darkroom::checkpoint
