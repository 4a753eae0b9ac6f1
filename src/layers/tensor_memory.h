// Memory of tensors: taken from the system in large pieces of huge pages and used again. Fresh pages cost more than
// what is computed in them: a third of a sampling step went into clearing them.
#pragma once

#include <cstddef>

namespace darkroom::layers {

/// From now on tensors on the CPU are kept here; those that exist stay where they are. Calls after the first do
/// nothing. Thread-safe.
void use_tensor_memory();

struct TensorMemory {
  std::size_t in_use = 0;              ///< bytes of tensors
  std::size_t most_in_use = 0;         ///< since the program began, or watch_tensor_memory()
  std::size_t from_system = 0;         ///< bytes held: in use, waiting to be used again, or never touched yet
  std::size_t requests_to_system = 0;  ///< how often the system was asked; stands still in a loop of equal steps
};
TensorMemory tensor_memory();

/// Forgets what was most in use before.
void watch_tensor_memory();

/// Gives back to the system what is not in use, by whole huge pages.
void release_unused_tensor_memory();

}  // namespace darkroom::layers
