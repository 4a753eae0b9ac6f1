#include "formats/pickle.h"

#include <memory>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

using namespace std::string_literals;

struct Kept {
  std::string bytes;  // values point into it
  Pickle pickle;
  const PickleValue& root() const { return pickle.at(pickle.root); }
  const PickleValue& item(size_t i) const { return pickle.at(root().items.at(i)); }
};

// On the heap, so that the text never moves.
std::unique_ptr<Kept> read(const std::string& bytes) {
  auto kept = std::make_unique<Kept>();
  kept->bytes = bytes;
  kept->pickle = read_pickle(as_bytes(kept->bytes));
  return kept;
}

TEST(Pickle, ReadsScalars) {
  const auto kept = read(
      "\x80\x02(N\x88\x89K\xffM\xff\xffJ\xfe\xff\xff\xff\x8a\x02\x00\x80\x8a\x00G\x40\x09\x21\xfb\x54\x44\x2d\x18t."s);
  EXPECT_EQ(int(kept->root().kind), int(PickleKind::tuple));
  ASSERT_EQ(kept->root().items.size(), 9u);
  EXPECT_EQ(int(kept->item(0).kind), int(PickleKind::none));
  EXPECT_EQ(int(kept->item(1).kind), int(PickleKind::boolean));
  EXPECT_EQ(kept->item(1).integer, 1);
  EXPECT_EQ(kept->item(2).integer, 0);
  EXPECT_EQ(kept->item(3).integer, 255);
  EXPECT_EQ(kept->item(4).integer, 65535);
  EXPECT_EQ(kept->item(5).integer, -2);
  EXPECT_EQ(kept->item(6).integer, -32768);
  EXPECT_EQ(kept->item(7).integer, 0);
  EXPECT_DOUBLE_EQ(kept->item(8).real, 3.141592653589793);
}

TEST(Pickle, ReadsTextAndBytes) {
  const auto kept =
      read("\x80\x04(X\x03\0\0\0abc\x8c\x02xy\x8d\x01\0\0\0\0\0\0\0zC\x02\xff\0B\x01\0\0\0!U\x01uT\x01\0\0\0tl."s);
  const char* expected[] = {"abc", "xy", "z", nullptr, "!", "u", "t"};
  ASSERT_EQ(kept->root().items.size(), 7u);
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(kept->item(i).text, expected[i] ? std::string(expected[i]) : "\xff\0"s) << i;
  EXPECT_EQ(int(kept->item(3).kind), int(PickleKind::bytes));
  EXPECT_EQ(int(kept->item(5).kind), int(PickleKind::text));
}

TEST(Pickle, BuildsContainersThroughTheMemo) {
  // {"a": [1, 2], "b": the same list}
  const auto kept = read("\x80\x02}q\x00(U\x01\x61]q\x01(K\x01K\x02\x65U\x01\x62h\x01u."s);
  EXPECT_EQ(int(kept->root().kind), int(PickleKind::dict));
  ASSERT_EQ(kept->root().items.size(), 4u);
  EXPECT_EQ(kept->root().items[1], kept->root().items[3]);
  EXPECT_EQ(kept->item(1).items.size(), 2u);
}

TEST(Pickle, ContainersMayContainThemselves) {
  const auto kept = read("\x80\x02]q\x00h\x00\x61."s);
  EXPECT_EQ(kept->root().items, std::vector<PickleId>{kept->pickle.root});
}

TEST(Pickle, CallsAreData) {
  const auto kept = read("\x80\x02\x63\x63ollections\nOrderedDict\n)R(U\x01kK\x07u}b."s);
  const PickleValue& call = kept->root();
  EXPECT_EQ(int(call.kind), int(PickleKind::call));
  EXPECT_TRUE(kept->pickle.at(call.callee).is_global("collections", "OrderedDict"));
  EXPECT_TRUE(kept->pickle.at(call.arguments).items.empty());
  EXPECT_EQ(kept->item(0).text, "k");
  EXPECT_EQ(kept->item(1).integer, 7);
  EXPECT_EQ(int(kept->pickle.at(call.state).kind), int(PickleKind::dict));
}

TEST(Pickle, SaysWhereItEnds) {
  const std::string two = "\x80\x02K\x01.\x80\x02K\x02."s;
  const auto kept = read(two);
  EXPECT_EQ(kept->pickle.bytes, 5u);
  EXPECT_EQ(read(two.substr(5))->root().integer, 2);
}

