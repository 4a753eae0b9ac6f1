#include "jobs/sqlite_store.h"

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "jobs/picture_facts.h"
#include "jobs/picture_search.h"

namespace darkroom::jobs {
namespace {

// What each version of the file added to the one before. position: order among those that wait. A picture is known by
// job and index, so that one made again after a crash is no second one.
constexpr const char* kSteps[] = {R"(
CREATE TABLE jobs(
  id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, position REAL NOT NULL, kind TEXT NOT NULL, owner TEXT NOT NULL,
  title TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL, started REAL NOT NULL,
  ended REAL NOT NULL, error TEXT NOT NULL, warnings TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX jobs_by_state ON jobs(state, position);
CREATE TABLE pictures(
  id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, place INTEGER NOT NULL, seed INTEGER NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, created REAL NOT NULL, prompt TEXT NOT NULL,
  infotext TEXT NOT NULL, file TEXT NOT NULL, flag TEXT NOT NULL, is_listed INTEGER NOT NULL,
  is_binned INTEGER NOT NULL, UNIQUE(job, place));
)",
                                  R"(
ALTER TABLE pictures ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN sampler TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN size TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN cfg TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN steps TEXT NOT NULL DEFAULT '';
ALTER TABLE pictures ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
CREATE TABLE picture_loras(picture INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(picture, name)) WITHOUT ROWID;
)"};
constexpr int kVersion = int(std::size(kSteps));

constexpr const char* kJobColumns =
    "SELECT id, number, kind, owner, title, request, state, created, started, ended, error, warnings FROM jobs ";
constexpr const char* kPictureColumns =
    "SELECT id, job, place, seed, width, height, created, prompt, infotext, file, flag, is_listed, is_binned "
    "FROM pictures ";

/// The condition that a job waits and is of none of so many kinds, which are then bound.
std::string waiting_besides(const std::vector<std::string>& kinds) {
  std::string condition = "state = 'waiting'";
  for (size_t i = 0; i < kinds.size(); ++i) condition += " AND kind <> ?";
  return condition;
}

Job job_of(const Statement& row) {
  return {.id = row.text(0),
          .number = row.whole(1),
          .kind = row.text(2),
          .owner = row.text(3),
          .title = row.text(4),
          .request = row.text(5),
          .state = state_named(row.text(6)),
          .created = row.number(7),
          .started = row.number(8),
          .ended = row.number(9),
          .error = row.text(10),
          .warnings = nlohmann::json::parse(row.text(11)).get<std::vector<std::string>>()};
}

PictureRecord picture_of(const Statement& row) {
  return {.id = row.whole(0),
          .job = row.text(1),
          .index = int(row.whole(2)),
          .seed = row.whole(3),
          .width = int(row.whole(4)),
          .height = int(row.whole(5)),
          .created = row.number(6),
          .prompt = row.text(7),
          .infotext = row.text(8),
          .file = row.text(9),
          .flag = row.text(10),
          .is_listed = row.whole(11) != 0,
          .is_binned = row.whole(12) != 0};
}

std::vector<Job> jobs_of(Statement& rows) {
  std::vector<Job> found;
  while (rows.step()) found.push_back(job_of(rows));
  return found;
}

std::vector<PictureRecord> pictures_in(Statement& rows) {
  std::vector<PictureRecord> found;
  while (rows.step()) found.push_back(picture_of(rows));
  return found;
}

double number_of(Database& database, const char* sql) {
  Statement row(database, sql);
  row.step();
  return row.number(0);
}

Statement& bind_all(Statement& statement, const PictureCondition& condition) {
  for (const std::string& value : condition.values) statement.bind(value);
  return statement;
}

std::vector<PictureFacet> date_facets(Database& database, const std::string& words) {
  const PictureCondition left = picture_condition({.words = words}, "date");
  Statement row(database, fmt::format("SELECT coalesce(sum(created >= {}), 0), coalesce(sum(created >= {}), 0), "
                                      "count(*) FROM pictures {}",
                                      kStartOfToday, kStartOfWeek, left.sql));
  bind_all(row, left).step();
  return {{"date", "today", "date:today", row.whole(0)},
          {"date", "week", "date:week", row.whole(1)},
          {"date", "all", "", row.whole(2)}};
}

/// `from` selects the values of a field, each as often as pictures have it.
std::vector<PictureFacet> value_facets(Database& database, const std::string& words, const std::string& field,
                                       const char* from) {
  const PictureCondition left = picture_condition({.words = words}, field);
  Statement rows(database, fmt::format("SELECT value, count(*) FROM ({} {}) WHERE value <> '' GROUP BY value "
                                       "ORDER BY 2 DESC, 1",
                                       from, left.sql));
  bind_all(rows, left);
  std::vector<PictureFacet> found;
  while (rows.step()) found.push_back({field, rows.text(0), picture_word(field, rows.text(0)), rows.whole(1)});
  return found;
}

PictureFacet without_loras(Database& database, const std::string& words) {
  const PictureCondition left = picture_condition({.words = words}, "lora");
  Statement row(database, "SELECT count(*) FROM pictures " + left.sql +
                              " AND NOT EXISTS (SELECT 1 FROM picture_loras WHERE picture = pictures.id)");
  bind_all(row, left).step();
  return {"lora", "", "lora:none", row.whole(0)};
}

std::string warnings_text(const Job& job) {
  return nlohmann::json(job.warnings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

SqliteStore::SqliteStore(const std::filesystem::path& file) : database_(file) {
  // Write-ahead: readers do not wait, and a commit is one append. FULL: it has reached the disk when it returns.
  database_.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
  const int version = int(number_of(database_, "PRAGMA user_version"));
  require(version <= kVersion, ErrorKind::unsupported,
          "open the database {}: it has version {}, this Darkroom knows {}; use the newer program", file.string(),
          version, kVersion);
  if (version == kVersion) return;
  Transaction transaction(database_);
  for (int step = version; step < kVersion; ++step) database_.run(kSteps[step]);
  keep_facts_of_all();
  database_.run(fmt::format("PRAGMA user_version={}", kVersion).c_str());
  transaction.commit();
}

std::optional<Job> SqliteStore::add(Job& job, bool to_front) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  Statement same(database_, std::string(kJobColumns) + "WHERE id = ?");
  same.bind(job.id);
  if (same.step()) return job_of(same);
  job.number = int64_t(number_of(database_, "SELECT coalesce(max(number), 0) + 1 FROM jobs"));
  const double position =
      to_front ? number_of(database_, "SELECT coalesce(min(position), 0) - 1 FROM jobs WHERE state = 'waiting'")
               : number_of(database_, "SELECT coalesce(max(position), 0) + 1 FROM jobs");
  Statement(database_, "INSERT INTO jobs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(job.id)
      .bind(job.number)
      .bind(position)
      .bind(job.kind)
      .bind(job.owner)
      .bind(job.title)
      .bind(job.request)
      .bind(state_name(job.state))
      .bind(job.created)
      .bind(job.started)
      .bind(job.ended)
      .bind(job.error)
      .bind(warnings_text(job))
      .run();
  transaction.commit();
  return std::nullopt;
}

std::optional<Job> SqliteStore::job(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  Statement row(database_, std::string(kJobColumns) + "WHERE id = ?");
  row.bind(id);
  return row.step() ? std::optional(job_of(row)) : std::nullopt;
}

std::vector<Job> SqliteStore::jobs(const std::vector<JobState>& states, int limit, int64_t before,
                                   const std::string& kind) const {
  const std::lock_guard lock(mutex_);
  std::string places;
  for (size_t i = 0; i < states.size(); ++i) places += i ? ", ?" : "?";
  Statement rows(database_, std::string(kJobColumns) + "WHERE state IN (" + places +
                                ") AND (? = 0 OR number < ?) AND (? = '' OR kind = ?) ORDER BY number DESC LIMIT ?");
  for (const JobState state : states) rows.bind(state_name(state));
  rows.bind(before).bind(before).bind(kind).bind(kind).bind(limit);
  return jobs_of(rows);
}

std::vector<Job> SqliteStore::waiting(int limit) const {
  const std::lock_guard lock(mutex_);
  Statement rows(database_, std::string(kJobColumns) + "WHERE state = 'waiting' ORDER BY position LIMIT ?");
  rows.bind(limit);
  return jobs_of(rows);
}

int64_t SqliteStore::count(JobState state) const {
  const std::lock_guard lock(mutex_);
  Statement row(database_, "SELECT count(*) FROM jobs WHERE state = ?");
  row.bind(state_name(state)).step();
  return row.whole(0);
}

std::optional<Job> SqliteStore::start_next(const std::vector<std::string>& other_than) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  Statement row(database_,
                std::string(kJobColumns) + "WHERE " + waiting_besides(other_than) + " ORDER BY position LIMIT 1");
  for (const std::string& kind : other_than) row.bind(kind);
  if (!row.step()) return std::nullopt;
  Job job = job_of(row);
  job.state = JobState::running;
  job.started = now();
  Statement(database_, "UPDATE jobs SET state = 'running', started = ? WHERE id = ?")
      .bind(job.started)
      .bind(job.id)
      .run();
  transaction.commit();
  return job;
}

int64_t SqliteStore::waiting_count(const std::vector<std::string>& other_than) const {
  const std::lock_guard lock(mutex_);
  Statement row(database_, "SELECT count(*) FROM jobs WHERE " + waiting_besides(other_than));
  for (const std::string& kind : other_than) row.bind(kind);
  return row.step() ? row.whole(0) : 0;
}

void SqliteStore::update(const Job& job) {
  const std::lock_guard lock(mutex_);
  Statement(database_, "UPDATE jobs SET state = ?, started = ?, ended = ?, error = ?, warnings = ? WHERE id = ?")
      .bind(state_name(job.state))
      .bind(job.started)
      .bind(job.ended)
      .bind(job.error)
      .bind(warnings_text(job))
      .bind(job.id)
      .run();
}

void SqliteStore::move(const std::string& id, Move where) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  Statement rows(database_, "SELECT id, position FROM jobs WHERE state = 'waiting' ORDER BY position");
  std::vector<std::pair<std::string, double>> order;
  while (rows.step()) order.emplace_back(rows.text(0), rows.number(1));
  size_t at = 0;
  while (at < order.size() && order[at].first != id) ++at;
  if (at == order.size()) return;  // it runs or has ended meanwhile
  const size_t last = order.size() - 1;
  const size_t to = where == Move::front  ? 0
                    : where == Move::back ? last
                    : where == Move::up   ? at - (at > 0)
                                          : at + (at < last);
  if (to == at) return;
  // Between its new neighbours.
  const double near = order[to].second;
  const bool goes_up = to < at;
  const bool is_at_end = goes_up ? to == 0 : to == last;
  const double beyond = is_at_end ? near + (goes_up ? -2 : 2) : order[goes_up ? to - 1 : to + 1].second;
  Statement(database_, "UPDATE jobs SET position = ? WHERE id = ?").bind((near + beyond) / 2).bind(id).run();
  transaction.commit();
}

int64_t SqliteStore::cancel_waiting(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  Statement(database_, "UPDATE jobs SET state = 'cancelled', ended = ? WHERE state = 'waiting' AND owner = ?")
      .bind(now())
      .bind(owner)
      .run();
  return database_.changes();
}

int64_t SqliteStore::recover() {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  const double first =
      number_of(database_, "SELECT coalesce(min(position), 0) FROM jobs WHERE state IN ('waiting', 'running')");
  Statement(database_, "UPDATE jobs SET state = 'waiting', started = 0, position = ? WHERE state = 'running'")
      .bind(first - 1)
      .run();
  const int64_t found = database_.changes();
  transaction.commit();
  return found;
}

int64_t SqliteStore::add_picture(const PictureRecord& picture) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  Statement(database_,
            "INSERT INTO pictures(job, place, seed, width, height, created, prompt, infotext, file, flag, is_listed, "
            "is_binned) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(job, place) DO UPDATE SET "
            "seed = excluded.seed, width = excluded.width, height = excluded.height, created = excluded.created, "
            "infotext = excluded.infotext, file = excluded.file")
      .bind(picture.job)
      .bind(picture.index)
      .bind(picture.seed)
      .bind(picture.width)
      .bind(picture.height)
      .bind(picture.created)
      .bind(picture.prompt)
      .bind(picture.infotext)
      .bind(picture.file)
      .bind(picture.flag)
      .bind(int(picture.is_listed))
      .bind(int(picture.is_binned))
      .run();
  Statement row(database_, "SELECT id FROM pictures WHERE job = ? AND place = ?");
  row.bind(picture.job).bind(picture.index).step();
  const int64_t id = row.whole(0);
  keep_facts(id, picture.job, picture.infotext);
  transaction.commit();
  return id;
}

void SqliteStore::keep_facts(int64_t picture, const std::string& job, const std::string& infotext) {
  Statement maker(database_, "SELECT kind, request FROM jobs WHERE id = ?");
  const bool is_known = maker.bind(job).step();
  const PictureFacts facts = picture_facts(infotext, is_known ? maker.text(0) : "", is_known ? maker.text(1) : "");
  Statement(database_,
            "UPDATE pictures SET model = ?, sampler = ?, size = ?, cfg = ?, steps = ?, made_by = ? WHERE id = ?")
      .bind(facts.model)
      .bind(facts.sampler)
      .bind(facts.size)
      .bind(facts.cfg)
      .bind(facts.steps)
      .bind(facts.made_by)
      .bind(picture)
      .run();
  Statement(database_, "DELETE FROM picture_loras WHERE picture = ?").bind(picture).run();
  for (const std::string& name : facts.loras)
    Statement(database_, "INSERT INTO picture_loras VALUES(?, ?)").bind(picture).bind(name).run();
}

void SqliteStore::keep_facts_of_all() {
  struct Kept {
    int64_t id;
    std::string job, infotext;
  };
  std::vector<Kept> all;
  Statement rows(database_, "SELECT id, job, infotext FROM pictures");
  while (rows.step()) all.push_back({rows.whole(0), rows.text(1), rows.text(2)});
  for (const Kept& picture : all) keep_facts(picture.id, picture.job, picture.infotext);
}

std::optional<PictureRecord> SqliteStore::picture(int64_t id) const {
  const std::lock_guard lock(mutex_);
  Statement row(database_, std::string(kPictureColumns) + "WHERE id = ?");
  row.bind(id);
  return row.step() ? std::optional(picture_of(row)) : std::nullopt;
}

std::vector<PictureRecord> SqliteStore::pictures_of(const std::string& job) const {
  const std::lock_guard lock(mutex_);
  Statement rows(database_, std::string(kPictureColumns) + "WHERE job = ? ORDER BY place");
  rows.bind(job);
  return pictures_in(rows);
}

std::vector<PictureRecord> SqliteStore::pictures(const PictureQuery& query) const {
  const std::lock_guard lock(mutex_);
  const PictureCondition condition = picture_condition(query);
  Statement rows(database_, kPictureColumns + condition.sql + picture_order(query) + " LIMIT ?");
  bind_all(rows, condition).bind(query.limit);
  return pictures_in(rows);
}

int64_t SqliteStore::picture_count(const PictureQuery& query) const {
  const std::lock_guard lock(mutex_);
  PictureQuery all = query;
  all.before = 0;
  const PictureCondition condition = picture_condition(all);
  Statement row(database_, "SELECT count(*) FROM pictures " + condition.sql);
  bind_all(row, condition).step();
  return row.whole(0);
}

std::vector<PictureFacet> SqliteStore::picture_facets(const std::string& words) const {
  const std::lock_guard lock(mutex_);
  std::vector<PictureFacet> found = date_facets(database_, words);
  const auto add = [&](const char* field, const char* from) {
    for (PictureFacet& facet : value_facets(database_, words, field, from)) found.push_back(std::move(facet));
  };
  add("model", "SELECT model AS value FROM pictures");
  add("lora", "SELECT name AS value FROM picture_loras JOIN pictures ON pictures.id = picture");
  found.push_back(without_loras(database_, words));
  add("sampler", "SELECT sampler AS value FROM pictures");
  add("by", "SELECT made_by AS value FROM pictures");
  add("size", "SELECT size AS value FROM pictures");
  add("flag", "SELECT flag AS value FROM pictures");
  return found;
}

void SqliteStore::set_flag(int64_t picture, const std::string& flag) {
  const std::lock_guard lock(mutex_);
  Statement(database_, "UPDATE pictures SET flag = ? WHERE id = ?").bind(flag).bind(picture).run();
}

void SqliteStore::set_binned(int64_t picture, bool is_binned) {
  const std::lock_guard lock(mutex_);
  Statement(database_, "UPDATE pictures SET is_binned = ? WHERE id = ?").bind(int(is_binned)).bind(picture).run();
}

void SqliteStore::forget_picture(int64_t picture) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  Statement(database_, "DELETE FROM picture_loras WHERE picture = ?").bind(picture).run();
  Statement(database_, "DELETE FROM pictures WHERE id = ?").bind(picture).run();
  transaction.commit();
}

std::vector<PictureRecord> SqliteStore::unlisted_pictures() const {
  const std::lock_guard lock(mutex_);
  Statement rows(database_, std::string(kPictureColumns) + "WHERE is_listed = 0");
  return pictures_in(rows);
}

}  // namespace darkroom::jobs
