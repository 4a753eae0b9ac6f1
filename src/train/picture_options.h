// The options of pictures and captions, once: of a run, and of the datasets and subsets of dataset_config.
#pragma once

#include "train/training_options.h"

namespace darkroom::train {

/// Calls v(name, member, words) for each; words say what it does.
template <typename Visitor>
void visit_picture_options(PictureOptions& c, Visitor&& v) {
  v("caption_extension", c.caption_extension, "Ending of caption files; kohya's own default is .caption");
  v("resolution", c.resolution, "Size trained at, \"width,height\" or one number, in pixels");
  v("enable_bucket", c.enable_bucket,
    "Pictures are sorted by shape and trained in sizes of like shape and area; without it all are cropped to one size");
  v("min_bucket_reso", c.buckets.least_side, "Shortest side of a bucket");
  v("max_bucket_reso", c.buckets.most_side, "Longest side of a bucket");
  v("bucket_reso_steps", c.buckets.step, "Sides of buckets are multiples of this");
  v("bucket_no_upscale", c.buckets.no_upscale, "Small pictures are not enlarged");
  v("flip_aug", c.flip_aug, "Half of the uses see the picture mirrored");
  v("color_aug", c.color_aug, "Hue and brightness change a little at each use. Latents are then made anew each time");
  v("random_crop", c.random_crop, "What does not fit is cut at a random place instead of all around. As above");
  v("alpha_mask", c.alpha_mask, "The pictures' alpha is a mask: transparent parts are not learnt");
  v("conditioning_data_dir", c.conditioning_data_dir,
    "With masked_loss: folder of masks, pictures of the same names; what is white in them (red counts) is learnt");
  v("caption_prefix", c.captions.prefix, "Put before every caption");
  v("caption_suffix", c.captions.suffix, "Put after every caption");
  v("caption_dropout_rate", c.captions.dropout_rate, "Share of uses without a caption");
  v("caption_dropout_every_n_epochs", c.captions.dropout_every_n_epochs, "Every so many epochs have no captions");
  v("enable_wildcard", c.captions.wildcards, "{red|blue} is one of them; of a caption file any line");
  v("caption_separator", c.captions.separator, "What stands between tags");
  v("shuffle_caption", c.captions.shuffle, "Tags come in another order at each use");
  v("keep_tokens", c.captions.keep_tokens, "So many first tags stay where they are");
  v("keep_tokens_separator", c.captions.keep_tokens_separator, "What stands before this stays where it is");
  v("caption_tag_dropout_rate", c.captions.tag_dropout_rate, "Share of tags left out");
  v("token_warmup_step", c.captions.warmup_steps, "Tags become more until this step; below 1 a share of the run");
  v("token_warmup_min", c.captions.warmup_min, "How many tags there are at first");
  v("secondary_separator", c.captions.secondary_separator, "Ties tags together; becomes caption_separator in the end");
}

}  // namespace darkroom::train
