// Pictures: those that were made, those to start from, and recipes.
#include <fmt/ranges.h>

#include <algorithm>

#include "formats/mapped_file.h"
#include "formats/picture_file.h"
#include "formats/utf8.h"
#include "generate/infotext_syntax.h"
#include "generate/picture_recipe.h"
#include "generate/read_recipe.h"
#include "imaging/shrink.h"
#include "jobs/event_data.h"
#include "jobs/picture_job.h"
#include "server/json_text.h"
#include "server/v1/endpoints.h"

namespace darkroom::server::v1 {
namespace {

using jobs::PictureRecord;
using nlohmann::ordered_json;

constexpr int kThumbnailSide = 320;

PictureRecord known_picture(const Asked& asked, Context& context) {
  Asked number = asked;
  number.query = {{"picture", asked.parts.at(0)}};
  const auto picture = context.store.picture(number.number("picture", 0, 1, INT64_MAX));
  require(picture.has_value(), ErrorKind::not_found, "there is no picture {}", asked.parts.at(0).substr(0, 30));
  return *picture;
}

std::string type_of(const std::string& bytes) {
  const auto kind = formats::file_kind(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return kind == formats::FileKind::jpeg ? "image/jpeg" : kind == formats::FileKind::webp ? "image/webp" : "image/png";
}

std::string bytes_of(const std::filesystem::path& path) {
  const formats::MappedFile file = formats::map_file(path);
  return std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
}

/// A picture never changes under its number.
Answer lasting(std::string bytes) {
  const std::string type = type_of(bytes);
  return {
      .body = std::move(bytes), .type = type, .headers = {{"Cache-Control", "private, max-age=31536000, immutable"}}};
}

/// The request field that a key of infotext stands for, or null; "Size" stands for two and is named by the first.
ordered_json field_named(const std::string& key) {
  for (const generate::RequestField& field : generate::request_fields())
    if (field.infotext == key || field.infotext == key + "-1") return field.name;
  return nullptr;
}

ordered_json fields_json(const generate::ReadRecipe& recipe) {
  constexpr const char* kHonoured[] = {"yes", "differently", "no", "note"};
  ordered_json fields = ordered_json::array();
  for (const generate::RecipeField& field : recipe.fields)
    fields.push_back({{"key", field.key},
                      {"value", field.value},
                      {"field", field_named(field.key)},
                      {"honoured", kHonoured[size_t(field.honoured)]},
                      {"note", field.note}});
  return fields;
}

/// Which of the models here a recipe means: its title, or null.
ordered_json title_of(const generate::ReadRecipe& recipe, const Context& context) {
  const auto model = context.library.model_of_recipe(recipe.model_name, recipe.model_hash);
  return model ? ordered_json(model->title()) : ordered_json(nullptr);
}

std::string words_asked(const Asked& asked) {
  return asked.value("search").substr(0, 1000);
}

std::string order_asked(const Asked& asked) {
  const std::string order = asked.value("sort");
  const bool is_known = std::find(std::begin(jobs::kPictureOrders), std::end(jobs::kPictureOrders), order) !=
                        std::end(jobs::kPictureOrders);
  require(order.empty() || is_known, ErrorKind::invalid_request, "list pictures: sort must be {}, {} was given",
          fmt::join(jobs::kPictureOrders, ", "), formats::in_quotes(order.substr(0, 30)));
  return order;
}

ordered_json changed(const PictureRecord& picture, Context& context) {
  return ordered_json::parse(jobs::picture_data(*context.store.picture(picture.id)));
}

}  // namespace

Answer upload(const Asked& asked, Context& context) {
  const std::string name = context.uploads.keep(asked.body);
  const Image image = context.uploads.picture(name);
  return json_answer({{"name", name}, {"width", image.width}, {"height", image.height}});
}

Answer uploaded(const Asked& asked, Context& context) {
  return lasting(context.uploads.bytes("upload:" + asked.parts.at(0)));
}

Answer pictures(const Asked& asked, Context& context) {
  const jobs::PictureQuery query{.words = words_asked(asked),
                                 .flag = asked.value("flag"),
                                 .order = order_asked(asked),
                                 .before = asked.number("before", 0, 0, INT64_MAX),
                                 .limit = int(asked.number("limit", 60, 1, 500))};
  ordered_json all = ordered_json::array();
  for (const PictureRecord& picture : context.store.pictures(query))
    all.push_back(ordered_json::parse(jobs::picture_data(picture)));
  return json_answer({{"pictures", std::move(all)}, {"total", context.store.picture_count(query)}});
}

Answer picture_facets(const Asked& asked, Context& context) {
  ordered_json all = ordered_json::array();
  for (const jobs::PictureFacet& facet : context.store.picture_facets(words_asked(asked)))
    all.push_back({{"field", facet.field}, {"value", facet.value}, {"word", facet.word}, {"count", facet.count}});
  return json_answer({{"facets", std::move(all)}});
}

Answer picture(const Asked& asked, Context& context) {
  const PictureRecord picture = known_picture(asked, context);
  ordered_json whole = ordered_json::parse(jobs::picture_data(picture));
  const generate::ReadRecipe recipe = generate::read_recipe(generate::parse_infotext(picture.infotext));
  whole["request"] = recipe.settings;
  whole["recipe"] = fields_json(recipe);
  whole["model_title"] = title_of(recipe, context);
  return json_answer(whole);
}

Answer picture_file(const Asked& asked, Context& context) {
  const PictureRecord picture = known_picture(asked, context);
  try {
    return lasting(bytes_of(context.output / picture.file));
  } catch (const Error&) {
    fail(ErrorKind::not_found, "the file of picture {} is gone; its recipe is kept", picture.id);
  }
}

Answer thumbnail(const Asked& asked, Context& context) {
  const PictureRecord picture = known_picture(asked, context);
  const Image image = formats::read_picture(context.output / picture.file).image;
  return lasting(
      formats::encode_picture(imaging::shrunk_into(image, kThumbnailSide), "", {formats::FileKind::webp, 85}));
}

Answer flag(const Asked& asked, Context& context) {
  const PictureRecord picture = known_picture(asked, context);
  const nlohmann::json body = object_of_body(asked.body);
  const std::string flag = body.contains("flag") && body["flag"].is_string() ? body["flag"].get<std::string>() : "";
  require(std::find(std::begin(jobs::kFlags), std::end(jobs::kFlags), flag) != std::end(jobs::kFlags),
          ErrorKind::invalid_request, "flag: none, picked or rejected is needed");
  context.store.set_flag(picture.id, flag);
  return json_answer(changed(picture, context));
}

Answer bin(const Asked& asked, Context& context) {
  const PictureRecord picture = known_picture(asked, context);
  context.store.set_binned(picture.id, true);
  return json_answer(changed(picture, context));
}

Answer restore(const Asked& asked, Context& context) {
  const PictureRecord picture = known_picture(asked, context);
  context.store.set_binned(picture.id, false);
  return json_answer(changed(picture, context));
}

Answer recipe(const Asked& asked, Context& context) {
  const auto type = asked.headers.find("content-type");
  const bool is_text = type != asked.headers.end() && type->second.starts_with("text/plain");
  std::string infotext = asked.body;
  if (!is_text)
    infotext = generate::infotext_of(
        formats::read_picture_bytes(std::as_bytes(std::span(asked.body.data(), asked.body.size()))));
  require(!infotext.empty(), ErrorKind::not_found, "there is no recipe in this picture");
  const generate::ReadRecipe recipe = generate::read_recipe(generate::parse_infotext(infotext));
  return json_answer({{"infotext", infotext},
                      {"model", recipe.model_name},
                      {"model_hash", recipe.model_hash},
                      {"model_title", title_of(recipe, context)},
                      {"settings", recipe.settings},
                      {"fields", fields_json(recipe)}});
}

}  // namespace darkroom::server::v1
