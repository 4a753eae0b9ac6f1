#!/usr/bin/env python3
"""Writes optimizer_baseline.json: parameters after each of ten steps of torch.optim.AdamW on a fixed problem.

Made with torch 1.13.1 (Debian 12's python3-torch), CPU, fp32. Problem: p starts at arange(12)/6 - 1 as [3, 4]; the gradient of
step n is cos(p * (n + 1)) + p.
"""
import json
import pathlib

import torch

def run(lr, betas, eps, weight_decay):
    p = (torch.arange(12, dtype=torch.float32) / 6 - 1).reshape(3, 4).requires_grad_()
    optimizer = torch.optim.AdamW([p], lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
    steps = []
    for n in range(10):
        p.grad = torch.cos(p.detach() * (n + 1)) + p.detach()
        optimizer.step()
        steps.append([float(f"{x:.9g}") for x in p.detach().flatten()])
    return {"lr": lr, "beta1": betas[0], "beta2": betas[1], "eps": eps, "weight_decay": weight_decay, "steps": steps}

rows = [run(1e-2, (0.9, 0.999), 1e-8, 0.01), run(5e-2, (0.8, 0.99), 1e-6, 0.0), run(1e-1, (0.9, 0.95), 1e-8, 0.3)]
pathlib.Path(__file__).with_name("optimizer_baseline.json").write_text(json.dumps({"torch": torch.__version__, "adamw": rows}, indent=1))
