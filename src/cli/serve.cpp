// darkroom serve: the web page and A1111's API.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <thread>

#include "cli/subcommands.h"
#include "generate/devices.h"
#include "server/openapi.h"
#include "server/server.h"

namespace darkroom::cli {
namespace {

void run_serve(const server::ServerConfig& config) {
  // Signals are waited for by one thread, so that stopping may take locks. Threads inherit the mask, so it comes first.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  server::Server server(config);
  std::thread waiter([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop();
  });
  fmt::print("Darkroom is at http://{}:{}\n", config.address, server.port());
  std::fflush(stdout);
  server.run();
  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();
}

}  // namespace

void add_serve(CLI::App& program) {
  auto config = std::make_shared<server::ServerConfig>();
  CLI::App* command = program.add_subcommand("serve", "The web page and AUTOMATIC1111's API, on this machine");
  command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  command->add_option("--address,--server-name", config->address,
                      "Where to listen; addresses that other computers reach need --api-auth. [127.0.0.1]");
  command->add_option("--port", config->port, "0 takes any that is free. [7860]")->check(CLI::Range(0, 65535));
  command->add_option("--api-auth", config->users, "Who may sign in: name:password, several with commas between.");
  command->add_option("--models", config->models,
                      "Folder with Stable-diffusion, Lora, VAE, VAE-approx, as A1111 has it. [models]");
  command->add_option("--output", config->output, "Folder for pictures, queue and settings. [outputs]");
  command->add_option("--runs", config->runs, "Folder of training runs. [OUTPUT/runs]");
  command->add_option("--datasets", config->datasets, "Folder of folders of training pictures. [OUTPUT/datasets]");
  auto device = std::make_shared<std::string>("auto");
  command->add_option("--device", *device,
                      "Where to compute: auto (an accelerator where there is one), cpu, cuda, cuda:1. [auto]");
  auto is_description = std::make_shared<bool>(false);
  command->add_flag("--openapi", *is_description, "Print the API's description, docs/openapi.json, and serve nothing.");
  command->callback([config, device, is_description] {
    if (*is_description) return fmt::print("{}", server::openapi_text());
    generate::use_device(*device);
    run_serve(*config);
  });
}

}  // namespace darkroom::cli
