// Which pages of a mapped file are in this process' memory, and getting them there. Letting go of them: mapped_file.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace darkroom::formats {

/// How many of the bytes are in this process' memory now; all of them where the system does not tell.
int64_t bytes_in_memory(std::span<const std::byte> bytes);

/// Reads pages of a mapped file before somebody needs them. Requires memory that may be read.
void read_pages(std::span<const std::byte> bytes);

}  // namespace darkroom::formats
