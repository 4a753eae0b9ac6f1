// Comma-separated values.
// Source of truth: RFC 4180, and Python's csv.reader where it is silent (dialect "excel", skipinitialspace).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::formats {

using CsvRow = std::vector<std::string>;

/// The rows of a text, empty lines left out. Lines end with \n, \r or \r\n. Blanks after a comma do not count. A field
/// that begins with a quote goes to the closing one, lines included; "" in it is a quote; what follows the closing
/// quote belongs to the field. A quote never closed goes to the end of the text.
std::vector<CsvRow> csv_rows(std::string_view text);

}  // namespace darkroom::formats
