#include "checkpoint/mapped_weights.h"

#include "base/error.h"
#include "formats/mapped_file.h"

namespace darkroom::checkpoint {

bool is_mapped(const Tensor& weight) {
  return formats::mapped_at(weight.data_ptr()).has_value();
}

void let_go_of(const layers::Module& network) {
  for (const Tensor& weight : network.parameters())
    formats::let_go_of_pages({static_cast<const std::byte*>(weight.data_ptr()), size_t(weight.nbytes())});
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
