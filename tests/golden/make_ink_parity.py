#!/usr/bin/env python3
"""Writes parity_ink.safetensors: what diffusers makes of the embedded model with the LoRA that Darkroom's trainer wrote.

load_lora_weights reads models/Lora/ink.safetensors as it is (kohya's names), cross_attention_kwargs gives the weight; ten
Euler steps at guidance 4 from one noise, timestep spacing "linspace". Pictures are 8 bit, H W C. Run it again whenever
models/emoji or models/Lora/ink.safetensors changes.

Versions used: Python 3.11.2, torch 1.13.0a0 (Debian 1.13.1+dfsg-4), numpy 1.24.2, diffusers 0.27.2, transformers 4.38.2,
peft 0.9.0. CPU, seeds in the code. The noise schedule is computed in double, as Darkroom does.
"""
import os

import numpy as np
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "..", "models")
PROMPT = "a red apple, on a white background"


def main():
    torch.set_grad_enabled(False)
    pipe = StableDiffusionPipeline.from_pretrained(os.path.join(MODELS, "emoji"), torch_dtype=torch.float32, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = EulerDiscreteScheduler.from_config(
        pipe.scheduler.config, timestep_spacing="linspace", interpolation_type="linear")
    config = pipe.scheduler.config
    betas = torch.linspace(config.beta_start**0.5, config.beta_end**0.5, 1000, dtype=torch.float64) ** 2
    pipe.scheduler.alphas_cumprod = torch.cumprod(1 - betas, 0).float()
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(3))

    def picture(weight):
        options = {} if weight == 0 else {"cross_attention_kwargs": {"scale": weight}}
        image = pipe(PROMPT, negative_prompt="", num_inference_steps=10, guidance_scale=4, height=128, width=128,
                     latents=noise.clone(), **options).images[0]
        return torch.from_numpy(np.asarray(image).copy())

    made = {"noise": noise, "picture.0": picture(0)}
    pipe.load_lora_weights(os.path.join(MODELS, "Lora", "ink.safetensors"))
    for weight in (0.5, 1):
        made[f"picture.{weight}"] = picture(weight)
    target = os.path.join(HERE, "parity_ink.safetensors")
    save_file(made, target)
    os.chmod(target, 0o644)


if __name__ == "__main__":
    main()
