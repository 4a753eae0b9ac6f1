#include "generate/read_recipe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <compare>
#include <optional>

#include "base/error.h"
#include "diffusion/nearest_names.h"
#include "diffusion/samplers.h"

namespace darkroom::generate {
namespace {

using diffusion::same_name;

/// A1111's versions: "v1.7.0-225-gabc" is 225 changes after 1.7.0; "v1.8.0-RC" is before 1.8.0.
struct Version {
  int major = 0, minor = 0, patch = 0, changes = 0;
  auto operator<=>(const Version&) const = default;
};

std::optional<Version> a1111_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  const auto number = [&](int& value) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || value < 0) return false;
    text.remove_prefix(size_t(end - text.data()));
    return true;
  };
  const auto skip = [&](char sign) {
    const bool is_there = text.starts_with(sign);
    if (is_there) text.remove_prefix(1);
    return is_there;
  };
  Version version;
  if (!number(version.major) || !skip('.') || !number(version.minor)) return std::nullopt;
  if (skip('.') && !number(version.patch)) return std::nullopt;
  if (skip('-') && !number(version.changes) && text.starts_with("RC")) version.changes = -1;
  return version;
}

/// What A1111 writes and no field of ours takes, with what we say about it. The first key that fits counts.
struct Unsupported {
  std::string_view key_begins, note;
};
constexpr std::array kUnsupported = {
    Unsupported{"Hires checkpoint", "the second pass is the same model's"},
    Unsupported{"Soft inpainting", "there is no soft inpainting"},
    Unsupported{"Refiner", "there is no refiner"},
    Unsupported{"Hypernet", "there are no hypernetworks"},
    Unsupported{"Face restoration", "faces are not restored"},
    Unsupported{"Token merging", "tokens are not merged; it only saves time and changes details"},
    Unsupported{"FP8", "weights are not held in 8 bits"},
    Unsupported{"VAE Encoder", "the full VAE is used"},
    Unsupported{"NGMS", "no step leaves the negative prompt out"},
    Unsupported{"Skip Early CFG", "no step leaves the negative prompt out"},
};

/// Said of a picture, but nothing that makes it.
constexpr std::array<std::string_view, 8> kNotes = {"Version",   "User",   "Init image hash", "Lora hashes",
                                                    "TI hashes", "Script", "Model hash",      "VAE hash"};

bool is_default_that_means_nothing(std::string_view key, std::string_view value) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kDefaults = {
      {{"VAE Encoder", "Full"},
       {"VAE Decoder", "Full"},
       {"FP8 weight", "Disable"},
       {"UniPC skip type", "time_uniform"},
       {"UniPC lower order final", "True"},
       {"UniPC variant", "bh1"}}};
  return std::find(kDefaults.begin(), kDefaults.end(), std::pair(key, value)) != kDefaults.end();
}

/// Old keys, and the two spellings of which A1111 writes one and reads the other.
std::string current_key(const std::string& key) {
  if (key == "Eta DDIM") return "Eta";
  if (key == "UniPC order") return "Order";
  if (key == "SGM noise multplier") return "SGM noise multiplier";
  return key;
}

const RequestField* row_of(const std::string& key) {
  for (const RequestField& field : request_fields())
    if (!key.empty() && field.infotext == key && key != "Model" && key != "VAE") return &field;
  return nullptr;
}

class Reader {
 public:
  explicit Reader(const ParsedInfotext& infotext) : fields_(infotext.fields) {
    recipe_.settings = {{"prompt", infotext.prompt}, {"negative_prompt", infotext.negative_prompt}};
  }

  ReadRecipe read() {
    if (fields_.empty()) return std::move(recipe_);
    restore_first_pass_size();
    is_ours_ = value_of("Profile").has_value();
    if (!is_ours_) version_ = a1111_version(value_of("Version").value_or(""));
    take("Profile", "profile", value_of("Profile").value_or("a1111-1.10"));
    for (size_t i = 0; i < fields_.size(); ++i) read_field(i);
    read_sampler();
    if (!is_ours_) follow_version();
    return std::move(recipe_);
  }

 private:
  std::optional<std::string> value_of(std::string_view key) const {
    for (const auto& [name, value] : fields_)
      if (name == key) return value;
    return std::nullopt;
  }

  void report(const std::string& key, const std::string& value, Honoured honoured, std::string note = "") {
    recipe_.fields.push_back({key, value, honoured, std::move(note)});
  }

  /// Whether the field takes the value; if not, why goes to `note`.
  bool take(const std::string& key, const std::string& name, const std::string& value, std::string* note = nullptr) {
    try {
      completed_request({{name, value}});
      recipe_.settings[name] = value;
      return true;
    } catch (const Error& error) {
      if (note) *note = error.what();
      return false;
    }
  }

