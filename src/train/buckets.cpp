#include "train/buckets.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"

namespace darkroom::train {
namespace {

double aspect(const PixelSize& size) {
  return double(size.width) / size.height;
}

int rounded(double x) {
  return int(x + 0.5);
}

int rounded_to_step(double x, int step) {
  const int whole = rounded(x);
  return whole - whole % step;
}

/// The most a picture of this shape can have with the area: one side a multiple of the step, the other as it comes.
/// Which side, is what changes the shape less.
PixelSize shrunk(const PixelSize& picture, double area, int step) {
  const double shape = aspect(picture);
  const double width = std::sqrt(area * shape);
  const int by_width = rounded_to_step(width, step), by_height = rounded_to_step(area / width, step);
  const double shape_by_width = double(by_width) / rounded_to_step(by_width / shape, step);
  const double shape_by_height = double(rounded_to_step(by_height * shape, step)) / by_height;
  if (std::abs(shape_by_width - shape) < std::abs(shape_by_height - shape))
    return {by_width, rounded(by_width / shape)};
  return {rounded(by_height * shape), by_height};
}

constexpr int kLargestSide = 8192;  // pixels

void check(const BucketOptions& o) {
  require(o.step >= 8 && o.step % 8 == 0 && o.step <= kLargestSide, ErrorKind::invalid_request,
          "buckets: bucket_reso_steps must be a multiple of 8 in 8..{}, as latents have a value for every 8 pixels; {} "
          "was given",
          kLargestSide, o.step);
  for (const int side : {o.least_side, o.most_side})
    require(side >= 1 && side <= kLargestSide, ErrorKind::invalid_request,
            "buckets: min_bucket_reso and max_bucket_reso must lie in 1..{}, {} was given", kLargestSide, side);
}

}  // namespace

std::vector<PixelSize> bucket_sizes(const BucketOptions& o) {
  check(o);
  const int least = o.least_side / o.step * o.step, most = (o.most_side + o.step - 1) / o.step * o.step;
  const auto [shorter, longer] = std::minmax(o.resolution.width, o.resolution.height);
  require(least >= o.step && least <= shorter && longer <= most, ErrorKind::invalid_request,
          "buckets: sides from {} to {} must hold the resolution {}x{}; change the least or most side", least, most,
          o.resolution.width, o.resolution.height);
  const int64_t area = int64_t(o.resolution.width) * o.resolution.height;
  const int square = int(std::sqrt(double(area)) / o.step) * o.step;
  std::set<PixelSize> sizes = {{square, square}};
  for (int width = least; width <= most; width += o.step) {
    const int height = int(std::min<int64_t>(most, area / width / o.step * o.step));
    if (height < least) continue;
    sizes.insert({width, height});
    sizes.insert({height, width});
  }
  return {sizes.begin(), sizes.end()};
}

BucketPlace place_in_bucket(const PixelSize& picture, const BucketOptions& o, const std::vector<PixelSize>& buckets) {
  require(picture.width >= 1 && picture.height >= 1, ErrorKind::invalid_request,
          "buckets: a picture must have pixels, found {}x{}", picture.width, picture.height);
  if (o.no_upscale) {
    check(o);
    const double area = double(o.resolution.width) * o.resolution.height;
    const bool is_large = double(picture.width) * picture.height > area;
    const PixelSize resized = is_large ? shrunk(picture, area, o.step) : picture;
    const PixelSize bucket{resized.width - resized.width % o.step, resized.height - resized.height % o.step};
    require(
        bucket.width > 0 && bucket.height > 0, ErrorKind::invalid_request,
        "buckets: a picture of {}x{} has a side below the step of {} pixels and may not be enlarged; leave it out, or "
        "allow enlarging",
        picture.width, picture.height, o.step);
    return {bucket, resized};
  }
  const double shape = aspect(picture);
  auto found = std::find(buckets.begin(), buckets.end(), picture);
  if (found == buckets.end())
    found = std::min_element(buckets.begin(), buckets.end(), [&](const PixelSize& a, const PixelSize& b) {
      return std::abs(aspect(a) - shape) < std::abs(aspect(b) - shape);
    });
  // The other direction is what is cropped.
  const bool fits_height = shape > aspect(*found);
  const double scale = fits_height ? double(found->height) / picture.height : double(found->width) / picture.width;
  return {*found, {rounded(picture.width * scale), rounded(picture.height * scale)}};
}

}  // namespace darkroom::train
