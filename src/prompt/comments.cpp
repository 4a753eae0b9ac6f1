#include "prompt/comments.h"

namespace darkroom::prompt {

std::string without_comments(std::string_view text) {
  std::string out;
  // Parity: whole lines first, with the line's end before them; their matches do not overlap.
  size_t at = 0;
  while (at < text.size()) {
    const bool starts_line = (at == 0 && text[0] == '#') || (text[at] == '\n' && text.substr(at + 1).starts_with('#'));
    if (!starts_line) {
      out += text[at++];
      continue;
    }
    const size_t end = text.find('\n', text[at] == '#' ? at : at + 1);
    out += '\n';
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
  std::string kept;
  for (at = 0; at < out.size();) {
    if (out[at] != '#') {
      kept += out[at++];
      continue;
    }
    const size_t end = out.find('\n', at);
    kept += '\n';
    at = end == std::string::npos ? out.size() : end + 1;
  }
  return kept;
}

}  // namespace darkroom::prompt
