#include "jobs/picture_search.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

namespace darkroom::jobs {
namespace {

/// LIKE's own characters lose their meaning.
std::string pattern_of(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

struct Piece {
  std::string text;
  bool is_quoted = false;  ///< somewhere
  bool is_phrase = false;  ///< from its first sign on
};

/// "a b" -c model:d -> the pieces, quotes taken off; a quoted value may follow a colon.
std::vector<Piece> pieces_of(std::string_view words) {
  std::vector<Piece> pieces;
  Piece piece;
  bool is_inside = false;
  const auto finish = [&] {
    if (!piece.text.empty()) pieces.push_back(std::move(piece));
    piece = {};
  };
  for (const char c : words) {
    if (c == '"') {
      piece.is_phrase |= piece.text.empty() || piece.text == "-";
      piece.is_quoted = true;
      is_inside = !is_inside;
    } else if ((c == ' ' || c == '\t') && !is_inside) {
      finish();
    } else {
      piece.text += c;
    }
  }
  finish();
  return pieces;
}

/// A condition with at most one ?.
struct Test {
  std::string sql;
  std::optional<std::string> value;
};

struct Column {
  const char* field;
  const char* sql;
  bool is_name;  ///< people type its beginning
};
constexpr Column kColumns[] = {{"model", "model", true},
                               {"sampler", "sampler", true},
                               {"by", "made_by", true},
                               {"size", "size", false},
                               {"cfg", "cfg", false},
                               {"steps", "steps", false},
                               {"seed", "CAST(seed AS TEXT)", false},
                               {"flag", "flag", false}};

/// Whole values are compared without quotation marks, which words cannot hold.
Test text_test(const std::string& sql, const std::string& value, bool is_beginning) {
  if (is_beginning) return {sql + " LIKE ? ESCAPE '\\'", pattern_of(value).substr(1)};
  return {"replace(" + sql + ", '\"', '') = ? COLLATE NOCASE", value};
}

Test lora_test(const std::string& name, bool is_quoted) {
  const std::string of_this = "EXISTS (SELECT 1 FROM picture_loras WHERE picture = pictures.id";
  if (name == "none" && !is_quoted) return {"NOT " + of_this + ")", {}};
  Test test = text_test("name", name, !is_quoted);
  test.sql = of_this + " AND " + test.sql + ")";
  return test;
}

Test date_test(const std::string& day) {
  if (day == "today") return {std::string("created >= ") + kStartOfToday, {}};
  if (day == "week") return {std::string("created >= ") + kStartOfWeek, {}};
  return text_test("date(created, 'unixepoch', 'localtime')", day, true);
}

/// What a word with a known name before its colon asks; none for other words.
std::optional<Test> field_test(const std::string& field, const std::string& value, bool is_quoted) {
  if (field == "lora") return lora_test(value, is_quoted);
  if (field == "date") return date_test(value);
  for (const Column& column : kColumns)
    if (field == column.field) return text_test(column.sql, value, column.is_name && !is_quoted);
  return std::nullopt;
}

/// Which of the orders, and where the next page of it begins.
struct Order {
  std::string_view name;
  const char* sql;
  const char* after;
};
constexpr Order kOrders[] = {
    {"newest", "id DESC", "id < CAST(? AS INTEGER)"},
    {"oldest", "id", "id > CAST(? AS INTEGER)"},
    {"model", "model, id DESC", "(model, -id) > (SELECT model, -id FROM pictures WHERE id = CAST(? AS INTEGER))"},
    {"seed", "seed, id DESC", "(seed, -id) > (SELECT seed, -id FROM pictures WHERE id = CAST(? AS INTEGER))"}};
static_assert(std::size(kOrders) == std::size(kPictureOrders));

const Order& order_of(const PictureQuery& query) {
  for (const Order& order : kOrders)
    if (order.name == query.order) return order;
  return kOrders[0];
}

}  // namespace

PictureCondition picture_condition(const PictureQuery& query, std::string_view left_out) {
  PictureCondition condition{"WHERE is_listed = 1 AND is_binned = 0", {}};
  const auto add = [&](const std::string& sql, const std::optional<std::string>& value) {
    condition.sql += sql;
    if (value) condition.values.push_back(*value);
  };
  std::map<std::string, std::vector<Test>> alternatives;
  for (Piece& piece : pieces_of(query.words)) {
    const bool is_without = piece.text.size() > 1 && piece.text[0] == '-';
    if (is_without) piece.text.erase(0, 1);
    const size_t colon = piece.is_phrase ? std::string::npos : piece.text.find(':');
    const std::string field = colon == std::string::npos ? "" : piece.text.substr(0, colon);
    const std::optional<Test> test =
        field.empty() ? std::nullopt : field_test(field, piece.text.substr(colon + 1), piece.is_quoted);
    if (test && field == left_out) continue;
    if (test && !is_without)
      alternatives[field].push_back(*test);
    else if (test)
      add(" AND NOT (" + test->sql + ")", test->value);
    else
      add(is_without ? " AND infotext NOT LIKE ? ESCAPE '\\'" : " AND infotext LIKE ? ESCAPE '\\'",
          pattern_of(piece.text));
  }
  for (const auto& [field, tests] : alternatives) {
    for (size_t i = 0; i < tests.size(); ++i) add((i ? " OR " : " AND (") + tests[i].sql, tests[i].value);
    condition.sql += ")";
  }
  if (!query.flag.empty()) add(" AND flag = ?", query.flag);
  if (query.before > 0) add(std::string(" AND ") + order_of(query).after, std::to_string(query.before));
  return condition;
}

std::string picture_order(const PictureQuery& query) {
  return std::string(" ORDER BY ") + order_of(query).sql;
}

std::string picture_word(const std::string& field, const std::string& value) {
  const auto column =
      std::find_if(std::begin(kColumns), std::end(kColumns), [&](const Column& one) { return field == one.field; });
  const bool is_name = field == "lora" || (column != std::end(kColumns) && column->is_name);
  std::string plain = value;
  std::erase(plain, '"');
  return is_name ? field + ":\"" + plain + "\"" : field + ":" + plain;
}

}  // namespace darkroom::jobs
