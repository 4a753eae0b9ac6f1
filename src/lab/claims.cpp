#include "lab/claims.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "lab/judgement.h"

namespace darkroom::lab {
namespace {

using Names = std::vector<std::string>;

const Names kGroupA = {"Euler a", "DPM2 a", "DPM++ 2S a", "DPM fast", "DPM adaptive", "DPM2 a Karras"};
const Names kGroupB = {"Euler", "LMS", "Heun", "DPM2", "DPM++ 2M", "DDIM", "PLMS"};
const Names kGroupC = {"LMS Karras", "DPM2 Karras", "DPM++ 2M Karras"};
const Names kDoNotConverge = {"Euler a", "DPM2 a", "DPM fast", "DDIM", "PLMS", "DPM adaptive", "DPM2 a Karras"};
const Names kConverge = {"Euler",
                         "LMS",
                         "Heun",
                         "DPM2",
                         "DPM++ 2M",
                         "DPM++ 2S a",
                         "LMS Karras",
                         "DPM2 Karras",
                         "DPM++ 2M Karras",
                         "DPM++ 2S a Karras"};
const std::vector<Names> kStepRanks = {{"Euler a", "Euler", "DPM++ 2M", "LMS Karras"},
                                       {"LMS", "DPM++ 2M Karras", "Heun", "DPM++ 2S a", "DPM++ 2S a Karras"},
                                       {"DDIM", "PLMS", "DPM2", "DPM2 Karras"},
                                       {"DPM fast", "DPM2 a"}};

constexpr double kAlike = 0.35;  // of what another seed changes

/// A profile's runs with what every claim needs of them.
struct Evidence {
  const ConvergenceRuns& runs;
  const ProfileRuns& profile;
  double between_seeds;

  const VariantRuns& of(const std::string& name) const {
    for (const VariantRuns& found : profile.variants)
      if (found.variant.name == name) return found;
    fail(ErrorKind::internal, "answer the note: there are no runs of {}", name);
  }
  const Latents& end_of(const std::string& name) const { return of(name).at.back(); }
  /// Between the ends of two samplers, as a share of what another seed changes.
  double apart(const std::string& a, const std::string& b) const {
    return distance(end_of(a), end_of(b)) / between_seeds;
  }
};

struct Answer {
  bool holds;
  std::string numbers;
  bool is_undecided = false;  ///< then it does not hold, but is not refuted either
};

std::string percent(double share) {
  return fmt::format("{:.3g} %", 100 * share);
}

Answer end_alike(const Evidence& evidence, const Names& group) {
  std::vector<std::vector<double>> distances(group.size(), std::vector<double>(group.size()));
  double largest = 0;
  size_t a = 0, b = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    for (size_t k = i + 1; k < group.size(); ++k) {
      distances[i][k] = distances[k][i] = evidence.apart(group[i], group[k]);
      if (distances[i][k] > largest) largest = distances[i][k], a = i, b = k;
    }
  }
  const std::vector<int> groups = clusters(distances, kAlike);
  const int count = *std::max_element(groups.begin(), groups.end()) + 1;
  return {count == 1, fmt::format("{} cluster{}; farthest apart {} and {}, {} of what another seed changes", count,
                                  count == 1 ? "" : "s", group[a], group[b], percent(largest))};
}

Answer converges(const Evidence& evidence, const std::string& name, Convergence wanted) {
  const VariantRuns& runs = evidence.of(name);
  if (name == "DPM adaptive") {  // it has no steps: does it reach the end of the flow?
    const double away = distance(runs.at.back(), evidence.runs.flow_limit) / evidence.between_seeds;
    const bool reaches = away < kAlike;
    return {reaches == (wanted == Convergence::converges),
            fmt::format("ignores the steps; ends {} of another seed's change away from the flow's end", percent(away))};
  }
  const std::vector<double> doubling = step_doubling(runs);
  const Convergence verdict = judged(doubling, evidence.between_seeds);
  const size_t last = doubling.size() - 1;
  return {verdict == wanted,
          fmt::format("{}: the last doublings of the steps changed {}, {}, {} of what another seed changes",
                      convergence_name(verdict), percent(doubling[last - 2] / evidence.between_seeds),
                      percent(doubling[last - 1] / evidence.between_seeds),
                      percent(doubling[last] / evidence.between_seeds)),
          verdict == Convergence::undecided};
}

Answer step_ranking(const Evidence& evidence) {
  std::vector<double> said, measured;
  Names listed;
  for (size_t rank = 0; rank < kStepRanks.size(); ++rank) {
    for (const std::string& name : kStepRanks[rank]) {
      const VariantRuns& runs = evidence.of(name);
      const double needed = steps_needed(runs, evidence.runs.steps, runs.at.back(), 0.05);
      said.push_back(double(rank));
      measured.push_back(needed > 0 ? needed : 1e9);
      listed.push_back(needed > 0 ? fmt::format("{} {:.0f}", name, std::ceil(needed)) : name + " more than were run");
    }
  }
  const double tau = kendall_tau(said, measured);
  return {tau > 0.5,
          fmt::format("Kendall's tau {:.2f}; steps to within 5 % of their own end: {}", tau, fmt::join(listed, ", "))};
}

Answer lms_roughens(const Evidence& evidence) {
  const VariantRuns& runs = evidence.of("LMS Karras, fp16 answers");
  const int width = evidence.runs.latent_width;
  size_t twenty = 0;
  while (twenty + 1 < runs.at.size() && evidence.runs.steps[twenty] < 20) ++twenty;
  const double before = roughness(runs.at[twenty], width), after = roughness(runs.at.back(), width);
  return {after > 1.5 * before,
          fmt::format("with the network's answers rounded to fp16, differences between neighbours are {:.3f} of the "
                      "variance at {} steps, {:.3f} at {}",
                      before, evidence.runs.steps[twenty], after, evidence.runs.steps.back())};
}

/// The answer in every profile, as one verdict.
Claim answered(const std::string& said, const std::vector<Evidence>& profiles,
               const std::function<Answer(const Evidence&)>& ask) {
  Claim claim{said, "", ""};
  Names holds_in;
  bool is_undecided = false;
  for (const Evidence& evidence : profiles) {
    const Answer answer = ask(evidence);
    is_undecided = is_undecided || answer.is_undecided;
    if (answer.holds) holds_in.push_back(evidence.profile.profile);
    claim.numbers +=
        fmt::format("{}{}: {}", claim.numbers.empty() ? "" : "; ", evidence.profile.profile, answer.numbers);
  }
  if (holds_in.size() == profiles.size())
    claim.verdict = "reproduced";
  else if (holds_in.empty())
    claim.verdict = is_undecided ? "undecided" : "refuted";
  else
    claim.verdict = fmt::format("reproduced only under the profile {}", fmt::join(holds_in, ", "));
  return claim;
}

Claim high_cfg(const ConvergenceRuns& runs) {
  Claim claim{"DPM++ 2M is slightly more prone to deformation at high CFG", "refuted", ""};
  std::vector<std::string> listed;
  bool worse = !runs.at_cfg.empty();
  for (const CfgRuns& at : runs.at_cfg) {
    const auto away = [&](const std::string& name) {
      for (const VariantRuns& found : at.variants)
        if (found.variant.name == name) return distance(found.at.front(), at.limit);
      fail(ErrorKind::internal, "answer the note: there are no runs of {} at CFG {}", name, at.cfg_scale);
    };
    listed.push_back(fmt::format("CFG {:g}: DPM++ 2M Karras {}, Euler {}, Heun {}, LMS Karras {}", at.cfg_scale,
                                 percent(away("DPM++ 2M Karras")), percent(away("Euler")), percent(away("Heun")),
                                 percent(away("LMS Karras"))));
    if (&at == &runs.at_cfg.back()) worse = away("DPM++ 2M Karras") > away("Euler");
  }
  if (worse) claim.verdict = "reproduced";
  claim.numbers = fmt::format("distance at 20 steps from the end of the flow: {}", fmt::join(listed, "; "));
  return claim;
}

}  // namespace

