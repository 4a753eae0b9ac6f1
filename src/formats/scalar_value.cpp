#include "formats/scalar_value.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace darkroom::formats {
namespace {

/// IEEE 754 binary16.
double half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 31  ? (fraction ? std::nan("") : std::numeric_limits<double>::infinity())
                      : exponent == 0 ? std::ldexp(fraction, -24)
                                      : std::ldexp(fraction + 1024, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

template <typename Number>
Number read(const std::byte* data) {
  Number number;
  std::memcpy(&number, data, sizeof number);
  return number;
}

}  // namespace

std::optional<double> scalar_value(const StoredTensor& tensor) {
  if (tensor.bytes != bytes_per_element(tensor.dtype)) return std::nullopt;
  switch (tensor.dtype) {
    case DType::f64:
      return read<double>(tensor.data);
    case DType::f32:
      return read<float>(tensor.data);
    case DType::f16:
      return half_value(read<uint16_t>(tensor.data));
    case DType::bf16: {
      const uint32_t bits = uint32_t(read<uint16_t>(tensor.data)) << 16;
      return read<float>(reinterpret_cast<const std::byte*>(&bits));
    }
    case DType::i64:
      return double(read<int64_t>(tensor.data));
    case DType::i32:
      return read<int32_t>(tensor.data);
    case DType::i16:
      return read<int16_t>(tensor.data);
    case DType::i8:
      return read<int8_t>(tensor.data);
    case DType::u8:
    case DType::boolean:
      return read<uint8_t>(tensor.data);
  }
  return std::nullopt;
}

}  // namespace darkroom::formats
