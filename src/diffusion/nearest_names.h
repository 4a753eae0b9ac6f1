// "Did you mean": the names of a table that lie nearest to what was typed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::diffusion {

/// Letters compared without regard to case (ASCII).
bool same_name(std::string_view a, std::string_view b);

/// The fewest insertions, deletions and replacements of bytes that turn `a` into `b`, ignoring ASCII case.
int edit_distance(std::string_view a, std::string_view b);

/// At most `count` of `names`, nearest first; equal distances keep the order of the table.
std::vector<std::string> nearest_names(std::string_view wanted, const std::vector<std::string>& names,
                                       size_t count = 3);

/// The same as text for an error message: "A", "B" or "C". Requires: `names` is not empty.
std::string nearest_names_text(std::string_view wanted, const std::vector<std::string>& names, size_t count = 3);

}  // namespace darkroom::diffusion
