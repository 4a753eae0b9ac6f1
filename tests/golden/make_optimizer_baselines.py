#!/usr/bin/env python3
"""Writes optimizer_baselines.json: parameters after each of ten steps of the reference optimizers on a fixed problem.

Versions: torch 1.13.1 (Debian 12's python3-torch), transformers 4.38.2 (Adafactor), and from PyPI lion-pytorch 0.2.3,
prodigyopt 1.1.2, dadaptation 3.2. CPU. Problem: p starts at arange(12)/6 - 1 as [3, 4] and q at 1/2 as [5]; their gradients in step
n are cos(p * (n + 1)) + p. float32 ("double": float64, where the reference's first estimates are far below float32's rounding).

"adamw_8bit" is no reference's output: bitsandbytes needs an accelerator for it. It is its arithmetic, written here a second time with
numpy from the description (training.md 2.8): one parameter of 5000 values, of which every 500th is listed.

usage: PYTHONPATH=<folder with the packages> make_optimizer_baselines.py
"""
import json
import pathlib

import numpy as np
import torch
from dadaptation import DAdaptAdam
from lion_pytorch import Lion
from prodigyopt import Prodigy
from transformers.optimization import Adafactor

STEPS = 10


def run(make, lr, args, double=False):
    dtype = torch.float64 if double else torch.float32
    p = (torch.arange(12, dtype=dtype) / 6 - 1).reshape(3, 4).requires_grad_()
    q = torch.full((5,), 0.5, dtype=dtype).requires_grad_()
    optimizer = make([p, q])
    steps = []
    for n in range(STEPS):
        for x in (p, q):
            x.grad = torch.cos(x.detach() * (n + 1)) + x.detach()
        optimizer.step()
        steps.append([float(f"{x:.17g}") for x in torch.cat([p.detach().flatten(), q.detach()])])
    return {"lr": lr, "args": [f"{k}={v}" for k, v in args.items()], "double": double, "steps": steps}


def text(value):
    return f"{value[0]},{value[1]}" if isinstance(value, tuple) else value


def rows(optimizer, cases, double=False):
    out = []
    for lr, args in cases:
        extra = {} if lr is None else {"lr": lr}
        row = run(lambda params: optimizer(params, **extra, **args), lr or 0.0, {k: text(v) for k, v in args.items()}, double)
        out.append(row)
    return out


def dynamic_map(signed):
    values = [0.0, 1.0]
    for decade in range(7):
        parts = 2**decade if signed else 2**(decade + 1)
        edges = np.linspace(0.1, 1, parts + 1)
        middles = (edges[:-1] + edges[1:]) / 2 * 10.0**(decade - 6)
        values += list(middles) + (list(-middles) if signed else [])
    return np.sort(np.array(values, dtype=np.float32))


def quantised(values, table, keeps_sign):
    codes, scales = np.zeros(len(values), dtype=np.int64), []
    for begin in range(0, len(values), 256):
        block = values[begin:begin + 256]
        scale = np.float32(np.abs(block).max())
        scales.append(scale)
        for i, value in enumerate(block):
            wanted = value / scale if scale > 0 else np.float32(0)
            code = int(np.abs(table - wanted).argmin())
            if keeps_sign and np.signbit(table[code]) != np.signbit(value) and value != 0:
                code += 1 if value > 0 else -1
            codes[begin + i] = code
    return codes, np.repeat(np.array(scales, dtype=np.float32), 256)[:len(values)]


def adamw_8bit(lr=1e-2, b1=0.9, b2=0.999, eps=1e-8, wd=0.01, n=5000):
    signed, unsigned = dynamic_map(True), dynamic_map(False)
    p = (np.arange(n, dtype=np.float32) / np.float32(n / 2) - 1).astype(np.float32)
    m_codes, m_scale = quantised(np.zeros(n, np.float32), signed, True)
    v_codes, v_scale = quantised(np.zeros(n, np.float32), unsigned, False)
    steps = []
    for t in range(1, STEPS + 1):
        g = (np.cos(p * np.float32(t)) + p).astype(np.float32)
        m = np.float32(b1) * (signed[m_codes] * m_scale) + np.float32(1 - b1) * g
        v = np.float32(b2) * (unsigned[v_codes] * v_scale) + np.float32(1 - b2) * g * g
        root = (1 - b2**t)**0.5
        p = p - np.float32(lr * root / (1 - b1**t)) * m / (np.sqrt(v) + np.float32(eps * root))
        p = (p * np.float32(1 - lr * wd)).astype(np.float32)
        m_codes, m_scale = quantised(m.astype(np.float32), signed, True)
        v_codes, v_scale = quantised(v.astype(np.float32), unsigned, False)
        steps.append([float(f"{x:.9g}") for x in p[::500]])
    return {"lr": lr, "args": [f"weight_decay={wd}"], "steps": steps}


baselines = {
    "Lion": rows(Lion, [(1e-2, {}), (3e-3, {"betas": (0.8, 0.95), "weight_decay": 0.1})]),
    "SGDNesterov": rows(lambda params, **a: torch.optim.SGD(params, nesterov=True, **{"momentum": 0.9, **a}),
                        [(1e-2, {}), (5e-2, {"momentum": 0.5, "weight_decay": 0.1})]),
    "Adafactor": rows(Adafactor, [(None, {}),
                                  (1e-2, {"scale_parameter": False, "relative_step": False, "warmup_init": False}),
                                  (1e-2, {"relative_step": False, "beta1": 0.9, "weight_decay": 0.1}),
                                  (None, {"warmup_init": True, "clip_threshold": 0.5})]),
    "DAdaptAdam": rows(DAdaptAdam, [(1.0, {}), (1.0, {"d0": 1e-3, "decouple": True, "weight_decay": 0.1}),
                                    (1.0, {"d0": 1e-3, "weight_decay": 0.1, "use_bias_correction": True}),
                                    (0.5, {"d0": 1e-3, "growth_rate": 1.02, "betas": (0.8, 0.99)})], True),
    "Prodigy": rows(Prodigy, [(1.0, {}), (1.0, {"d0": 1e-3, "weight_decay": 0.1, "decouple": True, "d_coef": 2.0}),
                              (1.0, {"d0": 1e-3, "weight_decay": 0.1, "decouple": False, "use_bias_correction": True}),
                              (1.0, {"d0": 1e-3, "use_bias_correction": True, "safeguard_warmup": True}),
                              (0.5, {"d0": 1e-3, "growth_rate": 1.02, "betas": (0.8, 0.99)})], True),
    "adamw_8bit": adamw_8bit(),
}
pathlib.Path(__file__).with_name("optimizer_baselines.json").write_text(json.dumps(baselines) + "\n")
