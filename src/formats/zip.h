// zip archives whose entries are stored, not compressed: what torch.save writes. Format: PKWARE's APPNOTE.TXT 6.3,
// with zip64.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace darkroom::formats {

struct ZipEntry {
  std::string_view name;  ///< as the archive has it, any bytes; points into the archive
  std::span<const std::byte> bytes;
};

/// The entries in the order of the central directory, pointing into `archive`. Nothing is copied, and checksums are
/// not verified: that would read the whole file before its first use.
/// Throws Error{corrupt_file} for entries that lie outside the file, overlap, come twice, or disagree with their local
/// header; Error{unsupported} for compressed or encrypted entries and archives in several parts.
std::vector<ZipEntry> read_zip(std::span<const std::byte> archive);

}  // namespace darkroom::formats
