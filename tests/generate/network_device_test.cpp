#include "generate/network_device.h"

#include <gtest/gtest.h>

#include "checkpoint/load.h"
#include "formats/support.h"

namespace darkroom::generate {
namespace {

/// libtorch's device without values stands for an accelerator: weights that are moved there are gone from memory.
const at::Device kElsewhere(at::kMeta);

struct Networks {
  checkpoint::Checkpoint model =
      checkpoint::load_checkpoint(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors");
  layers::Module& unet = *model.unet;
  std::map<std::string, layers::Module*> networks = {{"UNet", model.unet.get()}, {"VAE", model.vae.get()}};

  std::vector<const void*> places() const {
    std::vector<const void*> all;
    for (const auto& [name, weight] : unet.named_parameters())
      all.push_back(weight->is_cpu() ? weight->data_ptr() : nullptr);
    return all;
  }
  int64_t bytes() const {
    int64_t sum = 0;
    for (const auto& [name, weight] : unet.named_parameters()) sum += int64_t(weight->nbytes());
    return sum;
  }
};

TEST(NetworkDevice, MovesWeightsThereAndBackToWhereTheyWere) {
  Networks world;
  const auto before = world.places();
  NetworkDevice device(kElsewhere, world.networks, 2 * world.bytes());
  device.take("UNet");
  for (const auto& [name, weight] : world.unet.named_parameters()) EXPECT_EQ(weight->device(), kElsewhere) << name;
  EXPECT_EQ(device.free_bytes(), world.bytes());
  device.give_back("UNet");
  EXPECT_EQ(world.places(), before) << "the very same memory";
  EXPECT_EQ(device.free_bytes(), 2 * world.bytes());
  device.give_back("UNet");  // it is not there
}

TEST(NetworkDevice, PutsAllBackWhereThereIsNoRoom) {
  Networks world;
  const auto before = world.places();
  NetworkDevice device(kElsewhere, world.networks, world.bytes() - 1);
  formats::expect_error(ErrorKind::out_of_memory, "the UNet needs more", [&] { device.take("UNet"); });
  EXPECT_EQ(world.places(), before);
  EXPECT_EQ(device.free_bytes(), world.bytes() - 1);
  formats::expect_error(ErrorKind::not_found, "\"Nose\"", [&] { device.take("Nose"); });
}

TEST(NetworkDevice, KeepsWhatWasChangedThere) {
  Networks world;
  NetworkDevice device(at::kCPU, world.networks);
  device.take("UNet");
  Tensor& weight = *world.unet.named_parameters().front().second;
  const Tensor merged = weight + 1;
  weight = merged;
  device.give_back("UNet");
  EXPECT_TRUE(world.unet.named_parameters().front().second->equal(merged));
}

TEST(NetworkDevice, FollowsThePolicy) {
  Networks world;
  int64_t vae = 0;
  for (const Tensor& weight : world.model.vae->parameters()) vae += int64_t(weight.nbytes());
  NetworkDevice device(kElsewhere, world.networks, world.bytes() + vae - 1);
  Placement placement(device, {{"UNet", world.bytes()}, {"VAE", vae}});
  placement.use("UNet");
  placement.use("VAE");
  EXPECT_TRUE(world.unet.parameters().front().is_cpu()) << "it made room";
  EXPECT_EQ(world.model.vae->parameters().front().device(), kElsewhere);
}

}  // namespace
}  // namespace darkroom::generate
