#include "train/optimizer_arguments.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"

namespace darkroom::train {
namespace {

/// The text without blanks, brackets and quotes around it.
std::string_view bare(std::string_view text) {
  constexpr std::string_view around = " \t\"'()[]";
  const size_t first = text.find_first_not_of(around);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(around) - first + 1);
}

std::optional<double> number_in(std::string_view text) {
  text = bare(text);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value != value) return std::nullopt;
  return value;
}

}  // namespace

OptimizerArguments::OptimizerArguments(std::string optimizer, const std::vector<std::string>& texts)
    : optimizer_(std::move(optimizer)) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    require(equals != std::string::npos && equals > 0, ErrorKind::invalid_request,
            "arguments of {}: name=value is needed, \"{}\" was given", optimizer_, text);
    const bool is_new = said_.emplace(std::string(bare(text.substr(0, equals))), text.substr(equals + 1)).second;
    require(is_new, ErrorKind::invalid_request, "arguments of {}: \"{}\" is said twice", optimizer_,
            text.substr(0, equals));
  }
}

const std::string* OptimizerArguments::find(const std::string& name) {
  known_.push_back(name);
  const auto found = said_.find(name);
  return found == said_.end() ? nullptr : &found->second;
}

double OptimizerArguments::number(const std::string& name, double own) {
  const std::string* text = find(name);
  if (!text) return own;
  const auto value = number_in(*text);
  require(value.has_value(), ErrorKind::invalid_request, "arguments of {}: {} must be a number, found \"{}\"",
          optimizer_, name, *text);
  return *value;
}

std::string OptimizerArguments::text(const std::string& name, const std::string& own) {
  const std::string* said = find(name);
  return said ? std::string(bare(*said)) : own;
}

bool OptimizerArguments::truth(const std::string& name, bool own) {
  const std::string* text = find(name);
  if (!text) return own;
  const std::string_view value = bare(*text);
  const bool yes = value == "True" || value == "true" || value == "1";
  require(yes || value == "False" || value == "false" || value == "0", ErrorKind::invalid_request,
          "arguments of {}: {} must be True or False, found \"{}\"", optimizer_, name, *text);
  return yes;
}

std::vector<double> OptimizerArguments::numbers(const std::string& name, std::vector<double> own) {
  const std::string* text = find(name);
  if (!text) return own;
  std::vector<double> values;
  std::string_view rest = bare(*text);
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (const auto value = number_in(rest.substr(0, comma))) values.push_back(*value);
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  require(values.size() == own.size(), ErrorKind::invalid_request,
          "arguments of {}: {} must be {} numbers with commas between, found \"{}\"", optimizer_, name, own.size(),
          *text);
  return values;
}

void OptimizerArguments::refuse_others() const {
  for (const auto& [name, value] : said_) {
    require(std::find(known_.begin(), known_.end(), name) != known_.end(), ErrorKind::invalid_request,
            "arguments of {}: there is no \"{}\"; it takes {}", optimizer_, name, fmt::join(known_, ", "));
  }
}

}  // namespace darkroom::train
