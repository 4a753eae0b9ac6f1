#include "lab/judgement.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace darkroom::lab {
namespace {

double median(std::vector<double> values) {
  require(!values.empty(), ErrorKind::internal, "take a median: there must be values");
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double relative_distance(const std::vector<float>& a, const std::vector<float>& b) {
  require(a.size() == b.size(), ErrorKind::internal, "compare latents: sizes must agree, found {} and {}", a.size(),
          b.size());
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
    size += double(b[i]) * b[i];
  }
  return std::sqrt(difference / size);
}

}  // namespace

double distance(const Latents& a, const Latents& b) {
  require(a.pictures.size() == b.pictures.size(), ErrorKind::internal,
          "compare latents: as many pictures are needed, found {} and {}", a.pictures.size(), b.pictures.size());
  std::vector<double> found;
  for (size_t i = 0; i < a.pictures.size(); ++i) found.push_back(relative_distance(a.pictures[i], b.pictures[i]));
  return median(found);
}

double distance_between_seeds(const Latents& latents, int seeds) {
  std::vector<double> found;
  for (size_t first = 0; first + seeds <= latents.pictures.size(); first += seeds) {
    for (int i = 0; i < seeds; ++i)
      for (int k = i + 1; k < seeds; ++k)
        found.push_back(relative_distance(latents.pictures[first + i], latents.pictures[first + k]));
  }
  return median(found);
}

std::vector<double> step_doubling(const VariantRuns& runs) {
  std::vector<double> found;
  for (size_t i = 0; i + 1 < runs.at.size(); ++i) found.push_back(distance(runs.at[i], runs.at[i + 1]));
  return found;
}

std::string convergence_name(Convergence verdict) {
  switch (verdict) {
    case Convergence::converges:
      return "converges";
    case Convergence::does_not_converge:
      return "does not converge";
    case Convergence::undecided:
      return "undecided";
  }
  return "";
}

Convergence judged(const std::vector<double>& doubling, double between_seeds) {
  require(doubling.size() >= 3, ErrorKind::internal, "judge convergence: three doublings are needed, found {}",
          doubling.size());
  const size_t last = doubling.size() - 1;
  const auto falls = [&](size_t i) {
    return doubling[i] < 1e-3 * between_seeds || doubling[i - 1] >= 1.25 * doubling[i];
  };
  if (falls(last) && falls(last - 1) && doubling[last] < 0.25 * between_seeds) return Convergence::converges;
  return doubling[last] > 0.5 * between_seeds ? Convergence::does_not_converge : Convergence::undecided;
}

std::vector<int> clusters(const std::vector<std::vector<double>>& distances, double cut) {
  std::vector<std::vector<size_t>> groups;
  for (size_t i = 0; i < distances.size(); ++i) groups.push_back({i});
  const auto between = [&](const std::vector<size_t>& a, const std::vector<size_t>& b) {
    double sum = 0;
    for (const size_t i : a)
      for (const size_t k : b) sum += distances[i][k];
    return sum / double(a.size() * b.size());
  };
  while (true) {
    double nearest = cut;
    size_t first = 0, second = 0;
    for (size_t i = 0; i < groups.size(); ++i) {
      for (size_t k = i + 1; k < groups.size(); ++k) {
        if (between(groups[i], groups[k]) < nearest) nearest = between(groups[i], groups[k]), first = i, second = k;
      }
    }
    if (second == 0) break;
    groups[first].insert(groups[first].end(), groups[second].begin(), groups[second].end());
    groups.erase(groups.begin() + std::ptrdiff_t(second));
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return *std::min_element(a.begin(), a.end()) < *std::min_element(b.begin(), b.end());
  });
  std::vector<int> numbers(distances.size());
  for (size_t i = 0; i < groups.size(); ++i)
    for (const size_t member : groups[i]) numbers[member] = int(i);
  return numbers;
}

double steps_needed(const VariantRuns& runs, const std::vector<int>& steps, const Latents& limit, double share) {
  std::vector<double> away;
  for (const Latents& latents : runs.at) away.push_back(distance(latents, limit));
  if (away.size() > 1 && away.back() == 0) away.pop_back();
  if (away.back() > share) return 0;
  size_t first = away.size() - 1;
  while (first > 0 && away[first - 1] <= share) --first;
  if (first == 0) return steps[0];
  // The distance falls as a power of the steps between two that were run.
  const double part = std::log(away[first - 1] / share) / std::log(away[first - 1] / away[first]);
  return steps[first - 1] * std::pow(double(steps[first]) / steps[first - 1], part);
}

double kendall_tau(const std::vector<double>& a, const std::vector<double>& b) {
  double agree = 0, pairs_a = 0, pairs_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t k = i + 1; k < a.size(); ++k) {
      const int by_a = (a[i] > a[k]) - (a[i] < a[k]), by_b = (b[i] > b[k]) - (b[i] < b[k]);
      agree += by_a * by_b;
      pairs_a += by_a != 0;
      pairs_b += by_b != 0;
    }
  }
  return pairs_a * pairs_b > 0 ? agree / std::sqrt(pairs_a * pairs_b) : 0;
}

double roughness(const Latents& latents, int width) {
  std::vector<double> found;
  for (const auto& picture : latents.pictures) {
    double mean = 0, variance = 0, difference = 0;
    size_t pairs = 0;
    for (const float value : picture) mean += value / double(picture.size());
    for (size_t i = 0; i < picture.size(); ++i) {
      variance += (picture[i] - mean) * (picture[i] - mean) / double(picture.size());
      if ((i + 1) % width == 0) continue;
      difference += std::pow(double(picture[i + 1]) - picture[i], 2);
      ++pairs;
    }
    found.push_back(difference / double(pairs) / variance);
  }
  return median(found);
}

}  // namespace darkroom::lab
