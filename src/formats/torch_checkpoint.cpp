#include "formats/torch_checkpoint.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/file_kind.h"
#include "formats/mapped_file.h"
#include "formats/pickle.h"
#include "formats/torch_tensors.h"
#include "formats/utf8.h"
#include "formats/zip.h"

namespace darkroom::formats {
namespace {

constexpr uint64_t kCopyAllowance = 16 << 20;
constexpr int64_t kLegacyProtocol = 1001;

TensorFile read_zip_container(Bytes file, std::shared_ptr<const void> owner) {
  std::map<std::string_view, Bytes> records;
  for (const ZipEntry& entry : read_zip(file)) records.emplace(entry.name, entry.bytes);
  require(!records.empty(), ErrorKind::corrupt_file, "the zip archive is empty");
  // All records share one folder, called like the file once was.
  const std::string_view first = records.begin()->first;
  const std::string folder(first.substr(0, first.find('/') + 1));
  const auto record = [&](const std::string& name) { return records.find(folder + name); };
  require(record("constants.pkl") == records.end(), ErrorKind::unsupported,
          "is a TorchScript program, not a checkpoint; save the model's state_dict instead");
  const auto data = record("data.pkl");
  require(data != records.end(), ErrorKind::unsupported, "is a zip archive but no torch checkpoint: has no data.pkl");
  const auto order = record("byteorder");
  require(order == records.end() || as_text(order->second) == "little", ErrorKind::unsupported,
          "was saved on a big-endian machine; save it again on a common one");
  const auto find_storage = [&](const StorageReference& reference) {
    const auto found = record("data/" + std::string(reference.key));
    require(found != records.end(), ErrorKind::corrupt_file, "its storage {} is not in the archive",
            in_quotes(reference.key));
    require(found->second.size() >= reference.bytes(), ErrorKind::corrupt_file,
            "its storage {} must have {} bytes, has {}", in_quotes(reference.key), reference.bytes(),
            found->second.size());
    return found->second;
  };
  return torch_tensors(read_pickle(data->second), find_storage, std::move(owner), file.size() + kCopyAllowance);
}

Pickle next_pickle(Bytes& left) {
  Pickle pickle = read_pickle(left);
  left = left.subspan(pickle.bytes);
  return pickle;
}

void check_byte_order(const Pickle& system) {
  const PickleValue& root = system.at(system.root);
  require(root.kind == PickleKind::dict, ErrorKind::corrupt_file, "the legacy checkpoint's system record is damaged");
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const PickleValue& key = system.at(root.items[i]);
    const PickleValue& value = system.at(root.items[i + 1]);
    const bool big_endian = key.kind == PickleKind::text && key.text == "little_endian" &&
                            value.kind == PickleKind::boolean && value.integer == 0;
    require(!big_endian, ErrorKind::unsupported, "was saved on a big-endian machine; save it again on a common one");
  }
}

/// Storages follow the pickles in the order of a list of keys; each starts with its number of elements.
std::map<std::string_view, Bytes> legacy_storages(const Pickle& data, const Pickle& keys, Bytes left) {
  std::map<std::string_view, StorageReference> announced;
  for (PickleId id = 0; id < data.values.size(); ++id) {
    if (data.at(id).kind != PickleKind::persistent) continue;
    const StorageReference reference = storage_reference(data, id);
    const StorageReference& known = announced.emplace(reference.key, reference).first->second;
    require(known.bytes() == reference.bytes(), ErrorKind::corrupt_file, "storage {} is announced with two sizes",
            in_quotes(reference.key));
  }
  const PickleValue& list = keys.at(keys.root);
  require(list.kind == PickleKind::list, ErrorKind::corrupt_file, "the legacy checkpoint has no list of storages");
  ByteReader reader(left);
  std::map<std::string_view, Bytes> storages;
  for (PickleId id : list.items) {
    const PickleValue& key = keys.at(id);
    const auto found = key.kind == PickleKind::text ? announced.find(key.text) : announced.end();
    require(found != announced.end(), ErrorKind::corrupt_file, "the file has a storage that no tensor uses: {}",
            in_quotes(key.text));
    const auto elements = reader.number<uint64_t>();
    require(elements == found->second.elements, ErrorKind::corrupt_file,
            "storage {} must have {} elements, says it has {}", in_quotes(key.text), found->second.elements, elements);
    const bool added = storages.emplace(found->first, reader.take(found->second.bytes())).second;
    require(added, ErrorKind::corrupt_file, "storage {} comes twice", in_quotes(key.text));
  }
  return storages;
}

TensorFile read_legacy_container(Bytes file, std::shared_ptr<const void> owner) {
  Bytes left = file;
  next_pickle(left);  // the magic number, compared already
  const Pickle protocol = next_pickle(left);
  const PickleValue& version = protocol.at(protocol.root);
  require(version.kind == PickleKind::integer && version.integer == kLegacyProtocol, ErrorKind::unsupported,
          "the legacy checkpoint must have version {}", kLegacyProtocol);
  check_byte_order(next_pickle(left));
  const Pickle data = next_pickle(left);
  const Pickle keys = next_pickle(left);
  const auto storages = legacy_storages(data, keys, left);
  const auto find_storage = [&](const StorageReference& reference) {
    const auto found = storages.find(reference.key);
    require(found != storages.end(), ErrorKind::corrupt_file, "its storage {} is not in the file",
            in_quotes(reference.key));
    return found->second;
  };
  return torch_tensors(data, find_storage, std::move(owner), file.size() + kCopyAllowance);
}

}  // namespace

TensorFile read_torch_checkpoint_bytes(std::span<const std::byte> file, std::shared_ptr<const void> owner) {
  const FileKind kind = file_kind(file);
  if (kind == FileKind::torch_zip) return read_zip_container(file, std::move(owner));
  if (kind == FileKind::torch_legacy) return read_legacy_container(file, std::move(owner));
  // A bare pickle is what hostile files often are: say what it wants rather than only what it is not.
  if (!file.empty() && file[0] == std::byte{0x80}) read_pickle(file);
  fail(ErrorKind::unsupported, "is not a torch checkpoint: starts neither like a zip archive nor like a legacy one{}",
       kind == FileKind::unknown ? "" : fmt::format("; it is {}", file_kind_name(kind)));
}

TensorFile read_torch_checkpoint(const std::filesystem::path& path) {
  const MappedFile file = map_file(path);
  try {
    return read_torch_checkpoint_bytes(file.bytes, file.owner);
  } catch (const Error& error) {
    throw error.within(fmt::format("load \"{}\"", path.string()));
  }
}

}  // namespace darkroom::formats