  /// The second half of "Size" and the like goes with the first.
  void read_field(size_t i) {
    const auto& [key, value] = fields_[i];
    if (key.ends_with("-2") && i > 0 && fields_[i - 1].first == key.substr(0, key.size() - 1) + "1") return;
    const bool is_pair =
        key.ends_with("-1") && i + 1 < fields_.size() && fields_[i + 1].first == key.substr(0, key.size() - 1) + "2";
    if (is_pair)
      read_pair(key.substr(0, key.size() - 2), value, fields_[i + 1].second);
    else
      read_single(key, value);
  }

  void read_pair(const std::string& key, const std::string& x, const std::string& y) {
    const std::string written = x + "x" + y;
    const RequestField* first = row_of(key + "-1");
    const RequestField* second = row_of(key + "-2");
    if (!first || !second) return report_unsupported(key, written);
    std::string note;
    if (take(key, first->name, x, &note) && take(key, second->name, y, &note))
      return report(key, written, Honoured::yes);
    // Parity: A1111 makes latents of an eighth, rounded down, whatever the size is.
    const auto rounded = [](const std::string& side) { return std::to_string(std::atoi(side.c_str()) / 8 * 8); };
    if (take(key, first->name, rounded(x)) && take(key, second->name, rounded(y)))
      return report(key, written, Honoured::differently, "rounded down to " + rounded(x) + "x" + rounded(y));
    recipe_.settings.erase(first->name);
    recipe_.settings.erase(second->name);
    report(key, written, Honoured::no, note);
  }

  void read_single(const std::string& key, const std::string& value) {
    if (key == "Sampler" || key == "Schedule type" || key == "UniPC variant") return;  // one choice: read_sampler()
    if (key == "Profile")
      return report(key, value, recipe_.settings.contains("profile") ? Honoured::yes : Honoured::no);
    if (read_file(key, value)) return;
    if (key == "Batch size" || key == "Batch pos") return read_batch(key, value);
    if (key == "RNG" && same_name(value, "GPU")) return;  // the same as none: follow_version()
    const RequestField* row = row_of(current_key(key));
    if (!row) return report_unsupported(key, value);
    std::string note;
    const bool taken = take(key, row->name, value, &note);
    report(key, value, taken ? Honoured::yes : Honoured::no, note);
    if (taken && key.starts_with("Hires")) switch_on_second_pass();
  }

  /// Parity: A1111 switches it on for every denoising strength, an img2img picture's too.
  void switch_on_second_pass() { take("Hires", "enable_hr", "True"); }

  bool read_file(const std::string& key, const std::string& value) {
    if (key == "Model") recipe_.model_name = value;
    if (key == "Model hash") recipe_.model_hash = value;
    if (key == "VAE") recipe_.vae_name = value;
    if (key == "VAE hash") recipe_.vae_hash = value;
    const bool is_note = std::find(kNotes.begin(), kNotes.end(), key) != kNotes.end() || key == "Model" || key == "VAE";
    if (is_note) report(key, value, Honoured::note);
    return is_note;
  }

  void read_batch(const std::string& key, const std::string& value) {
    int number = -1;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
    const int least = key == "Batch size" ? 1 : 0;
    if (problem != std::errc() || end != value.data() + value.size() || number < least || number > 64)
      return report(key, value, Honoured::no, "must be a number up to 64");
    (key == "Batch size" ? recipe_.batch_size : recipe_.batch_position) = number;
    report(key, value, Honoured::yes);
  }

  void report_unsupported(const std::string& key, const std::string& value) {
    if (is_default_that_means_nothing(key, value)) return report(key, value, Honoured::yes);
    if (key.starts_with("Beta schedule") && value == "0.6") return report(key, value, Honoured::yes);
    for (const Unsupported& known : kUnsupported)
      if (key.starts_with(known.key_begins)) return report(key, value, Honoured::no, std::string(known.note));
    report(key, value, Honoured::no, "no field of a request takes it");
  }

  /// Names before 1.9 hold the schedule too; before 1.9 no sampler had a schedule of its own.
  void read_sampler() {
    const auto sampler = value_of("Sampler"), schedule = value_of("Schedule type");
    if (!sampler) return;
    const auto& profile =
        diffusion::profile_named(recipe_.settings.contains("profile") ? recipe_.settings["profile"] : "darkroom");
    const bool is_bh2 = same_name(*sampler, "UniPC") && value_of("UniPC variant").value_or("") == "bh2";
    try {
      const auto choice = diffusion::choose_sampler(is_bh2 ? "UniPC bh2" : *sampler, "automatic", profile);
      recipe_.settings["sampler_name"] = choice.sampler.name;
      report("Sampler", *sampler, Honoured::yes);
      if (is_bh2) report("UniPC variant", "bh2", Honoured::yes);
      read_schedule(choice, schedule, !is_bh2 && is_joined(*sampler, choice.sampler));
    } catch (const Error& error) {
      report("Sampler", *sampler, Honoured::no, error.what());
    }
  }

