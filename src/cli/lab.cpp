// darkroom lab: samplers and schedules measured, no model needed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/subcommands.h"
#include "lab/sample_world.h"

namespace darkroom::cli {
namespace {

using Json = nlohmann::ordered_json;

/// float32 numbers as short as they read back; the levels are such.
std::vector<float> as_float32(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

void add_level_options(CLI::App& command, lab::LevelsRequest& levels) {
  command.add_option("--schedule", levels.schedule, "Spacing of the noise levels, as for generate. [Automatic]");
  command.add_option("--steps", levels.steps, "Sampling steps. [20]");
  command.add_option("--sigma-min", levels.sigma_min, "Lowest positive level; 0 is the model's.");
  command.add_option("--sigma-max", levels.sigma_max, "Highest level; 0 is the model's.");
  command.add_option("--rho", levels.rho, "Curvature of Karras (7) and Polyexponential (1); 0 is their own.");
  command.add_flag("--sdxl", levels.is_sdxl, "SDXL's table of Align Your Steps.");
}

void add_sigmas(CLI::App& lab) {
  struct Options {
    lab::LevelsRequest levels;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = lab.add_subcommand("sigmas", "The noise levels of a run");
  command->add_option("--sampler", options->levels.sampler, "Some samplers leave a level out.");
  add_level_options(*command, options->levels);
  command->add_flag("--json", options->json, "For programs: {\"sigmas\": [...]}.");
  command->callback([options] {
    const std::vector<float> sigmas = as_float32(lab::run_levels(options->levels));
    if (options->json)
      fmt::print("{}\n", Json{{"sigmas", sigmas}}.dump());
    else
      fmt::print("{}\n", fmt::join(sigmas, "\n"));
  });
}

void add_sample(CLI::App& lab) {
  struct Options {
    lab::WorldRequest request;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  lab::WorldRequest& request = options->request;
  CLI::App* command =
      lab.add_subcommand("sample", "A sampler on a denoiser in closed form: result and number of calls");
  command->add_option("--world", request.world, fmt::format("{}. [tanh]", fmt::join(lab::world_names(), ", ")));
  command->add_option("--sampler", request.levels.sampler, "As for generate.")->required();
  add_level_options(*command, request.levels);
  command->add_option("--shape", request.shape, "Of one image's latent: C,H,W. [4,4,4]")->delimiter(',');
  command->add_option("--seeds", request.seeds, "One per image: a,b,... [0]")->delimiter(',');
  command->add_option("--rng", request.rng, "Whose random numbers: CPU, NV. [CPU]");
  command->add_option("--eta", request.eta, "Share of each step's noise drawn anew; -1 is the sampler's own. [-1]");
  command->add_option("--s-noise", request.s_noise, "Factor on the noise drawn in a step. [1]");
  command->add_option("--s-churn", request.s_churn, "Euler, Heun, DPM2: noise added over the whole run. [0]");
  command->add_option("--s-tmin", request.s_tmin, "Churn only at levels from this one. [0]");
  command->add_option("--s-tmax", request.s_tmax, "Churn only at levels up to this one; 0 is no limit.");
  command->add_flag("--lms-extrapolates-to-zero", request.lms_extrapolates_to_zero,
                    "LMS: k-diffusion's last step, which amplifies errors.");
  command->add_flag("--json", options->json, "For programs: {\"calls\": N, \"result\": [...]}.");
  command->callback([options] {
    const lab::WorldResult found = lab::sample_world(options->request);
    if (options->json)
      fmt::print("{}\n", Json{{"calls", found.calls}, {"result", found.result}}.dump());
    else
      fmt::print("{} calls\n{}\n", found.calls, fmt::join(found.result, "\n"));
  });
}

void add_gain(CLI::App& lab) {
  struct Options {
    lab::LevelsRequest levels;
    bool lms_extrapolates_to_zero = false, json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = lab.add_subcommand(
      "gain", "How much of what a network gets wrong a sampler leaves in the picture; above 1.5 is much");
  command->add_option("--sampler", options->levels.sampler, "As for generate.")->required();
  add_level_options(*command, options->levels);
  command->add_flag("--lms-extrapolates-to-zero", options->lms_extrapolates_to_zero,
                    "LMS: k-diffusion's last step, which amplifies errors.");
  command->add_flag("--json", options->json, "For programs: {\"at_lowest\": G, \"at_end\": G}.");
  command->callback([options] {
    const lab::GainResult gain = lab::error_gain(options->levels, options->lms_extrapolates_to_zero);
    if (options->json)
      fmt::print("{}\n", Json{{"at_lowest", gain.at_lowest}, {"at_end", gain.at_end}}.dump());
    else
      fmt::print("{:.3f} at the lowest positive level, {:.3f} at the end\n", gain.at_lowest, gain.at_end);
  });
}

}  // namespace

void add_lab(CLI::App& program) {
  CLI::App* lab = program.add_subcommand("lab", "Samplers and schedules, measured");
  lab->require_subcommand(1);
  add_sigmas(*lab);
  add_sample(*lab);
  add_gain(*lab);
}

}  // namespace darkroom::cli
