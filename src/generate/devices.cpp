#include "generate/devices.h"

#include <ATen/Context.h>
#include <fmt/ranges.h>

#include <mutex>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::generate {
namespace {

std::mutex mutex;
std::string used = "cpu";

}  // namespace

std::vector<std::string> device_names() {
  std::vector<std::string> names = {"cpu"};
  if (!at::hasCUDA()) return names;
  for (int i = 0; i < at::detail::getCUDAHooks().getNumGPUs(); ++i) names.push_back(fmt::format("cuda:{}", i));
  return names;
}

std::string device_named(const std::string& name, const std::vector<std::string>& devices) {
  if (name == "auto") return devices.size() > 1 ? devices[1] : devices.front();
  const std::string first = fmt::format("{}:0", name);
  for (const std::string& device : devices)
    if (device == name || device == first) return device;
  fail(ErrorKind::invalid_request,
       "--device: {} is not here; what this machine and this build of libtorch have is {}; leave it out, or say auto",
       formats::in_quotes(name), fmt::join(devices, ", "));
}

void use_device(const std::string& name) {
  const std::string chosen = device_named(name);
  const std::lock_guard lock(mutex);
  used = chosen;
}

std::string used_device() {
  const std::lock_guard lock(mutex);
  return used;
}

}  // namespace darkroom::generate
