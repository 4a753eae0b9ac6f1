#include "lab/document.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/svg_plot.h"

namespace darkroom::lab {

std::string markdown(const Document& document) {
  std::string out = fmt::format("# {}\n", document.title);
  for (const Section& section : document.sections) {
    if (!section.title.empty()) out += fmt::format("\n## {}\n", section.title);
    if (!section.text.empty()) out += fmt::format("\n{}\n", section.text);
    if (!section.table.head.empty()) {
      out += fmt::format("\n| {} |\n|{}\n", fmt::join(section.table.head, " | "),
                         fmt::join(std::vector<std::string>(section.table.head.size(), "---|"), ""));
      for (const auto& row : section.table.rows) out += fmt::format("| {} |\n", fmt::join(row, " | "));
    }
    if (!section.figure.empty()) out += fmt::format("\n![{}]({})\n", section.title, section.figure);
  }
  return out;
}

std::string html(const Document& document) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{0}</title>\n<style>:root{{color-scheme:light dark}}"
      "body{{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}}"
      "table{{border-collapse:collapse;display:block;overflow-x:auto}}td,th{{padding:.2rem .6rem;text-align:left;"
      "border-bottom:1px solid #8884}}img{{max-width:100%;background:#fff}}</style>\n<h1>{0}</h1>\n",
      escaped(document.title));
  for (const Section& section : document.sections) {
    if (!section.title.empty()) out += fmt::format("<h2>{}</h2>\n", escaped(section.title));
    if (!section.text.empty()) out += fmt::format("<p>{}</p>\n", escaped(section.text));
    if (!section.table.head.empty()) {
      out += "<table><tr>";
      for (const std::string& cell : section.table.head) out += fmt::format("<th>{}</th>", escaped(cell));
      for (const auto& row : section.table.rows) {
        out += "</tr>\n<tr>";
        for (const std::string& cell : row) out += fmt::format("<td>{}</td>", escaped(cell));
      }
      out += "</tr></table>\n";
    }
    if (!section.figure.empty())
      out += fmt::format("<img src=\"{}\" alt=\"{}\">\n", escaped(section.figure), escaped(section.title));
  }
  return out + "</html>\n";
}

}  // namespace darkroom::lab
