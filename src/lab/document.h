// A report as sections of text, tables and figures, written as Markdown and as HTML.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace darkroom::lab {

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  ///< as many cells as `head` each
};

struct Section {
  std::string title, text;
  Table table = {};
  std::string figure = {};  ///< name of an .svg or .png beside the report; its description is the title
};

struct Document {
  std::string title;
  std::vector<Section> sections;
};

std::string markdown(const Document& document);
/// One page in light or dark as the reader's system is; figures stand beside it.
std::string html(const Document& document);

}  // namespace darkroom::lab
