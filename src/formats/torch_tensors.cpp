#include "formats/torch_tensors.h"

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

constexpr size_t kMaxEntries = 500'000;  // pickles may share parts, so a small one can name endlessly many
constexpr size_t kMaxNameBytes = 500;
constexpr int kMaxDepth = 32;
constexpr size_t kMaxDimensions = 64;

constexpr std::array<std::pair<std::string_view, DType>, 10> kStorages{{{"FloatStorage", DType::f32},
                                                                        {"HalfStorage", DType::f16},
                                                                        {"BFloat16Storage", DType::bf16},
                                                                        {"DoubleStorage", DType::f64},
                                                                        {"LongStorage", DType::i64},
                                                                        {"IntStorage", DType::i32},
                                                                        {"ShortStorage", DType::i16},
                                                                        {"CharStorage", DType::i8},
                                                                        {"ByteStorage", DType::u8},
                                                                        {"BoolStorage", DType::boolean}}};

void expect(bool condition, std::string_view what) {
  require(condition, ErrorKind::corrupt_file, "the checkpoint's pickle has {}", what);
}

uint64_t count_of(const Pickle& pickle, PickleId id) {
  const PickleValue& value = pickle.at(id);
  expect(value.kind == PickleKind::integer && value.integer >= 0, "something else where a count belongs");
  return uint64_t(value.integer);
}

std::vector<int64_t> counts_of(const Pickle& pickle, PickleId id) {
  const PickleValue& value = pickle.at(id);
  expect(value.kind == PickleKind::tuple && value.items.size() <= kMaxDimensions, "no shape where one belongs");
  std::vector<int64_t> counts;
  for (PickleId item : value.items) counts.push_back(int64_t(count_of(pickle, item)));
  return counts;
}

bool is_rebuild(const PickleValue& callee) {
  return callee.is_global("torch._utils", "_rebuild_tensor_v2") || callee.is_global("torch._utils", "_rebuild_tensor");
}

/// The arguments of _rebuild_tensor_v2 if `id` is a tensor, looking through parameters and subclasses; else null.
const std::vector<PickleId>* tensor_arguments(const Pickle& pickle, PickleId id) {
  for (int wrappers = 0; wrappers < 4; ++wrappers) {
    const PickleValue& value = pickle.at(id);
    if (value.kind != PickleKind::call) return nullptr;
    const PickleValue& callee = pickle.at(value.callee);
    const std::vector<PickleId>& arguments = pickle.at(value.arguments).items;
    if (is_rebuild(callee)) return &arguments;
    if (callee.is_global("torch._tensor", "_rebuild_from_type_v2")) {
      expect(arguments.size() >= 3 && is_rebuild(pickle.at(arguments[0])) &&
                 pickle.at(arguments[2]).kind == PickleKind::tuple,
             "a tensor subclass of unknown make");
      return &pickle.at(arguments[2]).items;
    }
    if (!callee.is_global("torch._utils", "_rebuild_parameter") &&
        !callee.is_global("torch._utils", "_rebuild_parameter_with_state"))
      return nullptr;
    expect(!arguments.empty(), "a parameter without a tensor");
    id = arguments[0];
  }
  fail(ErrorKind::corrupt_file, "the checkpoint's pickle wraps a tensor in parameters again and again");
}

/// Which elements of a storage a tensor consists of.
struct View {
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  uint64_t offset = 0;

  bool is_contiguous() const {
    int64_t expected = 1;
    for (size_t d = shape.size(); d-- > 0;) {
      if (shape[d] != 1 && strides[d] != expected) return false;
      expected *= shape[d];
    }
    return true;
  }

  /// Of a tensor that is not empty; false if it is beyond `elements`.
  bool fits(uint64_t elements) const {
    uint64_t last = offset;
    for (size_t d = 0; d < shape.size(); ++d) {
      uint64_t step = 0;
      if (__builtin_mul_overflow(uint64_t(shape[d] - 1), uint64_t(strides[d]), &step)) return false;
      if (__builtin_add_overflow(last, step, &last)) return false;
    }
    return last < elements;
  }

  void copy(const std::byte* storage, size_t element_bytes, std::byte* to) const {
    std::vector<int64_t> index(shape.size());
    uint64_t at = offset;
    for (;;) {
      std::memcpy(to, storage + at * element_bytes, element_bytes);
      to += element_bytes;
      size_t d = shape.size();
      while (d > 0 && ++index[d - 1] == shape[d - 1]) {
        at -= uint64_t(shape[d - 1] - 1) * uint64_t(strides[d - 1]);
        index[--d] = 0;
      }
      if (d == 0) return;
      at += uint64_t(strides[d - 1]);
    }
  }
};

