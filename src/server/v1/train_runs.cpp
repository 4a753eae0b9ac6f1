// Training runs: drafts, what their options mean, plans, starting, and what came of them.
#include <algorithm>

#include "formats/atomic_file.h"
#include "formats/mapped_file.h"
#include "formats/utf8.h"
#include "generate/file_facts.h"
#include "jobs/event_data.h"
#include "server/json_text.h"
#include "server/training/option_words.h"
#include "server/training/told_options.h"
#include "server/training/trainings.h"
#include "server/v1/endpoints.h"
#include "train/command_line.h"
#include "train/lora_effects.h"
#include "train/lora_remedies.h"

namespace darkroom::server::v1 {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;
using train::LoraTraining;

constexpr size_t kLargestRecord = size_t(256) << 20;
constexpr size_t kMostValues = 200;
constexpr size_t kMostEvents = 200;

std::string text_in(const json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return "";
  require(found->is_string(), ErrorKind::invalid_request, "{}: a text is needed, a {} was given", name,
          found->type_name());
  return found->get<std::string>();
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; (at = text.find_first_not_of(" \t\r\n", at)) != std::string::npos;) {
    const size_t end = std::min(text.find_first_of(" \t\r\n", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

/// A value of JSON as the texts an option is told: lists from a list or from words of a text.
std::vector<std::string> values_of(const std::string& name, const json& value, bool is_list) {
  std::vector<std::string> values;
  if (value.is_array()) {
    require(is_list && value.size() <= kMostValues, ErrorKind::invalid_request,
            "{}: one value is needed, {} were given", name, value.size());
    for (const json& one : value) values.push_back(field_text_of(one));
    return values;
  }
  const std::string text = field_text_of(value);
  if (is_list) return words_of(text);
  if (value.is_boolean()) return {value.get<bool>() ? "true" : "false"};
  return {text};
}

train::ToldOptions options_of(const json& body) {
  train::ToldOptions told;
  const auto options = body.find("options");
  if (options == body.end() || options->is_null()) return told;
  require(options->is_object(), ErrorKind::invalid_request, "options: an object is needed, a {} was given",
          options->type_name());
  const std::vector<train::OptionRow> rows = train::lora_option_rows();
  for (const auto& [name, value] : options->items()) {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&, &key = name](const auto& one) { return one.name == key; });
    require(row != rows.end(), ErrorKind::invalid_request, "options: there is no option {}", formats::in_quotes(name));
    if (value.is_null()) continue;
    try {
      told[name] = values_of(name, value, row->is_list);
    } catch (const Error& error) {
      throw error.within("options: " + name);
    }
  }
  return told;
}

/// What a request says of a draft; what it leaves out stays as it is.
RunDraft changed_draft(RunDraft draft, const json& body) {
  if (body.contains("options")) draft.options = options_of(body);
  if (body.contains("dataset")) draft.dataset = text_in(body, "dataset");
  if (body.contains("regularisation")) draft.regularisation = text_in(body, "regularisation");
  if (body.contains("prompts")) draft.prompts = text_in(body, "prompts");
  if (body.contains("note")) draft.note = text_in(body, "note");
  require(draft.prompts.size() + draft.note.size() < 100000, ErrorKind::invalid_request,
          "prompts and note: at most 100,000 bytes are kept");
  return draft;
}

LoraTraining training_of(const train::ToldOptions& told, const std::string& run, Context& context) {
  train::ToldOptions whole = told;
  whole["output_dir"] = {context.trainings.runs.path(run).string()};
  return std::get<LoraTraining>(train::read_training_config({}, whole));
}

/// The option a refusal is about: the longest name in it.
std::string option_in(const std::string& problem) {
  std::string found;
  for (const train::OptionRow& row : train::lora_option_rows())
    if (row.name.size() > found.size() && problem.find(row.name) != std::string::npos) found = row.name;
  return found;
}

ordered_json problem_json(const std::string& problem, const train::ToldOptions& told) {
  ordered_json remedies = ordered_json::array();
  const auto ways = train::remedies_for(problem, told);
  for (const train::Remedy& way : ways) {
    ordered_json changes = ordered_json::object();
    for (const auto& [name, values] : way.changes) {
      std::string text;
      for (const std::string& one : values) text += (text.empty() ? "" : " ") + one;
      changes[name] = values.empty() ? ordered_json(nullptr) : ordered_json(text);
    }
    remedies.push_back({{"label", way.label}, {"changes", std::move(changes)}});
  }
  return {{"text", problem},
          {"option", ways.empty() ? option_in(problem) : ways.front().option},
          {"remedies", std::move(remedies)}};
}

/// Sizes of pictures are remembered, so that this can be asked after each change.
train::RunFacts facts_of(const LoraTraining& training, Context& context) {
  return train::run_facts(training,
                          [&](const fs::path& picture) { return context.trainings.datasets.size_of(picture); });
}

ordered_json explanation_json(const std::string& run, const RunDraft& draft, Context& context) {
  ordered_json values = ordered_json::object(), effects = ordered_json::object();
  train::ToldOptions told;
  try {
    told = told_options(run, draft, context);
    const LoraTraining training = training_of(told, run, context);
    const train::RunFacts facts = facts_of(training, context);
    for (const train::OptionValue& value : train::option_values(training)) {
      values[value.name] = value.text;
      effects[value.name] = train::effect_of(value.name, training, facts);
    }
    return {{"problem", nullptr},
            {"values", std::move(values)},
            {"effects", std::move(effects)},
            {"commands",
             {{"darkroom", train::darkroom_command(training)},
              {"kohya", train::kohya_command(training)},
              {"toml", train::resolved_toml(training)}}}};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid_request && error.kind() != ErrorKind::not_found) throw;
    return {{"problem", problem_json(error.what(), told)},
            {"values", nullptr},
            {"effects", nullptr},
            {"commands", nullptr}};
  }
}

/// Options of a draft as texts.
ordered_json told_json(const RunDraft& draft) {
  ordered_json options = ordered_json::object();
  for (const auto& [name, values] : draft.options) {
    std::string text;
    for (const std::string& one : values) text += (text.empty() ? "" : " ") + one;
    options[name] = text;
  }
  return options;
}

ordered_json number_or_null(const std::optional<double>& number) {
  return number ? ordered_json(*number) : ordered_json(nullptr);
}

/// draft, waiting, running, finished, stopped, failed.
std::string state_of(const RunDraft& draft, const std::optional<train::RecordedRun>& recorded, const fs::path& folder,
                     Context& context) {
  const auto job = draft.job.empty() ? std::nullopt : context.store.job(draft.job);
  if (job && (!jobs::has_ended(job->state) || job->state == jobs::JobState::failed))
    return std::string(jobs::state_name(job->state));
  if (!recorded) return "draft";
  const auto name = recorded->options.find("output_name");
  const std::string file = (name == recorded->options.end() ? "last" : name->second) + ".safetensors";
  const bool is_stopped = job && job->state == jobs::JobState::cancelled;
  return !is_stopped && fs::exists(folder / file) ? "finished" : "stopped";
}

ordered_json samples_json(const std::string& run, Context& context) {
  ordered_json all = ordered_json::array();
  for (const RunSample& sample : context.trainings.runs.samples(run))
    all.push_back({{"file", sample.file},
                   {"label", sample.label},
                   {"prompt", sample.prompt},
                   {"seed", sample.seed},
                   {"url", fmt::format("/api/v1/train/runs/{}/samples/{}", run, sample.file)}});
  return all;
}

ordered_json events_json(const std::string& run, Context& context) {
  ordered_json all = ordered_json::array();
  for (const RunEvent& one : context.trainings.runs.events(run, kMostEvents))
    all.push_back({{"time", one.time}, {"step", one.step}, {"kind", one.kind}, {"words", one.words}});
  return all;
}

ordered_json run_json(const std::string& name, Context& context) {
  const Runs& runs = context.trainings.runs;
  ordered_json json = {{"name", name}, {"kind", "run"}, {"error", nullptr}};
  try {
    const fs::path folder = runs.path(name);
    const RunDraft draft = runs.draft(name);
    const auto recorded = runs.recorded(name);
    const auto job = draft.job.empty() ? std::nullopt : context.store.job(draft.job);
    const auto samples = runs.samples(name);
    json["state"] = state_of(draft, recorded, folder, context);
    json["dataset"] = draft.dataset;
    json["regularisation"] = draft.regularisation;
    json["prompts"] = draft.prompts;
    json["note"] = draft.note;
    json["told"] = told_json(draft);
    json["job"] = job ? ordered_json(job->id) : ordered_json(nullptr);
    json["created"] = draft.created;
    json["started"] = job && job->started > 0 ? ordered_json(job->started) : ordered_json(nullptr);
    json["ended"] = job && job->ended > 0 ? ordered_json(job->ended) : ordered_json(nullptr);
    json["error"] = job && !job->error.empty() ? ordered_json(job->error) : ordered_json(nullptr);
    json["options"] = recorded ? ordered_json(recorded->options) : ordered_json(nullptr);
    json["steps_done"] = recorded && recorded->steps_done ? ordered_json(*recorded->steps_done) : ordered_json(nullptr);
    json["loss"] = number_or_null(recorded ? recorded->loss : std::nullopt);
    json["validation_loss"] = number_or_null(recorded ? recorded->validation_loss : std::nullopt);
    json["sample"] = samples.empty()
                         ? ordered_json(nullptr)
                         : ordered_json(fmt::format("/api/v1/train/runs/{}/samples/{}", name, samples.back().file));
  } catch (const Error& error) {
    json["state"] = "failed", json["error"] = error.what();
  }
  return json;
}

ordered_json record_json(const std::string& name, Context& context) {
  ordered_json json = {{"name", name}, {"kind", "record"}, {"state", "recorded"}, {"error", nullptr}};
  try {
    json["options"] = context.trainings.runs.recorded(name)->options;
  } catch (const Error& error) {
    json["error"] = error.what();
  }
  return json;
}

ordered_json files_json(const std::string& run, Context& context) {
  ordered_json files = ordered_json::array();
  std::error_code ignored;
  for (const fs::path& file : context.trainings.runs.lora_files(run))
    files.push_back({{"name", file.filename().string()}, {"bytes", int64_t(fs::file_size(file, ignored))}});
  return files;
}

/// What an option does in a run, where its record is that of a training.
std::map<std::string, std::string> effects_in(const std::string& name, Context& context) {
  std::map<std::string, std::string> effects;
  try {
    const fs::path file = context.trainings.runs.path(name) / "options.toml";
    const auto training = train::read_training_config(file);
    const auto* lora = std::get_if<LoraTraining>(&training);
    if (!lora) return effects;
    const train::RunFacts facts = facts_of(*lora, context);
    for (const train::OptionRow& row : train::lora_option_rows())
      effects[row.name] = train::effect_of(row.name, *lora, facts);
  } catch (const Error&) {
    // A record of another program: there are only values.
  }
  return effects;
}

train::RecordedRun comparable(const std::string& name, Context& context) {
  const auto run = context.trainings.runs.recorded(name);
  require(run.has_value(), ErrorKind::invalid_request, "compare {}: it has not been started yet", name);
  return *run;
}

std::string run_of(const Asked& asked, Context& context) {
  const std::string& run = asked.parts.at(0);
  context.trainings.runs.path(run);
  return run;
}

}  // namespace

