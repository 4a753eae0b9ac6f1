#include "jobs/queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "jobs/support.h"

namespace darkroom::jobs {
namespace {

/// A queue whose jobs of kind "test" do what `run` says.
struct Bench {
  formats::TemporaryFolder folder;
  SqliteStore store{folder / "a.sqlite"};
  EventLog events;
  Queue queue{store, events};

  explicit Bench(JobRunner run, bool starts = true) {
    queue.set_runner("test", std::move(run));
    if (starts) queue.start();
  }
  void submit(const std::string& id, bool to_front = false) {
    Job job = small_job(id);
    EXPECT_TRUE(queue.submit(job, to_front));
  }
};

/// Steps until somebody stops it.
void run_for_ever(const Job&, JobControl& control) {
  control.begin_picture(0, 1);
  for (int step = 1;; ++step) control.progress({"sampling", step, 1000000, ""});
}

TEST(Queue, RunsOneAfterAnother) {
  std::atomic<int> at_once = 0;
  std::vector<std::string> order;
  Bench bench(
      [&](const Job& job, JobControl&) {
        EXPECT_EQ(++at_once, 1);
        order.push_back(job.id);
        --at_once;
      },
      /*starts=*/false);
  bench.submit("a"), bench.submit("b"), bench.submit("c", /*to_front=*/true);
  bench.queue.start();
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(bench.queue.wait(id).job.state, JobState::finished);
  EXPECT_EQ(order, (std::vector<std::string>{"c", "a", "b"}));
  EXPECT_FALSE(bench.queue.running());
}

TEST(Queue, IsIdleOnceMoreWhenItIsWoken) {
  Bench bench([](const Job&, JobControl&) {}, /*starts=*/false);
  std::atomic<int> idle = 0;
  bench.queue.set_idle([&] { ++idle; });
  bench.queue.start();
  while (idle == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  bench.queue.wake();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (idle < 2 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(idle, 2) << "not only once a minute";
}

TEST(Queue, MakesNoJobTwice) {
  std::atomic<int> runs = 0;
  Bench bench([&](const Job&, JobControl&) { ++runs; });
  bench.submit("a");
  bench.queue.wait("a");
  Job again = small_job("a");
  EXPECT_FALSE(bench.queue.submit(again));
  EXPECT_EQ(again.state, JobState::finished);
  EXPECT_EQ(runs, 1);
}

TEST(Queue, TellsWhyAJobFailed) {
  Bench bench([](const Job& job, JobControl& control) {
    control.warn("mind the gap");
    control.warn("mind the gap");
    if (job.id == "a") fail(ErrorKind::internal, "the network answered no numbers");
    throw std::bad_alloc();
  });
  bench.submit("a"), bench.submit("b");
  const Job job = bench.queue.wait("a").job;
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_EQ(job.error, "the network answered no numbers");
  EXPECT_EQ(job.warnings, std::vector<std::string>{"mind the gap"}) << "each once";
  EXPECT_NE(bench.queue.wait("b").job.error.find("out of memory"), std::string::npos);
}

TEST(Queue, CancelsWithinAStep) {
  Bench bench(run_for_ever);
  bench.submit("a"), bench.submit("b");
  while (!bench.queue.running()) std::this_thread::yield();
  bench.queue.cancel("b");
  EXPECT_EQ(bench.queue.wait("b").job.state, JobState::cancelled) << "it never began";
  bench.queue.cancel("a");
  const Job job = bench.queue.wait("a").job;
  EXPECT_EQ(job.state, JobState::cancelled);
  EXPECT_EQ(job.error, "");
  bench.queue.cancel("a");  // over already
  formats::expect_error(ErrorKind::not_found, "\"nobody\"", [&] { bench.queue.cancel("nobody"); });
}

TEST(Queue, SkipsOnePicture) {
  std::vector<int> made;
  Bench bench([&](const Job&, JobControl& control) {
    for (int picture = 0; picture < 3; ++picture) {
      try {
        control.begin_picture(picture, 3);
        for (int step = 1; picture == 1; ++step) control.progress({"sampling", step, 1000000, ""});
        made.push_back(picture);
      } catch (const Error&) {
        if (!control.take_skip()) throw;
      }
    }
  });
  bench.submit("a");
  while (!bench.queue.running() || bench.queue.running()->picture < 1) std::this_thread::yield();
  bench.queue.skip();
  EXPECT_EQ(bench.queue.wait("a").job.state, JobState::finished);
  EXPECT_EQ(made, (std::vector<int>{0, 2}));
}

TEST(Queue, PausesAfterTheRunningJob) {
  Bench bench([](const Job&, JobControl&) {});
  bench.queue.pause(true);
  bench.submit("a");
  EXPECT_EQ(bench.store.job("a")->state, JobState::waiting);
  bench.queue.pause(false);
  EXPECT_EQ(bench.queue.wait("a").job.state, JobState::finished);
}

// A program that ends lets its job wait for the next start; nobody cancelled it.
TEST(Queue, PutsTheRunningJobBackWhenItStops) {
  const formats::TemporaryFolder folder;
  SqliteStore store(folder / "a.sqlite");
  EventLog events;
  {
    Queue queue(store, events);
    queue.set_runner("test", run_for_ever);
    queue.start();
    Job job = small_job("a");
    queue.submit(job);
    while (!queue.running()) std::this_thread::yield();
  }
  Queue queue(store, events);
  queue.set_runner("test", [](const Job&, JobControl&) {});
  EXPECT_EQ(store.job("a")->state, JobState::waiting);
  queue.start();
  EXPECT_EQ(queue.wait("a").job.state, JobState::finished);
}

TEST(Queue, SaysHowFarItIs) {
  std::atomic<bool> is_seen = false;
  Bench bench([&](const Job&, JobControl& control) {
    control.begin_picture(1, 4);
    control.progress({"sampling", 1, 10, ""});
    control.progress({"sampling", 5, 10, ""});
    control.preview(Image(8, 8, 3));
    while (!is_seen) std::this_thread::yield();
  });
  bench.submit("a");
  while (!bench.queue.running() || !bench.queue.running()->preview) std::this_thread::yield();
  const RunningState state = *bench.queue.running();
  is_seen = true;
  EXPECT_EQ(state.picture, 1);
  EXPECT_EQ(state.step, 5);
  EXPECT_DOUBLE_EQ(state.done(), 1.5 / 4);
  EXPECT_EQ(bench.queue.wait("a").preview->width, 8);
}

TEST(Queue, RefusesWhatItCannotRun) {
  Bench bench([](const Job&, JobControl&) {});
  Job unknown = small_job("a", "dance");
  formats::expect_error(ErrorKind::invalid_request, "\"dance\"", [&] { bench.queue.submit(unknown); });
  Job bad = small_job("a/b");
  formats::expect_error(ErrorKind::invalid_request, "letters, digits", [&] { bench.queue.submit(bad); });
}

TEST(Queue, TellsThoseWhoWatch) {
  Bench bench([](const Job& job, JobControl& control) {
    control.begin_picture(0, 1);
    control.picture({.job = job.id, .seed = 3, .file = "a.png"});
    control.picture({.job = job.id, .index = 1, .file = "b.png", .is_listed = false});
  });
  bench.submit("a");
  bench.queue.wait("a");
  std::string names;
  const std::vector<Event> events = bench.events.after(0, std::chrono::milliseconds(0)).value();
  for (const Event& event : events) names += event.name + " ";
  EXPECT_EQ(names, "job job picture job ") << "waits, runs, a listed picture, is finished";
}

/// A store that lingers where others may slip in.
struct SlowStore : SqliteStore {
  using SqliteStore::SqliteStore;
  std::function<void()> after_add;
  mutable std::function<void()> after_look;  // once

  std::optional<Job> add(Job& job, bool to_front) override {
    const auto same = SqliteStore::add(job, to_front);
    after_add();
    return same;
  }
  std::optional<Job> job(const std::string& id) const override {
    const auto found = SqliteStore::job(id);
    if (const auto act = std::exchange(after_look, nullptr)) act();
    return found;
  }
};

void linger(Queue& queue) {
  queue.wake();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

// The page believes the last it hears of a job.
TEST(Queue, TellsThatAJobWaitsBeforeThatItRuns) {
  const formats::TemporaryFolder folder;
  SlowStore store(folder / "a.sqlite");
  EventLog events;
  Queue queue(store, events);
  std::atomic<bool> may_end = false;
  queue.set_runner("test", [&](const Job&, JobControl&) {
    while (!may_end) std::this_thread::yield();
  });
  store.after_add = [&] { linger(queue); };
  queue.start();
  Job job = small_job("a");
  queue.submit(job);
  while (!queue.running()) std::this_thread::yield();
  while (events.last() < 2) std::this_thread::yield();
  const std::vector<Event> told = events.after(0, std::chrono::milliseconds(0)).value();
  may_end = true;
  ASSERT_EQ(told.size(), 2);
  EXPECT_NE(told[0].data.find("\"waiting\""), std::string::npos) << told[0].data;
  EXPECT_NE(told[1].data.find("\"running\""), std::string::npos) << told[1].data;
}

// Otherwise the job would run for ever in every list.
TEST(Queue, KeepsHowAJobEndedWhenTheDiskHasRoomAgain) {
  struct FullStore : SqliteStore {
    using SqliteStore::SqliteStore;
    std::atomic<int> left = 1;
    void update(const Job& job) override {
      if (left-- > 0) fail(ErrorKind::io, "the disk is full");
      SqliteStore::update(job);
    }
  };
  const formats::TemporaryFolder folder;
  FullStore store(folder / "a.sqlite");
  EventLog events;
  Queue queue(store, events);
  queue.set_runner("test", [](const Job&, JobControl&) {});
  queue.start();
  Job job = small_job("a");
  queue.submit(job);
  EXPECT_EQ(queue.wait("a").job.state, JobState::finished);
  std::string told;
  const std::vector<Event> list = events.after(0, std::chrono::milliseconds(0)).value();
  for (const Event& event : list) told += event.name + " ";
  EXPECT_NE(told.find("job job warning"), std::string::npos) << told;
}

TEST(Queue, GoesOnWithALongJobWhereTheDiskHasNoRoomForOthers) {
  struct FullStore : SqliteStore {
    using SqliteStore::SqliteStore;
    std::optional<Job> start_next(const std::vector<std::string>& other_than) override {
      if (!other_than.empty()) fail(ErrorKind::io, "the disk is full");
      return SqliteStore::start_next(other_than);
    }
  };
  const formats::TemporaryFolder folder;
  FullStore store(folder / "a.sqlite");
  EventLog events;
  Queue queue(store, events);
  queue.set_runner("test", [](const Job&, JobControl&) {});
  queue.set_runner(
      "long",
      [&](const Job&, JobControl& control) {
        for (int step = 0; step < 3; ++step) control.let_others_pass();
      },
      /*is_long=*/true);
  Job training = small_job("training"), other = small_job("other");
  training.kind = "long";
  queue.submit(training), queue.submit(other);
  queue.start();
  EXPECT_EQ(queue.wait("training").job.state, JobState::finished) << queue.wait("training").job.error;
  EXPECT_EQ(queue.wait("other").job.state, JobState::finished);
  int warnings = 0;
  const std::vector<Event> list = events.after(0, std::chrono::milliseconds(0)).value();
  for (const Event& event : list) warnings += event.name == "warning";
  EXPECT_EQ(warnings, 1) << "told once, though tried three times";
}

TEST(Queue, CancelsAJobThatIsAboutToBegin) {
  const formats::TemporaryFolder folder;
  SlowStore store(folder / "a.sqlite");
  EventLog events;
  Queue queue(store, events);
  std::atomic<int> begun = 0;
  queue.set_runner("test", [&](const Job&, JobControl&) { ++begun; });
  store.after_add = [] {};
  queue.pause(true);
  queue.start();
  Job job = small_job("a");
  queue.submit(job);
  store.after_look = [&] {
    queue.pause(false);
    linger(queue);
  };
  queue.cancel("a");
  EXPECT_EQ(queue.wait("a").job.state, JobState::cancelled);
  EXPECT_EQ(begun, 0);
}

}  // namespace
}  // namespace darkroom::jobs