class Flattener {
 public:
  Flattener(const Pickle& pickle, const FindStorage& find_storage, std::shared_ptr<const void> owner, uint64_t budget)
      : pickle_(pickle), find_storage_(find_storage), owner_(std::move(owner)), copy_budget_(budget) {}

  TensorFile run() {
    PickleId top = pickle_.root;
    const auto* entries = entries_of(top);
    require(entries != nullptr, ErrorKind::unsupported,
            "must hold a table of named tensors at its top, holds something else; is it a model?");
    for (size_t i = 0; i + 1 < entries->size(); i += 2) {
      const PickleValue& key = pickle_.at((*entries)[i]);
      if (key.kind != PickleKind::text || key.text != "state_dict" || !entries_of((*entries)[i + 1])) continue;
      top = (*entries)[i + 1];
      file_.ignored_entries = entries->size() / 2 - 1;
    }
    visit("", top, 0);
    return std::move(file_);
  }

 private:
  /// Key, value, key, value ... of a dict or something like it; else null.
  const std::vector<PickleId>* entries_of(PickleId id) const {
    const PickleValue& value = pickle_.at(id);
    if (value.kind == PickleKind::dict) return &value.items;
    if (value.kind != PickleKind::call) return nullptr;
    const PickleValue& callee = pickle_.at(value.callee);
    if (callee.is_global("torch.nn.modules.container", "ParameterDict")) return parameters_of(value);
    const bool dict =
        callee.kind == PickleKind::global &&
        (callee.attribute == "OrderedDict" || callee.attribute == "defaultdict" || callee.attribute == "AttributeDict");
    if (!dict) return nullptr;
    expect(value.items.size() % 2 == 0, "a dict with a key but no value");
    return &value.items;
  }

  /// A module keeps its parameters in its state under "_parameters"; textual inversions are saved that way.
  const std::vector<PickleId>* parameters_of(const PickleValue& module) const {
    if (module.state == kNoValue || pickle_.at(module.state).kind != PickleKind::dict) return nullptr;
    const std::vector<PickleId>& state = pickle_.at(module.state).items;
    for (size_t i = 0; i + 1 < state.size(); i += 2) {
      const PickleValue& key = pickle_.at(state[i]);
      if (key.kind == PickleKind::text && key.text == "_parameters") {
        const PickleValue& parameters = pickle_.at(state[i + 1]);
        // Not entries_of: a module inside itself would never end.
        const bool table = parameters.kind == PickleKind::dict || parameters.kind == PickleKind::call;
        return table && parameters.items.size() % 2 == 0 ? &parameters.items : nullptr;
      }
    }
    return nullptr;
  }

  void visit(const std::string& name, PickleId id, int depth) {
    require(++visited_ <= kMaxEntries, ErrorKind::unsupported, "the checkpoint has more than {} entries", kMaxEntries);
    require(depth <= kMaxDepth, ErrorKind::unsupported, "the checkpoint is nested more than {} deep at {}", kMaxDepth,
            in_quotes(name));
    if (const auto* arguments = tensor_arguments(pickle_, id)) return add(name, *arguments);
    if (const auto* entries = entries_of(id)) {
      for (size_t i = 0; i + 1 < entries->size(); i += 2)
        visit(joined(name, pickle_.at((*entries)[i])), (*entries)[i + 1], depth + 1);
      return;
    }
    const PickleValue& value = pickle_.at(id);
    if (value.kind == PickleKind::list || value.kind == PickleKind::tuple) {
      PickleValue place;
      place.kind = PickleKind::integer;
      for (PickleId item : value.items) {
        visit(joined(name, place), item, depth + 1);
        ++place.integer;
      }
      return;
    }
    ++file_.ignored_entries;
  }

  static std::string joined(const std::string& name, const PickleValue& key) {
    expect(key.kind == PickleKind::text || key.kind == PickleKind::integer, "a key that is neither text nor a number");
    const std::string last =
        key.kind == PickleKind::text ? std::string(key.text.substr(0, kMaxNameBytes + 1)) : std::to_string(key.integer);
    std::string all = name.empty() ? last : name + "." + last;
    expect(all.size() <= kMaxNameBytes && is_utf8(all), "a name that is too long or not UTF-8");
    return all;
  }

