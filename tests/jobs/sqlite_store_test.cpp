#include "jobs/sqlite_store.h"

#include <fmt/format.h>
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
    const int64_t seed = index == 0 ? 1 : 12;
    return store.add_picture({.job = "a", .index = index, .seed = seed, .infotext = infotext, .is_listed = is_listed});
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

/// Six pictures of two models, one of them of long ago, one outside the gallery.
class Gallery : public ::testing::Test {
 protected:
  Gallery() {
    add("plot", R"({"settings": {}})", "xyz");
    add("drawn", R"({"settings": {"init_image": "upload:1", "mask": "upload:2"}})", "generate");
    add("plain", R"({"settings": {"init_image": ""}})", "generate");
    apple = picture("plain", "a red apple <lora:ink:0.8>", "emoji", "Euler", 3);
    pear = picture("plain", "a pear <lora:ink:1><lora:ink line:0.5>", "emoji", "Euler a", 1);
    plum = picture("drawn", "a red plum", "emoji two", "Euler", 2);
    cell = picture("plot", "a red cell, by night", "emoji two", "Euler", 1);
    old = picture("gone", "a red old one <lora:none:1>", "emoji", "Euler", 9, now() - 40 * 86400.0);
    picture("plain", "a red draft", "emoji", "Euler", 4, now(), false);
  }

  void add(const std::string& id, const std::string& request, const std::string& kind) {
    Job job{.id = id, .kind = kind, .request = request};
    store.add(job, false);
  }

  int64_t picture(const std::string& job, const std::string& prompt, const std::string& model,
                  const std::string& sampler, int seed, double created = now(), bool is_listed = true) {
    const std::string fields = fmt::format(
        "Steps: 20, Sampler: {}, CFG scale: 7, Seed: {}, Size: 128x{}, Model: {}, "
        "Hires steps: 5, Variation seed: 77",
        sampler, seed, seed > 2 ? 192 : 128, model);
    return store.add_picture({.job = job,
                              .index = count++,
                              .seed = seed,
                              .created = created,
                              .infotext = prompt + "\n" + fields,
                              .is_listed = is_listed});
  }

  std::vector<int64_t> found(const PictureQuery& query) const {
    std::vector<int64_t> ids;
    for (const PictureRecord& picture : store.pictures(query)) ids.push_back(picture.id);
    return ids;
  }

  const formats::TemporaryFolder folder;
  SqliteStore store{folder / "a.sqlite"};
  int count = 0;
  int64_t apple, pear, plum, cell, old;
};

using PictureIds = std::vector<int64_t>;

TEST_F(Gallery, LooksIntoFields) {
  EXPECT_EQ(found({.words = "model:emoji"}), (PictureIds{old, cell, plum, pear, apple})) << "how a name begins";
  EXPECT_EQ(found({.words = "model:\"emoji\""}), (PictureIds{old, pear, apple})) << "the whole name";
  EXPECT_EQ(found({.words = "sampler:\"Euler A\""}), PictureIds{pear});
  EXPECT_EQ(found({.words = "lora:in"}), (PictureIds{pear, apple}));
  EXPECT_EQ(found({.words = "lora:\"ink line\""}), PictureIds{pear});
  EXPECT_EQ(found({.words = "lora:none"}), (PictureIds{cell, plum}));
  EXPECT_EQ(found({.words = "lora:\"none\""}), PictureIds{old}) << "a file of this name";
  EXPECT_EQ(found({.words = "-lora:ink"}), (PictureIds{old, cell, plum}));
  EXPECT_EQ(found({.words = "by:xyz"}), PictureIds{cell});
  EXPECT_EQ(found({.words = "by:inpaint"}), PictureIds{plum});
  EXPECT_EQ(found({.words = "by:txt2img"}), (PictureIds{pear, apple}));
  EXPECT_EQ(found({.words = "steps:5"}), PictureIds{}) << "not those of the hires pass";
  EXPECT_EQ(found({.words = "seed:77"}), PictureIds{}) << "not the variation's";
  EXPECT_EQ(found({.words = "size:128x192 cfg:7 steps:20"}), (PictureIds{old, apple}));
  EXPECT_EQ(found({.words = "date:today"}), (PictureIds{cell, plum, pear, apple}));
  EXPECT_EQ(found({.words = "-date:week"}), PictureIds{old});
  EXPECT_EQ(found({.words = "date:20"}), (PictureIds{old, cell, plum, pear, apple}));
  EXPECT_EQ(found({.words = "date:1999-01"}), PictureIds{});
  EXPECT_EQ(found({.words = "\"Model: emoji two\""}), (PictureIds{cell, plum})) << "a phrase stands as it stands";
  EXPECT_EQ(found({.words = "<lora:ink:0.8>"}), PictureIds{apple}) << "no field";
  store.set_flag(pear, "picked");
  EXPECT_EQ(found({.words = "flag:picked"}), PictureIds{pear});
}

TEST_F(Gallery, TakesWordsOfOneFieldAsAlternatives) {
  EXPECT_EQ(found({.words = "seed:3 seed:9"}), (PictureIds{old, apple}));
  EXPECT_EQ(found({.words = "lora:none lora:\"ink line\" sampler:\"Euler\" sampler:\"Euler a\""}),
            (PictureIds{cell, plum, pear}));
  EXPECT_EQ(found({.words = "red seed:3 seed:1 -by:xyz"}), PictureIds{apple});
}

