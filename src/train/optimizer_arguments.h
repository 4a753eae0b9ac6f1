// "weight_decay=0.01", "betas=0.9,0.99": the arguments of an optimizer, as kohya's --optimizer_args.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::train {

/// Hands out what was said, and remembers what nobody asked for.
class OptimizerArguments {
 public:
  /// Each text is name=value. Throws Error{invalid_request} for one without "=", or a name said twice.
  OptimizerArguments(std::string optimizer, const std::vector<std::string>& texts);

  /// What was said, or the optimizer's own. Throw Error{invalid_request} for a value of another kind.
  double number(const std::string& name, double own);
  std::string text(const std::string& name, const std::string& own);
  bool truth(const std::string& name, bool own);  ///< True, False
  std::vector<double> numbers(const std::string& name,
                              std::vector<double> own);  ///< as many as `own`; brackets allowed

  /// Throws Error{invalid_request} if something was said that was never asked for, listing what can be said.
  void refuse_others() const;

 private:
  const std::string* find(const std::string& name);

  std::string optimizer_;
  std::map<std::string, std::string> said_;
  std::vector<std::string> known_;
};

}  // namespace darkroom::train
