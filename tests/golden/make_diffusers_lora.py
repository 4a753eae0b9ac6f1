#!/usr/bin/env python3
"""Random LoRA files for the tiny models, and what diffusers computes with them fused into its weights.

lora_sd15.safetensors   kohya's names, alpha half of the rank, also 3x3 convolutions; UNet and text encoder
lora_sdxl.safetensors   diffusers' names, no alpha; UNet and both text encoders
parity_lora_<family>.safetensors   inputs, and outputs at LoRA weight 0.7, fp32

Versions used: Python 3.11.2, torch 1.13.0a0 (Debian 1.13.1+dfsg-4), diffusers 0.27.2, transformers 4.38.2, peft 0.10.0.
usage: make_diffusers_lora.py [folder]   (default: the folder of this script, which holds tiny/)
"""
import os
import sys

import torch
from diffusers import DiffusionPipeline
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
RANK, WEIGHT = 2, 0.7


def wanted(name, module, family):
    if isinstance(module, torch.nn.Linear):
        return any(part in name for part in ["attn1.", "attn2.", "ff.", "proj_in", "proj_out", "self_attn", "mlp"])
    is_conv = isinstance(module, torch.nn.Conv2d)
    return is_conv and family == "sd15" and any(part in name for part in ["conv1", "proj_in", "proj_out", "downsamplers"])


def factors(weight, generator):
    down = torch.randn(RANK, *weight.shape[1:], generator=generator) * 0.2
    up = torch.randn(weight.shape[0], RANK, *[1] * (weight.dim() - 2), generator=generator) * 0.2
    return up, down


def lora_file(pipe, family):
    generator = torch.Generator().manual_seed(11)
    tensors = {}
    for part in ["unet", "text_encoder", "text_encoder_2"]:
        network = getattr(pipe, part, None)
        for name, module in network.named_modules() if network else []:
            if not wanted(name, module, family):
                continue
            up, down = factors(module.weight, generator)
            if family == "sd15":
                key = {"unet": "lora_unet_", "text_encoder": "lora_te_"}[part] + name.replace(".", "_")
                tensors |= {key + ".lora_up.weight": up, key + ".lora_down.weight": down,
                            key + ".alpha": torch.tensor(RANK / 2)}
            else:
                key = f"{part}.{name}." + ("lora." if part == "unet" else "lora_linear_layer.")
                tensors |= {key + "up.weight": up, key + "down.weight": down}
    return tensors


def outputs(pipe, family):
    generator = torch.Generator().manual_seed(12)
    ids = torch.tensor(pipe.tokenizer(["a red apple", "the cat"], padding="max_length", max_length=77)["input_ids"])
    out = {"ids": ids}
    for part in ["text_encoder", "text_encoder_2"]:
        if getattr(pipe, part, None):
            out[part] = getattr(pipe, part)(ids, output_hidden_states=True).hidden_states[-1]
    x, t = torch.randn(2, 4, 16, 8, generator=generator), torch.tensor([900.0, 120.0])
    context = torch.randn(2, 77, pipe.unet.config.cross_attention_dim, generator=generator)
    out |= {"x": x, "t": t, "context": context}
    added = None
    if family == "sdxl":
        pooled = torch.randn(2, 24, generator=generator)
        sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 2)
        added = {"text_embeds": pooled, "time_ids": sizes}
        out["vector"] = torch.cat([pooled, pipe.unet.add_time_proj(sizes.flatten()).reshape(2, -1)], -1)
    out["y"] = pipe.unet(x, t, context, added_cond_kwargs=added).sample
    # With this build of torch diffusers' UNet answers NaN in one run of several, with and without LoRA: run it again.
    assert out["y"].isfinite().all()
    return out


for family in ["sd15", "sdxl"]:
    pipe = DiffusionPipeline.from_pretrained(f"{OUT}/tiny/{family}", torch_dtype=torch.float32, safety_checker=None)
    plain = outputs(pipe, family)
    tensors = lora_file(pipe, family)
    save_file({k: v.half().contiguous() for k, v in tensors.items()}, f"{OUT}/lora_{family}.safetensors")
    pipe.load_lora_weights(OUT, weight_name=f"lora_{family}.safetensors")
    pipe.fuse_lora(lora_scale=WEIGHT)
    pipe.unload_lora_weights()
    fused = outputs(pipe, family)
    for key in ["y", "text_encoder", "text_encoder_2"]:
        if key in fused:
            print(family, key, "changed by", ((fused[key] - plain[key]).norm() / plain[key].norm()).item())
    save_file({k: v.contiguous().clone() for k, v in fused.items()}, f"{OUT}/parity_lora_{family}.safetensors")
