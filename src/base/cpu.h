// What this processor can do and how many of its cores are ours.
#pragma once

namespace darkroom {

/// Whether the processor multiplies bf16 numbers itself (AVX512-BF16, which every AMX processor has too).
bool cpu_has_bf16();

/// Whether it multiplies whole tiles of bf16 numbers (AMX), and the system lets this process use them, which is asked
/// for once. Not where ONEDNN_MAX_CPU_ISA names something less.
bool cpu_has_amx_bf16();

/// Whether it has bf16 and computes fp32 faster all the same: Intel's vectors multiply a quarter as many pairs of bf16
/// numbers as fp32 numbers, so without their tiles nothing is gained.
bool cpu_is_slow_at_bf16();

/// Physical cores this process may use: two hardware threads of one core count once, the affinity mask and the CPU
/// quota of the control group are respected. At least 1.
int usable_cores();

}  // namespace darkroom
