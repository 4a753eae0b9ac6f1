#!/usr/bin/env python3
"""Writes lycoris_training.safetensors: output of single layers with LyCORIS modules beside them, and the gradient of every matrix.

lycoris-lora 3.1.1.post1 (PyPI, its modules alone), torch 1.13.1, CPU, float32. Layers: linear 24 -> 36, convolutions 8 -> 12 with 3x3 (stride 2,
padding 1) and 1x1 kernels. Value j of the base weight is 0.3 sin(0.7 j), of the n-th matrix 0.2 sin(0.1 j + n), of x sin(0.37 j); loss = mean of
(output - cos(0.3 j))^2. alpha 2; rank 3 unless the name says otherwise.

usage: PYTHONPATH=<folder of lycoris> make_lycoris_training.py
"""
import os
import sys
import types

sys.modules["einops"] = types.SimpleNamespace(rearrange=None)  # for a module that is not used
import torch
from lycoris.modules.locon import LoConModule
from lycoris.modules.loha import LohaModule
from lycoris.modules.lokr import LokrModule
from safetensors.torch import save_file

torch.set_num_threads(1)
OUT = os.path.dirname(os.path.abspath(__file__))


def wave(shape, factor, step, shift=0.0):
    n = int(torch.tensor(shape).prod())
    return (factor * torch.sin(step * torch.arange(n, dtype=torch.float64) + shift)).float().view(shape)


LAYERS = {
    "linear": (lambda: torch.nn.Linear(24, 36, bias=False), (2, 5, 24)),
    "conv3": (lambda: torch.nn.Conv2d(8, 12, 3, 2, 1, bias=False), (2, 8, 6, 6)),
    "conv1": (lambda: torch.nn.Conv2d(8, 12, 1, bias=False), (2, 8, 4, 4)),
}
KINDS = {
    "dora": (LoConModule, dict(weight_decompose=True, wd_on_out=True)),
    "loha": (LohaModule, {}),
    "loha_dora": (LohaModule, dict(weight_decompose=True, wd_on_out=True)),
    "lokr": (LokrModule, {}),
    "lokr_thin": (LokrModule, dict(lora_dim=1, decompose_both=True)),
    "lokr_factor": (LokrModule, dict(factor=2, lora_dim=1)),
    "lokr_full": (LokrModule, dict(full_matrix=True)),
    "lokr_dora": (LokrModule, dict(weight_decompose=True, wd_on_out=True, lora_dim=1)),
}
tensors = {}
for layer_name, (make, x_shape) in LAYERS.items():
    for kind, (module_class, options) in KINDS.items():
        layer = make()
        layer.weight.data = wave(layer.weight.shape, 0.3, 0.7)
        layer.requires_grad_(False)
        module = module_class(kind, layer, 1.0, alpha=2, **{"lora_dim": 3, **options})
        names = [name for name in module.weight_list if name not in ("alpha", "lora_mid.weight")]
        matrices = [(name, dict(module.named_parameters()).get(name)) for name in names]
        if getattr(module, "wd", False):  # .float() made it no parameter of the module
            module.dora_scale = torch.nn.Parameter(module.dora_scale.detach().clone())
            matrices = [(name, module.dora_scale if name == "dora_scale" else m) for name, m in matrices]
        matrices = [(name, m) for name, m in matrices if m is not None]
        with torch.no_grad():
            for n, (name, matrix) in enumerate(matrices):
                if name != "dora_scale":
                    matrix.copy_(wave(matrix.shape, 0.2, 0.1, n))
        module.apply_to()
        output = layer(wave(x_shape, 1, 0.37))
        j = torch.arange(output.numel(), dtype=torch.float64)
        loss = ((output - torch.cos(0.3 * j).float().view(output.shape))**2).mean()
        loss.backward()
        key = f"{layer_name}.{kind}"
        tensors[key + ":output"] = output.detach().contiguous()
        for name, matrix in matrices:
            tensors[f"{key}:{name}"] = matrix.grad.contiguous()
        print(key, [n for n, _ in matrices], float(module.alpha) if hasattr(module, "alpha") else None)
save_file(tensors, os.path.join(OUT, "lycoris_training.safetensors"))
