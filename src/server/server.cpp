#include "server/server.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "jobs/child_process.h"
#include "jobs/lab_job.h"
#include "jobs/merge_job.h"
#include "jobs/picture_job.h"
#include "jobs/replay_job.h"
#include "jobs/sqlite_store.h"
#include "jobs/training_job.h"
#include "jobs/upscale_job.h"
#include "server/access.h"
#include "server/gzip.h"
#include "server/json_text.h"
#include "server/routes.h"
#include "server/task_threads.h"
#include "server/training/trainings.h"
#include "server/v1/endpoints.h"
#include "server/v1/submissions.h"
#include "server/web_files.h"
#include "server/words.h"

namespace darkroom::server {
namespace {

namespace fs = std::filesystem;

/// Parity: A1111's two approximations are networks and tables of its own makers' models; here both are
/// PreviewKind::quick.
jobs::PreviewChoice previews_of(const Options& options) {
  if (!options.truth("live_previews_enable")) return {.every = 0};
  return {.every = int(std::clamp<int64_t>(options.whole("show_progress_every_n_steps"), 0, 10000)),
          .kind = options.text("show_progress_type") == "Full" ? generate::PreviewKind::full
                                                               : generate::PreviewKind::quick};
}

constexpr size_t kMostConnections = 1024;
constexpr int kMostWaiting = 512;  // connections that no thread has taken yet
constexpr size_t kMostBody = size_t(256) << 20;
constexpr int kUploadDays = 14;

/// One server per output folder: two would take each other's jobs.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder) {
    fs::create_directories(folder);
    const fs::path path = folder / "darkroom.lock";
    file_ = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    require(file_ >= 0, ErrorKind::io, "open {}: is the folder writable?", path.string());
    if (flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    close(file_);
    fail(ErrorKind::invalid_request, "another Darkroom serves from {}; give another folder with --output",
         folder.string());
  }
  ~FolderLock() { close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

/// Where trainings of another process find it, whatever that takes for its current folder.
fs::path absolute_or(const fs::path& path, const fs::path& standard) {
  return fs::absolute(path.empty() ? standard : path);
}

/// Files and rows of clients that never came for them.
void forget_unlisted(jobs::JobStore& store, const fs::path& output) {
  std::error_code ignored;
  for (const jobs::PictureRecord& picture : store.unlisted_pictures()) {
    const auto job = store.job(picture.job);
    if (job && !jobs::has_ended(job->state)) continue;
    fs::remove(output / picture.file, ignored);
    store.forget_picture(picture.id);
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

Asked asked_of(const httplib::Request& request, std::string user) {
  Asked asked{.method = request.method, .path = request.path, .body = request.body, .user = std::move(user)};
  for (const auto& [name, value] : request.params) asked.query[name] = value;
  for (const auto& [name, value] : request.headers) asked.headers[lower(name)] = value;
  return asked;
}

Caller caller_of(const httplib::Request& request) {
  return {.host = request.get_header_value("Host"),
          .origin = request.get_header_value("Origin"),
          .authorization = request.get_header_value("Authorization"),
          .changes_something = request.method != "GET" && request.method != "HEAD"};
}

/// Own origin only; pictures may be made by the page itself.
constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src "
    "'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

/// A body is handed over piece by piece: what is given whole the library compresses as it likes (gzip.h).
void send_body(std::string&& body, const std::string& type, httplib::Response& response) {
  if (body.empty()) return response.set_content(std::move(body), type.c_str());
  const auto kept = std::make_shared<const std::string>(std::move(body));
  response.set_content_provider(kept->size(), type.c_str(),
                                [kept](size_t offset, size_t length, httplib::DataSink& sink) {
                                  return sink.write(kept->data() + offset, length);
                                });
}

void send(Answer&& answer, const httplib::Request& request, httplib::Response& response) {
  response.status = answer.status;
  response.set_header("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) response.set_header(name.c_str(), value);
  if (!answer.stream) {
    if (is_worth_gzip(answer.type, answer.body.size())) {
      response.set_header("Vary", "Accept-Encoding");
      if (accepts_gzip(request.get_header_value("Accept-Encoding")) && !request.has_header("Range")) {
        answer.body = gzipped(answer.body);
        response.set_header("Content-Encoding", "gzip");
      }
    }
    return send_body(std::move(answer.body), answer.type, response);
  }
  response.set_chunked_content_provider(
      answer.type.c_str(), [stream = std::move(answer.stream)](size_t, httplib::DataSink& sink) {
        stream([&](const std::string& piece) { return sink.is_writable() && sink.write(piece.data(), piece.size()); });
        sink.done();
        return true;
      });
}

}  // namespace

struct Server::Parts {
  ServerConfig config;
  Access access;
  FolderLock lock;
  jobs::SqliteStore store;
  jobs::EventLog events{/*kept=*/2000, /*before=*/int64_t(jobs::now() * 1000)};
  jobs::Residency residency;
  Uploads uploads;
  Library library;
  Options options;
  Trainings trainings;
  jobs::Queue queue;
  Context context;
  httplib::Server http;
  LogSink sink_before;
  int port = 0;
  std::atomic<bool> is_stopping = false, is_listening = false;
  std::atomic<bool> was_opened = false, warms_up = false;

  explicit Parts(const ServerConfig& config)
      : config(config),
        access(config.address, config.users),
        lock(config.output),
        store(config.output / "darkroom.sqlite"),
        uploads(config.output / "uploads"),
        library(LibraryFolders::below(config.models)),
        options(config.output / "settings.json"),
        trainings{.program = config.program.empty() ? jobs::own_program() : config.program,
                  .runs = Runs(absolute_or(config.runs, config.output / "runs")),
                  .datasets = Datasets(absolute_or(config.datasets, config.output / "datasets"))},
        queue(store, events),
        context{store,   events,  queue,     residency,     library,
                options, uploads, trainings, config.output, jobs::drawn_id()} {}

  Answer answered(const httplib::Request& request);
  Answer routed(const httplib::Request& request, const std::string& user);
  void prepare();
  void note_page();
  void be_idle();
};

Answer Server::Parts::answered(const httplib::Request& request) {
  const Verdict verdict = access.verdict(caller_of(request));
  if (verdict.status != 200) {
    Answer answer = error_answer(verdict.status, verdict.status == 401 ? "Unauthorized" : "Forbidden", verdict.reason);
    if (verdict.status == 401) answer.headers.push_back({"WWW-Authenticate", "Basic realm=\"Darkroom\""});
    return answer;
  }
  try {
    return routed(request, verdict.user);
  } catch (const Error& error) {
    return error_answer(error);
  } catch (const std::bad_alloc&) {
    return error_answer(507, "OutOfMemory", "out of memory; try a smaller request");
  } catch (const std::exception& error) {
    return error_answer(500, "Internal", error.what());
  }
}

Answer Server::Parts::routed(const httplib::Request& request, const std::string& user) {
  Asked asked = asked_of(request, user);
  bool is_known = false;
  for (const Route& route : routes()) {
    if (!matches(route.path, request.path, asked.parts)) continue;
    is_known = true;
    if (request.method == route.method) return route.handler(asked, context);
  }
  if (is_known)
    return error_answer(405, "Method Not Allowed", request.method + " is not what " + request.path + " takes");
  if (request.method == "GET" || request.method == "HEAD") {
    if (const auto file = web_file(request.path))
      return {.body = std::string(file->bytes),
              .type = std::string(file->type),
              .headers = {{"Cache-Control", file->is_lasting ? "public, max-age=31536000, immutable" : "no-cache"}}};
    if (is_page(request.path)) note_page();
    if (is_page(request.path))
      return {.body = page(line_of(v1::start_json(context))),
              .type = "text/html; charset=utf-8",
              .headers = {{"Cache-Control", "no-store"}, {"Content-Security-Policy", kContentPolicy}}};
  }
  return error_answer(404, "Not Found", "there is nothing at " + request.path.substr(0, 200));
}

/// The first picture of a fresh machine shall not wait for the model: it is loaded while the page is looked at. Who has
/// models of his own has not said yet which one he wants.
void Server::Parts::note_page() {
  if (was_opened.exchange(true)) return;
  if (library.models().size() != 1 || store.picture_count({}) > 0) return;
  warms_up = true;
  queue.wake();
}

void Server::Parts::be_idle() {
  if (warms_up.exchange(false) && !queue.running()) {
    generate::Settings said = options.request_settings();
    said["prompt"] = first_prompts().front();
    jobs::warm_up(residency, said);
  }
  residency.unload_if_idle(60.0 * double(options.whole("unload_idle_minutes")));
}

void Server::Parts::prepare() {
  forget_unlisted(store, config.output);
  uploads.forget_older_than(kUploadDays);
  const jobs::PictureFolders folders{config.output, [this](const std::string& name) { return uploads.picture(name); },
                                     [this] { return previews_of(options); }};
  queue.set_runner("generate", jobs::picture_runner(residency, folders));
  queue.set_runner("upscale", jobs::upscale_runner(folders));
  queue.set_runner("xyz", jobs::xyz_runner(residency, folders,
                                           [this](const jobs::XyzJob& job) { return v1::plan_of(job, context); }));
  queue.set_runner("replay", jobs::replay_runner(residency, folders,
                                                 [this](const std::string& name) { return uploads.bytes(name); }));
  queue.set_runner("lab", jobs::lab_runner(residency, config.output));
  queue.set_runner("merge", jobs::merge_runner(residency, config.output, [this] { library.refresh(); }));
  const auto lets_pass = [this] { return options.truth("pictures_pass_trainings"); };
  queue.set_runner("training",
                   jobs::training_runner(
                       {trainings.program, trainings.runs.folder(), /*lets_others_pass=*/lets_pass, &trainings.wishes}),
                   /*is_long=*/true);
  queue.set_idle([this] { be_idle(); });
  http.new_task_queue = [] { return new TaskThreads(kMostConnections); };
  http.set_payload_max_length(kMostBody);
  http.set_read_timeout(30);
  http.set_write_timeout(30);
  http.set_keep_alive_timeout(30);
  http.set_keep_alive_max_count(100000);
  http.set_tcp_nodelay(true);
  // Without the library's SO_REUSEPORT, by which two programs would share a port and its clients.
  socket_t bound = INVALID_SOCKET;  // of several it tries, the last
  http.set_socket_options([&bound](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    bound = socket;
  });
  const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
    send(answered(request), request, response);
  };
  http.Get(".*", handle);
  http.Post(".*", handle);
  http.Delete(".*", handle);
  port = config.port == 0 ? http.bind_to_any_port(config.address.c_str()) : config.port;
  const bool is_bound = config.port == 0 ? port > 0 : http.bind_to_port(config.address.c_str(), config.port);
  require(is_bound, ErrorKind::io, "listen on {} port {}: another program has it; give another with --port",
          config.address, config.port);
  http.set_socket_options(nullptr);
  // The library lets 5 wait to be taken; a client beyond them tries again after one second, and after three.
  ::listen(bound, kMostWaiting);
}

Server::Server(const ServerConfig& config) : parts_(std::make_unique<Parts>(config)) {
  parts_->prepare();
  parts_->sink_before = set_log_sink([](LogLevel, const std::string&) {});
  set_log_sink(jobs::sink_telling_jobs(parts_->sink_before));
}

Server::~Server() {
  stop();
  set_log_sink(parts_->sink_before);
}

int Server::port() const {
  return parts_->port;
}

void Server::run() {
  parts_->queue.start();
  parts_->is_listening = true;  // before the question: either stop() sees it, or this sees is_stopping
  if (!parts_->is_stopping) parts_->http.listen_after_bind();
  parts_->is_listening = false;
}

void Server::stop() {
  parts_->events.close();
  parts_->queue.stop();
  parts_->is_stopping = true;
  // The library forgets a stop that comes before it listens.
  while (parts_->is_listening && !parts_->http.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  parts_->http.stop();
}

}  // namespace darkroom::server
