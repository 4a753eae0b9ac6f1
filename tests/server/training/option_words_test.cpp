#include "server/training/option_words.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "train/config.h"

namespace darkroom::server {
namespace {

TEST(OptionWords, EveryOneIsAnOptionOfTheTrainer) {
  std::set<std::string> names, seen;
  for (const train::OptionRow& row : train::lora_option_rows()) names.insert(row.name);
  std::set<std::string> sections;
  for (const auto& [name, about] : option_sections()) sections.insert(name);
  for (const OptionWords& words : option_words()) {
    EXPECT_TRUE(names.contains(words.name)) << words.name;
    EXPECT_TRUE(seen.insert(words.name).second) << words.name << " twice";
    EXPECT_TRUE(sections.contains(words.section)) << words.section;
  }
}

TEST(OptionWords, ChoicesAreTaken) {
  for (const OptionWords& words : option_words()) {
    for (const std::string& choice : words.choices) {
      train::ToldOptions told = {
          {"pretrained_model_name_or_path", {"m"}}, {"train_data_dir", {"d"}}, {"output_dir", {"o"}}};
      told[words.name] = {choice};
      if (choice == "adafactor") told["optimizer_type"] = {"Adafactor"};
      if (choice == "piecewise_constant") told["lr_scheduler_args"] = {"step_rules=1:10,0.1"};
      EXPECT_NO_THROW(train::read_training_config({}, told)) << words.name << " " << choice;
    }
  }
}

TEST(OptionWords, PageHasAllButPlaces) {
  const auto json = training_options_json();
  std::set<std::string> shown;
  for (const auto& option : json["options"]) shown.insert(option["name"].get<std::string>());
  EXPECT_EQ(shown.size() + 9, train::lora_option_rows().size());
  for (const char* place : {"output_dir", "train_data_dir", "logging_dir", "latent_cache_dir"})
    EXPECT_FALSE(shown.contains(place)) << place;
}

}  // namespace
}  // namespace darkroom::server
