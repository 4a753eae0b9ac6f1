#include "server/openapi.h"

#include "base/version.h"
#include "jobs/job.h"
#include "jobs/lab_job.h"
#include "jobs/merge_job.h"
#include "server/api_calls.h"
#include "server/field_facts.h"
#include "server/sdapi/image_fields.h"

namespace darkroom::server {
namespace {

using nlohmann::ordered_json;

ordered_json described(ordered_json schema, const char* description) {
  schema["description"] = description;
  return schema;
}

ordered_json text(const char* description = "") {
  return *description ? described({{"type", "string"}}, description) : ordered_json{{"type", "string"}};
}

ordered_json whole(const char* description = "") {
  return *description ? described({{"type", "integer"}}, description) : ordered_json{{"type", "integer"}};
}

ordered_json number(const char* description = "") {
  return *description ? described({{"type", "number"}}, description) : ordered_json{{"type", "number"}};
}

ordered_json truth() {
  return {{"type", "boolean"}};
}

ordered_json or_null(ordered_json schema) {
  if (schema.contains("type"))
    schema["type"] = ordered_json::array({schema["type"], "null"});
  else
    schema = {{"oneOf", ordered_json::array({schema, {{"type", "null"}}})}};
  return schema;
}

ordered_json reference(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

ordered_json list_of(ordered_json schema) {
  return {{"type", "array"}, {"items", std::move(schema)}};
}

template <typename Names>
ordered_json one_of(const Names& names) {
  ordered_json all = ordered_json::array();
  for (const auto& name : names) all.push_back(name);
  return {{"type", "string"}, {"enum", std::move(all)}};
}

ordered_json one_of(std::initializer_list<const char*> names) {
  return one_of(std::vector<const char*>(names));
}

using Properties = std::vector<std::pair<const char*, ordered_json>>;

ordered_json object(const Properties& properties, const std::vector<const char*>& required = {}) {
  ordered_json all = ordered_json::object();
  for (const auto& [name, schema] : properties) all[name] = schema;
  ordered_json whole = {{"type", "object"}, {"properties", std::move(all)}};
  if (!required.empty()) whole["required"] = required;
  return whole;
}

/// The request fields that may come over the network.
ordered_json request_schema() {
  ordered_json all = ordered_json::object();
  for (const generate::RequestField& field : generate::request_fields())
    if (is_for_people(field)) all[field.name] = field_schema(field);
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(all)}};
}

ordered_json image_field_schema(const ImageField& field) {
  const auto type = [&]() -> ordered_json {
    switch (field.type) {
      case FieldType::text:
        return text();
      case FieldType::whole:
        return whole();
      case FieldType::number:
        return number();
      case FieldType::truth:
        return truth();
      case FieldType::list:
        return {{"type", "array"}};
      case FieldType::object:
        return {{"type", "object"}};
      case FieldType::texts:
        return list_of(text());
    }
    return ordered_json::object();
  }();
  ordered_json schema = field.standard.is_null() ? or_null(type) : type;
  schema["default"] = field.standard;
  if (field.ours == "-") schema["description"] = "Never acts; the answer warns of it.";
  return schema;
}

ordered_json image_schema(FieldOf body) {
  ordered_json all = ordered_json::object();
  for (const ImageField& field : image_fields())
    if (field.of == FieldOf::both || field.of == body) all[field.name] = image_field_schema(field);
  return {{"type", "object"}, {"properties", std::move(all)}};
}

ordered_json job_schema() {
  ordered_json states = ordered_json::array();
  for (const char* state : {"waiting", "running", "finished", "failed", "cancelled"})
    states.push_back(jobs::state_name(jobs::state_named(state)));
  return object({{"id", text()},
                 {"number", whole("1, 2, ... in the order of submission")},
                 {"kind", text("what it does: see NewJob")},
                 {"state", {{"type", "string"}, {"enum", states}}},
                 {"title", text("one line for people")},
                 {"owner", text("the user who submitted it; empty where nobody signs in")},
                 {"created", number("Unix time, seconds")},
                 {"started", or_null(number())},
                 {"ended", or_null(number())},
                 {"fields", or_null(described({{"type", "object"}}, "the request fields it says, typed"))},
                 {"request", or_null(described({{"type", "object"}}, "as it is kept on disk"))},
                 {"pictures", list_of(reference("Picture"))},
                 {"progress", or_null(reference("Progress"))},
                 {"error", or_null(text("why it failed"))},
                 {"warnings", list_of(text())}});
}

ordered_json picture_schema() {
  return object({{"id", whole()},
                 {"job", text("the id of its job")},
                 {"index", whole("in its job, from 0")},
                 {"seed", whole()},
                 {"width", whole()},
                 {"height", whole()},
                 {"created", number("Unix time, seconds")},
                 {"prompt", text()},
                 {"url", text("of the file")},
                 {"thumbnail", text("of the thumbnail")},
                 {"infotext", text("the recipe, A1111's notation")},
                 {"flag", one_of(jobs::kFlags)}});
}

ordered_json recipe_field_schema() {
  return object({{"key", text("as written in the infotext")},
                 {"value", text()},
                 {"field", or_null(text("the request field it stands for"))},
                 {"honoured", one_of({"yes", "differently", "no", "note"})},
                 {"note", text("why not, or what else")}});
}

ordered_json picture_detail_schema() {
  ordered_json schema = picture_schema();
  schema["properties"]["request"] = {{"type", "object"}};
  schema["properties"]["recipe"] = list_of(reference("RecipeField"));
  schema["properties"]["model_title"] = or_null(text("of the model here that the recipe means"));
  return schema;
}

Properties xyz_properties() {
  const ordered_json axis = text(
      "\"Steps: 5,10,20\": a request field's name, infotext key or A1111's name of the axis, "
      "also Prompt S/R, Prompt order, Styles, Size, LoRA weight NAME; ranges 1-5, 1-5 (+2), "
      "1-10 [5]");
  return {
      {"request", reference("Request")},
      {"x", axis},
      {"y", axis},
      {"z", axis},
      {"matrix", described(truth(), "instead: the prompt \"a | b | c\" with and without each part after the first")}};
}

ordered_json weighted_loras() {
  return list_of(
      object({{"name", text("as a prompt calls it")}, {"weight", number("1 where none is given")}}, {"name"}));
}

Properties lab_properties() {
  return {{"report", one_of(jobs::kReports)},
          {"request", reference("Request")},
          {"cfg_scales", described(list_of(number()), "of a guidance report")},
          {"steps", described(list_of(whole()), "of a convergence report: each twice the one before")},
          {"seeds", whole("of a convergence report: pictures per sampler and number of steps")},
          {"loras", described(weighted_loras(), "of a lora report: one, or two to compare")},
          {"model", text("of a lora report: a checkpoint's title, to fit the files to")}};
}

Properties merge_properties() {
  return {{"how", described(one_of(jobs::kMergeKinds),
                            "merge where none is given; scale and resize make one file into another")},
          {"loras", weighted_loras()},
          {"alpha", number("of scale: written into every layer; without it the new file does at 1 what it did at its "
                           "weight")},
          {"model", text("a checkpoint's title: merge into it; without it the files become one LoRA")},
          {"name", text("of the new file, without ending; a file that is there is never written over")},
          {"rank", whole("of the new LoRA at most; 0: the ranks add up, which is exact")},
          {"keep", number("share of each layer's change that is enough")},
          {"fp32", truth()}};
}

ordered_json new_job_schema() {
  const auto kind = [](const char* name, Properties more, std::vector<const char*> required) {
    more.insert(more.begin(),
                {{"id", text("1 to 64 of A-Z a-z 0-9 - _ . ( ); drawn where none is given")}, {"to_front", truth()}});
    more.insert(more.begin(), {{"kind", {{"const", name}}}});
    return object(more, required);
  };
  const ordered_json picture = whole("a picture's id"), upload = text("instead: the name of an uploaded one");
  return {{"oneOf",
           ordered_json::array(
               {kind("generate", {{"request", reference("Request")}}, {"request"}),
                kind("xyz", xyz_properties(), {"kind", "request"}),
                kind("replay", {{"picture", picture}, {"upload", upload}, {"request", reference("Request")}}, {"kind"}),
                kind("lab", lab_properties(), {"kind", "report"}),
                kind("merge", merge_properties(), {"kind", "loras", "name"})})}};
}

ordered_json progress_schema() {
  return object({{"id", text("of the job")},
                 {"stage", text()},
                 {"picture", whole("being made, from 1")},
                 {"pictures", whole()},
                 {"step", whole("of this picture")},
                 {"steps", whole()},
                 {"seconds_per_step", number("0 where not known yet")},
                 {"seconds_left", or_null(number("null where not known yet"))}});
}

ordered_json residency_schema() {
  return object({{"model", text("its title; empty where nothing was loaded yet")},
                 {"state", one_of({"loaded", "unloaded"})},
                 {"parts", list_of(object({{"name", text()},
                                           {"where", one_of({"accelerator", "memory", "file", "none"})},
                                           {"bytes", whole()},
                                           {"memory_bytes", whole()},
                                           {"file_bytes", whole("mapped from the file")},
                                           {"read_bytes", whole("of those, what is in memory now")},
                                           {"accelerator_bytes", whole("on an accelerator")},
                                           {"pinned", truth()},
                                           {"movable", truth()},
                                           {"precision", text()}}))},
                 {"last_used", or_null(number("when a job last used it, Unix time in seconds"))},
                 {"pinned", truth()},
                 {"accelerator", or_null(text("cuda:0; null where there is none"))},
                 {"in_use_by", or_null(text("a job's id"))},
                 {"memory", object({{"total", whole("bytes")}, {"free", whole()}, {"process", whole()}})}});
}

ordered_json schemas() {
  const ordered_json prompts =
      object({{"prompt", text()}, {"negative_prompt", text()}, {"steps", whole()}, {"clip_skip", whole()}});
  return {
      {"Request", request_schema()},
      {"Txt2Img", image_schema(FieldOf::txt2img)},
      {"Img2Img", image_schema(FieldOf::img2img)},
      {"Images", object({{"images", list_of(text("base64"))},
                         {"parameters", {{"type", "object"}}},
                         {"info", text("JSON")},
                         {"warnings", list_of(text("what was asked for and did not act"))}})},
      {"NewJob", new_job_schema()},
      {"Job", job_schema()},
      {"Jobs", object({{"jobs", list_of(reference("Job"))}, {"paused", truth()}})},
      {"Progress", progress_schema()},
      {"Files", object({{"files", list_of(text())}})},
      {"Xyz", object(xyz_properties(), {"request"})},
      {"XyzPlan", object({{"cells", whole()},
                          {"columns", whole()},
                          {"rows", whole()},
                          {"layers", whole()},
                          {"x_labels", list_of(text())},
                          {"y_labels", list_of(text())},
                          {"z_labels", list_of(text())}})},
      {"Lab", object(lab_properties(), {"report"})},
      {"LabCost", object({{"pictures", whole("0: no model is needed")}, {"calls", whole("of the model")}})},
      {"NoiseLevelsOf", object({{"request", reference("Request")}})},
      {"NoiseLevels", object({{"sigmas", list_of(number())}, {"sampler", text()}, {"schedule", text()}})},
      {"Snapshot",
       object({{"jobs", list_of(reference("Job"))}, {"paused", truth()}, {"residency", reference("Residency")}})},
      {"Picture", picture_schema()},
      {"PictureDetail", picture_detail_schema()},
      {"Pictures", object({{"pictures", list_of(reference("Picture"))}, {"total", whole()}})},
      {"Facets",
       object({{"facets", list_of(object({{"field", one_of({"date", "model", "lora", "sampler", "by", "size", "flag"})},
                                          {"value", text("empty: without a LoRA file")},
                                          {"word", text("of the search; empty where none is needed")},
                                          {"count", whole()}}))}})},
      {"Recipe", object({{"infotext", text()},
                         {"model", text("its name in the recipe")},
                         {"model_hash", text()},
                         {"model_title", or_null(text("of the model here that the recipe means"))},
                         {"settings", {{"type", "object"}}},
                         {"fields", list_of(reference("RecipeField"))}})},
      {"RecipeField", recipe_field_schema()},
      {"Upload", object({{"name", text()}, {"width", whole()}, {"height", whole()}})},
      {"Residency", residency_schema()},
      {"ResidencyAction", object({{"action", one_of({"unload", "reload", "move", "pin", "unpin"})},
                                  {"part", text("of the model; without it, pin and unpin mean all")},
                                  {"to", one_of({"file", "memory", "accelerator"})}},
                                 {"action"})},
      {"NewFolder", object({{"path", text("of a folder of this machine")},
                            {"kind", one_of({"checkpoints", "lora", "vae", "embeddings", "small_vae"})}},
                           {"path"})},
      {"Folders",
       object({{"folders",
                list_of(object({{"name", text()}, {"kind", text()}, {"place", text()}, {"files", whole()}}))}})},
      {"ModelCard", object({{"model", text("its title")},
                            {"name", text()},
                            {"card", or_null(text("Markdown"))},
                            {"knows", or_null(described({{"type", "object"}}, "lists of words by what they are"))}})},
      {"PreviewPicture", object({{"picture", whole("its id")}}, {"picture"})},
      {"ModelTitle", object({{"title", text()}}, {"title"})},
      {"NewRun", object({{"name", text()}, {"from", text("a run whose options it takes")}}, {"name"})},
      {"RunDraft", object({{"options", {{"type", "object"}}},
                           {"dataset", text()},
                           {"regularisation", text("a dataset")},
                           {"prompts", text("one per line: what sample pictures show")},
                           {"note", text()},
                           {"probe", truth()}})},
      {"RunWish", object({{"wish", one_of({"save", "sample"})}}, {"wish"})},
      {"RunFile", object({{"file", text()}}, {"file"})},
      {"NewDataset", object({{"name", text()}, {"folder", text("named as kohya does: 10_name class")}}, {"name"})},
      {"Caption", object({{"caption", text("empty: without one")}}, {"caption"})},
      {"Move", object({{"to", one_of({"front", "up", "down", "back"})}}, {"to"})},
      {"Pause", object({{"paused", truth()}}, {"paused"})},
      {"Flag", object({{"flag", one_of(jobs::kFlags)}}, {"flag"})},
      {"Prompts", prompts},
      {"List", list_of({{"type", "object"}})},
      {"Anything", ordered_json::object()},
      {"Error", object({{"error", text("the kind")},
                        {"detail", text("a whole sentence: what was being done, what must hold, what was found")},
                        {"body", text()},
                        {"errors", text()}})},
  };
}

bool is_media_type(const std::string& name) {
  return name.find('/') != std::string::npos;
}

ordered_json content_of(const std::string& name) {
  if (is_media_type(name)) return {{name, {{"schema", {{"type", "string"}, {"format", "binary"}}}}}};
  return {{"application/json", {{"schema", reference(name)}}}};
}

/// The names in a path's {}.
std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  for (size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1))
    names.push_back(path.substr(open + 1, path.find('}', open) - open - 1));
  return names;
}