  static bool is_joined(const std::string& name, const diffusion::SamplerInfo& sampler) {
    const auto is_name = [&](const std::string& known) { return same_name(name, known); };
    return !is_name(sampler.name) && std::none_of(sampler.aliases.begin(), sampler.aliases.end(), is_name);
  }

  void read_schedule(const diffusion::SamplerChoice& choice, const std::optional<std::string>& written, bool joined) {
    std::string acts = joined ? choice.schedule.label : "";
    std::string note;
    Honoured honoured = Honoured::yes;
    if (written && choice.has_own_levels()) {
      if (!diffusion::is_automatic_schedule(*written)) note = "has no effect on " + choice.sampler.name;
    } else if (written && diffusion::is_automatic_schedule(*written)) {
      if (!joined) acts = "Automatic";
    } else if (written) {
      try {
        acts = diffusion::sigma_schedule_named(*written).label;
      } catch (const Error& error) {
        note = error.what();
        honoured = Honoured::no;
      }
    } else if (!joined && version_ && *version_ < Version{1, 9} && !choice.has_own_levels()) {
      acts = "Uniform";
      report("Schedule type", acts, Honoured::yes, "not written; before A1111 1.9 every sampler's was Uniform");
    }
    if (!acts.empty()) recipe_.settings["scheduler"] = acts;
    if (written) report("Schedule type", *written, honoured, note);
  }

  void follow_version() {
    const auto rng = value_of("RNG");
    if (!rng || same_name(*rng, "GPU")) {
      recipe_.settings["randn_source"] = "NV";
      report("RNG", "GPU", Honoured::differently, "taken for the noise of an NVIDIA card");
    }
    if (!version_) return;
    const std::string sampler = value_of("Sampler").value_or("");
    const bool has_schedules = recipe_.settings["prompt"].find('[') != std::string::npos;
    if (*version_ < Version{1, 6} && has_schedules)
      imply("Old prompt editing timelines", "before A1111 1.6 times were read so");
    if (*version_ < Version{1, 6} && (sampler == "DDIM" || sampler == "PLMS"))
      imply("Pad conds v0", "before A1111 1.6 DDIM and PLMS did so");
    if (*version_ < Version{1, 7, 0, 225}) imply("Downcast alphas_cumprod", "before A1111 1.7.0-225 it was always so");
    // Parity: the change came with 1.9.0; A1111 reads 1.8's as if it were there already.
    if (*version_ < Version{1, 9} && value_of("Refiner")) imply("Refiner switch by sampling steps", "before A1111 1.9");
  }

  /// A switch that is not written and follows from the version.
  void imply(const std::string& key, const std::string& note) {
    if (value_of(key)) return;
    const RequestField* row = row_of(key);
    const bool taken = row && take(key, row->name, "True");
    report(key, "True", taken ? Honoured::yes : Honoured::no, "not written; " + note);
  }

  /// Until the end of 2022 "Size" was that of the second pass.
  void restore_first_pass_size() {
    const auto x = value_of("First pass size-1"), y = value_of("First pass size-2");
    const auto width = value_of("Size-1"), height = value_of("Size-2");
    if (!x || !y || !width || !height) return;
    double first_x = std::atof(x->c_str()), first_y = std::atof(y->c_str());
    const double w = std::atof(width->c_str()), h = std::atof(height->c_str());
    if (w <= 0 || h <= 0) return;
    if (first_x == 0 || first_y == 0) {
      const double scale = std::sqrt(512.0 * 512.0 / (w * h));
      first_x = std::ceil(scale * w / 64) * 64;
      first_y = std::ceil(scale * h / 64) * 64;
    }
    std::erase_if(fields_, [](const auto& field) { return field.first.starts_with("First pass size"); });
    for (auto& [key, value] : fields_) {
      if (key == "Size-1") value = std::to_string(int(std::min(first_x, 1e6)));
      if (key == "Size-2") value = std::to_string(int(std::min(first_y, 1e6)));
    }
    fields_.insert(fields_.end(), {{"Hires resize-1", *width}, {"Hires resize-2", *height}});
  }

  std::vector<std::pair<std::string, std::string>> fields_;
  bool is_ours_ = false;
  std::optional<Version> version_;  ///< of A1111
  ReadRecipe recipe_;
};

}  // namespace

ReadRecipe read_recipe(const ParsedInfotext& infotext) {
  return Reader(infotext).read();
}

}  // namespace darkroom::generate
