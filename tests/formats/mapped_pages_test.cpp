#include "formats/mapped_pages.h"

#include <gtest/gtest.h>

#include <fstream>

#include "formats/mapped_file.h"
#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(MappedPages, AreReadAndLetGo) {
  const TemporaryFolder folder;
  constexpr size_t kBytes = 3 << 20;
  std::ofstream(folder / "a") << std::string(kBytes, 'x');
  const MappedFile file = map_file(folder / "a");
  let_go_of_pages(file.bytes);
  EXPECT_LT(bytes_in_memory(file.bytes), int64_t(kBytes) / 100);
  read_pages(file.bytes);
  EXPECT_EQ(bytes_in_memory(file.bytes), int64_t(kBytes));
  let_go_of_pages(file.bytes.first(kBytes / 2));
  EXPECT_LE(bytes_in_memory(file.bytes), int64_t(kBytes / 2 + kBytes / 20)) << "less where huge pages go as a whole";
  EXPECT_EQ(file.bytes[kBytes / 4], std::byte('x')) << "read again when it is needed";
  read_pages(file.bytes);
  EXPECT_EQ(bytes_in_memory(file.bytes), int64_t(kBytes)) << "all is back";
  EXPECT_EQ(bytes_in_memory({}), 0);
  read_pages({});
}

}  // namespace
}  // namespace darkroom::formats
