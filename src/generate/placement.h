// Which parts of a model are on an accelerator, and when: decided from their sizes and the memory that is free there.
// No tensors here; what moves weights is behind PartDevice.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace darkroom::generate {

/// A device with memory of its own, as far as parts of a model are concerned. A real one: network_device.h.
class PartDevice {
 public:
  virtual ~PartDevice() = default;

  virtual std::string name() const = 0;  ///< "cuda:0"
  /// Now; what is not known counts as endless, and taking fails instead.
  virtual int64_t free_bytes() const = 0;
  /// Moves a part there. Throws Error{out_of_memory}: then all of it is in main memory, as before.
  virtual void take(const std::string& part) = 0;
  /// Moves it back to main memory, as it was or as it was changed meanwhile. Does not fail.
  virtual void give_back(const std::string& part) = 0;
};

struct PlacedPart {
  std::string name;
  int64_t bytes = 0;
};

/// Parts take turns: text encoders read the prompt, the UNet samples, the VAE decodes. A part moves in when its turn
/// comes; what must make room for it is what will be needed last again, and no more than must. Not thread-safe.
class Placement {
 public:
  /// `parts` in the order in which a picture needs them; `device` must outlive this.
  Placement(PartDevice& device, std::vector<PlacedPart> parts);

  /// The part is on the device afterwards, with `working_bytes` left free for what it computes in. Where that cannot
  /// be, nothing has moved; where the device fails although it said it had room, others may have gone back. Throws
  /// Error{out_of_memory} naming what is there, {not_found} for a part it does not know.
  void use(const std::string& part, int64_t working_bytes = 0);
  /// Does nothing where it is not there.
  void give_back(const std::string& part);
  void give_back_unpinned();

  /// A pinned part stays where it is while others need room, and when nothing is done; it can still be moved by hand.
  void pin(const std::set<std::string>& parts) { pinned_ = parts; }
  bool is_on_device(const std::string& part) const { return on_device_.contains(part); }
  int64_t bytes_on_device() const;
  const PartDevice& device() const { return device_; }

 private:
  size_t index_of(const std::string& part) const;
  /// What could make room for a part, what is needed last again first.
  std::vector<std::string> in_its_way(size_t part) const;
  std::string what_is_there() const;

  PartDevice& device_;
  std::vector<PlacedPart> parts_;
  std::set<std::string> on_device_, pinned_;
};

}  // namespace darkroom::generate
