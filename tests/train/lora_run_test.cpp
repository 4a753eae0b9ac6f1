// Whole LoRA trainings of a tiny model: what they leave, and that a stop changes nothing.
#include "train/lora_run.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "base/error.h"
#include "base/log.h"
#include "checkpoint/load.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "train/config.h"
#include "train/recorded_run.h"
#include "train/run.h"
#include "train/saved_state.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

using formats::content_of;

Training with_everything(const TrainingFolder& folder, const std::string& output) {
  LoraTraining told = folder.training(output);
  told.run.optimizer = "Prodigy", told.run.learning_rate = 1;
  told.run.optimizer_args = {"d0=0.001", "use_bias_correction=True"};
  told.run.ema_decay = 0.9, told.gradient_accumulation_steps = 2;
  told.network_args = {"conv_dim=2", "rank_dropout=0.2", "module_dropout=0.1"};
  told.network.dropout = 0.1;
  told.flip_aug = true, told.captions.shuffle = true, told.captions.dropout_rate = 0.2;
  told.noise.offset = 0.05, told.loss.min_snr_gamma = 5, told.scale_weight_norms = 1;
  told.run.steps = 14;  // an epoch has 11 batches: 6 steps, the last of one batch
  return settled(told);
}

void run(const Training& training, const Progress& progress = ignore_progress) {
  run_training(training, progress);
}

TEST(LoraRun, AStopAnywhereChangesNothing) {
  const TrainingFolder folder;
  run(with_everything(folder, "whole"));
  const std::string whole = content_of(folder / "whole/last.safetensors");
  ASSERT_GT(whole.size(), 1000u);
  for (const int stop : {1, 5, 6, 13}) {
    const std::string output = "stopped" + std::to_string(stop);
    EXPECT_THROW(run(with_everything(folder, output),
                     [&](const ProgressEvent& event) {
                       require(event.stage != "training" || event.step < stop, ErrorKind::cancelled, "stop");
                     }),
                 Error);
    run(with_everything(folder, output));
    EXPECT_EQ(content_of(folder / (output + "/last.safetensors")), whole) << stop;
  }
}

TEST(LoraRun, Fp16IsRoundedScaledSaidAndResumedToTheBit) {
  const TrainingFolder folder;
  const auto told = [&](const std::string& output) {
    LoraTraining training = folder.training(output);
    training.run.mixed_precision = "fp16", training.gradient_checkpointing = true;
    training.run.steps = 8, training.run.log_every_n_steps = 1;
    return settled(training);
  };
  std::vector<std::string> lines;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { lines.push_back(line); });
  run(told("whole"));
  set_log_sink(before);
  EXPECT_EQ(std::ranges::count_if(lines, [](const auto& line) { return line.starts_with("mixed_precision fp16: "); }),
            1);
  const std::string log = content_of(folder / "whole/log.csv");
  EXPECT_NE(log.find(",loss_scale,65536"), std::string::npos);
  EXPECT_NE(log.find(",skipped_steps,"), std::string::npos);

  EXPECT_THROW(run(told("stopped"),
                   [](const ProgressEvent& event) {
                     require(event.stage != "training" || event.step < 3, ErrorKind::cancelled, "stop");
                   }),
               Error);
  run(told("stopped"));
  const std::string whole = content_of(folder / "whole/last.safetensors");
  EXPECT_EQ(content_of(folder / "stopped/last.safetensors"), whole);

  LoraTraining fp32 = told("fp32");
  fp32.run.mixed_precision = "no";
  run(fp32);
  EXPECT_NE(content_of(folder / "fp32/last.safetensors"), whole);
}

