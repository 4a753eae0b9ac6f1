// Networks on a libtorch device: their weights moved there and back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/tensor.h"
#include "checkpoint/load.h"
#include "generate/placement.h"
#include "layers/module.h"

namespace darkroom::generate {

/// The networks of a model under the names people know, in the order in which a picture needs them.
std::vector<std::pair<std::string, layers::Module*>> networks_in_turn(const checkpoint::Checkpoint& model);
std::map<std::string, layers::Module*> networks_by_name(const checkpoint::Checkpoint& model);

class NetworkDevice : public PartDevice {
 public:
  /// The networks must outlive it. `budget`: bytes it may hold; ATen does not say what a device has free, so without
  /// one taking fails where the device does.
  NetworkDevice(at::Device device, std::map<std::string, layers::Module*> networks, int64_t budget = INT64_MAX);

  std::string name() const override { return device_.str(); }
  int64_t free_bytes() const override { return budget_ - held_; }
  void take(const std::string& part) override;
  /// Weights that nobody changed there become what they were, mapped files included.
  void give_back(const std::string& part) override;

 private:
  struct Moved {
    Tensor* parameter;
    Tensor original, there;
  };
  layers::Module& network(const std::string& part) const;
  void put_back(const std::vector<Moved>& moved) const;

  at::Device device_;
  std::map<std::string, layers::Module*> networks_;
  int64_t budget_, held_ = 0;
  std::map<std::string, std::vector<Moved>> moved_;
};

}  // namespace darkroom::generate