Answer train_start(const Asked&, Context& context) {
  ordered_json runs = ordered_json::array();
  for (const std::string& name : context.trainings.runs.names()) runs.push_back(run_json(name, context));
  for (const std::string& name : context.trainings.runs.record_names()) runs.push_back(record_json(name, context));
  ordered_json answer = training_options_json();
  answer["runs"] = std::move(runs);
  answer["datasets"] = context.trainings.datasets.names();
  return json_answer(answer);
}

Answer add_run(const Asked& asked, Context& context) {
  const json body = object_of_body(asked.body);
  const std::string name = text_in(body, "name"), from = text_in(body, "from");
  RunDraft draft;
  if (!from.empty()) draft = context.trainings.runs.draft(from);
  draft = changed_draft(std::move(draft), body);
  draft.job.clear();
  draft.created = jobs::now();
  draft.options.erase("output_name");  // it would be the other run's
  context.trainings.runs.add(name, draft);
  return json_answer(run_json(name, context), 201);
}

Answer run(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context);
  ordered_json answer = run_json(name, context);
  answer["files"] = files_json(name, context);
  answer["samples"] = samples_json(name, context);
  answer["events"] = events_json(name, context);
  return json_answer(answer);
}

Answer save_draft(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context);
  context.trainings.runs.save(name, changed_draft(context.trainings.runs.draft(name), object_of_body(asked.body)));
  return json_answer(run_json(name, context));
}