TEST(LoraRun, TheFileIsAsKohyasAndSaysHowItWasMade) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.run.steps = 3, told.save_precision = "fp16", told.output_name = "disc", told.network.alpha = 1;
  run(settled(told));
  const auto file = formats::read_safetensors(folder / "run/disc.safetensors");
  const auto down =
      file.tensors.find("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight");
  ASSERT_NE(down, file.tensors.end());
  EXPECT_EQ(down->second.dtype, formats::DType::f16);
  EXPECT_EQ(down->second.shape.front(), 2);
  EXPECT_TRUE(file.tensors.contains("lora_te_text_model_encoder_layers_0_self_attn_q_proj.alpha"));
  const auto& metadata = file.metadata;
  EXPECT_EQ(metadata.at("ss_network_module"), "networks.lora");
  EXPECT_EQ(metadata.at("ss_network_dim"), "2");
  EXPECT_EQ(metadata.at("ss_network_alpha"), "1.0");
  EXPECT_EQ(metadata.at("ss_output_name"), "disc");
  EXPECT_EQ(metadata.at("ss_base_model_version"), "sd_v1");
  EXPECT_EQ(metadata.at("ss_steps"), "3");
  EXPECT_EQ(metadata.at("ss_unet_lr"), "None");
  EXPECT_EQ(metadata.at("ss_enable_bucket"), "True");
  EXPECT_EQ(metadata.at("ss_resolution"), "(32, 32)");
  EXPECT_EQ(metadata.at("ss_dataset_dirs"),
            R"({"10_sks disc":{"n_repeats":10,"img_count":2},"2_square":{"n_repeats":2,"img_count":1}})");
  EXPECT_NE(metadata.at("ss_tag_frequency").find(R"("round":2)"), std::string::npos);
  EXPECT_EQ(metadata.at("sshs_model_hash").size(), 64u);
  EXPECT_EQ(metadata.at("modelspec.architecture"), "stable-diffusion-v1/lora");
}

