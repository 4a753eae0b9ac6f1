#include "generate/network_device.h"

#include <utility>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::generate {

std::vector<std::pair<std::string, layers::Module*>> networks_in_turn(const checkpoint::Checkpoint& model) {
  std::vector<std::pair<std::string, layers::Module*>> all;
  for (size_t i = 0; i < model.text_encoders.size(); ++i)
    all.emplace_back(i == 0 ? "Text encoder" : "Text encoder 2", model.text_encoders[i].get());
  all.emplace_back("UNet", model.unet.get());
  all.emplace_back("VAE", model.vae.get());
  return all;
}

std::map<std::string, layers::Module*> networks_by_name(const checkpoint::Checkpoint& model) {
  const auto all = networks_in_turn(model);
  return {all.begin(), all.end()};
}

NetworkDevice::NetworkDevice(at::Device device, std::map<std::string, layers::Module*> networks, int64_t budget)
    : device_(device), networks_(std::move(networks)), budget_(budget) {}

layers::Module& NetworkDevice::network(const std::string& part) const {
  const auto found = networks_.find(part);
  require(found != networks_.end(), ErrorKind::not_found, "move the part {} to {}: there is none of that name",
          formats::in_quotes(part), name());
  return *found->second;
}

void NetworkDevice::put_back(const std::vector<Moved>& moved) const {
  for (const Moved& one : moved)
    *one.parameter = one.parameter->is_same(one.there) ? one.original : one.parameter->to(at::kCPU);
}

void NetworkDevice::take(const std::string& part) {
  NoGrad guard;
  std::vector<Moved> moved;
  int64_t bytes = 0;
  try {
    for (const auto& [key, parameter] : network(part).named_parameters()) {
      bytes += int64_t(parameter->nbytes());
      require(bytes <= free_bytes(), ErrorKind::out_of_memory, "{} bytes are free on {}, and the {} needs more",
              free_bytes(), name(), part);
      moved.push_back({parameter, *parameter, parameter->to(device_)});
      *parameter = moved.back().there;
    }
  } catch (const c10::Error& error) {
    put_back(moved);
    fail(ErrorKind::out_of_memory, "{} has no room for the {}: {}", name(), part, error.what_without_backtrace());
  } catch (const Error&) {
    put_back(moved);
    throw;
  }
  held_ += bytes;
  moved_[part] = std::move(moved);
}

void NetworkDevice::give_back(const std::string& part) {
  NoGrad guard;
  const auto found = moved_.find(part);
  if (found == moved_.end()) return;
  for (const Moved& one : found->second) held_ -= int64_t(one.original.nbytes());
  put_back(found->second);
  moved_.erase(found);
}

}  // namespace darkroom::generate
