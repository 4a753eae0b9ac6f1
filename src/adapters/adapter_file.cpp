#include "adapters/adapter_file.h"

#include "adapters/key_names.h"
#include "base/error.h"
#include "formats/file_kind.h"
#include "formats/utf8.h"

namespace darkroom::adapters {
namespace {

bool holds_numbers(formats::DType dtype) {
  using formats::DType;
  return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

void check_module(const AdapterModule& module) {
  try {
    for (const auto& [name, tensor] : module.factors) {
      const bool is_scalar = name == "alpha" || name == "scale" || name == "on_input";
      require(is_scalar || holds_numbers(tensor.dtype), ErrorKind::unsupported, "{} holds {}, floating point is needed",
              name, formats::dtype_name(tensor.dtype));
    }
    change_shape(module.kind, module.factors);
    own_scale(module.kind, module.factors);
    if (module.factors.contains("alpha")) scalar(module.factors, "alpha");
  } catch (const Error& error) {
    throw error.within(formats::in_quotes(module.stem));
  }
}

}  // namespace

AdapterFile adapter_file(const formats::TensorFile& file) {
  AdapterFile adapter;
  adapter.metadata = file.metadata;
  std::map<std::string, AdapterModule> modules;
  std::map<std::string, std::vector<std::string>> names;  // of a layer's tensors
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with("bundle_emb.")) {
      adapter.embeddings.push_back(name);
      continue;
    }
    const auto key = key_name(name);
    if (!key) {
      adapter.unused.push_back(name);
      continue;
    }
    AdapterModule& module = modules[key->layer];
    module.layer = key->layer;
    module.stem = key->stem;
    names[key->layer].push_back(name);
    require(module.factors.emplace(key->factor, tensor).second, ErrorKind::corrupt_file,
            "the layer {} has two tensors {}: is this two files in one?", formats::in_quotes(key->stem), key->factor);
  }
  for (auto& [layer, module] : modules) {
    const auto kind = kind_of(module.factors);
    if (!kind) {
      adapter.unused.insert(adapter.unused.end(), names[layer].begin(), names[layer].end());
      continue;
    }
    module.kind = *kind;
    for (const std::string& factor : unused_factors(*kind, module.factors)) {
      adapter.unused.push_back(module.stem + "." + factor);
      module.factors.erase(factor);
    }
    check_module(module);
    adapter.modules.push_back(std::move(module));
  }
  require(!adapter.modules.empty(), ErrorKind::unsupported,
          "it must hold a LoRA or one of its relatives; none of its {} tensors belongs to one", file.tensors.size());
  return adapter;
}

AdapterFile read_adapter_file(const std::filesystem::path& path) {
  const std::string context = "load LoRA " + formats::in_quotes(path.string());
  formats::TensorFile file;
  try {
    file = formats::read_tensor_file(path);
    AdapterFile adapter = adapter_file(file);
    adapter.path = path;
    return adapter;
  } catch (const Error& error) {
    // The readers of the formats already begin with the file's name.
    throw std::string_view(error.what()).starts_with("load \"") ? error : error.within(context);
  }
}

}  // namespace darkroom::adapters
