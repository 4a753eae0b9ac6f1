#include "formats/torch_tensors.h"

#include <numeric>

#include "formats/pickle_builder.h"

namespace darkroom::formats {
namespace {

/// Storage "0" holds floats 0, 1, 2 ... 11; no other exists.
class TorchTensors : public testing::Test {
 protected:
  TorchTensors() : floats_(12) { std::iota(floats_.begin(), floats_.end(), 0.0f); }

  TensorFile read(const std::string& content, uint64_t copy_budget = 1000) {
    bytes_ = p_whole(content);
    pickle_ = read_pickle(as_bytes(bytes_));
    const auto find = [&](const StorageReference& reference) {
      require(reference.key == "0", ErrorKind::corrupt_file, "no such storage");
      return Bytes(std::as_bytes(std::span(floats_)));
    };
    return torch_tensors(pickle_, find, nullptr, copy_budget);
  }
  TensorFile read_tensor(int64_t offset, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
    return read(p_dict({{"a", p_tensor(p_storage("0", 12), offset, shape, strides)}}));
  }

  std::vector<float> floats_;
  std::string bytes_;
  Pickle pickle_;
};

TEST_F(TorchTensors, ContiguousTensorsAreNotCopied) {
  const auto* start = reinterpret_cast<const std::byte*>(floats_.data());
  EXPECT_EQ(read_tensor(0, {3, 4}, {4, 1}).tensors.at("a").data, start);
  EXPECT_EQ(read_tensor(4, {2, 4}, {4, 1}).tensors.at("a").data, start + 16);
  EXPECT_EQ(read_tensor(11, {}, {}).tensors.at("a").data, start + 44);
  // The stride of a single row says nothing.
  EXPECT_EQ(read_tensor(0, {1, 4, 1}, {99, 1, 77}).tensors.at("a").data, start);
}

TEST_F(TorchTensors, StridedTensorsBecomeContiguous) {
  const TensorFile transposed = read_tensor(0, {4, 3}, {1, 4});
  EXPECT_EQ(values_of<float>(transposed.tensors.at("a")), (std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(values_of<float>(read_tensor(1, {2, 1, 3}, {5, 0, 2}).tensors.at("a")),
            (std::vector<float>{1, 3, 5, 6, 8, 10}));
  EXPECT_EQ(values_of<float>(read_tensor(7, {2, 2}, {0, 0}).tensors.at("a")), (std::vector<float>{7, 7, 7, 7}));
}

TEST_F(TorchTensors, ReachesNoFurtherThanTheStorage) {
  EXPECT_EQ(values_of<float>(read_tensor(1, {2}, {10}).tensors.at("a")), (std::vector<float>{1, 11}));
  constexpr int64_t kHuge = 0x7FFFFFFFFFFFFFFF;
  const auto refused = [&](int64_t offset, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
    expect_error(ErrorKind::corrupt_file, "tensor \"a\": it reaches beyond",
                 [&] { read_tensor(offset, shape, strides); });
  };
  refused(0, {13}, {1});
  refused(12, {1}, {1});
  refused(12, {}, {});
  refused(2, {2}, {10});
  refused(0, {2}, {kHuge});
  refused(kHuge, {2}, {kHuge});
  refused(1, {3, 3}, {kHuge, kHuge});
}

TEST_F(TorchTensors, RefusesImpossibleShapes) {
  constexpr int64_t kBig = int64_t(1) << 40;
  expect_error(ErrorKind::corrupt_file, "overflows", [&] { read_tensor(0, {kBig, kBig}, {0, 0}); });
  expect_error(ErrorKind::corrupt_file, "count belongs", [&] { read_tensor(0, {-1}, {1}); });
  expect_error(ErrorKind::corrupt_file, "count belongs", [&] { read_tensor(0, {2}, {-1}); });
  expect_error(ErrorKind::corrupt_file, "count belongs", [&] { read_tensor(-1, {2}, {1}); });
  expect_error(ErrorKind::corrupt_file, "different lengths", [&] { read_tensor(0, {2}, {1, 1}); });
  expect_error(ErrorKind::corrupt_file, "no shape", [&] { read_tensor(0, std::vector<int64_t>(65, 1), {}); });
}

TEST_F(TorchTensors, CopiesAreLimitedTogether) {
  expect_error(ErrorKind::unsupported, "needs a copy of 4398046511104 bytes",
               [&] { read_tensor(0, {int64_t(1) << 40}, {0}); });
  const std::string copied = p_tensor(p_storage("0", 12), 0, {4, 3}, {1, 4});
  EXPECT_EQ(read(p_dict({{"a", copied}, {"b", copied}}), 96).tensors.size(), 2u);
  expect_error(ErrorKind::unsupported, "tensor \"b\": it needs a copy", [&] {
    read(p_dict({{"a", copied}, {"b", copied}}), 95);
  });
}

TEST_F(TorchTensors, EmptyTensorsNeedNoElements) {
  const TensorFile file = read_tensor(5, {0, 3}, {3, 1});
  EXPECT_EQ(file.tensors.at("a").bytes, 0u);
  EXPECT_EQ(file.tensors.at("a").shape, (std::vector<int64_t>{0, 3}));
}

TEST_F(TorchTensors, ViewsOfStoragesAsOldFilesHaveThem) {
  const auto view = [](int64_t offset, int64_t size) {
    return std::string("(") + p_text("v") + p_int(offset) + p_int(size) + "t";
  };
  const auto content = [&](int64_t offset, int64_t size, int64_t wanted) {
    return p_dict({{"a", p_tensor(p_storage("0", 12, "FloatStorage", view(offset, size)), 0, {wanted}, {1})}});
  };
  EXPECT_EQ(values_of<float>(read(content(4, 2, 2)).tensors.at("a")), (std::vector<float>{4, 5}));
  expect_error(ErrorKind::corrupt_file, "beyond", [&] { read(content(4, 2, 3)); });
  expect_error(ErrorKind::corrupt_file, "view beyond", [&] { read(content(4, 9, 1)); });
  expect_error(ErrorKind::corrupt_file, "view beyond", [&] { read(content(13, 0, 0)); });
}

TEST_F(TorchTensors, NamesFollowTheNesting) {
  const std::string tensor = p_tensor(p_storage("0", 12), 0, {1}, {1});
  const TensorFile file = read(p_dict(
      {{"a", p_dict({{"b.c", tensor}, {"note", p_text("x")}})}, {"list", p_list({tensor, "N", tensor})}, {"n", "N"}}));
  std::vector<std::string> names;
  for (const auto& [name, ignored] : file.tensors) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"a.b.c", "list.0", "list.2"}));
  EXPECT_EQ(file.ignored_entries, 3u);
}

TEST_F(TorchTensors, OnlyTheStateDictOfATrainingCheckpoint) {
  const std::string tensor = p_tensor(p_storage("0", 12), 0, {1}, {1});
  const TensorFile file =
      read(p_dict({{"other", tensor}, {"state_dict", p_dict({{"w", tensor}, {"n", "N"}})}, {"step", "K\x01"}}));
  EXPECT_EQ(file.tensors.size(), 1u);
  EXPECT_TRUE(file.tensors.contains("w"));
  EXPECT_EQ(file.ignored_entries, 3u);
}

TEST_F(TorchTensors, RefusesTheSameNameTwice) {
  const std::string tensor = p_tensor(p_storage("0", 12), 0, {1}, {1});
  expect_error(ErrorKind::corrupt_file, "\"a.b\"", [&] {
    read(p_dict({{"a.b", tensor}, {"a", p_dict({{"b", tensor}})}}));
  });
}

TEST_F(TorchTensors, RefusesEndlessNesting) {
  expect_error(ErrorKind::unsupported, "nested more than 32",
               [&] { read(std::string("}q\x01") + p_text("a") + "h\x01s"); });
  // Each of 20 levels holds the one below 10 times.
  std::string bomb = p_list({});
  for (char level = 1; level <= 20; ++level) {
    bomb += std::string("q") + level + "0](";
    for (int i = 0; i < 10; ++i) bomb += std::string("h") + level;
    bomb += "e";
  }
  expect_error(ErrorKind::unsupported, "500000 entries", [&] { read(p_dict({{"a", bomb}})); });
  expect_error(ErrorKind::corrupt_file, "name that is too long", [&] { read(p_dict({{std::string(501, 'x'), "N"}})); });
  expect_error(ErrorKind::corrupt_file, "not UTF-8", [&] { read(p_dict({{"\xff", "N"}})); });
}

TEST_F(TorchTensors, RefusesWhatIsNoTable) {
  expect_error(ErrorKind::unsupported, "table of named tensors", [&] { read("K\x01"); });
  expect_error(ErrorKind::unsupported, "table of named tensors",
               [&] { read(p_tensor(p_storage("0", 12), 0, {1}, {1})); });
  expect_error(ErrorKind::corrupt_file, "neither text nor a number", [&] { read("}NNs"); });
}

TEST_F(TorchTensors, RefusesDamagedTensors) {
  const auto tensor = [&](const std::string& storage) { return p_dict({{"a", p_tensor(storage, 0, {1}, {1})}}); };
  expect_error(ErrorKind::corrupt_file, "without a storage", [&] { read(tensor("K\x01")); });
  expect_error(ErrorKind::corrupt_file, "unknown make", [&] { read(tensor("K\x01Q")); });
  expect_error(ErrorKind::corrupt_file, "count belongs", [&] { read(tensor(p_storage("0", -1))); });
  expect_error(ErrorKind::corrupt_file, "unknown type", [&] { read(tensor(p_storage("0", 12, "Size"))); });
  expect_error(ErrorKind::corrupt_file, "no such storage", [&] { read(tensor(p_storage("1", 12))); });
  expect_error(ErrorKind::corrupt_file, "again and again", [&] {
    const std::string rebuild = "ctorch._utils\n_rebuild_parameter\n";
    read(p_dict({{"a", rebuild + rebuild + rebuild + rebuild + rebuild + "N\x85R\x85R\x85R\x85R\x85R"}}));
  });
  expect_error(ErrorKind::unsupported, "lazily", [&] {
    read(p_dict({{"a", p_tensor(p_storage("0", 12), 0, {1}, {1}, p_dict({{"neg", "\x88"}}))}}));
  });
}

TEST(StorageReference, BytesMayNotOverflow) {
  StorageReference reference;
  reference.elements = uint64_t(1) << 40;
  EXPECT_EQ(reference.bytes(), uint64_t(1) << 42);
  reference.elements = uint64_t(1) << 62;
  expect_error(ErrorKind::corrupt_file, "overflows", [&] { reference.bytes(); });
}

}  // namespace
}  // namespace darkroom::formats
