// Golden files: tests/golden/make_torch_files.py. Element i of every tensor there is i.
#include "formats/torch_checkpoint.h"

#include "formats/pickle_builder.h"
#include "formats/zip_builder.h"

namespace darkroom::formats {
namespace {

TensorFile parsed_checkpoint(const std::string& file) {
  const auto owner = std::make_shared<std::string>(file);
  return read_torch_checkpoint_bytes(as_bytes(*owner), owner);
}

template <typename T>
void expect_values(const TensorFile& file, const std::string& name, DType dtype, const std::vector<int64_t>& shape,
                   const std::vector<T>& values) {
  SCOPED_TRACE(name);
  ASSERT_TRUE(file.tensors.contains(name));
  const StoredTensor& tensor = file.tensors.at(name);
  EXPECT_EQ(int(tensor.dtype), int(dtype));
  EXPECT_EQ(tensor.shape, shape);
  EXPECT_EQ(tensor.bytes, values.size() * bytes_per_element(dtype));
  EXPECT_EQ(values_of<T>(tensor), values);
}

void expect_dtypes(const TensorFile& file) {
  expect_values<double>(file, "dtype.float64", DType::f64, {2, 3}, {0, 1, 2, 3, 4, 5});
  expect_values<float>(file, "dtype.float32", DType::f32, {2, 3}, {0, 1, 2, 3, 4, 5});
  expect_values<uint16_t>(file, "dtype.float16", DType::f16, {2, 3}, {0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500});
  expect_values<uint16_t>(file, "dtype.bfloat16", DType::bf16, {2, 3}, {0, 0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0});
  expect_values<int64_t>(file, "dtype.int64", DType::i64, {2, 3}, {0, 1, 2, 3, 4, 5});
  expect_values<int32_t>(file, "dtype.int32", DType::i32, {2, 3}, {0, 1, 2, 3, 4, 5});
  expect_values<int16_t>(file, "dtype.int16", DType::i16, {2, 3}, {0, 1, 2, 3, 4, 5});
  expect_values<int8_t>(file, "dtype.int8", DType::i8, {2, 3}, {0, 1, 2, 3, 4, 5});
  expect_values<uint8_t>(file, "dtype.uint8", DType::u8, {2, 3}, {0, 1, 2, 3, 4, 5});
  expect_values<uint8_t>(file, "dtype.bool", DType::boolean, {2, 3}, {0, 1, 0, 1, 0, 1});
}

void expect_views(const TensorFile& file) {
  std::vector<float> whole(24), transposed;
  for (int i = 0; i < 24; ++i) whole[i] = float(i);
  for (int x = 0; x < 6; ++x)
    for (int y = 0; y < 4; ++y) transposed.push_back(float(y * 6 + x));
  expect_values<float>(file, "view.whole", DType::f32, {4, 6}, whole);
  expect_values<float>(file, "view.rows", DType::f32, {2, 6}, {whole.begin() + 6, whole.begin() + 18});
  expect_values<float>(file, "view.transposed", DType::f32, {6, 4}, transposed);
  expect_values<float>(file, "view.columns", DType::f32, {4, 2}, {2, 3, 8, 9, 14, 15, 20, 21});
  expect_values<float>(file, "view.every_second", DType::f32, {12}, {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23});
  expect_values<float>(file, "view.expanded", DType::f32, {2, 3}, {7, 7, 7, 7, 7, 7});
  // One storage: the rows lie inside the whole, not in a copy.
  EXPECT_EQ(file.tensors.at("view.rows").data - file.tensors.at("view.whole").data, 24);
}

TEST(TorchCheckpoint, ReadsWhatTorchWrites) {
  for (const char* name : {"every_kind.pt", "every_kind_protocol4.pt", "every_kind_legacy.pt"}) {
    SCOPED_TRACE(name);
    const TensorFile file = read_torch_checkpoint(golden(name));
    expect_dtypes(file);
    expect_views(file);
    expect_values<float>(file, "shape.scalar", DType::f32, {}, {0});
    expect_values<float>(file, "shape.empty", DType::f32, {0, 3}, {});
    expect_values<float>(file, "shape.five", DType::f32, {1, 2, 1, 3, 1}, {0, 1, 2, 3, 4, 5});
    expect_values<float>(file, "parameter", DType::f32, {3}, {0, 1, 2});
    expect_values<float>(file, "buffer", DType::f32, {2}, {0, 1});
    expect_values<float>(file, "nested.inner.weight", DType::f32, {2}, {0, 1});
    expect_values<float>(file, "nested.list.0", DType::f32, {1}, {0});
    expect_values<float>(file, "nested.list.2.0", DType::f32, {2}, {0, 1});
    expect_values<float>(file, "nested.7", DType::f32, {3}, {0, 1, 2});
    EXPECT_EQ(file.tensors.size(), 25u);
    EXPECT_EQ(file.ignored_entries, 3u);
  }
}

TEST(TorchCheckpoint, TensorsOutliveTheFileObject) {
  const StoredTensor tensor = read_torch_checkpoint(golden("every_kind.pt")).tensors.at("dtype.int64");
  EXPECT_EQ(values_of<int64_t>(tensor).back(), 5);
}

TEST(TorchCheckpoint, ReadsTrainingCheckpoints) {
  for (const char* name : {"training.ckpt", "training_legacy.ckpt"}) {
    SCOPED_TRACE(name);
    const TensorFile file = read_torch_checkpoint(golden(name));
    expect_values<float>(file, "0.weight", DType::f32, {2, 3}, {0, 1, 2, 3, 4, 5});
    EXPECT_EQ(file.tensors.size(), 1u);
    EXPECT_EQ(file.ignored_entries, 6u);
  }
}

TEST(TorchCheckpoint, ReadsTextualInversions) {
  const TensorFile file = read_torch_checkpoint(golden("textual_inversion.pt"));
  expect_values<float>(file, "string_to_param.*", DType::f32, {2, 4}, {0, 1, 2, 3, 4, 5, 6, 7});
  expect_values<int64_t>(file, "string_to_token.*", DType::i64, {}, {265});
}

TEST(TorchCheckpoint, EveryTruncationIsAnError) {
  for (const char* name : {"every_kind.pt", "every_kind_legacy.pt", "training.ckpt"}) {
    SCOPED_TRACE(name);
    const std::string whole = content_of(golden(name));
    ASSERT_FALSE(whole.empty());
    for (size_t length = 0; length < whole.size(); ++length) {
      const Error error = error_of([&] { parsed_checkpoint(whole.substr(0, length)); });
      EXPECT_TRUE(error.kind() == ErrorKind::corrupt_file || error.kind() == ErrorKind::unsupported) << error.what();
    }
  }
}

TEST(TorchCheckpoint, DamageIsAnErrorOrHarmless) {
  for (const char* name : {"training.ckpt", "training_legacy.ckpt"}) {
    std::string bytes = content_of(golden(name));
    size_t refused = 0;
    for (char& byte : bytes) {
      const char before = byte;
      for (const int flipped : {0x01, 0x80, 0xFF}) {
        byte = char(before ^ flipped);
        try {
          for (const auto& [tensor_name, tensor] : parsed_checkpoint(bytes).tensors) values_of<uint8_t>(tensor);
        } catch (const Error&) {
          ++refused;
        }
      }
      byte = before;
    }
    EXPECT_GT(refused, bytes.size());
  }
}

const std::string kOneTensor = p_dict({{"a", p_tensor(p_storage("0", 2), 0, {2}, {1})}});

TEST(TorchCheckpoint, RefusesDamagedZipContainers) {
  const ZipPart pickle{.name = "m/data.pkl", .content = p_whole(kOneTensor)};
  const ZipPart storage{.name = "m/data/0", .content = raw(1.0f) + raw(2.0f)};
  expect_values<float>(parsed_checkpoint(zip_of({pickle, storage})), "a", DType::f32, {2}, {1, 2});
  expect_values<float>(parsed_checkpoint(zip_of({pickle, storage, {.name = "m/byteorder", .content = "little"}})), "a",
                       DType::f32, {2}, {1, 2});
  expect_error(ErrorKind::corrupt_file, "tensor \"a\": its storage \"0\" is not in the archive",
               [&] { parsed_checkpoint(zip_of({pickle})); });
  expect_error(ErrorKind::corrupt_file, "must have 8 bytes, has 4", [&] {
    parsed_checkpoint(zip_of({pickle, {.name = "m/data/0", .content = raw(1.0f)}}));
  });
  expect_error(ErrorKind::unsupported, "big-endian", [&] {
    parsed_checkpoint(zip_of({pickle, storage, {.name = "m/byteorder", .content = "big"}}));
  });
  expect_error(ErrorKind::unsupported, "no data.pkl", [&] { parsed_checkpoint(zip_of({storage})); });
  expect_error(ErrorKind::unsupported, "TorchScript", [&] {
    parsed_checkpoint(zip_of({pickle, storage, {.name = "m/constants.pkl"}}));
  });
}

std::string legacy_of(const std::string& content, const std::string& keys, const std::string& storages,
                      const std::string& little_endian = "\x88") {
  return p_whole("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + p_whole("M\xe9\x03") +
         p_whole(p_dict({{"little_endian", little_endian}})) + p_whole(content) + p_whole(keys) + storages;
}

TEST(TorchCheckpoint, RefusesDamagedLegacyContainers) {
  const std::string keys = p_list({p_text("0")});
  const std::string storage = raw(int64_t(2)) + raw(1.0f) + raw(2.0f);
  expect_values<float>(parsed_checkpoint(legacy_of(kOneTensor, keys, storage)), "a", DType::f32, {2}, {1, 2});
  const auto refused = [](ErrorKind kind, const std::string& message, const std::string& file) {
    expect_error(kind, message, [&] { parsed_checkpoint(file); });
  };
  constexpr auto kCorrupt = ErrorKind::corrupt_file;
  refused(kCorrupt, "must have 2 elements, says it has 3",
          legacy_of(kOneTensor, keys, raw(int64_t(3)) + storage.substr(8)));
  refused(kCorrupt, "says it has 18446744073709551615",
          legacy_of(kOneTensor, keys, raw(int64_t(-1)) + storage.substr(8)));
  refused(kCorrupt, "8 bytes are announced", legacy_of(kOneTensor, keys, storage.substr(0, 12)));
  refused(kCorrupt, "is not in the file", legacy_of(kOneTensor, p_list({}), storage));
  refused(kCorrupt, "no tensor uses: \"1\"", legacy_of(kOneTensor, p_list({p_text("1")}), storage));
  refused(kCorrupt, "comes twice", legacy_of(kOneTensor, p_list({p_text("0"), p_text("0")}), storage + storage));
  refused(kCorrupt, "no list of storages", legacy_of(kOneTensor, "K\x01", storage));
  refused(ErrorKind::unsupported, "big-endian", legacy_of(kOneTensor, keys, storage, "\x89"));
  const std::string two_sizes =
      p_dict({{"a", p_tensor(p_storage("0", 2), 0, {2}, {1})}, {"b", p_tensor(p_storage("0", 9), 0, {2}, {1})}});
  refused(kCorrupt, "two sizes", legacy_of(two_sizes, keys, storage));
}

TEST(TorchCheckpoint, HostilePicklesAreRefusedInEveryContainer) {
  const TemporaryFolder folder;
  const std::string command = "touch " + (folder / "was_run").string();
  const std::string hostile = p_dict({{"a", std::string("cposix\nsystem\n") + p_text(command) + "\x85R"}});
  const std::string files[] = {zip_of({{.name = "m/data.pkl", .content = p_whole(hostile)}}),
                               legacy_of(hostile, p_list({}), ""), p_whole(hostile),
                               p_whole("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + p_whole(hostile)};
  for (const std::string& bytes : files) {
    put(folder / "model.ckpt", bytes);
    expect_error(ErrorKind::unsupported, "model.ckpt\": the pickle wants to use \"posix.system\"",
                 [&] { read_torch_checkpoint(folder / "model.ckpt"); });
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "was_run"));
}

TEST(TorchCheckpoint, SaysWhatOtherFilesAre) {
  expect_error(ErrorKind::unsupported, "is compressed (method 8)", [] { read_torch_checkpoint(golden("program.pt")); });
  expect_error(ErrorKind::unsupported, "it is a PNG picture", [] { read_torch_checkpoint(golden("rgb8.png")); });
  expect_error(ErrorKind::unsupported, "is not a torch checkpoint", [] { parsed_checkpoint("<html>404</html>"); });
  expect_error(ErrorKind::not_found, "no such file", [] { read_torch_checkpoint(golden("missing.ckpt")); });
}

}  // namespace
}  // namespace darkroom::formats
