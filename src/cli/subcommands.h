// One function per subcommand: adds its options to the program and, as CLI11's callback, runs it.
#pragma once

namespace CLI {
class App;
}

namespace darkroom::cli {

void add_bench(CLI::App& program);
void add_convert(CLI::App& program);
void add_generate(CLI::App& program);
void add_guidance(CLI::App& program);
void add_inspect(CLI::App& program);
void add_lab(CLI::App& program);
void add_precision(CLI::App& program);
void add_lora(CLI::App& program);
void add_matrix(CLI::App& program);
void add_prompt(CLI::App& program);
void add_replay(CLI::App& program);
void add_runs(CLI::App& program);
void add_serve(CLI::App& program);
void add_train(CLI::App& program);
void add_xyz(CLI::App& program);
void add_upscale(CLI::App& program);

}  // namespace darkroom::cli
