// Aspect-ratio buckets: pictures of like shape are trained together, each scaled to cover its bucket and cropped to it.
// Source of truth: sd-scripts, library/model_util.py make_bucket_resolutions, library/train_util.py BucketManager.
#pragma once

#include <compare>
#include <vector>

namespace darkroom::train {

struct PixelSize {
  int width = 0, height = 0;
  auto operator<=>(const PixelSize&) const = default;
};

struct BucketOptions {
  PixelSize resolution{512, 512};  ///< its area is what a bucket may have
  int least_side = 256, most_side = 1024;
  int step = 64;            ///< sides of buckets are multiples of it
  bool no_upscale = false;  ///< small pictures keep their size, cut to the step; least and most side do not count
};

/// All buckets for pictures that may be enlarged, narrow ones first. Throws Error{invalid_request} unless the step is a
/// multiple of 8, no side is above 8192, and least_side, rounded down to the step, and most_side, rounded up, hold the
/// sides of the resolution between them.
std::vector<PixelSize> bucket_sizes(const BucketOptions& options);

/// Where a picture goes.
struct BucketPlace {
  PixelSize bucket;
  PixelSize resized;  ///< what it is scaled to before it is cropped: at least the bucket in both directions
};

/// The bucket whose aspect ratio is nearest; of the same size if there is one. `buckets`: bucket_sizes(options). Throws
/// Error{invalid_request} for a picture with a side below 1, where a picture that may not be enlarged is smaller than
/// the step, and for such a step as bucket_sizes() refuses.
BucketPlace place_in_bucket(const PixelSize& picture, const BucketOptions& options,
                            const std::vector<PixelSize>& buckets);

}  // namespace darkroom::train
