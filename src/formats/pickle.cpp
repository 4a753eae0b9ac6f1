#include "formats/pickle.h"

#include <bit>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

// The largest SDXL checkpoint has about 50 thousand values. Opcodes bound stack, marks, memo and items of containers.
constexpr size_t kMaxValues = 2'000'000;
constexpr size_t kMaxOpcodes = 4 * kMaxValues;
constexpr size_t kMaxNameBytes = 1000;  // of a global

class Machine {
 public:
  explicit Machine(Bytes bytes) : reader_(bytes) {}

  Pickle run() {
    for (size_t executed = 0;; ++executed) {
      require(executed < kMaxOpcodes, ErrorKind::unsupported, "the pickle has more than {} opcodes", kMaxOpcodes);
      const size_t position = reader_.position();
      const auto opcode = reader_.number<uint8_t>();
      if (opcode == '.') break;
      const bool known = read_scalar(opcode) || read_text(opcode) || build_container(opcode) || use_memo(opcode) ||
                         build_object(opcode);
      require(known, ErrorKind::unsupported,
              "the pickle has opcode 0x{:02x} at byte {}, which checkpoints do not use; is it a checkpoint?", opcode,
              position);
    }
    pickle_.root = pop();
    require(stack_.empty() && marks_.empty(), ErrorKind::corrupt_file, "the pickle ends with values left over");
    pickle_.bytes = reader_.position();
    return std::move(pickle_);
  }

 private:
  PickleId add(PickleValue value) {
    require(pickle_.values.size() < kMaxValues, ErrorKind::unsupported, "the pickle has more than {} values",
            kMaxValues);
    pickle_.values.push_back(std::move(value));
    return PickleId(pickle_.values.size() - 1);
  }

  void push(PickleValue value) { stack_.push_back(add(std::move(value))); }

  void push(PickleKind kind, std::string_view text) {
    PickleValue value;
    value.kind = kind;
    value.text = text;
    push(std::move(value));
  }

  void push_integer(PickleKind kind, int64_t integer) {
    PickleValue value;
    value.kind = kind;
    value.integer = integer;
    push(std::move(value));
  }

  /// Values above the last mark belong to whoever closes it.
  PickleId pop() {
    require(stack_.size() > (marks_.empty() ? 0 : marks_.back()), ErrorKind::corrupt_file,
            "the pickle takes a value where there is none, before byte {}", reader_.position());
    const PickleId id = stack_.back();
    stack_.pop_back();
    return id;
  }

  PickleValue& top() {
    const PickleId id = pop();
    stack_.push_back(id);
    return pickle_.values[id];
  }