TEST(Pickle, RefusesNamesThatAreNotData) {
  const TemporaryFolder folder;
  const std::string command = "touch " + (folder / "was_run").string();
  const std::string text = std::string("X") + raw(uint32_t(command.size())) + command;
  const std::string protocol4_text = "\x8c" + std::string(1, char(command.size())) + command;
  const std::pair<std::string, std::string> hostile[] = {
      {"os.system", "\x80\x02\x63os\nsystem\n" + text + "\x85R."},
      {"posix.system", "\x80\x02\x63posix\nsystem\n" + text + "\x85R."},
      {"os.system", "cos\nsystem\n(" + text + "tR."},
      {"builtins.eval",
       "\x80\x04\x8c\x08"
       "builtins\x8c\x04"
       "eval\x93" +
           protocol4_text + "\x85R."},
      {"__builtin__.exec", "\x80\x02\x63__builtin__\nexec\n" + text + "\x85R."},
      {"builtins.getattr",
       "\x80\x02\x63"
       "builtins\ngetattr\n."},
      {"subprocess.Popen", "\x80\x02\x63subprocess\nPopen\n)\x81."},
      {"torch.load", "\x80\x02\x63torch\nload\n."},
      {"numpy.load", "\x80\x02\x63numpy\nload\n."},
      {"torch.FloatStorage DoubleStorage", "\x80\x02\x63torch\nFloatStorage DoubleStorage\n."},
      {"torch.", "\x80\x02\x63torch\n\n."},
  };
  for (const auto& [name, bytes] : hostile) {
    SCOPED_TRACE(name);
    expect_error(ErrorKind::unsupported, "\"" + name + "\"", [&] { read(bytes); });
    expect_error(ErrorKind::unsupported, "nothing of it was run", [&] { read(bytes); });
  }
  // INST and OBJ call as well, by other opcodes.
  expect_error(ErrorKind::unsupported, "opcode 0x69", [&] { read("(" + text + "ios\nsystem\n."); });
  expect_error(ErrorKind::unsupported, "opcode 0x6f", [&] { read("(\x88o."); });
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Pickle, RefusesWhatItCannotMean) {
  const std::pair<const char*, std::string> cases[] = {
      {"takes a value where there is none", "\x80\x02."},
      {"takes a value where there is none", "\x80\x02\x85."},
      {"takes a value where there is none", "\x80\x02K\x01(\x85."},
      {"closes a group", "\x80\x02t."},
      {"values left over", "\x80\x02K\x01K\x02."},
      {"values left over", "\x80\x02(K\x01."},
      {"before it exists", "\x80\x02h\x00."s},
      {"before it exists", "\x80\x02j\xff\xff\xff\xff."},
      {"takes a value where there is none", "\x80\x02q\x00."s},
      {"key but no value", "\x80\x02(K\x01\x64."},
      {"without a value", "\x80\x02}(K\x01u."},
      {"adds items to a value that has none", "\x80\x02K\x01K\x02\x61."},
      {"adds items to a value that has none", "\x80\x02]K\x01K\x02s."},
      {"arguments that are no tuple", "\x80\x02\x63torch\nSize\nK\x01R."},
      {"sets the state", "\x80\x02]}b."},
      {"by something that is no text", "\x80\x04K\x01K\x02\x93."},
      {"endless name", "\x80\x02\x63" + std::string(5000, 'x')},
  };
  for (const auto& [message, bytes] : cases) expect_error(ErrorKind::corrupt_file, message, [&] { read(bytes); });
  expect_error(ErrorKind::unsupported, "protocol 6", [&] { read("\x80\x06N."); });
  expect_error(ErrorKind::unsupported, "opcode 0x7f at byte 2", [&] { read("\x80\x02\x7f."); });
}

TEST(Pickle, EveryTruncationIsAnError) {
  const std::string whole =
      "\x80\x04\x95\x05\0\0\0\0\0\0\0}\x94(\x8c\x01w\x94\x63torch._utils\n_rebuild_tensor_v2\n(((X\x07\0\0\0storage"
      "\x63torch\nFloatStorage\nX\x01\0\0\0000U\x03"
      "cpuK\x04tQK\0K\x04\x85K\x01\x85\x89)RttG\0\0\0\0\0\0\0\0u."s;
  const auto kept = read(whole);
  EXPECT_EQ(kept->pickle.bytes, whole.size());
  for (size_t length = 0; length < whole.size(); ++length)
    expect_error(ErrorKind::corrupt_file, "", [&] { read(whole.substr(0, length)); });
}

TEST(Pickle, LengthsAreComparedBeforeTheyAreUsed) {
  for (const std::string& bytes : {"\x80\x02X\xff\xff\xff\xff"s, "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"s,
                                   "\x80\x02\x8b\xff\xff\xff\xff"s, "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"s,
                                   "\x80\x05\x96\0\0\0\0\0\0\0\x80"s, "\x80\x02T\xff\xff\xff\x7f"s})
    expect_error(ErrorKind::corrupt_file, "are announced", [&] { read(bytes + "abc."); });
}

TEST(Pickle, BombsAreLimited) {
  // Values: each byte makes one.
  expect_error(ErrorKind::unsupported, "more than 2000000 values",
               [] { read("\x80\x02" + std::string(2'100'000, ']')); });
  // Opcodes that make no value but fill stack or memo.
  expect_error(ErrorKind::unsupported, "more than 8000000 opcodes",
               [] { read("\x80\x02N" + std::string(9'000'000, '2')); });
  expect_error(ErrorKind::unsupported, "more than 8000000 opcodes",
               [] { read("\x80\x04N" + std::string(9'000'000, '\x94')); });
  expect_error(ErrorKind::unsupported, "more than 8000000 opcodes",
               [] { read("\x80\x04N" + std::string(9'000'000, '(')); });
  // Nesting needs no stack of the machine: a million lists in each other.
  const auto kept = read("\x80\x02" + std::string(1'000'000, ']') + std::string(999'999, 'a') + ".");
  EXPECT_EQ(kept->root().items.size(), 1u);
}

}  // namespace
}  // namespace darkroom::formats