Answer explain_run(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context);
  const RunDraft draft = changed_draft(context.trainings.runs.draft(name), object_of_body(asked.body));
  return json_answer(explanation_json(name, draft, context));
}

Answer plan_run(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context);
  const json body = object_of_body(asked.body);
  const RunDraft draft = changed_draft(context.trainings.runs.draft(name), body);
  const bool probes = body.contains("probe") && body["probe"].is_boolean() && body["probe"].get<bool>();
  const train::ToldOptions told = told_options(name, draft, context);
  training_of(told, name, context);  // what contradicts itself is refused at once
  write_prompts(name, draft, context);
  return {.body = training_plan(context.trainings, {.run = name, .options = told}, probes)};
}

Answer start_run(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context);
  RunDraft draft = changed_draft(context.trainings.runs.draft(name), object_of_body(asked.body));
  if (const auto last = draft.job.empty() ? std::nullopt : context.store.job(draft.job))
    require(jobs::has_ended(last->state), ErrorKind::invalid_request, "start {}: it is {} already", name,
            jobs::state_name(last->state));
  const train::ToldOptions told = told_options(name, draft, context);
  training_of(told, name, context);
  write_prompts(name, draft, context);
  jobs::Job job{.id = jobs::drawn_id(),
                .kind = "training",
                .owner = asked.user,
                .title = name,
                .request = jobs::job_text(jobs::TrainingJob{.run = name, .options = told})};
  // The draft names its job before the job can be lost; one that never came to be counts as none.
  draft.job = job.id;
  context.trainings.runs.save(name, draft);
  context.queue.submit(job);
  return {.status = 201, .body = jobs::job_data(job, {}, context.queue.state_of(job.id))};
}