TEST_F(Gallery, SortsAndGoesOnBehindEachPicture) {
  const std::vector<std::pair<std::string, PictureIds>> orders = {{"newest", {old, cell, plum, pear, apple}},
                                                                  {"oldest", {apple, pear, plum, cell, old}},
                                                                  {"model", {old, pear, apple, cell, plum}},
                                                                  {"seed", {cell, pear, plum, apple, old}}};
  for (const auto& [order, whole] : orders) {
    EXPECT_EQ(found({.order = order}), whole) << order;
    PictureIds step_by_step;
    while (step_by_step.size() < whole.size()) {
      const PictureIds next =
          found({.order = order, .before = step_by_step.empty() ? 0 : step_by_step.back(), .limit = 2});
      ASSERT_FALSE(next.empty()) << order;
      step_by_step.insert(step_by_step.end(), next.begin(), next.end());
    }
    EXPECT_EQ(step_by_step, whole) << order;
    EXPECT_EQ(found({.order = order, .before = whole.back()}), PictureIds{}) << order;
  }
}

TEST_F(Gallery, CountsWhatTheWordsLeave) {
  using Counts = std::vector<std::pair<std::string, int64_t>>;
  const auto counts = [&](const std::string& words, const std::string& field) {
    Counts all;
    for (const PictureFacet& facet : store.picture_facets(words))
      if (facet.field == field) all.emplace_back(facet.value, facet.count);
    return all;
  };
  EXPECT_EQ(counts("", "date"), (Counts{{"today", 4}, {"week", 4}, {"all", 5}}));
  EXPECT_EQ(counts("", "model"), (Counts{{"emoji", 3}, {"emoji two", 2}}));
  EXPECT_EQ(counts("", "lora"), (Counts{{"ink", 2}, {"ink line", 1}, {"none", 1}, {"", 2}}));
  EXPECT_EQ(counts("", "by"), (Counts{{"txt2img", 2}, {"inpaint", 1}, {"xyz", 1}}));
  EXPECT_EQ(counts("", "size"), (Counts{{"128x128", 3}, {"128x192", 2}}));
  EXPECT_EQ(counts("red", "model"), (Counts{{"emoji", 2}, {"emoji two", 2}}));
  EXPECT_EQ(counts("red date:today", "date"), (Counts{{"today", 3}, {"week", 3}, {"all", 4}}));
  EXPECT_EQ(counts("model:\"emoji two\"", "model"), (Counts{{"emoji", 3}, {"emoji two", 2}})) << "what else there is";
  EXPECT_EQ(counts("model:\"emoji two\"", "sampler"), (Counts{{"Euler", 2}}));
  EXPECT_EQ(counts("", "flag"), (Counts{{"none", 5}}));
  store.set_binned(pear, true);
  EXPECT_EQ(counts("", "sampler"), (Counts{{"Euler", 4}}));
  for (const PictureFacet& facet : store.picture_facets("red"))
    EXPECT_EQ(store.picture_count({.words = "red " + facet.word}), facet.count) << facet.field << " " << facet.word;
}

TEST_F(Gallery, FindsNamesWithQuotationMarks) {
  const int64_t odd = picture("plain", "x <lora:say \"hi\" twice:1>", "emoji", "Euler", 5);
  picture("plain", "x <lora:say \"hi:1>", "emoji", "Euler", 5);
  for (const PictureFacet& facet : store.picture_facets("")) {
    if (facet.value != "say \"hi\" twice") continue;
    EXPECT_EQ(facet.word, "lora:\"say hi twice\"");
    EXPECT_EQ(found({.words = facet.word}), PictureIds{odd});
    return;
  }
  FAIL() << "it is not counted";
}

TEST_F(Gallery, FollowsWhatIsMadeAgain) {
  store.add_picture({.job = "plain", .index = 0, .infotext = "x\nSteps: 4, Sampler: DDIM, Seed: 3, Model: other"});
  EXPECT_EQ(found({.words = "model:other"}), PictureIds{apple});
  EXPECT_EQ(found({.words = "lora:ink"}), PictureIds{pear});
  store.forget_picture(pear);
  EXPECT_EQ(found({.words = "lora:ink"}), PictureIds{});
}

TEST(SqliteStore, BringsAnOlderFileUpToDate) {
  const formats::TemporaryFolder folder;
  {
    SqliteStore store(folder / "a.sqlite");
    Job job{.id = "a", .kind = "xyz", .request = "{}"};
    store.add(job, false);
    store.add_picture({.job = "a", .infotext = "p <lora:ink:1>\nSteps: 2, Sampler: Euler, Seed: 1, Model: emoji"});
  }
  {
    Database database(folder / "a.sqlite");
    database.run("DROP TABLE picture_loras; PRAGMA user_version=1;");
    for (const char* column : {"model", "sampler", "size", "cfg", "steps", "made_by"})
      database.run(fmt::format("ALTER TABLE pictures DROP COLUMN {}", column).c_str());
  }
  SqliteStore store(folder / "a.sqlite");
  EXPECT_EQ(store.picture_count({.words = "model:emoji lora:ink by:xyz steps:2"}), 1);
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