ordered_json parameters_of(const ApiCall& call) {
  ordered_json all = ordered_json::array();
  for (const std::string& name : names_in(call.path))
    all.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", text()}});
  for (const ApiParameter& parameter : call.query)
    all.push_back({{"name", parameter.name},
                   {"in", "query"},
                   {"description", parameter.description},
                   {"schema", {{"type", parameter.type}}}});
  return all;
}

ordered_json call_json(const ApiCall& call) {
  ordered_json json = {{"summary", call.summary}};
  const ordered_json parameters = parameters_of(call);
  if (!parameters.empty()) json["parameters"] = parameters;
  if (!call.body.empty()) json["requestBody"] = {{"required", true}, {"content", content_of(call.body)}};
  json["responses"] = {{"200", {{"description", "Done."}, {"content", content_of(call.answer)}}},
                       {"default", {{"description", "Refused or failed."}, {"content", content_of("Error")}}}};
  return json;
}

std::string lower(std::string word) {
  for (char& c : word) c = char(c | 0x20);
  return word;
}

}  // namespace

ordered_json openapi() {
  ordered_json paths = ordered_json::object();
  for (const ApiCall& call : api_calls()) paths[call.path][lower(call.method)] = call_json(call);
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Darkroom"}, {"version", std::string(version())}, {"license", {{"name", "Apache-2.0"}}}}},
          {"servers", ordered_json::array({{{"url", "http://127.0.0.1:7860"}}})},
          {"paths", std::move(paths)},
          {"components", {{"schemas", schemas()}}}};
}

std::string openapi_text() {
  return openapi().dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace darkroom::server