Answer run_now(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context), wish = text_in(object_of_body(asked.body), "wish");
  require(wish == "save" || wish == "sample", ErrorKind::invalid_request,
          "run {}: wish must be save or sample, {} was given", name, formats::in_quotes(wish.substr(0, 100)));
  const RunDraft draft = context.trainings.runs.draft(name);
  const auto job = draft.job.empty() ? std::nullopt : context.store.job(draft.job);
  require(job && job->state == jobs::JobState::running, ErrorKind::invalid_request,
          "{} now, in run {}: it must be running, it is {}", wish, name,
          job ? jobs::state_name(job->state) : "not started");
  require(wish != "sample" || jobs::training_job(job->request).options.contains("sample_prompts"),
          ErrorKind::invalid_request,
          "sample now, in run {}: it was started without prompts of samples; stop it, write "
          "some and let it go on",
          name);
  context.trainings.wishes.add(name, wish);
  return json_answer(run_json(name, context));
}

Answer run_series(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context);
  ordered_json series = ordered_json::object();
  for (const auto& [curve, points] : context.trainings.runs.series(name, asked.number("after", -1, -1, INT64_MAX)))
    series[curve] = {{"steps", points.steps}, {"values", points.values}};
  return json_answer({{"series", std::move(series)}});
}

Answer run_sample(const Asked& asked, Context& context) {
  const formats::MappedFile file =
      formats::map_file(context.trainings.runs.sample_file(asked.parts.at(0), asked.parts.at(1)));
  // A run that starts anew may write another picture under the same name.
  return {.body = std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()),
          .type = "image/png",
          .headers = {{"Cache-Control", "no-cache"}}};
}

