// Python pickles as inert data. Opcodes: CPython's Lib/pickletools.py; of these the ones torch.save writes
// (protocols 2 to 5). Nothing is imported, called or constructed: a call is a node that says what would be called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace darkroom::formats {

/// Nodes are named by their place in Pickle::values; containers may contain themselves.
using PickleId = uint32_t;
inline constexpr PickleId kNoValue = 0xFFFFFFFF;

enum class PickleKind {
  none,
  boolean,
  integer,
  big_integer,
  real,
  text,
  bytes,
  list,
  tuple,
  dict,
  set,
  global,
  call,
  persistent
};

struct PickleValue {
  PickleKind kind = PickleKind::none;
  int64_t integer = 0;  ///< integer, boolean (0 or 1)
  double real = 0;
  /// text (any bytes, should be UTF-8), bytes, big_integer (little-endian two's complement), global ("os.system" would
  /// be the module here ...
  std::string_view text;
  std::string_view attribute;  ///< ... and the name here). Both point into the pickle.
  /// list, tuple, set: the items. dict: key, value, key, value ... call: what was set or appended to its result, as if
  /// it were a dict or a list. persistent: one item, the id.
  std::vector<PickleId> items;
  PickleId callee = kNoValue;     ///< call: a global (or whatever the pickle would call)
  PickleId arguments = kNoValue;  ///< call: a tuple
  PickleId state = kNoValue;      ///< call: what would be given to __setstate__
  bool is_global(std::string_view module, std::string_view name) const {
    return kind == PickleKind::global && text == module && attribute == name;
  }
};

struct Pickle {
  std::vector<PickleValue> values;
  PickleId root = kNoValue;
  size_t bytes = 0;  ///< length of this pickle; another may follow

  const PickleValue& at(PickleId id) const { return values[id]; }
};

/// Reads the pickle at the front of `bytes`, which must outlive the result. Memory is bounded by a multiple of the
/// pickle's own length, and by at most 2 million values and 8 million opcodes.
/// Throws Error{corrupt_file} for a damaged pickle; Error{unsupported} for opcodes outside the list, for more of
/// them, and for a global that is not on the list of is_known_global(), naming it.
Pickle read_pickle(std::span<const std::byte> bytes);

/// Whether checkpoints may mention this name. All are names of data (tensors, storages, numpy scalars, containers,
/// training callbacks); none of them is ever looked up.
bool is_known_global(std::string_view module, std::string_view name);

}  // namespace darkroom::formats