TEST(LoraRun, ARateOfEachTextEncoderIsRecorded) {
  const TrainingFolder folder;
  const auto told = [&](const char* output, std::vector<double> rates) {
    LoraTraining training = folder.training(output);
    training.pretrained_model_name_or_path = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sdxl";
    training.run.steps = 2, training.text_encoder_lr = std::move(rates);
    return settled(training);
  };
  const auto recorded = [&](const char* output) {
    return formats::read_safetensors(folder / (std::string(output) + "/last.safetensors"))
        .metadata.at("ss_text_encoder_lr");
  };
  run(told("two", {5e-4, 1e-4}));
  EXPECT_EQ(recorded("two"), "[0.0005, 0.0001]") << "as Python prints the list";
  const RecordedRun file = read_recorded_run((folder / "two/last.safetensors").string());
  EXPECT_EQ(file.options.at("text_encoder_lr"), "0.0005 0.0001");
  EXPECT_EQ(read_recorded_run((folder / "two").string()).options.at("text_encoder_lr"), "0.0005 0.0001");
  run(told("one", {5e-4}));
  EXPECT_EQ(recorded("one"), "0.0005");
  run(told("alike", {5e-4, 5e-4}));
  EXPECT_EQ(recorded("alike"), "0.0005");
  EXPECT_EQ(content_of(folder / "alike/last.safetensors"), content_of(folder / "one/last.safetensors"));

  const Training planned = told("planned", {5e-4, 1e-4});
  const LoraPlan plan = plan_lora_training(
      std::get<LoraTraining>(planned), resolved_toml(planned), [](const auto&) {}, false);
  const std::string text = plan_text(plan);
  for (const char* line : {"textencoder 1", "textencoder 2", "rate 0.0005", "rate 0.0001", "rate 0.001"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
}

Training fine_tuning(const TrainingFolder& folder, const std::string& output) {
  LoraTraining told = folder.training(output);
  told.pretrained_model_name_or_path = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors";
  told.network_module = "none", told.network.dim = LoraTraining().network.dim, told.train_text_encoder = true;
  told.run.learning_rate = 1e-4, told.text_encoder_lr = {1e-5}, told.run.ema_decay = 0.9;
  told.gradient_accumulation_steps = 2, told.gradient_checkpointing = true, told.save_precision = "fp16";
  told.captions.dropout_rate = 0.2, told.run.steps = 8, told.run.save_every_n_steps = 3;
  return settled(told);
}

// The last layer of SDXL's first text encoder is not read, so it has no gradient.
TEST(LoraRun, OneTextEncoderOfSdxlIsTrainedAlone) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.pretrained_model_name_or_path = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sdxl.safetensors";
  told.network_module = "none", told.network.dim = LoraTraining().network.dim, told.train_text_encoder = true;
  told.run.steps = 2, told.run.learning_rate = 1e-3, told.learning_rate_te2 = 0;
  run(settled(told));
  const auto before = formats::read_safetensors(told.pretrained_model_name_or_path);
  const auto after = formats::read_safetensors(folder / "run/last.safetensors");
  bool first_moved = false;
  for (const auto& [name, tensor] : before.tensors) {
    const Tensor old = checkpoint::tensor_view(tensor).to(at::kFloat);
    const auto found = after.tensors.find(name);
    if (found == after.tensors.end()) continue;
    const bool is_same = at::equal(checkpoint::tensor_view(found->second).to(at::kFloat), old);
    if (name.starts_with("conditioner.embedders.0.")) first_moved |= !is_same;
    EXPECT_TRUE(is_same || !name.starts_with("conditioner.embedders.1.")) << name;
  }
  EXPECT_TRUE(first_moved);
}

TEST(LoraRun, FullFineTuningLeavesACheckpointAndGoesOnToTheBit) {
  const TrainingFolder folder;
  run(fine_tuning(folder, "whole"));
  const auto file = formats::read_safetensors(folder / "whole/last.safetensors");
  EXPECT_EQ(file.metadata.at("ss_steps"), "8");
  EXPECT_EQ(file.metadata.at("ss_train_text_encoder"), "True");
  EXPECT_EQ(file.metadata.at("modelspec.architecture"), "stable-diffusion-v1");
  EXPECT_FALSE(file.metadata.contains("ss_network_module"));  // by which programs know a LoRA
  const auto before = formats::read_safetensors(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors");
  const auto is_changed = [&](const char* name) {
    const Tensor old = checkpoint::tensor_view(before.tensors.at(name)).to(at::kHalf);
    return !checkpoint::tensor_view(file.tensors.at(name)).equal(old);
  };
  EXPECT_TRUE(is_changed("model.diffusion_model.input_blocks.0.0.weight"));
  EXPECT_TRUE(is_changed("cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight"));
  EXPECT_FALSE(is_changed("first_stage_model.decoder.conv_in.weight"));
  EXPECT_NO_THROW(checkpoint::load_checkpoint(folder / "whole/last.safetensors"));
  for (const int stop : {1, 5}) {
    const std::string output = "stopped" + std::to_string(stop);
    EXPECT_THROW(run(fine_tuning(folder, output),
                     [&](const ProgressEvent& event) {
                       require(event.stage != "training" || event.step < stop, ErrorKind::cancelled, "stop");
                     }),
                 Error);
    run(fine_tuning(folder, output));
    EXPECT_EQ(content_of(folder / (output + "/last.safetensors")), content_of(folder / "whole/last.safetensors"));
  }
  const LoraPlan plan = plan_lora_training(std::get<LoraTraining>(fine_tuning(folder, "plan")), "", ignore_progress,
                                           /*probes=*/false);
  EXPECT_EQ(plan.lora_bytes, 0);
  ASSERT_EQ(plan.parts.size(), 2u);
  // Gradients, two moments and the average: four numbers for each one that is trained, and a count of steps for each
  // tensor.
  const int64_t trained = plan.parts[0].parameters + plan.parts[1].parameters;
  EXPECT_EQ(plan.state_bytes, 16 * trained + 8 * (plan.parts[0].modules + plan.parts[1].modules));
  EXPECT_LT(plan.model_bytes, plan.state_bytes);
}

TEST(LoraRun, GoesOnFromTheStateItIsTold) {
  const TrainingFolder folder;
  const auto told = [&](const std::string& output, const std::filesystem::path& resume = {}) {
    LoraTraining training = folder.training(output);
    training.run.steps = 8, training.run.save_every_n_steps = 2, training.save_last_n_steps_state = 6;
    training.resume = resume;
    return settled(training);
  };
  run(told("whole"));
  const std::string whole = content_of(folder / "whole/last.safetensors");
  for (const char* state : {"state.step00000002", "state.step00000004", "state.previous"}) {
    std::filesystem::remove_all(folder / "other");
    run(told("other", folder / ("whole/" + std::string(state) + ".safetensors")));
    EXPECT_EQ(content_of(folder / "other/last.safetensors"), whole) << state;
  }
  // Two damaged states cost the steps since the third, and nothing else.
  formats::put(folder / "whole/state.safetensors", "damaged");
  formats::put(folder / "whole/state.previous.safetensors", "damaged");
  std::filesystem::remove(folder / "whole/last.safetensors");
  run(told("whole"));
  EXPECT_EQ(content_of(folder / "whole/last.safetensors"), whole);
}

TEST(LoraRun, GoesOnFromAStateThatDoesNotKnowLaterOptions) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.run.steps = 2;
  run(settled(told));
  const auto state = find_saved_state(told.run.output_dir);
  std::string options = state->options;
  const std::string later = "train_text_encoder = false\n";
  ASSERT_NE(options.find(later), std::string::npos);
  options.erase(options.find(later), later.size());
  std::vector<std::pair<std::string, formats::TensorToMake>> tensors;
  for (const auto& [name, tensor] : state->tensors.tensors)
    tensors.emplace_back(name, formats::TensorToMake{tensor.dtype, tensor.shape, [tensor = tensor] { return tensor; }});
  save_state(told.run.output_dir, tensors, 2, options);
  told.run.steps = 3;
  EXPECT_NO_THROW(run(settled(told)));
}

TEST(LoraRun, FullBf16KeepsWhatIsTrainedInBf16) {
  const TrainingFolder folder;
  const auto told = [&](const std::string& output, bool is_full) {
    LoraTraining training = folder.training(output);
    training.run.mixed_precision = "bf16", training.full_bf16 = is_full, training.run.learning_rate = 1e-2;
    training.run.save_every_n_steps = 3;
    return settled(training);
  };
  run(told("whole", true));
  const auto file = formats::read_safetensors(folder / "whole/last.safetensors");
  for (const auto& [name, stored] : file.tensors) {
    const Tensor values = checkpoint::tensor_view(stored);
    EXPECT_TRUE(values.equal(values.to(at::kBFloat16).to(at::kFloat))) << name;
  }
  EXPECT_THROW(run(told("stopped", true),
                   [](const ProgressEvent& event) {
                     require(event.stage != "training" || event.step < 4, ErrorKind::cancelled, "stop");
                   }),
               Error);
  run(told("stopped", true));
  EXPECT_EQ(content_of(folder / "stopped/last.safetensors"), content_of(folder / "whole/last.safetensors"));
  run(told("plain", false));
  EXPECT_NE(content_of(folder / "plain/last.safetensors"), content_of(folder / "whole/last.safetensors"));
}

TEST(LoraRun, ALossThatIsNotFiniteStopsAtOnceAndNamesThePictures) {
  const TrainingFolder folder;
  LoraTraining told = folder.training("nan");
  told.run.optimizer = "SGDNesterov", told.run.learning_rate = 1e30, told.run.max_grad_norm = 0;
  told.run.save_every_n_steps = 1;
  try {
    run(settled(told));
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal);
    const std::string message = error.what();
    EXPECT_NE(message.find("with the pictures"), std::string::npos) << message;
    EXPECT_NE(message.find(".png"), std::string::npos) << message;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "nan/last.safetensors"));
}

