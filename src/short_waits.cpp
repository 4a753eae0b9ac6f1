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

/// OpenMP's library reads its environment once, when it begins, and has no call for this. Here nothing has begun yet:
/// what a shell says of how it found the program, which nobody reads, gives its place; without it the program starts
/// itself again (40 ms). What the user says of waiting stands, and where none of it can be done nothing is lost but
/// time.
void shorten_waits(int, char** arguments, char** environment) {
  if (says(environment, "OMP_WAIT_POLICY") || says(environment, "GOMP_SPINCOUNT")) return;
  std::vector<char*> with;
  for (char** variable = environment; *variable; ++variable) {
    if (std::strncmp(*variable, "_=", 2) == 0) {
      *variable = short_waits;
      return;
    }
    with.push_back(*variable);
  }
  with.insert(with.end(), {short_waits, nullptr});
  char program[PATH_MAX] = {};
  if (readlink("/proc/self/exe", program, sizeof program - 1) > 0) execve(program, arguments, with.data());
}

using Beginning = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] Beginning beginning = shorten_waits;

}  // namespace
