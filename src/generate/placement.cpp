#include "generate/placement.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::generate {
namespace {

std::string megabytes(int64_t bytes) {
  return fmt::format("{} MB", (bytes + (1 << 20) - 1) >> 20);
}

}  // namespace

Placement::Placement(PartDevice& device, std::vector<PlacedPart> parts) : device_(device), parts_(std::move(parts)) {}

size_t Placement::index_of(const std::string& part) const {
  for (size_t i = 0; i < parts_.size(); ++i)
    if (parts_[i].name == part) return i;
  fail(ErrorKind::not_found, "move the part {} to {}: the model has none of that name", formats::in_quotes(part),
       device_.name());
}

int64_t Placement::bytes_on_device() const {
  int64_t sum = 0;
  for (const PlacedPart& part : parts_)
    if (is_on_device(part.name)) sum += part.bytes;
  return sum;
}

std::vector<std::string> Placement::in_its_way(size_t part) const {
  std::vector<std::string> others;
  // The turn before this one comes again last.
  for (size_t back = 1; back < parts_.size(); ++back) {
    const std::string& name = parts_[(part + parts_.size() - back) % parts_.size()].name;
    if (is_on_device(name) && !pinned_.contains(name)) others.push_back(name);
  }
  return others;
}

std::string Placement::what_is_there() const {
  std::string text;
  for (const PlacedPart& part : parts_)
    if (is_on_device(part.name))
      text += fmt::format("{}{}{} ({})", text.empty() ? "" : ", ", part.name,
                          pinned_.contains(part.name) ? ", kept there" : "", megabytes(part.bytes));
  return text.empty() ? "nothing of this model" : text;
}

void Placement::use(const std::string& name, int64_t working_bytes) {
  const size_t part = index_of(name);
  const bool is_there = is_on_device(name);
  const int64_t needed = (is_there ? 0 : parts_[part].bytes) + working_bytes;
  std::vector<std::string> others = in_its_way(part);
  int64_t possible = device_.free_bytes();
  for (const std::string& other : others)
    if (possible < needed) possible += parts_[index_of(other)].bytes;
  require(
      possible >= needed, ErrorKind::out_of_memory,
      "move the {} to {}: {} and {} to compute in are needed, {} could be free; there is {}; let go of what is kept "
      "there, try a smaller picture, or --device cpu",
      name, device_.name(), megabytes(needed - working_bytes), megabytes(working_bytes), megabytes(possible),
      what_is_there());
  size_t gone = 0;
  while (device_.free_bytes() < needed && gone < others.size()) give_back(others[gone++]);
  while (!is_on_device(name)) {
    try {
      device_.take(name);
      on_device_.insert(name);
    } catch (const Error& error) {
      // Free memory may be in pieces, or another program was faster.
      if (error.kind() != ErrorKind::out_of_memory) throw;
      if (gone == others.size())
        throw error.within(
            fmt::format("move the {} to {}: it is in main memory as before, and there is {}; try a "
                        "smaller picture, or --device cpu",
                        name, device_.name(), what_is_there()));
      give_back(others[gone++]);
    }
  }
}

void Placement::give_back(const std::string& part) {
  if (on_device_.erase(part) > 0) device_.give_back(part);
}

void Placement::give_back_unpinned() {
  for (const PlacedPart& part : parts_)
    if (!pinned_.contains(part.name)) give_back(part.name);
}

}  // namespace darkroom::generate