  void add(const std::string& name, const std::vector<PickleId>& arguments) {
    try {
      const bool added = file_.tensors.emplace(name, tensor(arguments)).second;
      expect(added, "this name twice");
    } catch (const Error& error) {
      throw error.within("tensor " + in_quotes(name));
    }
  }

  StoredTensor tensor(const std::vector<PickleId>& arguments) {
    expect(arguments.size() >= 4 && pickle_.at(arguments[0]).kind == PickleKind::persistent,
           "a tensor without a storage");
    if (arguments.size() >= 7) {
      const PickleValue& bits = pickle_.at(arguments[6]);
      require(bits.items.empty(), ErrorKind::unsupported, "it is conjugated or negated lazily; save a plain copy");
    }
    const StorageReference storage = storage_reference(pickle_, arguments[0]);
    const View view{counts_of(pickle_, arguments[2]), counts_of(pickle_, arguments[3]),
                    count_of(pickle_, arguments[1])};
    expect(view.shape.size() == view.strides.size(), "a shape and strides of different lengths");
    const auto bytes = byte_size(storage.dtype, view.shape);
    expect(bytes.has_value(), "a shape whose size overflows");
    const size_t element_bytes = bytes_per_element(storage.dtype);
    const std::byte* start = find_storage_(storage).data() + storage.view_offset * element_bytes;
    if (*bytes == 0) return {storage.dtype, view.shape, start, 0, owner_};
    require(view.fits(storage.view_elements), ErrorKind::corrupt_file,
            "it reaches beyond its storage {}, which has {} elements", in_quotes(storage.key), storage.view_elements);
    if (view.is_contiguous()) return {storage.dtype, view.shape, start + view.offset * element_bytes, *bytes, owner_};
    require(*bytes <= copy_budget_, ErrorKind::unsupported,
            "it needs a copy of {} bytes, more than the whole file has; is it a model?", *bytes);
    copy_budget_ -= *bytes;
    const auto copy = std::make_shared_for_overwrite<std::byte[]>(*bytes);
    view.copy(start, element_bytes, copy.get());
    return {storage.dtype, view.shape, copy.get(), *bytes, copy};
  }

  const Pickle& pickle_;
  const FindStorage& find_storage_;
  std::shared_ptr<const void> owner_;
  uint64_t copy_budget_;
  size_t visited_ = 0;
  TensorFile file_;
};

DType storage_dtype(const PickleValue& type) {
  for (const auto& [name, dtype] : kStorages)
    if (type.is_global("torch", name)) return dtype;
  fail(ErrorKind::corrupt_file, "the checkpoint's pickle has a storage of unknown type");
}

}  // namespace

uint64_t StorageReference::bytes() const {
  uint64_t product = 0;
  expect(!__builtin_mul_overflow(elements, uint64_t(bytes_per_element(dtype)), &product),
         "a storage whose size overflows");
  return product;
}

StorageReference storage_reference(const Pickle& pickle, PickleId id) {
  const PickleValue& tuple = pickle.at(pickle.at(id).items[0]);
  expect(tuple.kind == PickleKind::tuple && tuple.items.size() >= 5, "a storage of unknown make");
  const auto item = [&](size_t i) -> const PickleValue& { return pickle.at(tuple.items[i]); };
  expect(item(0).kind == PickleKind::text && item(0).text == "storage" && item(2).kind == PickleKind::text,
         "a storage without a key");
  StorageReference reference;
  reference.dtype = storage_dtype(item(1));
  reference.key = item(2).text;
  reference.elements = reference.view_elements = count_of(pickle, tuple.items[4]);
  if (tuple.items.size() < 6 || item(5).kind == PickleKind::none) return reference;
  expect(item(5).kind == PickleKind::tuple && item(5).items.size() == 3, "a storage view of unknown make");
  reference.view_offset = count_of(pickle, item(5).items[1]);
  reference.view_elements = count_of(pickle, item(5).items[2]);
  expect(reference.view_offset <= reference.elements &&
             reference.view_elements <= reference.elements - reference.view_offset,
         "a storage view beyond its storage");
  return reference;
}

TensorFile torch_tensors(const Pickle& pickle, const FindStorage& find_storage, std::shared_ptr<const void> owner,
                         uint64_t copy_budget) {
  return Flattener(pickle, find_storage, std::move(owner), copy_budget).run();
}

}  // namespace darkroom::formats
