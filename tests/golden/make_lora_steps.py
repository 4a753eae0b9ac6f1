#!/usr/bin/env python3
"""Writes lora_steps.safetensors: LoRA matrices of a tiny SD 1.5's UNet after ten training steps, by the reference code.

sd-scripts 48d368fa (networks/lora.py LoRAModule alone; apply_snr_weight of library/custom_train_functions.py), diffusers 0.27.2,
transformers 4.38.2 (Adafactor), torch 1.13.1 (AdamW), and from PyPI lion-pytorch 0.2.3, prodigyopt 1.1.2. CPU, float64. dim 2 alpha 1. Value j of the
n-th matrix (modules in the order of their names, down before up) starts at 0.05 sin(0.1 j + n). Batch k: latents 0.8 sin(0.37 j), noise
cos(0.3 j + k), timesteps (97 k + 17) mod 1000 and (211 k + 730) mod 1000, context of the ids in lora_training.safetensors; eps, L2, min-SNR
5; gradients clipped together to 1.

usage: PYTHONPATH=<folder with the packages> make_lora_steps.py <git directory of sd-scripts>
"""
import ast
import math
import os
import subprocess
import sys

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from lion_pytorch import Lion
from prodigyopt import Prodigy
from safetensors.torch import save_file
from transformers import CLIPTextModel
from transformers.optimization import Adafactor

torch.set_num_threads(1)
# In float64 this torch adds beta * input even where beta is 0, and diffusers gives uninitialised memory as input.
torch.baddbmm = lambda input, a, b, beta, alpha: alpha * torch.bmm(a, b) if beta == 0 else beta * input + alpha * torch.bmm(a, b)
OUT = os.path.dirname(os.path.abspath(__file__))
TINY = os.path.join(OUT, "tiny", "sd15")
STEPS = 10


def reference(path, names):
    source = subprocess.run(["git", "-C", sys.argv[1], "show", "HEAD:" + path], capture_output=True, text=True, check=True).stdout
    scope = {"torch": torch, "math": math, "DDPMScheduler": DDPMScheduler, "Number": float}
    for node in ast.parse(source).body:
        if getattr(node, "name", "") in names:
            exec(compile(ast.Module([node], []), path, "exec"), scope)
    return scope


LoRAModule = reference("networks/lora.py", {"LoRAModule"})["LoRAModule"]
apply_snr_weight = reference("library/custom_train_functions.py", {"apply_snr_weight"})["apply_snr_weight"]

text = CLIPTextModel.from_pretrained(os.path.join(TINY, "text_encoder"), torch_dtype=torch.float32).requires_grad_(False)
ids = (torch.arange(2 * 12).view(2, 12) * 7) % 90
context = text(ids).last_hidden_state.double()

scheduler = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)
alphas = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64)**2, 0)
scheduler.all_snr = alphas / (1 - alphas)


def modules_of(unet):
    modules = []
    for name, module in unet.named_modules():
        if module.__class__.__name__ != "Transformer2DModel":
            continue
        for child_name, child in module.named_modules():
            is_linear = child.__class__.__name__ in ("Linear", "LoRACompatibleLinear")
            is_conv = child.__class__.__name__ in ("Conv2d", "LoRACompatibleConv")
            if not (is_linear or is_conv):
                continue
            child.__class__ = torch.nn.Conv2d if is_conv else torch.nn.Linear
            lora = LoRAModule(("lora_unet." + name + "." + child_name).replace(".", "_"), child, 1.0, 2, 1.0)
            lora.apply_to()
            modules.append(lora)
    modules.sort(key=lambda m: m.lora_name)
    for i, lora in enumerate(modules):
        for k, part in enumerate((lora.lora_down, lora.lora_up)):
            values = 0.05 * torch.sin(0.1 * torch.arange(part.weight.numel(), dtype=torch.float64) + (2 * i + k))
            part.weight = torch.nn.Parameter(values.view(part.weight.shape))
    return modules


def trained(make):
    unet = UNet2DConditionModel.from_pretrained(os.path.join(TINY, "unet"), torch_dtype=torch.float32).double().requires_grad_(False)
    modules = modules_of(unet)
    parameters = [p for m in modules for p in (m.lora_down.weight, m.lora_up.weight)]
    optimizer = make(parameters)
    j = torch.arange(2 * 4 * 8 * 8, dtype=torch.float64).view(2, 4, 8, 8)
    losses = []
    for k in range(STEPS):
        latents, noise = 0.8 * torch.sin(0.37 * j), torch.cos(0.3 * j + k)
        t = torch.tensor([(97 * k + 17) % 1000, (211 * k + 730) % 1000])
        a = alphas[t].view(2, 1, 1, 1)
        answer = unet(a.sqrt() * latents + (1 - a).sqrt() * noise, t, context).sample
        loss = ((answer - noise)**2).mean([1, 2, 3])
        loss = apply_snr_weight(loss, t, scheduler, 5.0, False).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return modules, losses


OPTIMIZERS = {
    "AdamW": lambda p: torch.optim.AdamW(p, lr=1e-4, weight_decay=0.01),
    "Lion": lambda p: Lion(p, lr=1e-4, weight_decay=0.01),
    "Adafactor": lambda p: Adafactor(p, lr=1e-4, scale_parameter=False, relative_step=False, warmup_init=False),
    "Prodigy": lambda p: Prodigy(p, lr=1.0, d0=1e-4, weight_decay=0.01, use_bias_correction=True),
}
tensors = {}
for name, make in OPTIMIZERS.items():
    modules, losses = trained(make)
    tensors[name + ".losses"] = torch.tensor(losses, dtype=torch.float64)
    for m in modules:
        tensors[f"{name}.{m.lora_name}.lora_down.weight"] = m.lora_down.weight.detach().float().contiguous()
        tensors[f"{name}.{m.lora_name}.lora_up.weight"] = m.lora_up.weight.detach().float().contiguous()
    print(name, len(modules), "modules, losses", losses[0], losses[-1])
save_file(tensors, os.path.join(OUT, "lora_steps.safetensors"))
