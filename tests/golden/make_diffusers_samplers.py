#!/usr/bin/env python3
"""Writes samplers_diffusers.json: what diffusers' LCM, TCD and DEIS schedulers make of the closed-form denoiser of
samplers.json. Made with diffusers 0.27.2, torch 1.13.1, numpy 1.24.2, CPU.

    python3 make_diffusers_samplers.py

All states are in the samplers' scaling, x = x0 + sigma * noise. `noises` are those drawn, step by step."""
import json
import os

import torch
from diffusers import DEISMultistepScheduler, LCMScheduler, TCDScheduler
from diffusers.schedulers import scheduling_lcm, scheduling_tcd

BETAS = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")


def denoised(x, sigma):
    v = 0.25 + sigma * sigma
    return (x * 0.25 + torch.tanh(x / v) * sigma * sigma) / v


def run(name, scheduler, steps, **step_options):
    scheduler.set_timesteps(steps)
    noises = []

    def recorded(shape, generator=None, device=None, dtype=None, **_):
        noises.append(torch.randn(tuple(shape), generator=torch.Generator().manual_seed(100 + len(noises))).double())
        return noises[-1]

    scheduling_lcm.randn_tensor = scheduling_tcd.randn_tensor = recorded
    alphas = scheduler.alphas_cumprod.double()
    levels = [((1 - alphas[t]) / alphas[t]).sqrt().item() for t in scheduler.timesteps]
    start = torch.randn((1, 4, 4, 4), generator=torch.Generator().manual_seed(7)).double() * levels[0]
    x = start * alphas[scheduler.timesteps[0]].sqrt()
    states = []
    for i, t in enumerate(scheduler.timesteps):
        alpha = alphas[t]
        level = x / alpha.sqrt()
        eps = (level - denoised(level, levels[i])) / levels[i]
        x = scheduler.step(eps, t, x, return_dict=True, **step_options).prev_sample
        if i + 1 < steps:
            states.append((x / alphas[scheduler.timesteps[i + 1]].sqrt()).flatten().tolist())
    return {"name": name, "steps": steps, "timesteps": [int(t) for t in scheduler.timesteps], "sigmas": levels,
            "start": start.flatten().tolist(), "noises": [n.flatten().tolist() for n in noises], "states": states}


def main():
    torch.set_default_dtype(torch.float64)
    deis = DEISMultistepScheduler(solver_order=3, lower_order_final=False, prediction_type="epsilon", **BETAS)
    runs = [
        run("LCM", LCMScheduler(clip_sample=False, set_alpha_to_one=True, **BETAS), 4),
        run("LCM", LCMScheduler(clip_sample=False, set_alpha_to_one=True, **BETAS), 7),
        run("TCD", TCDScheduler(clip_sample=False, set_alpha_to_one=True, **BETAS), 4, eta=0.3),
        run("TCD", TCDScheduler(clip_sample=False, set_alpha_to_one=True, **BETAS), 8, eta=0.7),
        run("DEIS", deis, 10),
    ]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samplers_diffusers.json")
    with open(path, "w") as out:
        json.dump({"runs": runs}, out)
    print(path)


if __name__ == "__main__":
    main()
