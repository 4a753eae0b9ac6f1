// Weights that lie in the mapped file: where they are, and letting go of them for a while.
#pragma once

#include "base/tensor.h"
#include "layers/module.h"

namespace darkroom::checkpoint {

/// Whether the weight is read from a mapped file, which the system keeps in memory only while it has room.
bool is_mapped(const Tensor& weight);

/// Takes the mapped weights of a network out of this process' memory; what needs one again reads it again, from the
/// system's copy of the file where that is still there. Other weights stay.
void let_go_of(const layers::Module& network);

/// How many bytes of its mapped weights are in this process' memory now.
int64_t mapped_bytes_in_memory(const layers::Module& network);

/// Reads its mapped weights, so that they are in memory before they are used.
void read_mapped(const layers::Module& network);

/// Throws Error{io} naming the file if one from which weights are mapped was written in place since. To replace it by
/// another of the same name, or to remove it, does no harm: what is mapped stays.
void require_unwritten(const layers::Module& network);

}  // namespace darkroom::checkpoint
