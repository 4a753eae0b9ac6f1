"""Writes tests/golden/formats/*.pt and *.ckpt: what torch.save makes of small tensors whose values follow a rule.

The rule, which tests/formats/torch_checkpoint_test.cpp knows too: element i of every tensor is i (bool: i odd).
Run with torch 1.13 and numpy 1.24; nothing is random.
"""

import collections
import pathlib
import sys
import types

import numpy
import torch

FOLDER = pathlib.Path(__file__).parent / "formats"


def counted(*shape, dtype=torch.float32):
    count = int(numpy.prod(shape, dtype=int))
    return (torch.arange(count) % 2 == 1 if dtype == torch.bool else torch.arange(count).to(dtype)).reshape(shape)


def every_kind():
    base = counted(4, 6)
    return collections.OrderedDict(
        [(f"dtype.{str(d)[6:]}", counted(2, 3, dtype=d)) for d in (
            torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
            torch.int8, torch.uint8, torch.bool)]
        + [
            ("shape.scalar", torch.tensor(0.0)),
            ("shape.empty", torch.zeros(0, 3)),
            ("shape.five", counted(1, 2, 1, 3, 1)),
            ("view.whole", base),
            ("view.rows", base[1:3]),
            ("view.transposed", base.t()),
            ("view.columns", base[:, 2:4]),
            ("view.every_second", base.reshape(-1)[1::2]),
            ("view.expanded", torch.tensor([7.0]).expand(2, 3)),
            ("parameter", torch.nn.Parameter(counted(3))),
            ("buffer", torch.nn.parameter.Buffer(counted(2)) if hasattr(torch.nn.parameter, "Buffer") else counted(2)),
            ("nested", {"inner": {"weight": counted(2)}, "list": [counted(1), "text", (counted(2), None)], 7: counted(3)}),
            ("step", 12),
        ])


def training_checkpoint():
    """Like those of Stable Diffusion's own training: Lightning's bookkeeping around a state_dict."""
    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    callback = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = callback
    for name in ("pytorch_lightning", "pytorch_lightning.callbacks"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[module.__name__] = module
    layer = torch.nn.Sequential(torch.nn.Linear(3, 2, bias=False))
    layer[0].weight.data = counted(2, 3)
    return {
        "epoch": 840,
        "global_step": 840000,
        "pytorch-lightning_version": "1.4.2",
        "state_dict": layer.state_dict(),
        "callbacks": {callback: {"monitor": "val/loss", "best_model_score": numpy.float64(0.25),
                                 "array": numpy.arange(3), "big": 1 << 70, "names": {"a"}, "bytes": b"\xff\x00"}},
        "optimizer_states": [{"state": {0: {"step": 840000, "exp_avg": counted(2, 3)}}}],
        "lr_schedulers": [],
    }


def textual_inversion():
    embedding = torch.nn.ParameterDict({"*": torch.nn.Parameter(counted(2, 4))})
    return {"string_to_token": {"*": torch.tensor(265)}, "string_to_param": embedding, "name": "golden", "step": 4}


def main():
    FOLDER.mkdir(exist_ok=True)
    legacy = {"_use_new_zipfile_serialization": False}
    torch.save(every_kind(), FOLDER / "every_kind.pt")
    torch.save(every_kind(), FOLDER / "every_kind_protocol4.pt", pickle_protocol=4)
    torch.save(every_kind(), FOLDER / "every_kind_legacy.pt", **legacy)
    torch.save(training_checkpoint(), FOLDER / "training.ckpt")
    torch.save(training_checkpoint(), FOLDER / "training_legacy.ckpt", **legacy)
    torch.save(textual_inversion(), FOLDER / "textual_inversion.pt")
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(FOLDER / "program.pt"))


if __name__ == "__main__":
    main()
