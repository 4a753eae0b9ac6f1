#include "jobs/sqlite_store.h"

#include <gtest/gtest.h>

#include <fstream>

#include "jobs/support.h"

namespace darkroom::jobs {
namespace {

using Ids = std::vector<std::string>;

TEST(SqliteStore, KeepsJobsInOrder) {
  const formats::TemporaryFolder folder;
  SqliteStore store(folder / "a.sqlite");
  for (const char* id : {"a", "b", "c"}) {
    Job job = small_job(id);
    EXPECT_FALSE(store.add(job, false));
  }
  Job first = small_job("d");
  store.add(first, /*to_front=*/true);
  EXPECT_EQ(first.number, 4);
  EXPECT_EQ(ids_of(store.waiting(10)), (Ids{"d", "a", "b", "c"}));
  EXPECT_EQ(ids_of(store.jobs({JobState::waiting}, 10, 0)), (Ids{"d", "c", "b", "a"})) << "newest first";
  EXPECT_EQ(ids_of(store.jobs({JobState::waiting}, 1, 3)), Ids{"b"});
  EXPECT_EQ(store.jobs({JobState::waiting}, 10, 0, "test").size(), 4u);
  EXPECT_TRUE(store.jobs({JobState::waiting}, 10, 0, "' OR 1=1").empty());
}

TEST(SqliteStore, NeverKeepsAJobTwice) {
  const formats::TemporaryFolder folder;
  SqliteStore store(folder / "a.sqlite");
  Job job = small_job("a"), again = small_job("a");
  store.add(job, false);
  again.title = "another";
  const auto same = store.add(again, false);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->title, "title of a");
  EXPECT_EQ(store.count(JobState::waiting), 1);
}

TEST(SqliteStore, MovesAmongThoseThatWait) {
  const formats::TemporaryFolder folder;
  SqliteStore store(folder / "a.sqlite");
  for (const char* id : {"a", "b", "c", "d"}) {
    Job job = small_job(id);
    store.add(job, false);
  }
  const auto after = [&](const char* id, Move where) {
    store.move(id, where);
    return ids_of(store.waiting(10));
  };
  EXPECT_EQ(after("c", Move::up), (Ids{"a", "c", "b", "d"}));
  EXPECT_EQ(after("a", Move::down), (Ids{"c", "a", "b", "d"}));
  EXPECT_EQ(after("d", Move::front), (Ids{"d", "c", "a", "b"}));
  EXPECT_EQ(after("d", Move::back), (Ids{"c", "a", "b", "d"}));
  EXPECT_EQ(after("c", Move::up), (Ids{"c", "a", "b", "d"})) << "it is the first already";
  EXPECT_EQ(after("nobody", Move::up), (Ids{"c", "a", "b", "d"}));
}

TEST(SqliteStore, TakesUpWhereTheProgramEnded) {
  const formats::TemporaryFolder folder;
  {
    SqliteStore store(folder / "a.sqlite");
    for (const char* id : {"a", "b"}) {
      Job job = small_job(id);
      store.add(job, false);
    }
    EXPECT_EQ(store.start_next()->id, "a");
    EXPECT_EQ(store.job("a")->state, JobState::running);
  }
  SqliteStore store(folder / "a.sqlite");
  EXPECT_EQ(store.recover(), 1);
  EXPECT_EQ(ids_of(store.waiting(10)), (Ids{"a", "b"}));
}

TEST(SqliteStore, KeepsWhatBecameOfAJob) {
  const formats::TemporaryFolder folder;
  SqliteStore store(folder / "a.sqlite");
  Job job = small_job("a");
  store.add(job, false);
  job = *store.start_next();
  job.state = JobState::failed, job.error = "it \"broke\"", job.warnings = {"one", "t\xc3\xb6o"}, job.ended = 5;
  store.update(job);
  const Job read = *store.job("a");
  EXPECT_EQ(read.error, job.error);
  EXPECT_EQ(read.warnings, job.warnings);
  EXPECT_EQ(read.ended, 5);
  EXPECT_EQ(store.count(JobState::failed), 1);
}

TEST(SqliteStore, KeepsPicturesOncePerPlace) {
  const formats::TemporaryFolder folder;
  SqliteStore store(folder / "a.sqlite");
  PictureRecord picture{.job = "a", .index = 0, .seed = 7, .infotext = "x", .file = "one.png"};
  const int64_t id = store.add_picture(picture);
  picture.file = "two.png";
  EXPECT_EQ(store.add_picture(picture), id) << "made again after a crash";
  EXPECT_EQ(store.picture(id)->file, "two.png");
  picture.index = 1;
  EXPECT_NE(store.add_picture(picture), id);
  EXPECT_EQ(store.pictures_of("a").size(), 2u);
}

TEST(SqliteStore, FindsPictures) {
  const formats::TemporaryFolder folder;
  SqliteStore store(folder / "a.sqlite");
  const auto add = [&](int index, const std::string& infotext, bool is_listed) {
    return store.add_picture({.job = "a", .index = index, .infotext = infotext, .is_listed = is_listed});
  };
  const int64_t apple = add(0, "a red apple\nSteps: 20, Sampler: Euler, Seed: 1, Model: emoji", true);
  const int64_t pear = add(1, "a green pear\nSteps: 2, Sampler: Euler a, Seed: 12, Model: emoji", true);
  add(2, "a red plum", false);
  const auto found = [&](const PictureQuery& query) {
    std::vector<int64_t> ids;
    for (const PictureRecord& picture : store.pictures(query)) ids.push_back(picture.id);
    EXPECT_EQ(ids.size(), size_t(store.picture_count(query)));
    return ids;
  };
  using List = std::vector<int64_t>;
  EXPECT_EQ(found({}), (List{pear, apple}));
  EXPECT_EQ(found({.words = "RED"}), List{apple});
  EXPECT_EQ(found({.words = "seed:1"}), List{apple});
  EXPECT_EQ(found({.words = "steps:2"}), List{pear});
  EXPECT_EQ(found({.words = "emoji -apple"}), List{pear});
  EXPECT_EQ(found({.words = "\"green pear\""}), List{pear});
  EXPECT_EQ(found({.words = "%"}), List{}) << "no pattern of the database's";
  store.set_flag(apple, "picked");
  EXPECT_EQ(found({.flag = "picked"}), List{apple});
  store.set_binned(apple, true);
  EXPECT_EQ(found({.words = "red"}), List{});
  store.set_binned(apple, false);
  EXPECT_EQ(found({.words = "red"}), List{apple});
  EXPECT_EQ(store.unlisted_pictures().size(), 1u);
  store.forget_picture(apple);
  EXPECT_FALSE(store.picture(apple));
}

TEST(SqliteStore, RefusesWhatIsNoDatabase) {
  const formats::TemporaryFolder folder;
  std::ofstream(folder / "a.sqlite") << std::string(4096, 'x');
  formats::expect_error(ErrorKind::corrupt_file, "a.sqlite", [&] { SqliteStore store(folder / "a.sqlite"); });
  formats::expect_error(ErrorKind::io, "nowhere", [&] { SqliteStore store(folder / "nowhere" / "a.sqlite"); });
}

TEST(SqliteStore, RefusesAFileOfANewerProgram) {
  const formats::TemporaryFolder folder;
  {
    Database database(folder / "a.sqlite");
    database.run("PRAGMA user_version=99");
  }
  formats::expect_error(ErrorKind::unsupported, "version 99", [&] { SqliteStore store(folder / "a.sqlite"); });
}

}  // namespace
}  // namespace darkroom::jobs
