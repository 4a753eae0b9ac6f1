// Loops that are worth a second version for wider vectors, chosen when the program starts.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define DARKROOM_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define DARKROOM_WIDE
#endif
