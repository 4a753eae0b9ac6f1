#include "jobs/child_process.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "base/error.h"
#include "formats/support.h"

namespace darkroom::jobs {
namespace {

using namespace std::chrono_literals;

ChildProcess::Config shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}};
}

std::vector<std::string> all_lines(ChildProcess& child) {
  std::vector<std::string> lines;
  for (auto heard = child.hear(10s); !heard.has_ended; heard = child.hear(10s))
    if (heard.line) lines.push_back(*heard.line);
  return lines;
}

TEST(ChildProcess, SaysLinesAndHowItEnded) {
  ChildProcess child(shell("echo one; printf 'two\\nthree'; echo trouble >&2; exit 3"));
  EXPECT_EQ(all_lines(child), (std::vector<std::string>{"one", "two"})) << "a line without an end is none";
  EXPECT_EQ(child.wait(), 3);
  EXPECT_EQ(child.complaints(), "trouble\n");
}

TEST(ChildProcess, HearsWhatIsSaid) {
  ChildProcess child(shell("read first; echo \"heard $first\"; read rest || echo closed"));
  child.say("pause");
  EXPECT_EQ(child.hear(10s).line, "heard pause");
  EXPECT_FALSE(child.hear(50ms).line.has_value()) << "it waits for more";
}

TEST(ChildProcess, TellsWhichSignalEndedIt) {
  ChildProcess child(shell("kill -KILL $$"));
  EXPECT_TRUE(all_lines(child).empty());
  EXPECT_EQ(child.wait(), 128 + SIGKILL);
  child.say("nobody is there");  // and nothing happens
}

TEST(ChildProcess, IsKilledWithItsObject) {
  pid_t id = 0;
  {
    ChildProcess child(shell("sleep 100"));
    id = child.id();
  }
  EXPECT_EQ(::kill(id, 0), -1);
}

TEST(ChildProcess, HasNoOtherFilesOfThisProgram) {
  const int open_file = open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ChildProcess child(shell("ls /proc/self/fd | wc -l"));
  EXPECT_EQ(all_lines(child).at(0), "4") << "input, output, error, and the folder that ls reads";
  close(open_file);
}

TEST(ChildProcess, NamesAProgramThatIsNotThere) {
  try {
    ChildProcess child({.program = "/no/such/program"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such/program"), std::string::npos);
  }
}

TEST(FileLock, OutlivesItsHolderInAChild) {
  const formats::TemporaryFolder folder;
  auto first = std::make_unique<FileLock>(folder / "lock");
  EXPECT_TRUE(first->try_lock());
  FileLock second(folder / "lock");
  EXPECT_FALSE(second.try_lock());
  ChildProcess child({.program = "/bin/sh", .arguments = {"-c", "read line"}, .kept_file = first->file()});
  first.reset();
  EXPECT_FALSE(second.try_lock()) << "the child has it";
  child.say("end");
  child.wait();
  EXPECT_TRUE(second.try_lock());
}

}  // namespace
}  // namespace darkroom::jobs
