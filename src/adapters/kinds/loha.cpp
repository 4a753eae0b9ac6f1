// LoHa: the Hadamard product of two low-rank matrices (FedPara, Hyeon-Woo et al., arXiv 2108.06098).
#include <string>

#include "adapters/kinds/formulas.h"

namespace darkroom::adapters {

Tensor loha_delta(const Given& given) {
  const auto half = [&](const std::string& number) {
    const Tensor a = given.matrix("hada_w" + number + "_a"), b = given.matrix("hada_w" + number + "_b");
    return given.has("hada_t" + number) ? tucker(given["hada_t" + number], a, b).flatten(1) : at::matmul(a, b);
  };
  return half("1") * given.scale * half("2");
}

}  // namespace darkroom::adapters