Answer use_run(const Asked& asked, Context& context) {
  const std::string name = run_of(asked, context), wanted = text_in(object_of_body(asked.body), "file");
  for (const fs::path& file : context.trainings.runs.lora_files(name)) {
    if (file.filename() != wanted) continue;
    // Of full fine-tuning it is a checkpoint, which is no LoRA whatever folder it lies in.
    const bool is_checkpoint = generate::file_facts(file).kind == "checkpoint";
    const fs::path into =
        (is_checkpoint ? context.library.folders().checkpoints : context.library.folders().lora) / "trained";
    std::error_code problem;
    fs::create_directories(into, problem);
    require(!problem, ErrorKind::io, "use {}: cannot make the folder {}: {}", wanted, into.string(), problem.message());
    const formats::MappedFile bytes = formats::map_file(file);
    formats::write_file(into / wanted, {reinterpret_cast<const char*>(bytes.bytes.data()), bytes.bytes.size()});
    context.library.refresh();
    if (is_checkpoint) return json_answer({{"model", context.library.title_of_path((into / wanted).string())}});
    return json_answer({{"lora", file.stem().string()}});
  }
  fail(ErrorKind::not_found, "run {} has no file {}", name, formats::in_quotes(wanted));
}

Answer diff_runs(const Asked& asked, Context& context) {
  const std::string a = asked.value("a"), b = asked.value("b");
  const train::RecordedRun first = comparable(a, context), second = comparable(b, context);
  std::map<std::string, std::string> standard;
  for (const train::OptionRow& row : train::lora_option_rows()) standard[row.name] = row.standard;
  const auto first_effects = effects_in(a, context), second_effects = effects_in(b, context);
  const auto effect = [](const std::map<std::string, std::string>& effects, const std::string& name) {
    const auto found = effects.find(name);
    return found == effects.end() || found->second.empty() ? ordered_json(nullptr) : ordered_json(found->second);
  };
  ordered_json rows = ordered_json::array();
  for (const train::OptionDifference& one : train::differing_options(first, second, standard))
    rows.push_back({{"name", one.name},
                    {"a", one.first},
                    {"b", one.second},
                    {"a_is_default", one.first_is_default},
                    {"b_is_default", one.second_is_default},
                    {"a_effect", effect(first_effects, one.name)},
                    {"b_effect", effect(second_effects, one.name)}});
  ordered_json same = ordered_json::object();
  for (const char* name : {"pictures_sha256", "model_sha256", "seed"}) {
    const auto one = first.options.find(name), other = second.options.find(name);
    if (one != first.options.end() && other != second.options.end() && one->second == other->second)
      same[name] = one->second;
  }
  return json_answer({{"rows", std::move(rows)}, {"same", std::move(same)}});
}

Answer add_record(const Asked& asked, Context& context) {
  const std::string& name = asked.parts.at(0);
  require(asked.body.size() <= kLargestRecord, ErrorKind::invalid_request, "read {}: at most {} bytes are taken",
          formats::in_quotes(name), kLargestRecord);
  context.trainings.runs.add_record(name, asked.body);
  return json_answer(record_json(name, context), 201);
}

Answer remove_record(const Asked& asked, Context& context) {
  context.trainings.runs.remove_record(asked.parts.at(0));
  return json_answer(ordered_json::object());
}

}  // namespace darkroom::server::v1
