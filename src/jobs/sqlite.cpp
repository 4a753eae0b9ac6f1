#include "jobs/sqlite.h"

#include <sqlite3.h>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::jobs {

Database::Database(const std::filesystem::path& file) : file_(file.string()) {
  if (sqlite3_open_v2(file_.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
                      nullptr) == SQLITE_OK)
    return;
  const std::string why = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
  sqlite3_close(handle_);
  fail(ErrorKind::io, "open the database {}: {}", formats::in_quotes(file_), why);
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::fail_with(const char* doing) const {
  const int code = sqlite3_errcode(handle_);
  const bool is_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  fail(is_damaged ? ErrorKind::corrupt_file : ErrorKind::io, "{} the database {}: {}{}", doing,
       formats::in_quotes(file_), sqlite3_errmsg(handle_),
       code == SQLITE_FULL ? "; make room on the disk and try again" : "");
}

void Database::run(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail_with("change");
}

int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(handle_);
}

int64_t Database::changes() const {
  return sqlite3_changes(handle_);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  check(sqlite3_prepare_v2(database.handle_, sql.data(), int(sql.size()), &handle_, nullptr), "read");
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::check(int result, const char* doing) const {
  if (result != SQLITE_OK) database_.fail_with(doing);
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text(handle_, ++bound_, text.data(), int(text.size()), SQLITE_TRANSIENT), "ask");
  return *this;
}

Statement& Statement::bind(int64_t number) {
  check(sqlite3_bind_int64(handle_, ++bound_, number), "ask");
  return *this;
}

Statement& Statement::bind(double number) {
  check(sqlite3_bind_double(handle_, ++bound_, number), "ask");
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(handle_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) database_.fail_with("change");
  return result == SQLITE_ROW;
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return bytes ? std::string(bytes, size_t(sqlite3_column_bytes(handle_, column))) : std::string();
}

int64_t Statement::whole(int column) const {
  return sqlite3_column_int64(handle_, column);
}

double Statement::number(int column) const {
  return sqlite3_column_double(handle_, column);
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!is_open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const Error&) {
    // What made the transaction fail is on its way up already, and an open one is undone with the connection.
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  is_open_ = false;
}

}  // namespace darkroom::jobs
