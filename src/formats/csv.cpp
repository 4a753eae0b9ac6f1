#include "formats/csv.h"

namespace darkroom::formats {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<CsvRow> rows() {
    while (at_ < text_.size()) read_row();
    return std::move(rows_);
  }

 private:
  bool is_line_end() const { return text_[at_] == '\n' || text_[at_] == '\r'; }

  void skip_line_end() {
    if (at_ >= text_.size()) return;
    at_ += text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n' ? 2 : 1;
  }

  void read_row() {
    if (is_line_end()) return skip_line_end();
    CsvRow row;
    do {
      row.push_back(field());
    } while (at_ < text_.size() && text_[at_] == ',' && ++at_);
    skip_line_end();
    rows_.push_back(std::move(row));
  }

  std::string field() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    std::string value;
    if (at_ < text_.size() && text_[at_] == '"') value = quoted();
    while (at_ < text_.size() && text_[at_] != ',' && !is_line_end()) value += text_[at_++];
    return value;
  }

  std::string quoted() {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        const bool is_pair = at_ + 1 < text_.size() && text_[at_ + 1] == '"';
        if (!is_pair) return ++at_, value;
        ++at_;
      }
      value += text_[at_];
    }
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<CsvRow> rows_;
};

}  // namespace

std::vector<CsvRow> csv_rows(std::string_view text) {
  return Reader(text).rows();
}

}  // namespace darkroom::formats
