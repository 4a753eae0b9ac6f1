#include "formats/safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

/// Walks the JSON once without building it: a header has three levels of known shape, anything else stops the walk.
class HeaderWalker : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader header;

  bool start_object(size_t) override {
    if (place_ == Place::start)
      place_ = Place::names;
    else if (place_ == Place::name_read)
      place_ = name_ == kSafetensorsMetadataKey ? Place::metadata : Place::fields;
    else
      refuse("an object");
    return true;
  }

  bool key(std::string& text) override {
    switch (place_) {
      case Place::names:
        require(names_.insert(text).second, ErrorKind::corrupt_file, "the header has {} twice", in_quotes(text));
        name_ = text;
        if (name_ != kSafetensorsMetadataKey) header.entries.push_back({text, DType::f32, {}, 0, 0});
        fields_.clear();
        place_ = Place::name_read;
        break;
      case Place::metadata:
        require(!header.metadata.contains(text), ErrorKind::corrupt_file, "the metadata has {} twice", in_quotes(text));
        metadata_key_ = text;
        header.metadata[text];
        break;
      case Place::fields:
        require(text == "dtype" || text == "shape" || text == "data_offsets", ErrorKind::corrupt_file,
                "tensor {} must have dtype, shape and data_offsets, has {}", in_quotes(name_), in_quotes(text));
        require(fields_.insert(text).second, ErrorKind::corrupt_file, "tensor {} has {} twice", in_quotes(name_), text);
        field_ = text;
        break;
      default:
        refuse("a key");
    }
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::metadata) {
      header.metadata[metadata_key_] = text;
    } else if (place_ == Place::fields && field_ == "dtype") {
      const auto dtype = dtype_named(text);
      require(dtype.has_value(), ErrorKind::unsupported,
              "tensor {} has dtype {}: must be F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL; convert the file",
              in_quotes(name_), in_quotes(text));
      header.entries.back().dtype = *dtype;
    } else {
      refuse("a string");
    }
    return true;
  }

  bool start_array(size_t) override {
    if (place_ != Place::fields || field_ == "dtype") refuse("an array");
    place_ = Place::numbers;
    offsets_read_ = 0;
    return true;
  }

  bool number_unsigned(uint64_t value) override {
    if (place_ != Place::numbers) refuse("a number");
    SafetensorsEntry& entry = header.entries.back();
    if (field_ == "shape") {
      // 64 dimensions are what libtorch can hold.
      require(value <= uint64_t(std::numeric_limits<int64_t>::max()) && entry.shape.size() < 64,
              ErrorKind::corrupt_file, "tensor {} has a size or number of dimensions out of range: {}",
              in_quotes(name_), value);
      entry.shape.push_back(int64_t(value));
    } else {
      require(++offsets_read_ <= 2, ErrorKind::corrupt_file, "tensor {} must have 2 data_offsets, has more",
              in_quotes(name_));
      (offsets_read_ == 1 ? entry.begin : entry.end) = value;
    }
    return true;
  }

  bool end_array() override {
    require(field_ != "data_offsets" || offsets_read_ == 2, ErrorKind::corrupt_file,
            "tensor {} must have 2 data_offsets, has {}", in_quotes(name_), offsets_read_);
    place_ = Place::fields;
    return true;
  }

  bool end_object() override {
    require(place_ != Place::fields || fields_.size() == 3, ErrorKind::corrupt_file,
            "tensor {} must have dtype, shape and data_offsets, one is missing", in_quotes(name_));
    place_ = place_ == Place::names ? Place::end : Place::names;
    return true;
  }

  bool number_integer(int64_t) override { return refuse("a negative number"); }
  bool number_float(double, const std::string&) override { return refuse("a fraction or too large a number"); }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool binary(nlohmann::json::binary_t&) override { return refuse("binary data"); }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(ErrorKind::corrupt_file, "the header is not valid JSON at its byte {}", position);
  }

 private:
  enum class Place { start, names, name_read, metadata, fields, numbers, end };

  bool refuse(std::string_view what) const {
    const std::string where = name_.empty() ? "at its start" : "at " + in_quotes(name_);
    fail(ErrorKind::corrupt_file, "the header has {} {} where none belongs", what, where);
  }

  Place place_ = Place::start;
  std::string name_;
  std::string field_;
  std::string metadata_key_;
  std::set<std::string> names_;
  std::set<std::string> fields_;
  int offsets_read_ = 0;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json) {
  HeaderWalker walker;
  nlohmann::json::sax_parse(json, &walker);
  return std::move(walker.header);
}

}  // namespace darkroom::formats