  std::vector<PickleId> pop_to_mark() {
    require(!marks_.empty(), ErrorKind::corrupt_file, "the pickle closes a group it never opened, before byte {}",
            reader_.position());
    std::vector<PickleId> items(stack_.begin() + ptrdiff_t(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void push_container(PickleKind kind, std::vector<PickleId> items) {
    require(kind != PickleKind::dict || items.size() % 2 == 0, ErrorKind::corrupt_file,
            "the pickle has a dict with a key but no value");
    PickleValue value;
    value.kind = kind;
    value.items = std::move(items);
    push(std::move(value));
  }

  void push_last(size_t count) {
    std::vector<PickleId> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    push_container(PickleKind::tuple, std::move(items));
  }

  bool read_scalar(uint8_t opcode) {
    switch (opcode) {
      case 0x80: {  // PROTO
        const auto protocol = reader_.number<uint8_t>();
        require(protocol >= 2 && protocol <= 5, ErrorKind::unsupported, "the pickle has protocol {}: must be 2 to 5",
                protocol);
        return true;
      }
      case 0x95:  // FRAME: a hint for buffered readers
        reader_.take(8);
        return true;
      case 'N':
        return push(PickleKind::none, {}), true;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        return push_integer(PickleKind::boolean, opcode == 0x88), true;
      case 'J':  // BININT
        return push_integer(PickleKind::integer, reader_.number<int32_t>()), true;
      case 'K':  // BININT1
        return push_integer(PickleKind::integer, reader_.number<uint8_t>()), true;
      case 'M':  // BININT2
        return push_integer(PickleKind::integer, reader_.number<uint16_t>()), true;
      case 0x8a:  // LONG1
        return push_long(reader_.number<uint8_t>()), true;
      case 0x8b:  // LONG4
        return push_long(reader_.number<uint32_t>()), true;
      case 'G': {  // BINFLOAT, the only big-endian one
        PickleValue value;
        value.kind = PickleKind::real;
        value.real = std::bit_cast<double>(__builtin_bswap64(reader_.number<uint64_t>()));
        return push(std::move(value)), true;
      }
      default:
        return false;
    }
  }

  void push_long(uint64_t count) {
    const std::string_view digits = as_text(reader_.take(count));
    if (count > 8) return push(PickleKind::big_integer, digits);
    uint64_t value = count > 0 && (digits.back() & 0x80) ? ~uint64_t(0) : 0;
    for (size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[i]);
    push_integer(PickleKind::integer, int64_t(value));
  }

  bool read_text(uint8_t opcode) {
    switch (opcode) {
      case 'X':  // BINUNICODE
      case 'T':  // BINSTRING: Python 2's text
        return push(PickleKind::text, as_text(reader_.take(reader_.number<uint32_t>()))), true;
      case 0x8c:  // SHORT_BINUNICODE
      case 'U':   // SHORT_BINSTRING
        return push(PickleKind::text, as_text(reader_.take(reader_.number<uint8_t>()))), true;
      case 0x8d:  // BINUNICODE8
        return push(PickleKind::text, as_text(reader_.take(reader_.number<uint64_t>()))), true;
      case 'C':  // SHORT_BINBYTES
        return push(PickleKind::bytes, as_text(reader_.take(reader_.number<uint8_t>()))), true;
      case 'B':  // BINBYTES
        return push(PickleKind::bytes, as_text(reader_.take(reader_.number<uint32_t>()))), true;
      case 0x8e:  // BINBYTES8
      case 0x96:  // BYTEARRAY8
        return push(PickleKind::bytes, as_text(reader_.take(reader_.number<uint64_t>()))), true;
      default:
        return false;
    }
  }

  bool build_container(uint8_t opcode) {
    switch (opcode) {
      case '(':
        return marks_.push_back(stack_.size()), true;
      case ')':
        return push_container(PickleKind::tuple, {}), true;
      case ']':
        return push_container(PickleKind::list, {}), true;
      case '}':
        return push_container(PickleKind::dict, {}), true;
      case 0x8f:  // EMPTY_SET
        return push_container(PickleKind::set, {}), true;
      case 't':
        return push_container(PickleKind::tuple, pop_to_mark()), true;
      case 'l':
        return push_container(PickleKind::list, pop_to_mark()), true;
      case 'd':
        return push_container(PickleKind::dict, pop_to_mark()), true;
      case 0x91:  // FROZENSET
        return push_container(PickleKind::set, pop_to_mark()), true;
      case 0x85:  // TUPLE1..3
      case 0x86:
      case 0x87:
        return push_last(opcode - 0x84), true;
      case 'a':
        return add_items({pop()}, PickleKind::list), true;
      case 'e':
        return add_items(pop_to_mark(), PickleKind::list), true;
      case 0x90:  // ADDITEMS
        return add_items(pop_to_mark(), PickleKind::set), true;
      case 's': {
        const PickleId value = pop();
        return add_items({pop(), value}, PickleKind::dict), true;
      }
      case 'u':
        return add_items(pop_to_mark(), PickleKind::dict), true;
      default:
        return false;
    }
  }

  void add_items(const std::vector<PickleId>& items, PickleKind kind) {
    PickleValue& container = top();
    require(container.kind == kind || container.kind == PickleKind::call, ErrorKind::corrupt_file,
            "the pickle adds items to a value that has none, before byte {}", reader_.position());
    require(kind != PickleKind::dict || items.size() % 2 == 0, ErrorKind::corrupt_file,
            "the pickle sets a key without a value, before byte {}", reader_.position());
    container.items.insert(container.items.end(), items.begin(), items.end());
  }

  bool use_memo(uint8_t opcode) {
    switch (opcode) {
      case 0x94:  // MEMOIZE
        return remember(memo_.size()), true;
      case 'q':  // BINPUT
        return remember(reader_.number<uint8_t>()), true;
      case 'r':  // LONG_BINPUT
        return remember(reader_.number<uint32_t>()), true;
      case 'h':  // BINGET
        return recall(reader_.number<uint8_t>()), true;
      case 'j':  // LONG_BINGET
        return recall(reader_.number<uint32_t>()), true;
      case '0':  // POP, which also takes an open mark
        if (!marks_.empty() && marks_.back() == stack_.size())
          marks_.pop_back();
        else
          pop();
        return true;
      case '1':  // POP_MARK
        return pop_to_mark(), true;
      case '2':  // DUP
        top();
        return stack_.push_back(stack_.back()), true;
      default:
        return false;
    }
  }

  void remember(uint64_t place) {
    top();
    memo_[place] = stack_.back();
  }

  void recall(uint32_t place) {
    const auto found = memo_.find(place);
    require(found != memo_.end(), ErrorKind::corrupt_file, "the pickle refers to value {} before it exists", place);
    stack_.push_back(found->second);
  }

  bool build_object(uint8_t opcode) {
    switch (opcode) {
      case 'c': {  // GLOBAL
        const std::string_view module = line();
        push_global(module, line());
        return true;
      }
      case 0x93: {  // STACK_GLOBAL
        const PickleId name = pop();
        const PickleId module = pop();
        const auto& values = pickle_.values;
        require(values[name].kind == PickleKind::text && values[module].kind == PickleKind::text,
                ErrorKind::corrupt_file, "the pickle names a global by something that is no text");
        push_global(values[module].text, values[name].text);
        return true;
      }
      case 'R':     // REDUCE
      case 0x81: {  // NEWOBJ
        const PickleId arguments = pop();
        return push_call(pop(), arguments), true;
      }
      case 0x92: {  // NEWOBJ_EX: keyword arguments, which no checkpoint's data depends on
        pop();
        const PickleId arguments = pop();
        return push_call(pop(), arguments), true;
      }
      case 'b': {  // BUILD
        const PickleId state = pop();
        PickleValue& object = top();
        require(object.kind == PickleKind::call, ErrorKind::corrupt_file,
                "the pickle sets the state of a value that has none, before byte {}", reader_.position());
        object.state = state;
        return true;
      }
      case 'Q':  // BINPERSID
        return push_container(PickleKind::persistent, {pop()}), true;
      default:
        return false;
    }
  }

  void push_call(PickleId callee, PickleId arguments) {
    require(pickle_.values[arguments].kind == PickleKind::tuple, ErrorKind::corrupt_file,
            "the pickle calls with arguments that are no tuple, before byte {}", reader_.position());
    PickleValue value;
    value.kind = PickleKind::call;
    value.callee = callee;
    value.arguments = arguments;
    push(std::move(value));
  }

  std::string_view line() {
    const size_t start = reader_.position();
    size_t length = 0;
    std::string_view text;
    while (true) {
      const auto byte = reader_.take(1);
      if (char(byte[0]) == '\n') break;
      if (length == 0) text = as_text(byte);
      text = {text.data(), ++length};
      require(length <= kMaxNameBytes, ErrorKind::corrupt_file, "the pickle has an endless name at byte {}", start);
    }
    return text;
  }

  void push_global(std::string_view module, std::string_view name) {
    require(is_known_global(module, name), ErrorKind::unsupported,
            "the pickle wants to use {}, which no model needs: nothing of it was run and nothing loaded; get the model "
            "from a source you trust, as safetensors if possible",
            in_quotes(std::string(module.substr(0, 50)) + "." + std::string(name.substr(0, 50))));
    PickleValue value;
    value.kind = PickleKind::global;
    value.text = module;
    value.attribute = name;
    push(std::move(value));
  }

  ByteReader reader_;
  Pickle pickle_;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;  ///< heights of the stack
  std::unordered_map<uint64_t, PickleId> memo_;
};

}  // namespace

Pickle read_pickle(std::span<const std::byte> bytes) {
  return Machine(bytes).run();
}

}  // namespace darkroom::formats
