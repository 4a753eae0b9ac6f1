#include "formats/safetensors.h"

#include <signal.h>
#include <sys/resource.h>

#include <numeric>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

using NamedTensors = std::vector<std::pair<std::string, StoredTensor>>;

template <typename T>
StoredTensor tensor_of(DType dtype, std::vector<int64_t> shape, std::vector<T> values) {
  const auto owner = std::make_shared<std::vector<T>>(std::move(values));
  return {dtype, std::move(shape), reinterpret_cast<const std::byte*>(owner->data()), owner->size() * sizeof(T), owner};
}

std::string file_of(const std::string& header, const std::string& data = "") {
  return raw(uint64_t(header.size())) + header + data;
}

TensorFile parsed(const std::string& file) {
  const auto owner = std::make_shared<std::string>(file);
  return read_safetensors_bytes(as_bytes(*owner), owner);
}

NamedTensors sample() {
  return {{"z.last", tensor_of<float>(DType::f32, {2, 3}, {0, 1, 2, 3, 4, 5})},
          {"a.first", tensor_of<uint8_t>(DType::u8, {5}, {1, 2, 3, 4, 5})},
          {"scalar", tensor_of<int64_t>(DType::i64, {}, {-7})},
          {"empty", tensor_of<float>(DType::f32, {0, 4}, {})},
          {"emoji 🍎", tensor_of<uint16_t>(DType::bf16, {2}, {0x3f80, 0x4000})}};
}

TEST(Safetensors, RoundTrip) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", sample(), {{"format", "pt"}, {"note", "grün\n\"x\""}});
  const TensorFile file = read_safetensors(folder / "a.safetensors");
  ASSERT_EQ(file.tensors.size(), 5u);
  for (const auto& [name, expected] : sample()) {
    const StoredTensor& tensor = file.tensors.at(name);
    EXPECT_EQ(int(tensor.dtype), int(expected.dtype)) << name;
    EXPECT_EQ(tensor.shape, expected.shape) << name;
    EXPECT_EQ(values_of<uint8_t>(tensor), values_of<uint8_t>(expected)) << name;
  }
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"format", "pt"}, {"note", "grün\n\"x\""}}));
}

TEST(Safetensors, KeepsOrderAlignsDataAndSharesTheMapping) {
  const TemporaryFolder folder;
  for (size_t extra = 0; extra < 70; ++extra) {
    write_safetensors(folder / "a.safetensors", sample(), {{"pad", std::string(extra, 'x')}});
    const std::string bytes = content_of(folder / "a.safetensors");
    const auto header_bytes = ByteReader(as_bytes(bytes)).number<uint64_t>();
    ASSERT_EQ((8 + header_bytes) % 64, 0u);
    ASSERT_EQ(bytes.size(), 8 + header_bytes + 24 + 5 + 8 + 4);
    EXPECT_EQ(bytes[8], '{');
    EXPECT_LT(bytes.find("z.last"), bytes.find("a.first"));
  }
  const TensorFile file = read_safetensors(folder / "a.safetensors");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file.tensors.at("z.last").data) % 64, 0u);
  EXPECT_EQ(file.tensors.at("a.first").data - file.tensors.at("z.last").data, 24);
  EXPECT_EQ(file.tensors.at("a.first").owner, file.tensors.at("z.last").owner);
}

TEST(Safetensors, RefusesToWriteWhatCannotBeRead) {
  const TemporaryFolder folder;
  const auto path = folder / "a.safetensors";
  const auto one = tensor_of<float>(DType::f32, {1}, {1});
  auto wrong = one;
  wrong.shape = {2};
  expect_error(ErrorKind::invalid_request, "\"a\" comes twice", [&] {
    write_safetensors(path, {{"a", one}, {"a", one}});
  });
  expect_error(ErrorKind::invalid_request, "reserved", [&] { write_safetensors(path, {{"__metadata__", one}}); });
  expect_error(ErrorKind::invalid_request, "UTF-8", [&] { write_safetensors(path, {{"\xff", one}}); });
  expect_error(ErrorKind::invalid_request, "UTF-8", [&] { write_safetensors(path, {{"a", one}}, {{"b", "\xff"}}); });
  expect_error(ErrorKind::internal, "do not fit", [&] { write_safetensors(path, {{"a", wrong}}); });
  expect_error(ErrorKind::io, "does not exist", [&] { write_safetensors(folder / "no/a", {{"a", one}}); });
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", sample(), {{"format", "pt"}});
  const std::string whole = content_of(folder / "a.safetensors");
  for (size_t length = 0; length < whole.size(); ++length)
    expect_error(ErrorKind::corrupt_file, "", [&] { parsed(whole.substr(0, length)); });
  expect_error(ErrorKind::corrupt_file, "there are 42 bytes", [&] { parsed(whole + "x"); });
}

