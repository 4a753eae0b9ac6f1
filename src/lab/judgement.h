// What pictures of many samplers at many steps say, by fixed rules: which converge, which end alike, how many steps
// they need. Thresholds were set on closed-form worlds, where the truth is known (docs/lab).
#pragma once

#include <string>
#include <vector>

#include "lab/convergence.h"

namespace darkroom::lab {

/// Median over the pictures of |a - b| / |b|, as root mean squares. Requires: as many pictures, of one size.
double distance(const Latents& a, const Latents& b);

/// Median over pairs of pictures of the same prompt of |a - b| / |b|: what another seed changes. Requires: `seeds`
/// pictures per prompt, at least 2.
double distance_between_seeds(const Latents& latents, int seeds);

/// Distances from each number of steps to the next, its double.
std::vector<double> step_doubling(const VariantRuns& runs);

enum class Convergence { converges, does_not_converge, undecided };
std::string convergence_name(Convergence verdict);

/// converges: over the last two doublings the distance fell at least 1.25 times each, or is rounding (below 1e-3 of
/// `between_seeds`), and is below a quarter of it. does_not_converge: the last is above half of it. On the mixture of
/// worlds.h samplers that are known to converge fall 1.5 times and more, those known not to 1.02 times at most.
Convergence judged(const std::vector<double>& doubling, double between_seeds);

/// Groups by average linkage: two groups are one if the mean distance of their members is below `cut`. `distances` is
/// symmetric. Returns a group number per member, numbered in the order of their first members.
std::vector<int> clusters(const std::vector<std::vector<double>>& distances, double cut);

/// Steps, interpolated between those that were run, from which the distance to `limit` stays below `share`; 0 = more
/// than were run. Where the last run is the limit itself, those before it count.
double steps_needed(const VariantRuns& runs, const std::vector<int>& steps, const Latents& limit, double share);

/// Kendall's tau-b of two rankings of the same things; ties count as such. 1 = same order, -1 = reversed.
double kendall_tau(const std::vector<double>& a, const std::vector<double>& b);

/// Mean square of the differences between neighbouring values of a latent [C,h,w] of width `width`, relative to its
/// variance: how much of it is noise from one pixel to the next. Median over the pictures.
double roughness(const Latents& latents, int width);

}  // namespace darkroom::lab
