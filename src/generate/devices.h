// What models can be computed on. No tensors here.
#pragma once

#include <string>
#include <vector>

namespace darkroom::generate {

/// "cpu", then the accelerators that this build of libtorch can compute on and this machine has: "cuda:0", ...
std::vector<std::string> device_names();

/// The one of `devices` that is meant: auto is the first accelerator or, without one, cpu; "cuda" is "cuda:0". Throws
/// Error{invalid_request} that lists what there is.
std::string device_named(const std::string& name, const std::vector<std::string>& devices = device_names());

/// What models loaded from now on compute on: a name as above, or auto. Without a call the processor. Throws as
/// device_named().
void use_device(const std::string& name);
std::string used_device();

}  // namespace darkroom::generate
