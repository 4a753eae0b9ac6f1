#include "server/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace darkroom::server {
namespace {

std::string unpacked(const std::string& packed, size_t size) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string bytes(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = uInt(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = uInt(bytes.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

TEST(Gzip, ComesBack) {
  std::string noise;
  for (unsigned i = 0, x = 1; i < 100000; ++i) noise += char((x = x * 1664525 + 1013904223) >> 24);
  for (const std::string& bytes : {std::string(), std::string("a"), std::string(300000, 'a'), noise}) {
    const std::string packed = gzipped(bytes);
    EXPECT_TRUE(unpacked(packed, bytes.size()) == bytes) << bytes.size();
    EXPECT_LE(packed.size(), bytes.size() + bytes.size() / 1000 + 40);
  }
  EXPECT_LT(gzipped(std::string(300000, 'a')).size(), 1000);
}

TEST(Gzip, IsGivenToThoseWhoTakeIt) {
  for (const char* header : {"gzip", "gzip, deflate, br", "br, gzip;q=0.5", "deflate,gzip ; q=1.0", "br;q=1.0,\tgzip"})
    EXPECT_TRUE(accepts_gzip(header)) << header;
  for (const char* header :
       {"", "br", "identity", "gzip;q=0", "gzip; q=0.000, br", "xgzip", "gzipped", ",;,", "deflate"})
    EXPECT_FALSE(accepts_gzip(header)) << header;
}

TEST(Gzip, IsForTexts) {
  EXPECT_TRUE(is_worth_gzip("text/javascript", 100000));
  EXPECT_TRUE(is_worth_gzip("application/json", 5000));
  EXPECT_FALSE(is_worth_gzip("application/json", 300));
  EXPECT_FALSE(is_worth_gzip("application/json", 40 << 20)) << "pictures in base64";
  EXPECT_FALSE(is_worth_gzip("image/png", 100000));
}

}  // namespace
}  // namespace darkroom::server
