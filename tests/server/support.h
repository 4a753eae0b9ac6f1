// A whole server on a free port, in a folder of its own, with the embedded model.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "formats/support.h"
#include "server/server.h"

namespace darkroom::server {

class RunningServer {
 public:
  explicit RunningServer(ServerConfig config = {}) {
    config.port = 0;
    config.output = folder / "out";
    if (config.models == "models") config.models = std::string(DARKROOM_SOURCE_DIR) + "/models";
    server_ = std::make_unique<Server>(config);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~RunningServer() {
    server_->stop();
    thread_.join();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  httplib::Client client() const {
    httplib::Client client("127.0.0.1", server_->port());
    client.set_read_timeout(120);
    return client;
  }
  int port() const { return server_->port(); }

  /// The answer, and its JSON.
  struct Answered {
    int status = 0;
    nlohmann::json json;
    std::string body;
    httplib::Headers headers;
  };
  Answered get(const std::string& path, const httplib::Headers& headers = {}) const {
    return answered(client().Get(path.c_str(), headers));
  }
  Answered post(const std::string& path, const nlohmann::json& body = nlohmann::json::object(),
                const httplib::Headers& headers = {}) const {
    return answered(client().Post(path.c_str(), headers, body.dump(), "application/json"));
  }
  Answered post_bytes(const std::string& path, const std::string& bytes, const char* type) const {
    return answered(client().Post(path.c_str(), bytes, type));
  }
  Answered remove(const std::string& path) const { return answered(client().Delete(path.c_str())); }

  formats::TemporaryFolder folder;

 private:
  static Answered answered(const httplib::Result& result) {
    if (!result) return {};
    return {result->status, nlohmann::json::parse(result->body, nullptr, false), result->body, result->headers};
  }

  std::unique_ptr<Server> server_;
  std::thread thread_;
};

/// Two steps at 64 pixels.
inline nlohmann::json small_image(const nlohmann::json& more = nlohmann::json::object()) {
  nlohmann::json body = {{"prompt", "a red apple"}, {"steps", 2}, {"width", 64}, {"height", 64}, {"seed", 5}};
  body.update(more);
  return body;
}

}  // namespace darkroom::server
