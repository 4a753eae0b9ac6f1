#include "checkpoint/mapped_weights.h"

#include <span>

#include "base/error.h"
#include "formats/mapped_file.h"
#include "formats/mapped_pages.h"

namespace darkroom::checkpoint {
namespace {

std::span<const std::byte> bytes_of(const Tensor& weight) {
  return {static_cast<const std::byte*>(weight.data_ptr()), size_t(weight.nbytes())};
}

}  // namespace

bool is_mapped(const Tensor& weight) {
  return formats::mapped_at(weight.data_ptr()).has_value();
}

void let_go_of(const layers::Module& network) {
  for (const Tensor& weight : network.parameters()) formats::let_go_of_pages(bytes_of(weight));
}

int64_t mapped_bytes_in_memory(const layers::Module& network) {
  int64_t bytes = 0;
  for (const Tensor& weight : network.parameters())
    if (is_mapped(weight)) bytes += formats::bytes_in_memory(bytes_of(weight));
  return bytes;
}

void read_mapped(const layers::Module& network) {
  for (const Tensor& weight : network.parameters())
    if (is_mapped(weight)) formats::read_pages(bytes_of(weight));
}

void require_unwritten(const layers::Module& network) {
  for (const Tensor& weight : network.parameters()) {
    const auto place = formats::mapped_at(weight.data_ptr());
    require(!place || !place->was_written, ErrorKind::io,
            "use the model in \"{}\": the file must stay as it was when it was loaded, but was written to since; load "
            "it again, and replace such files instead of writing into them",
            place ? place->path.string() : "");
  }
}

}  // namespace darkroom::checkpoint
