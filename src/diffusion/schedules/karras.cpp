// Equal distances in sigma^(1/rho) (Karras et al. 2022, equation 5). Follows k-diffusion, get_sigmas_karras.
#include <cmath>
#include <utility>

#include "base/error.h"
#include "diffusion/float32.h"
#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {

Sigmas karras_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  const SigmaOptions range = completed(schedule, options, /*own_rho=*/7);
  const double top = std::pow(range.sigma_max, 1 / range.rho), bottom = std::pow(range.sigma_min, 1 / range.rho);
  const float start = float(top), distance = float(bottom - top);
  std::vector<float> roots = float32_linspace(0, 1, n);
  for (float& root : roots) {
    root *= distance;  // a statement of its own: the product is rounded before the sum
    root += start;
    require(
        std::isnormal(root), ErrorKind::invalid_request,
        "choose {} noise levels: the rho-th roots of the levels must be numbers that float32 tells apart, but between "
        "{} and {} one is {}; try a rho nearer to 7",
        n, top, bottom, root);
  }
  const std::vector<float> levels = float32_pow(std::move(roots), float(range.rho));
  return falling_to_zero({levels.begin(), levels.end()});
}

}  // namespace darkroom::diffusion
