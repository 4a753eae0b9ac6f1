// darkroom lab: samplers and schedules measured, most of it without a model.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/progress_bar.h"
#include "cli/request_options.h"
#include "cli/subcommands.h"
#include "lab/report.h"
#include "lab/sample_world.h"

namespace darkroom::cli {
namespace {

using generate::Settings;
using Json = nlohmann::ordered_json;

/// The reference's habits, so that its tables can be repeated without a word.
constexpr const char* kReferenceProfile = "a1111-1.10";

/// float32 numbers as short as they read back; the levels are such.
std::vector<float> as_float32(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

/// Options that are fields of a request, by their JSON names.
std::shared_ptr<Settings> add_fields(CLI::App& command, const std::vector<const char*>& names) {
  auto said = std::make_shared<Settings>();
  for (const char* name : names) {
    const bool is_profile = std::string(name) == "profile";
    add_request_option(command, generate::request_field(name), said, is_profile ? kReferenceProfile : "");
  }
  return said;
}

generate::GenerateRequest sampling_request(const Settings& said) {
  return generate::completed_request(said, {{"profile", kReferenceProfile}});
}

const std::vector<const char*> kLevelFields = {
    "scheduler", "steps", "sigma_min", "sigma_max", "rho", "discard_next_to_last_sigma", "profile"};
const std::vector<const char*> kSamplingFields = {"sampler_name",
                                                  "scheduler",
                                                  "steps",
                                                  "sigma_min",
                                                  "sigma_max",
                                                  "rho",
                                                  "discard_next_to_last_sigma",
                                                  "profile",
                                                  "noise",
                                                  "eta",
                                                  "s_noise",
                                                  "s_churn",
                                                  "s_tmin",
                                                  "s_tmax",
                                                  "order",
                                                  "rtol",
                                                  "atol",
                                                  "randn_source",
                                                  "eta_noise_seed_delta"};

void add_sigmas(CLI::App& lab) {
  struct Options {
    std::string sampler;
    bool is_sdxl = false, json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = lab.add_subcommand("sigmas", "The noise levels of a run");
  auto said = add_fields(*command, kLevelFields);
  command->add_option("--sampler", options->sampler, "Some samplers have levels of their own or leave one out.");
  command->add_flag("--sdxl", options->is_sdxl, "SDXL's table of Align Your Steps.");
  command->add_flag("--json", options->json, "For programs: {\"sigmas\": [...]}.");
  command->callback([options, said] {
    // Euler takes a schedule's levels as they are.
    (*said)["sampler_name"] = options->sampler.empty() ? "Euler" : options->sampler;
    const std::vector<float> sigmas = as_float32(lab::run_levels(sampling_request(*said), options->is_sdxl));
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
  auto said = add_fields(*command, kSamplingFields);
  command->get_option("--sampler")->required();
  command->add_option("--shape", request.shape, "Of one image's latent: C,H,W. [4,4,4]")->delimiter(',');
  command->add_option("--seeds", request.seeds, "One per image: a,b,... [0]")->delimiter(',');
  command->add_flag("--json", options->json, "For programs: {\"calls\": N, \"result\": [...]}.");
  command->callback([options, said] {
    options->request.sampling = sampling_request(*said);
    const lab::WorldResult found = lab::sample_world(options->request);
    if (options->json)
      fmt::print("{}\n", Json{{"calls", found.calls}, {"result", found.result}}.dump());
    else
      fmt::print("{} calls\n{}\n", found.calls, fmt::join(found.result, "\n"));
  });
}

/// Where a measurement goes: its own text, JSON, or files.
struct Destination {
  std::string output;
  bool json = false;
};

std::shared_ptr<Destination> add_destination(CLI::App& command, const char* files) {
  auto destination = std::make_shared<Destination>();
  command.add_option("-o,--output", destination->output, fmt::format("Folder to write {} into.", files));
  command.add_flag("--json", destination->json, "For programs.");
  return destination;
}

void add_order(CLI::App& lab) {
  CLI::App* command = lab.add_subcommand(
      "order", "How fast the error of every sampler falls with its steps, against an exact solution");
  auto destination = add_destination(*command, "order.svg and order.json");
  command->callback([destination] {
    const auto rows = lab::measure_order();
    if (!destination->output.empty()) lab::write_order(destination->output, rows);
    if (destination->json) {
      fmt::print("{}", lab::order_json(rows));
      return;
    }
    for (const auto& row : rows)
      fmt::print("{:26} order {:5.2f}   errors {:.2e}\n", row.sampler, row.order, fmt::join(row.errors, " "));
  });
}

void add_moments(CLI::App& lab) {
  CLI::App* command =
      lab.add_subcommand("moments", "The variance of what samplers draw where 1 is right: their contrast, exactly");
  auto destination = add_destination(*command, "moments.svg and moments.json");
  command->callback([destination] {
    const auto table = lab::measure_moments();
    if (!destination->output.empty()) lab::write_moments(destination->output, table);
    if (destination->json) {
      fmt::print("{}", lab::moments_json(table));
      return;
    }
    fmt::print("{:20} {:>7}\n", "steps", fmt::join(table.steps, " "));
    for (const auto& row : table.rows) fmt::print("{:20} {:7.3f}\n", row.sampler, fmt::join(row.variances, " "));
  });
}

void print_gain(const generate::GenerateRequest& request, bool json) {
  const lab::GainResult gain = lab::error_gain(request);
  if (json)
    fmt::print("{}\n", Json{{"at_lowest", gain.at_lowest}, {"at_end", gain.at_end}}.dump());
  else
    fmt::print("{:.3f} at the lowest positive level, {:.3f} at the end\n", gain.at_lowest, gain.at_end);
}

void add_gain(CLI::App& lab) {
  CLI::App* command = lab.add_subcommand(
      "gain",
      "How much of what a network gets wrong a sampler leaves in the picture; above 1.5 is much. Without --sampler: of "
      "all samplers on all schedules");
  auto said = add_fields(*command, kSamplingFields);
  auto destination = add_destination(*command, "the map gain_N.svg and gain_N.json");
  command->callback([said, destination] {
    if (said->contains("sampler_name")) {
      print_gain(sampling_request(*said), destination->json);
      return;
    }
    const auto map = lab::measure_gain_map(sampling_request(*said).steps);
    if (!destination->output.empty()) lab::write_gain(destination->output, map);
    if (destination->json || destination->output.empty()) fmt::print("{}", lab::gain_json(map));
  });
}

void add_convergence(CLI::App& lab) {
  struct Options {
    lab::ConvergenceRequest request;
    std::string output;
    int seeds = 4;
    bool quiet = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = lab.add_subcommand("convergence",
                                         "The samplers on a model, at more and more steps: which converge, which "
                                         "agree, how many steps they need. Stopped, "
                                         "it goes on where it was");
  auto said = add_fields(*command, {"model", "vae", "negative_prompt", "cfg_scale", "seed", "width", "height",
                                    "randn_source", "precision", "threads"});
  command->add_option("--prompt", options->request.prompts, "What to make; may be said several times.")->required();
  command->add_option("--seeds", options->seeds, "Pictures per prompt, from --seed on. [4]")->check(CLI::Range(2, 64));
  command->add_option("--steps", options->request.steps, "Each twice the one before. [5,10,20,40,80,160]")
      ->delimiter(',');
  command->add_option("--profiles", options->request.profiles, "[a1111-2022-12,darkroom]")->delimiter(',');
  command->add_option("-o,--output", options->output, "Folder for the report and what it is made from.")->required();
  command->add_flag("-q,--quiet", options->quiet, "Print nothing but errors.");
  command->callback([options, said] {
    lab::ConvergenceRequest& request = options->request;
    lab::require_doubling(request.steps);
    said->emplace("seed", "0");
    request.base = generate::completed_request(*said, {{"cfg_scale", "4"}});
    request.base.batch_size = options->seeds;
    request.output = options->output;
    ProgressBar bar(stderr, isatty(fileno(stderr)) != 0);
    const auto runs = lab::run_convergence(request, [&](const ProgressEvent& event) {
      if (!options->quiet) bar.show(event);
    });
    bar.clear();
    lab::write_convergence(request.output, runs, options->seeds);
    if (!options->quiet) fmt::print("{}\n", (request.output / "report.html").string());
  });
}

}  // namespace

void add_lab(CLI::App& program) {
  CLI::App* lab = program.add_subcommand("lab", "Samplers and schedules, measured");
  lab->require_subcommand(1);
  add_sigmas(*lab);
  add_sample(*lab);
  add_order(*lab);
  add_moments(*lab);
  add_gain(*lab);
  add_convergence(*lab);
}

}  // namespace darkroom::cli
