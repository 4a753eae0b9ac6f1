// What was measured, in words: for a terminal, for programs, and as a page with pictures.
#pragma once

#include <filesystem>
#include <string>

#include "bench/figures.h"

namespace darkroom::bench {

/// Tables as wide as a terminal.
std::string bench_text(const Bench& bench);

/// Everything, in seconds, bytes and FLOP. One object.
std::string bench_json(const Bench& bench);

/// bench.json, bench.html, README.md, layers.svg and roofline.svg, into a folder that is made where it is missing.
void write_bench(const std::filesystem::path& folder, const Bench& bench);

/// What each figure means and what to do about it.
std::string bench_explanation();

}  // namespace darkroom::bench
