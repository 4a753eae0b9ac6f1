#include "jobs/event_log.h"

#include <gtest/gtest.h>

#include <thread>

namespace darkroom::jobs {
namespace {

using std::chrono::milliseconds;

TEST(EventLog, GoesOnWhereAWatcherWas) {
  EventLog log;
  log.add("job", "a", "1");
  log.add("job", "b", "2");
  const auto all = log.after(0, milliseconds(0));
  ASSERT_TRUE(all && all->size() == 2);
  EXPECT_EQ((*all)[1].data, "2");
  const auto rest = log.after((*all)[0].id, milliseconds(0));
  ASSERT_TRUE(rest && rest->size() == 1);
  EXPECT_EQ((*rest)[0].subject, "b");
  EXPECT_TRUE(log.after(2, milliseconds(0))->empty());
}

TEST(EventLog, SparesSlowReadersOldStates) {
  EventLog log;
  log.add("progress", "a", "1", true);
  log.add("job", "a", "2");
  log.add("progress", "b", "3", true);
  log.add("progress", "a", "4", true);
  const auto events = log.after(0, milliseconds(0));
  ASSERT_TRUE(events);
  std::string data;
  for (const Event& event : *events) data += event.data;
  EXPECT_EQ(data, "234");
}

TEST(EventLog, SaysWhenTooMuchIsForgotten) {
  EventLog log(3);
  for (int i = 0; i < 5; ++i) log.add("job", "", "");
  EXPECT_FALSE(log.after(1, milliseconds(0)));
  EXPECT_EQ(log.after(2, milliseconds(0))->size(), 3u);
  EXPECT_FALSE(log.after(99, milliseconds(0))) << "a number of an earlier start of the program";
}

TEST(EventLog, KnowsNumbersOfAnEarlierStart) {
  EventLog log(10, 1000);
  log.add("job", "a", "");
  EXPECT_FALSE(log.after(7, milliseconds(0)));
  EXPECT_EQ(log.after(1000, milliseconds(0))->at(0).id, 1001);
}

TEST(EventLog, WakesWhoWaits) {
  EventLog log;
  std::thread writer([&] { log.add("job", "a", ""); });
  EXPECT_EQ(log.after(0, milliseconds(10000))->size(), 1u);
  writer.join();
  std::thread closer([&] { log.close(); });
  EXPECT_TRUE(log.after(1, milliseconds(10000))->empty());
  closer.join();
  EXPECT_TRUE(log.is_closed());
}

}  // namespace
}  // namespace darkroom::jobs