std::vector<Claim> answered_claims(const ConvergenceRuns& runs, int seeds) {
  std::vector<Evidence> profiles;
  for (const ProfileRuns& profile : runs.profiles) {
    Evidence evidence{runs, profile, 0};
    evidence.between_seeds = distance_between_seeds(evidence.end_of("DPM++ 2M"), seeds);
    profiles.push_back(evidence);
  }
  std::vector<Claim> claims;
  const std::pair<const char*, Names> groups[] = {{"Group A", kGroupA}, {"Group B", kGroupB}, {"Group C", kGroupC}};
  for (const auto& [name, group] : groups) {
    claims.push_back(answered(fmt::format("{} ends alike: {}", name, fmt::join(group, ", ")), profiles,
                              [&, &group = group](const Evidence& e) { return end_alike(e, group); }));
  }
  claims.push_back(answered("Groups B and C are different pictures", profiles, [](const Evidence& e) {
    const double apart = e.apart("DPM++ 2M", "DPM++ 2M Karras");
    return Answer{apart > 0.02, fmt::format("DPM++ 2M with and without Karras end {} of another seed's change apart",
                                            percent(apart))};
  }));
  for (const std::string& name : kDoNotConverge)
    claims.push_back(answered(name + " does not converge", profiles,
                              [&](const Evidence& e) { return converges(e, name, Convergence::does_not_converge); }));
  for (const std::string& name : kConverge)
    claims.push_back(answered(name + " converges", profiles,
                              [&](const Evidence& e) { return converges(e, name, Convergence::converges); }));
  claims.push_back(
      answered("Steps needed: Euler a, Euler, DPM++ 2M, LMS Karras fewest; then LMS, DPM++ 2M Karras, Heun, "
               "DPM++ 2S a (Karras); then DDIM, PLMS, DPM2 (Karras); then DPM fast, DPM2 a",
               profiles, step_ranking));
  claims.push_back(answered("LMS Karras breaks at many steps", profiles, lms_roughens));
  claims.push_back(high_cfg(runs));
  return claims;
}

}  // namespace darkroom::lab
