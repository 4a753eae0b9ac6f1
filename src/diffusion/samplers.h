// The samplers, as free functions, and the table of their names.
// Source of truth: k-diffusion, sampling.py; names, aliases and default schedules as in A1111 1.10.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "diffusion/denoiser.h"
#include "diffusion/noise.h"
#include "diffusion/profiles.h"
#include "diffusion/sigmas.h"

namespace darkroom::diffusion {

/// What a sampler reports once in each step, when it knows the denoised latent.
struct StepEvent {
  int index;               ///< from 0; the run has sigmas.size() - 1 steps
  double sigma;            ///< the level that was denoised (above sigmas[index] where churn added noise)
  const Tensor& x;         ///< the latent that was denoised
  const Tensor& denoised;  ///< what it was denoised to
};

struct SampleOptions {
  NoiseSource noise = no_noise;  ///< must be given to samplers whose row names a use
  /// May throw Error{cancelled} to stop.
  std::function<void(const StepEvent&)> on_step = [](const StepEvent&) {};
  double eta = 1;      ///< ancestral and SDE samplers, DDIM: share of a step's noise drawn anew; 0 = none
  double s_noise = 1;  ///< factor on noise added during sampling
  double s_churn = 0;  ///< churn samplers: noise added over the whole run, as in Karras et al. 2022, algorithm 2
  double s_tmin = 0;   ///< churn only at levels in [s_tmin, s_tmax]
  double s_tmax = std::numeric_limits<double>::infinity();
  int order = 0;  ///< LMS, DEIS 1 to 4, UniPC 1 to 3, DPM adaptive 2 or 3: at most this order; 0 = the sampler's own
  double relative_tolerance = 0.05, absolute_tolerance = 0.0078;  ///< DPM adaptive: of a step's estimated error
  /// LMS: full order on the step to 0 as well, as k-diffusion does, instead of ending with the denoised latent.
  bool lms_extrapolates_to_zero = false;
  /// DPM fast, DPM adaptive: stop at the lowest positive level, as k-diffusion does, instead of denoising once more.
  bool solvers_end_at_lowest = false;
  /// The unconditional half of the denoiser's last answer, for samplers that use it; undefined = there was none.
  std::function<Tensor()> unconditional = [] { return Tensor(); };
  const NoiseSchedule* schedule = nullptr;  ///< the model's, for samplers that step in its time; null = SD's
};

/// From x at sigmas.front() (x0 + sigma * noise) to the latent at sigmas.back(). With less than two levels x comes
/// back. Euler, with churn. Draws noise in every step, used or not.
Tensor sample_euler(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// Euler ancestral. Draws in every step but one that ends at 0.
Tensor sample_euler_ancestral(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver-3 with n calls in all: of the levels only their number and ends count. Draws in every interval.
Tensor sample_dpm_fast(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver-3 that chooses its steps by an estimate of its error over the whole batch: only the ends of the levels
/// count. Draws in accepted steps if eta is above 0. Throws Error{internal} where the network answers no numbers, or
/// after ten thousand attempts.
Tensor sample_dpm_adaptive(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// Heun that from 20 steps on goes back up with fresh noise, within the same number of steps on Karras levels.
Tensor sample_restart(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver-3, three calls a step. Draws nothing.
Tensor sample_dpm_solver_3(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DEIS of order 3. Draws nothing.
Tensor sample_deis(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// For models distilled to few steps: LCM; TCD, whose eta goes from DDIM (0) to LCM (1). Draw in every step but one
/// that ends at 0; TCD at eta 0 never.
Tensor sample_lcm(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
Tensor sample_tcd(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DDIM, DDIM CFG++, PLMS and UniPC of order 3 in two variants. They hand back the network's scaling of the last level.
/// The first two draw in every step but one that ends at 0, the others never.
Tensor sample_ddim(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
Tensor sample_ddim_cfgpp(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
Tensor sample_plms(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
Tensor sample_unipc(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
Tensor sample_unipc_bh2(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// Every (T / n)-th timestep from the second on, ascending: more than n where n does not divide T. ldm_grid: with one
/// step more where that would end beyond the last timestep.
std::vector<int> timestep_grid(const NoiseSchedule& schedule, int n);
std::vector<int> ldm_grid(const NoiseSchedule& schedule, int n);
/// The levels of a grid, so that there is one step fewer than levels. ldm_levels: then down to the table's lowest.
/// UniPC's: as many steps as the first has levels, equal in time; below a timestep t: so many steps from there on.
Sigmas timestep_levels(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
Sigmas ldm_levels(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
Sigmas unipc_levels(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
Sigmas unipc_levels_below(const NoiseSchedule& schedule, double t, int steps);
/// Linear multistep of order 4. Draws nothing.
Tensor sample_lms(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// Heun, with churn: twice Euler's calls, second order. Draws in every step.
Tensor sample_heun(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver-2, with churn. Draws in every step.
Tensor sample_dpm_2(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver-2 ancestral. Draws in every step but one that ends at 0.
Tensor sample_dpm_2_ancestral(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver++(2S) ancestral. Draws in every step but one that ends at 0.
Tensor sample_dpmpp_2s_ancestral(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver++ SDE, one stage in the middle. Draws twice in every step but one that ends at 0.
Tensor sample_dpmpp_sde(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver++(2M) SDE with the midpoint's and with Heun's weight. At eta 0 they draw nothing.
Tensor sample_dpmpp_2m_sde(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
Tensor sample_dpmpp_2m_sde_heun(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver++(3M) SDE. At eta 0 it draws nothing.
Tensor sample_dpmpp_3m_sde(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);
/// DPM-Solver++(2M). Draws nothing.
Tensor sample_dpmpp_2m(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);

using Sampler = Tensor (*)(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options);

/// What a sampler does with SampleOptions::noise.
enum class NoiseUse {
  none,
  fresh,  ///< must be new in every step: churn, restarts, and what is put back after a whole denoising
  path,   ///< the noise of the reverse process from one level to the next, which may come from a Brownian path
};

/// One row of the table of samplers.
struct SamplerInfo {
  std::string name;                       ///< as in requests, menus and infotext
  std::vector<std::string> aliases = {};  ///< other spellings
  Sampler sample = nullptr;
  std::string default_schedule = "uniform";  ///< what "automatic" means with it: a name of sigma_schedules()
  int calls_per_step = 1;                    ///< denoiser calls, the last step aside
  NoiseUse noise = NoiseUse::none;
  bool is_brownian = false;  ///< the reference draws from torchsde's tree, not one draw after another
  double default_eta = 1;    ///< where nobody says one
  /// Gets n + 1 levels with the lowest positive one left out ("discard next-to-last sigma"): the last step is longer.
  bool discards_lowest = false;
  /// Levels of its own, which replace a schedule's where the profile says so. Such a run starts and ends in the
  /// network's scaling.
  Sigmas (*own_levels)(const NoiseSchedule&, int n, const SigmaOptions&) = nullptr;
  /// Chooses its own steps between the ends of the levels, by its calls or by the error of the whole batch.
  bool chooses_steps = false;
  bool adapts_to_latent = false;        ///< its steps depend on the latent
  int least_order = 0, most_order = 0;  ///< what SampleOptions::order may be besides 0
  double cfg_factor = 1;                ///< what the CFG scale is multiplied with
};

/// All samplers, in the order in which they are offered.
const std::vector<SamplerInfo>& samplers();

/// A sampler, its schedule and the profile they are used in; all live in their tables.
struct SamplerChoice {
  const SamplerInfo& sampler;
  const SigmaSchedule& schedule;
  const Profile& profile;

  bool has_own_levels() const { return sampler.own_levels && profile.grid != TimestepGrid::schedule; }
  bool walks_ldm_levels() const;  ///< DDIM and PLMS, where the profile says so
  double default_eta() const { return sampler.chooses_steps ? profile.solver_eta : sampler.default_eta; }
};

/// `sampler` by name or alias in any case, also joined with a schedule as before A1111 1.9 ("DPM++ 2M Karras",
/// "k_dpmpp_2m_ka"). `schedule` as for sigma_schedule_named, or automatic: the one joined to the name, else the
/// sampler's default. Throws Error{invalid_request}, listing the nearest names where one is unknown, where a joined
/// schedule and `schedule` differ, or where a schedule is asked of a sampler with levels of its own.
SamplerChoice choose_sampler(std::string_view sampler, std::string_view schedule = "automatic",
                             const Profile& profile = profiles().front());

/// What unit noise is multiplied with to start from `sigmas`.
double start_scale(const SamplerChoice& choice, const Sigmas& sigmas);

/// The levels of a run of n steps with this choice: the schedule's, or what the sampler makes of them.
/// `always_discards`: n + 1 levels without the lowest positive one, whatever the sampler's row says.
Sigmas run_sigmas(const SamplerChoice& choice, const NoiseSchedule& schedule, int n, const SigmaOptions& options = {},
                  bool always_discards = false);

}  // namespace darkroom::diffusion
