#!/usr/bin/env python3
"""Writes full_training.safetensors: the weights of a tiny SD 1.5, UNet and text encoder, after ten steps of full fine-tuning.

sd-scripts 48d368fa (apply_snr_weight of library/custom_train_functions.py alone), diffusers 0.27.2, transformers 4.38.2 (CLIPTextModel, Adafactor),
torch 1.13.1 (AdamW), CPU, float64. The step is fine_tune.py's: the text encoder's last state through its final norm, the UNet, eps, L2,
min-SNR 5, gradients of both networks clipped together to 1. Batch k: ids (7 j + k) mod 90, latents 0.8 sin(0.37 j), noise cos(0.3 j + k),
timesteps (97 k + 17) mod 1000 and (211 k + 730) mod 1000. Of each tensor at most 64 values are kept, evenly spaced in row-major order.

usage: make_full_training.py <git directory of sd-scripts>
"""
import ast
import os
import subprocess
import sys

import torch
import transformers.models.clip.modeling_clip as clip
from diffusers import DDPMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel
from transformers.optimization import Adafactor

torch.set_num_threads(1)
# In float64 this torch adds beta * input even where beta is 0, and diffusers gives uninitialised memory as input.
torch.baddbmm = lambda input, a, b, beta, alpha: alpha * torch.bmm(a, b) if beta == 0 else beta * input + alpha * torch.bmm(a, b)
# transformers makes its causal mask for float32 and float16 only.
clip._create_4d_causal_attention_mask = lambda shape, dtype, device: torch.full((shape[0], 1, shape[1], shape[1]), -1e300, dtype=dtype).triu(1)
OUT = os.path.dirname(os.path.abspath(__file__))
TINY = os.path.join(OUT, "tiny", "sd15")
STEPS = 10

source = subprocess.run(["git", "-C", sys.argv[1], "show", "HEAD:library/custom_train_functions.py"], capture_output=True, text=True,
                        check=True).stdout
scope = {"torch": torch, "DDPMScheduler": DDPMScheduler, "Number": float}
for node in ast.parse(source).body:
    if getattr(node, "name", "") == "apply_snr_weight":
        exec(compile(ast.Module([node], []), "custom_train_functions.py", "exec"), scope)

scheduler = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)
alphas = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64)**2, 0)
scheduler.all_snr = alphas / (1 - alphas)


def sampled(tensor):
    flat = tensor.detach().flatten()
    return flat[::max(1, -(-flat.numel() // 64))].float().clone()


def trained(make):
    text = CLIPTextModel.from_pretrained(os.path.join(TINY, "text_encoder"), torch_dtype=torch.float32).double()
    unet = UNet2DConditionModel.from_pretrained(os.path.join(TINY, "unet"), torch_dtype=torch.float32).double()
    parameters = list(unet.parameters()) + list(text.parameters())
    optimizer = make(parameters)
    j = torch.arange(2 * 4 * 8 * 8, dtype=torch.float64).view(2, 4, 8, 8)
    losses = []
    for k in range(STEPS):
        ids = (torch.arange(2 * 12).view(2, 12) * 7 + k) % 90
        latents, noise = 0.8 * torch.sin(0.37 * j), torch.cos(0.3 * j + k)
        t = torch.tensor([(97 * k + 17) % 1000, (211 * k + 730) % 1000])
        a = alphas[t].view(2, 1, 1, 1)
        answer = unet(a.sqrt() * latents + (1 - a).sqrt() * noise, t, text(ids).last_hidden_state).sample
        loss = ((answer - noise)**2).mean([1, 2, 3])
        loss = scope["apply_snr_weight"](loss, t, scheduler, 5.0, False).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return {"unet": unet, "text_encoder": text}, losses


OPTIMIZERS = {
    "AdamW": lambda p: torch.optim.AdamW(p, lr=1e-4, weight_decay=0.01),
    "Adafactor": lambda p: Adafactor(p, lr=1e-4, scale_parameter=False, relative_step=False, warmup_init=False),
}
tensors = {}
for optimizer, make in OPTIMIZERS.items():
    networks, losses = trained(make)
    tensors[optimizer + ".losses"] = torch.tensor(losses, dtype=torch.float64)
    for network, module in networks.items():
        for name, parameter in module.named_parameters():
            tensors[f"{optimizer}.{network}.{name}"] = sampled(parameter)
    print(optimizer, len(tensors), "tensors, losses", losses[0], losses[-1])
save_file(tensors, os.path.join(OUT, "full_training.safetensors"))
