// Threads that wait for each other give their core away soon. OpenMP's library lets them turn for milliseconds first,
// in which they keep the very thread they wait for from computing where a machine has other work too:
// docs/performance.md, "Beside other programs".
#include <unistd.h>

#include <climits>
#include <cstring>
#include <vector>

namespace {

/// About as long as a wait between two layers takes: a picture on a machine of its own takes as long as before.
char short_waits[] = "GOMP_SPINCOUNT=1000";

bool says(char* const* environment, const char* name) {
  const std::size_t length = std::strlen(name);
  for (; *environment; ++environment)
    if (std::strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') return true;
  return false;
}

/// OpenMP's library reads its environment once, when it is loaded, and has no call for this: so the program starts
/// itself again with it, before any library has begun (20 ms). What the user says of waiting stands, and where it
/// can't, nothing is lost but time.
void start_with_short_waits(int, char** arguments, char** environment) {
  if (says(environment, "OMP_WAIT_POLICY") || says(environment, "GOMP_SPINCOUNT")) return;
  char program[PATH_MAX] = {};
  if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) return;
  std::vector<char*> with;
  for (; *environment; ++environment) with.push_back(*environment);
  with.insert(with.end(), {short_waits, nullptr});
  execve(program, arguments, with.data());
}

using Beginning = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] Beginning beginning = start_with_short_waits;

}  // namespace