/// Files of this process may not grow beyond this many bytes while it lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : ignored_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, ignored_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*ignored_)(int);
  rlimit before_{};
};

TEST(LoraRun, AFullDiskStopsItAndCostsNothingSaved) {
  const TrainingFolder folder;
  run(with_everything(folder, "whole"));
  const auto stop_at = [&](int step) {
    return [step](const ProgressEvent& event) {
      require(event.stage != "training" || event.step < step, ErrorKind::cancelled, "stop");
    };
  };
  EXPECT_THROW(run(with_everything(folder, "full"), stop_at(3)), Error);
  const auto state = folder / "full/state.safetensors";
  const std::string saved = content_of(state);
  {
    const FullDisk disk(saved.size() / 2);
    const Error error = formats::error_of([&] { run(with_everything(folder, "full"), stop_at(5)); });
    EXPECT_EQ(error.kind(), ErrorKind::io) << error.what();
  }
  EXPECT_EQ(content_of(state), saved);
  run(with_everything(folder, "full"));
  EXPECT_EQ(content_of(folder / "full/last.safetensors"), content_of(folder / "whole/last.safetensors"));
}

TEST(LoraRun, ItLearns) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.run.steps = 150, told.run.learning_rate = 2e-2, told.network.dim = 8, told.network.alpha = 8;
  told.validation_split = 0, told.run.log_every_n_steps = 50;
  run(settled(told));
  std::istringstream log(content_of(folder / "run/log.csv"));
  std::vector<double> losses;
  for (std::string line; std::getline(log, line);)
    if (const auto at = line.find(",loss,"); at != line.npos) losses.push_back(std::stod(line.substr(at + 6)));
  ASSERT_EQ(losses.size(), 3u);
  EXPECT_LT(losses[2], 0.95 * losses[0]);
}