TEST(Safetensors, ErrorsNameTheFile) {
  const TemporaryFolder folder;
  put(folder / "short.safetensors", "abc");
  expect_error(ErrorKind::corrupt_file, "short.safetensors\": must start with 8 bytes",
               [&] { read_safetensors(folder / "short.safetensors"); });
}

struct BadHeader {
  ErrorKind kind;
  const char* message;
  const char* header;
};

TEST(Safetensors, RefusesLyingHeaders) {
  constexpr auto kCorrupt = ErrorKind::corrupt_file;
  const BadHeader cases[] = {
      {kCorrupt, "ends at byte 9 but the data has 8", R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})"},
      {kCorrupt, "before its start", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}})"},
      {kCorrupt, "ends at byte 18446744073709551615",
       R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,18446744073709551615]}})"},
      {kCorrupt, "must have 4 bytes", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})"},
      {kCorrupt, "overflows", R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]}})"},
      {kCorrupt, "out of range", R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8]}})"},
      {kCorrupt, "negative", R"({"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}})"},
      {kCorrupt, "fraction", R"({"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}})"},
      {kCorrupt, "overlaps",
       R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"},
      {kCorrupt, "hole",
       R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"},
      {kCorrupt, "there are 8 bytes", R"({"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}})"},
      {kCorrupt, "there are 8 bytes", R"({})"},
      {kCorrupt, "\"a\" twice",
       R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})"},
      {kCorrupt, "shape twice", R"({"a":{"dtype":"U8","shape":[8],"shape":[8],"data_offsets":[0,8]}})"},
      {kCorrupt, "one is missing", R"({"a":{"dtype":"U8","data_offsets":[0,8]}})"},
      {kCorrupt, "has \"strides\"", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"strides":[1]}})"},
      {kCorrupt, "2 data_offsets, has more", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8,8]}})"},
      {kCorrupt, "2 data_offsets, has 1", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0]}})"},
      {ErrorKind::unsupported, "dtype \"F8_E4M3\"", R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})"},
      {kCorrupt, "a string", R"({"a":{"dtype":"U8","shape":"8","data_offsets":[0,8]}})"},
      {kCorrupt, "an array", R"({"a":{"dtype":["U8"],"shape":[8],"data_offsets":[0,8]}})"},
      {kCorrupt, "an array", R"({"a":{"dtype":"U8","shape":[[[[8]]]],"data_offsets":[0,8]}})"},
      {kCorrupt, "a number", R"({"a":8})"},
      {kCorrupt, "null", R"({"a":null})"},
      {kCorrupt, "an object", R"({"__metadata__":{"a":{}}})"},
      {kCorrupt, "a number", R"({"__metadata__":{"a":1}})"},
      {kCorrupt, "metadata has \"a\" twice", R"({"__metadata__":{"a":"1","a":"2"}})"},
      {kCorrupt, "an array", R"([])"},
      {kCorrupt, "not valid JSON", R"({"a":)"},
      {kCorrupt, "not valid JSON", "{}{}"},
      {kCorrupt, "not valid JSON", "{\"\xff\":1}"},
      {kCorrupt, "not valid JSON", ""},
  };
  for (const BadHeader& bad : cases) {
    SCOPED_TRACE(bad.header);
    expect_error(bad.kind, bad.message, [&] { parsed(file_of(bad.header, "12345678")); });
  }
}

TEST(Safetensors, RefusesLyingHeaderLengths) {
  for (uint64_t length : {uint64_t(3), uint64_t(100'000'001), ~uint64_t(0), uint64_t(1) << 63})
    expect_error(ErrorKind::corrupt_file, "claims", [&] { parsed(raw(length) + "{}"); });
}

TEST(Safetensors, DeepNestingNeedsNoStack) {
  expect_error(ErrorKind::corrupt_file, "an array", [&] { parsed(file_of(std::string(1'000'000, '['))); });
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  expect_error(ErrorKind::corrupt_file, "", [&] { parsed(file_of(objects)); });
}

TEST(Safetensors, LeavesNothingWhenTheDiskFails) {
  const TemporaryFolder folder;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{500, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto large = tensor_of<float>(DType::f32, {1000}, std::vector<float>(1000));
  const Error error = error_of([&] { write_safetensors(folder / "a.safetensors", {{"a", large}}); });
  setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(int(error.kind()), int(ErrorKind::io)) << error.what();
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace darkroom::formats
