#include <algorithm>
#include <array>

#include "formats/pickle.h"

namespace darkroom::formats {
namespace {

struct GlobalRow {
  std::string_view module;
  std::string_view names;  ///< separated by spaces
};

// What published Stable Diffusion checkpoints, embeddings and LoRA mention. A row costs nothing in safety, as nothing
// is called; the list exists so that a file which wants more is recognised as hostile or as something else.
constexpr std::array kKnownGlobals = {
    GlobalRow{"torch._utils", "_rebuild_tensor _rebuild_tensor_v2 _rebuild_parameter _rebuild_parameter_with_state"},
    GlobalRow{"torch._tensor", "_rebuild_from_type_v2"},
    GlobalRow{"torch",
              "FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage "
              "ByteStorage BoolStorage Size device Tensor float32 float64 float16 bfloat16 int64 int32 int16 int8 "
              "uint8 bool float double half long int"},
    GlobalRow{"torch.nn.parameter", "Parameter"},
    GlobalRow{"torch.nn.modules.container", "ParameterDict ParameterList"},
    GlobalRow{"collections", "OrderedDict defaultdict Counter"},
    GlobalRow{"__builtin__",
              "set frozenset dict list tuple int long float str unicode bytes bytearray bool object complex"},
    GlobalRow{"builtins", "set frozenset dict list tuple int float str bytes bytearray bool object complex"},
    GlobalRow{"copy_reg", "_reconstructor"},
    GlobalRow{"copyreg", "_reconstructor"},
    GlobalRow{"_codecs", "encode"},
    GlobalRow{"numpy", "dtype ndarray bool_ int32 int64 float32 float64"},
    GlobalRow{"numpy.core.multiarray", "scalar _reconstruct"},
    GlobalRow{"numpy._core.multiarray", "scalar _reconstruct"},
    GlobalRow{"pytorch_lightning.callbacks", "ModelCheckpoint EarlyStopping LearningRateMonitor"},
    GlobalRow{"pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"},
    GlobalRow{"pytorch_lightning.callbacks.early_stopping", "EarlyStopping"},
    GlobalRow{"pytorch_lightning.utilities.parsing", "AttributeDict"},
    GlobalRow{"lightning.pytorch.callbacks.model_checkpoint", "ModelCheckpoint"},
    GlobalRow{"lightning_fabric.utilities.data", "AttributeDict"},
    GlobalRow{"argparse", "Namespace"},
    GlobalRow{"pathlib", "Path PosixPath WindowsPath PurePosixPath PureWindowsPath"},
    GlobalRow{"datetime", "datetime timedelta"},
    GlobalRow{"typing", "Any"},
    GlobalRow{"omegaconf.dictconfig", "DictConfig"},
    GlobalRow{"omegaconf.listconfig", "ListConfig"},
    GlobalRow{"omegaconf.base", "ContainerMetadata Metadata"},
    GlobalRow{"omegaconf.nodes", "AnyNode IntegerNode FloatNode StringNode BooleanNode"},
};

bool lists(std::string_view names, std::string_view name) {
  for (size_t start = 0; start <= names.size();) {
    const size_t end = std::min(names.find(' ', start), names.size());
    if (names.substr(start, end - start) == name) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace

bool is_known_global(std::string_view module, std::string_view name) {
  return std::any_of(kKnownGlobals.begin(), kKnownGlobals.end(),
                     [&](const GlobalRow& row) { return row.module == module && lists(row.names, name); });
}

}  // namespace darkroom::formats
