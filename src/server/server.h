// Listening. Errors become statuses here, and only here.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace darkroom::server {

struct ServerConfig {
  std::string address = "127.0.0.1";
  int port = 7860;                           ///< 0 = any that is free
  std::string users;                         ///< "name:password,name:password"; empty = nobody signs in
  std::filesystem::path models = "models";   ///< A1111's layout
  std::filesystem::path output = "outputs";  ///< pictures, queue, settings
  std::filesystem::path runs, datasets;      ///< of trainings; empty = below output
  std::filesystem::path program;             ///< darkroom, which trains; empty = the running program
};

class Server {
 public:
  /// Opens the queue and listens, but answers nobody yet. Throws Error: invalid_request (an address others can reach
  /// without users; the output folder is another Darkroom's), io (the port is taken, the folder cannot be written).
  explicit Server(const ServerConfig& config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  /// Answers until stop(). Jobs run meanwhile.
  void run();
  /// From any thread, also from a signal's.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace darkroom::server
