// A device that moves nothing and writes down what it was asked.
#pragma once

#include <map>

#include "base/error.h"
#include "generate/placement.h"

namespace darkroom::generate {

class RecordingDevice : public PartDevice {
 public:
  RecordingDevice(int64_t memory, std::map<std::string, int64_t> sizes) : memory_(memory), sizes_(std::move(sizes)) {}

  std::string name() const override { return "recording:0"; }
  int64_t free_bytes() const override { return memory_ - held_; }
  void take(const std::string& part) override {
    log += "+" + part + " ";
    if (failures > 0) {
      --failures;
      fail(ErrorKind::out_of_memory, "in pieces");
    }
    held_ += sizes_.at(part);
    most = std::max(most, held_);
  }
  void give_back(const std::string& part) override {
    log += "-" + part + " ";
    held_ -= sizes_.at(part);
  }

  std::string log;   ///< "+UNet -Text "
  int64_t most = 0;  ///< that was ever held
  int failures = 0;  ///< how many of the next moves fail

 private:
  int64_t memory_, held_ = 0;
  std::map<std::string, int64_t> sizes_;
};

}  // namespace darkroom::generate
