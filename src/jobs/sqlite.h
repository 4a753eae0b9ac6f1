// SQLite with C++ lifetimes: a database, and a statement that is bound, stepped and read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace darkroom::jobs {

class Database {
 public:
  /// Opens or makes the file. All errors here are Error{io} naming it, or {corrupt_file} where it is no database.
  explicit Database(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// One or several statements without results.
  void run(const char* sql);
  int64_t last_row() const;
  int64_t changes() const;

 private:
  friend class Statement;
  [[noreturn]] void fail_with(const char* doing) const;

  std::string file_;
  sqlite3* handle_ = nullptr;
};

/// One statement, for one use. Texts are copied.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// The next of its parameters.
  Statement& bind(std::string_view text);
  Statement& bind(int64_t number);
  Statement& bind(int number) { return bind(int64_t(number)); }
  Statement& bind(double number);

  /// Whether there is a row now.
  bool step();
  /// step() of statements without rows.
  void run() { step(); }

  std::string text(int column) const;
  int64_t whole(int column) const;
  double number(int column) const;

 private:
  void check(int result, const char* doing) const;

  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
};

/// Undone unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool is_open_ = true;
};

}  // namespace darkroom::jobs
