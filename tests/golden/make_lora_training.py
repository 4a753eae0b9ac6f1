#!/usr/bin/env python3
"""Writes lora_training.safetensors: gradients of LoRA matrices in a tiny SD 1.5, computed with sd-scripts' own LoRAModule.

sd-scripts 48d368fa (networks/lora.py, the class alone), diffusers 0.27.2, transformers 4.38.2, torch 1.13.1, CPU, float64 but for the text encoder. dim 2 alpha 1,
conv dim 3 alpha 1.5. Value j of the n-th matrix (in the order of modules, down before up) is 0.05 sin(0.1 j + n). Text ids, latents and
target follow the formulas below; loss = mean squared error of the UNet's answer. Only every tensor's gradient is kept.

usage: make_lora_training.py <git directory of sd-scripts>
"""
import ast
import math
import os
import subprocess
import sys

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel

torch.set_num_threads(1)
OUT = os.path.dirname(os.path.abspath(__file__))
TINY = os.path.join(OUT, "tiny", "sd15")

source = subprocess.run(["git", "-C", sys.argv[1], "show", "HEAD:networks/lora.py"], capture_output=True, text=True,
                        check=True).stdout
scope = {"torch": torch, "math": math}
for node in ast.parse(source).body:
    if isinstance(node, ast.ClassDef) and node.name == "LoRAModule":
        exec(compile(ast.Module([node], []), "lora.py", "exec"), scope)

text = CLIPTextModel.from_pretrained(os.path.join(TINY, "text_encoder"), torch_dtype=torch.float32)
unet = UNet2DConditionModel.from_pretrained(os.path.join(TINY, "unet"), torch_dtype=torch.float64)
unet = unet.double()
for network in (text, unet):
    network.requires_grad_(False)

modules = []


def attach(root, prefix, classes, conv):
    for name, module in root.named_modules():
        if module.__class__.__name__ not in classes:
            continue
        for child_name, child in module.named_modules():
            is_linear = child.__class__.__name__ in ("Linear", "LoRACompatibleLinear")
            is_conv = child.__class__.__name__ in ("Conv2d", "LoRACompatibleConv")
            if not (is_linear or is_conv):
                continue
            is_3x3 = is_conv and child.kernel_size != (1, 1)
            if is_3x3 and not conv:
                continue
            full = (prefix + "." + name + "." + child_name).replace(".", "_")
            if any(m.lora_name == full for m in modules):
                continue
            child.__class__ = torch.nn.Conv2d if is_conv else torch.nn.Linear
            lora = scope["LoRAModule"](full, child, 1.0, 3 if is_3x3 else 2, 1.5 if is_3x3 else 1.0)
            lora.apply_to()
            modules.append(lora)


attach(text, "lora_te", {"CLIPAttention", "CLIPSdpaAttention", "CLIPMLP"}, False)
attach(unet, "lora_unet", {"Transformer2DModel"}, False)
attach(unet, "lora_unet", {"ResnetBlock2D", "Downsample2D", "Upsample2D"}, True)

modules.sort(key=lambda m: m.lora_name)
for i, lora in enumerate(modules):
    for k, part in enumerate((lora.lora_down, lora.lora_up)):
        n = part.weight.numel()
        values = 0.05 * torch.sin(0.1 * torch.arange(n, dtype=torch.float64) + (2 * i + k))
        part.weight.data = values.float().to(torch.float32 if "_te_" in lora.lora_name else torch.float64).view(part.weight.shape)

ids = (torch.arange(2 * 12).view(2, 12) * 7) % 90
latents = torch.sin(torch.arange(2 * 4 * 8 * 8, dtype=torch.float32)).view(2, 4, 8, 8).double()
target = torch.cos(torch.arange(2 * 4 * 8 * 8, dtype=torch.float32) * 0.3).view(2, 4, 8, 8).double()
context = text(ids).last_hidden_state.double()  # its causal mask cannot be float64
answer = unet(latents, torch.tensor([17, 730]), context).sample
loss = ((answer - target)**2).mean()
loss.backward()
tensors = {"loss": loss.detach(), "answer": answer.detach(), "ids": ids}
for lora in modules:
    tensors[lora.lora_name + ".lora_down.weight"] = lora.lora_down.weight.grad
    tensors[lora.lora_name + ".lora_up.weight"] = lora.lora_up.weight.grad
save_file({key: (value.float() if value.is_floating_point() else value).contiguous() for key, value in tensors.items()}, os.path.join(OUT, "lora_training.safetensors"))
print(len(modules), "modules, loss", loss.item())
