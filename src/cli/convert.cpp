// darkroom convert: a checkpoint in another form.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/subcommands.h"
#include "generate/convert.h"

namespace darkroom::cli {

void add_convert(CLI::App& program) {
  auto request = std::make_shared<generate::ConvertRequest>();
  CLI::App* command = program.add_subcommand(
      "convert", "Writes a checkpoint as a single file or as a diffusers folder, in the precision asked for");
  command->add_option("model", request->model, "A .safetensors, .ckpt or .pt file, or a diffusers folder.")->required();
  command
      ->add_option("out", request->out,
                   "Where to: NAME.safetensors is a single file, any other name a diffusers folder.")
      ->required();
  command->add_option("--precision", request->precision,
                      "Of the written weights: fp16, bf16 or fp32. Half the size of fp32; fp16 keeps more digits, bf16 "
                      "the range of fp32. [fp16]");
  command->add_option("--vae", request->vae,
                      "Another VAE to write instead of the model's: a file or a diffusers folder.");
  command->add_flag("--overwrite", request->overwrite, "Replace what is there.");
  command->callback([request] {
    const generate::ConvertReport report = generate::convert(*request);
    fmt::print("{}: {}, {} parameters in {}\n", request->out.string(), report.family, report.parameters,
               request->precision);
  });
}

}  // namespace darkroom::cli