TEST(LoraRun, GoesOnOnlyAsTheSameRun) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.run.steps = 2;
  run(settled(told));
  LoraTraining other = told;
  other.run.steps = 4, other.network.dropout = 0.5;
  const Error error = formats::error_of([&] { run(settled(other)); });
  EXPECT_NE(std::string(error.what()).find("network_dropout: 0.0 -> 0.5"), std::string::npos) << error.what();
  other.network.dropout = 0;
  run(settled(other));  // longer: planned anew, and said
  EXPECT_EQ(formats::read_safetensors(folder / "run/last.safetensors").metadata.at("ss_steps"), "4");
  // What was refused does not stand on record.
  EXPECT_EQ(content_of(folder / "run/options.toml").find("0.5"), std::string::npos);
  other.run.steps = 3;
  const Error shorter = formats::error_of([&] { run(settled(other)); });
  EXPECT_NE(std::string(shorter.what()).find("4 steps are done"), std::string::npos) << shorter.what();
  // Other pictures are another run too.
  folder.add("10_sks disc/new.png", 32, 32, {1, 2, 3}, "new");
  other.run.steps = 5;
  const Error pictures = formats::error_of([&] { run(settled(other)); });
  EXPECT_NE(std::string(pictures.what()).find("pictures_sha256"), std::string::npos) << pictures.what();
}

TEST(LoraRun, WhatADatasetFileSaysIsOfTheRun) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.train_data_dir.clear(), told.dataset_config = folder / "data.toml";
  told.run.steps = 2;
  const std::string subset = "[[datasets.subsets]]\nimage_dir = \"pictures/10_sks disc\"\n";
  formats::put(folder / "data.toml", "[[datasets]]\nbatch_size = 1\n" + subset);
  run(settled(told));
  EXPECT_NE(content_of(folder / "run/run.toml").find("dataset1_subset1_flip_aug = false"), std::string::npos);
  told.run.steps = 4;
  formats::put(folder / "data.toml", "[[datasets]]\nbatch_size = 2\n" + subset + "flip_aug = true\n");
  const std::string message = formats::error_of([&] { run(settled(told)); }).what();
  EXPECT_NE(message.find("dataset1_batch_size: 1 -> 2"), std::string::npos) << message;
  EXPECT_NE(message.find("dataset1_subset1_flip_aug: false -> true"), std::string::npos) << message;
}

TEST(LoraRun, DiffersInNothingFromItsOwnFile) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.run.steps = 2, told.network_args = {"conv_dim=2", "rank_dropout=0.1"};
  told.run.optimizer_args = {"weight_decay=0.1", "betas=0.9,0.99"};
  told.model_spec.author = "somebody";
  run(settled(told));
  std::map<std::string, std::string> standard;
  for (const OptionRow& row : lora_option_rows()) standard[row.name] = row.standard;
  const auto found = differing_options(read_recorded_run((folder / "run").string()),
                                       read_recorded_run((folder / "run/last.safetensors").string()), standard);
  for (const OptionDifference& one : found) ADD_FAILURE() << one.name << ": " << one.first << " and " << one.second;
  const auto file = formats::read_safetensors(folder / "run/last.safetensors");
  EXPECT_EQ(file.metadata.at("modelspec.author"), "somebody");
  EXPECT_FALSE(file.metadata.contains("modelspec.license"));
}

