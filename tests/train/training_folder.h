// Pictures in kohya's folders beside a tiny model, for whole LoRA trainings.
#pragma once

#include "formats/png.h"
#include "formats/support.h"
#include "train/lora_training.h"

namespace darkroom::train {

class TrainingFolder {
 public:
  TrainingFolder() {
    add("10_sks disc/a.png", 32, 32, {255, 0, 0}, "a red disc, round, bright");
    add("10_sks disc/b.png", 48, 32, {0, 0, 255}, "a blue disc, round, dark");
    add("2_square/c.png", 32, 48, {0, 255, 0}, "");
  }

  /// A picture of one colour with a darker middle; RGBA with transparent corners where `alpha`.
  void add(const std::string& name, int width, int height, std::array<uint8_t, 3> colour, const std::string& caption,
           bool alpha = false) const {
    Image image(width, height, alpha ? 4 : 3);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool inside = std::abs(x - width / 2) + std::abs(y - height / 2) < height / 2;
        for (size_t c = 0; c < 3; ++c) image.pixel(x, y)[c] = uint8_t(colour[c] / (inside ? 2 : 1));
        if (alpha) image.pixel(x, y)[3] = inside ? 255 : 0;
      }
    }
    const auto path = folder_ / ("pictures/" + name);
    std::filesystem::create_directories(path.parent_path());
    formats::write_png(path, image, {});
    if (!caption.empty()) formats::put(std::filesystem::path(path).replace_extension(".txt"), caption + "\n");
  }

  LoraTraining training(const std::string& output = "run") const {
    LoraTraining told;
    told.pretrained_model_name_or_path = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15";
    told.train_data_dir = folder_ / "pictures";
    told.run.output_dir = folder_ / output;
    told.resolution = "32";
    told.enable_bucket = true;
    told.buckets.least_side = 16, told.buckets.most_side = 64, told.buckets.step = 8;
    told.run.steps = 6, told.run.batch_size = 2, told.run.learning_rate = 1e-3;
    told.run.save_every_n_steps = 100;
    told.network.dim = 2;
    return told;
  }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  formats::TemporaryFolder folder_;
};

}  // namespace darkroom::train
