// The linker's build id: a hash of what it linked, in a note that is mapped with the program.
// Source of truth: elf(5), ld --build-id.
#include "base/build_id.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace darkroom {
namespace {

constexpr size_t kShownBytes = 6;

size_t padded(size_t size) {
  return (size + 3) / 4 * 4;
}

/// The id among the notes of a segment.
std::string id_in(std::string_view notes) {
  ElfW(Nhdr) note;
  while (notes.size() >= sizeof(note)) {
    std::memcpy(&note, notes.data(), sizeof(note));
    notes.remove_prefix(sizeof(note));
    const size_t name = padded(note.n_namesz), content = padded(note.n_descsz);
    if (name > notes.size() || content > notes.size() - name) break;
    if (note.n_type == NT_GNU_BUILD_ID && notes.substr(0, note.n_namesz) == std::string_view("GNU", 4)) {
      std::string digits;
      for (const char byte : notes.substr(name, std::min<size_t>(note.n_descsz, kShownBytes)))
        digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      return digits;
    }
    notes.remove_prefix(name + content);
  }
  return "";
}

int look(dl_phdr_info* object, size_t, void* found) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const std::string id = id_in({reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr), segment.p_memsz});
    if (!id.empty()) *static_cast<std::string*>(found) = id;
  }
  return 1;  // the program itself comes first; its libraries are not asked
}

}  // namespace

std::string build_id() {
  std::string found;
  dl_iterate_phdr(look, &found);
  return found;
}

}  // namespace darkroom