TEST(LoraRun, FilesAndCurvesAreNamedAsKohyas) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.max_train_epochs = 3, told.save_every_n_epochs = 1, told.save_every_n_steps = 10, told.save_last_n_epochs = 1;
  told.validation_split = 0.4, told.logging_dir = folder / "logs", told.log_prefix = "disc_";
  told.sample_prompts = folder / "prompts.txt", told.sample_every_n_epochs = 1, told.sample_at_first = true;
  std::vector<std::string> samples;
  const LoraHooks hooks{[&](const LoraTraining&, const std::filesystem::path& file, const std::filesystem::path&,
                            const std::string& name) {
    EXPECT_TRUE(std::filesystem::exists(file));
    samples.push_back(name);
  }};
  run_training(settled(told), ignore_progress, hooks);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/last-000001.safetensors"));  // only the newest is kept
  EXPECT_TRUE(std::filesystem::exists(folder / "run/last-000002.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/last-000003.safetensors"));  // that is the last one
  EXPECT_TRUE(std::filesystem::exists(folder / "run/last-step00000010.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/last.safetensors"));
  EXPECT_EQ(samples, (std::vector<std::string>{"000000", "e000001", "e000002", "last"}));
  const auto logs = std::filesystem::directory_iterator(folder / "logs")->path();
  EXPECT_TRUE(logs.filename().string().starts_with("disc_20"));
  const std::string events = content_of(std::filesystem::directory_iterator(logs / "network_train")->path());
  for (const char* tag : {"loss/current", "loss/average", "loss/epoch_average", "lr/unet", "lr/textencoder",
                          "loss/validation/epoch_average", "loss/validation/epoch_divergence"})
    EXPECT_NE(events.find(tag), std::string::npos) << tag;
}

TEST(LoraRun, DoesNotStartWhereMemoryCannotDo) {
  const TrainingFolder folder;
  LoraTraining told = settled(folder.training());
  const LoraHooks tiny{.make_samples = {}, .machine_memory = 1000};
  const Error error = formats::error_of([&] { run_training(told, ignore_progress, tiny); });
  EXPECT_EQ(error.kind(), ErrorKind::out_of_memory);
  EXPECT_NE(std::string(error.what()).find("ignore_memory"), std::string::npos) << error.what();
  EXPECT_FALSE(std::filesystem::exists(folder / "run/last.safetensors"));
  told.ignore_memory = true;
  EXPECT_NO_THROW(run_training(told, ignore_progress, tiny));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/last.safetensors"));
}

TEST(LoraRun, TellsWhatHappensAndWhatAStepWasMadeWith) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.run.optimizer = "Prodigy", told.run.learning_rate = 1, told.run.optimizer_args = {"safeguard_warmup=True"};
  told.lr_scheduler = "cosine_with_restarts", told.lr_scheduler_num_cycles = 2;
  told.max_train_epochs = 2, told.save_every_n_epochs = 1, told.validation_split = 0.4;
  std::string kinds, words;
  std::vector<int64_t> steps;
  std::vector<BatchPicture> last;
  const LoraHooks hooks{.make_samples = {},
                        .looks_at_batch =
                            [&](int64_t step, const std::vector<BatchPicture>& pictures) {
                              steps.push_back(step);
                              last = pictures;
                            },
                        .hears =
                            [&](const TrainingEvent& event) {
                              kinds += event.kind + " ";
                              words += event.words + "\n";
                            }};
  run_training(settled(told), ignore_progress, hooks);
  EXPECT_TRUE(kinds.starts_with("start ")) << kinds;
  EXPECT_TRUE(kinds.ends_with("validation state end ")) << kinds;
  for (const char* said :
       {"Started\n", "d left its start value 1e-06\n", "Rate restarts\n", "Epoch 1 saved\n", " (was "})
    EXPECT_NE(words.find(said), std::string::npos) << said << " in " << words;
  EXPECT_EQ(std::ranges::count(words, '\n') + 1, std::ranges::count(content_of(folder / "run/events.csv"), '\n'));
  ASSERT_GT(steps.size(), 2u);
  EXPECT_EQ(steps.back(), int64_t(steps.size())) << "each step";
  ASSERT_FALSE(last.empty());
  EXPECT_TRUE(std::filesystem::exists(last[0].file));
  EXPECT_TRUE(last[0].timestep >= 0 && last[0].timestep < 1000);
  EXPECT_TRUE(last[0].size.width % 8 == 0 && last[0].size.width >= 16);
}

