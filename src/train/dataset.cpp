#include "train/dataset.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "formats/png.h"

namespace darkroom::train {
namespace {

CaptionedPicture captioned_picture(const nlohmann::json& entry, const std::filesystem::path& folder) {
  CaptionedPicture picture;
  picture.file = folder / entry.at("file").get<std::string>();
  picture.captions = entry.at("captions").get<std::vector<std::string>>();
  picture.repeats = entry.value("repeats", int64_t(1));
  require(!picture.captions.empty(), ErrorKind::corrupt_file, "picture \"{}\": needs at least one caption",
          picture.file.string());
  require(picture.repeats >= 0 && picture.repeats <= 10000, ErrorKind::corrupt_file,
          "picture \"{}\": repeats must lie in 0..10000, found {}", picture.file.string(), picture.repeats);
  return picture;
}

}  // namespace

Dataset read_dataset(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "manifest.json";
  std::ifstream in(path);
  require(in.good(), ErrorKind::not_found, "read dataset \"{}\": cannot open its manifest.json; make it with {}",
          folder.string(), "tools/emoji/make_dataset.mjs");
  try {
    const auto manifest = nlohmann::json::parse(in);
    Dataset dataset;
    dataset.size = manifest.at("size").get<int64_t>();
    require(dataset.size > 0 && dataset.size <= 4096 && dataset.size % 8 == 0, ErrorKind::corrupt_file,
            "size must be a multiple of 8 in 8..4096, found {}", dataset.size);
    for (const auto& entry : manifest.at("images")) {
      if (entry.at("split") == "train") dataset.pictures.push_back(captioned_picture(entry, folder));
    }
    for (const auto& entry : manifest.at("cutouts")) {
      dataset.cutouts.push_back({folder / entry.at("file").get<std::string>(), entry.at("split") == "validation"});
    }
    return dataset;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::corrupt_file, "read dataset \"{}\": {}", path.string(), error.what());
  } catch (const Error& error) {
    throw error.within(fmt::format("read dataset \"{}\"", path.string()));
  }
}

Image read_picture(const std::filesystem::path& file, int64_t size, int channels) {
  Image image = formats::read_png(file).image;
  require(image.channels == channels && image.width == size && image.height == size, ErrorKind::corrupt_file,
          "read picture \"{}\": must be {}x{} with {} channels, found {}x{} with {}", file.string(), size, size,
          channels, image.width, image.height, image.channels);
  return image;
}

}  // namespace darkroom::train