TEST(LoraRun, WishesAreGrantedBetweenStepsAndChangeNothing) {
  const TrainingFolder folder;
  const auto told = [&](const std::string& output) {
    LoraTraining training = folder.training(output);
    training.run.steps = 6, training.run.save_every_n_steps = 1000, training.network.dropout = 0.1;
    training.sample_prompts = folder / "prompts.txt", training.sample_every_n_steps = 1000;
    return settled(training);
  };
  run(told("plain"));
  std::vector<std::string> samples;
  int64_t step = 0;
  bool is_kept = false;
  const LoraHooks hooks{
      .make_samples = [&](const LoraTraining&, const std::filesystem::path&, const std::filesystem::path&,
                          const std::string& name) { samples.push_back(name); },
      .wishes =
          [&] {
            ++step;
            return LoraWishes{.saves = step == 2, .samples = step == 4};
          }};
  run_training(
      told("wished"),
      [&](const ProgressEvent& event) {
        if (event.stage == "training" && event.step == 2)
          is_kept = state_to_continue(folder / "wished", {}).has_value();
      },
      hooks);
  EXPECT_EQ(step, 5) << "the last step leaves both anyway";
  EXPECT_TRUE(is_kept) << "the state too";
  EXPECT_EQ(samples, (std::vector<std::string>{"000004", "last"}));
  EXPECT_EQ(formats::read_safetensors(folder / "wished/last-step00000002.safetensors").metadata.at("ss_steps"), "2");
  EXPECT_FALSE(std::filesystem::exists(folder / "plain/last-step00000002.safetensors"));
  EXPECT_EQ(content_of(folder / "wished/last.safetensors"), content_of(folder / "plain/last.safetensors"));
}

TEST(LoraRun, APlanCountsAsTheRunDoes) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.gradient_accumulation_steps = 2, told.max_train_epochs = 2, told.text_encoder_lr = {5e-5};
  const LoraPlan plan = plan_lora_training(settled(told), "", ignore_progress, /*probes=*/true);
  EXPECT_EQ(plan.batches_per_epoch, 11);
  EXPECT_EQ(plan.steps_per_epoch, 6);
  EXPECT_EQ(plan.steps, 12);
  EXPECT_EQ(plan.epochs, 2);
  ASSERT_EQ(plan.parts.size(), 2u);
  EXPECT_EQ(plan.parts[0].name, "textencoder");
  EXPECT_DOUBLE_EQ(plan.parts[0].rate, 5e-5);
  EXPECT_GT(plan.parts[1].parameters, 1000);
  ASSERT_TRUE(plan.probe.has_value());
  EXPECT_GT(plan.step_bytes, 0);
  EXPECT_GT(plan.machine_bytes, plan.step_bytes);
  EXPECT_EQ(plan.memory_warning, "");
  EXPECT_GT(plan.probe->seconds_per_step, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  EXPECT_NE(plan_text(plan).find("12 in all (2 epochs)"), std::string::npos) << plan_text(plan);
  EXPECT_NE(plan_json(plan).find("\"steps_per_epoch\": 6"), std::string::npos);
}

TEST(LoraRun, StartsFromAFileOfTheSameKindOnly) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  run(settled(told));
  LoraTraining next = folder.training("next");
  next.network_weights = folder / "run/last.safetensors";
  next.run.steps = 1, next.run.learning_rate = 1e-12;
  run(settled(next));
  const auto before = formats::read_safetensors(folder / "run/last.safetensors");
  const auto after = formats::read_safetensors(folder / "next/last.safetensors");
  for (const auto& [name, tensor] : before.tensors)
    EXPECT_TRUE(at::allclose(checkpoint::tensor_view(tensor), checkpoint::tensor_view(after.tensors.at(name)), 0, 1e-6))
        << name;
  next.network.dim = 3, next.run.output_dir = folder / "third";
  EXPECT_EQ(formats::error_of([&] { run(settled(next)); }).kind(), ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::train
