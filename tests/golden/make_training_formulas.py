#!/usr/bin/env python3
"""Writes training_formulas.json: buckets, losses and weights as sd-scripts' own functions compute them.

sd-scripts 48d368fa; torch 1.13.1, numpy 1.24.2. Only the functions named below are taken out of its files and run, because the
files import much that they do not need.

usage: make_training_formulas.py <git directory of sd-scripts>
"""
import ast
import json
import logging
import math
import pathlib
import subprocess
import sys
import types
from numbers import Number
import typing

import numpy as np
import torch


def functions(repo, path, names, scope):
    source = subprocess.run(["git", "-C", repo, "show", f"HEAD:{path}"], capture_output=True, text=True, check=True).stdout
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
            exec(compile(ast.Module([node], []), path, "exec"), scope)
    return scope


repo = sys.argv[1]
scope = {"math": math, "torch": torch, "np": np, **vars(typing), "Number": Number, "DDPMScheduler": object,
         "logger": logging.getLogger(), "random": __import__("random")}
functions(repo, "library/model_util.py", {"make_bucket_resolutions"}, scope)
scope["model_util"] = types.SimpleNamespace(make_bucket_resolutions=scope["make_bucket_resolutions"])
functions(repo, "library/train_util.py", {"BucketManager", "conditional_loss", "get_huber_threshold_if_needed"}, scope)
functions(repo, "library/custom_train_functions.py",
          {"apply_snr_weight", "scale_v_prediction_loss_like_noise_prediction", "get_snr_scale",
           "add_v_prediction_like_loss", "apply_debiased_estimation"}, scope)

PICTURES = [(512, 512), (640, 384), (1920, 1080), (1000, 1500), (500, 300), (3000, 1000), (1, 1000), (333, 777), (4000, 3999),
            (256, 1024), (65, 64)]
buckets = []
for reso, least, most, step, no_upscale in [((512, 512), 256, 1024, 64, False), ((768, 768), 256, 2048, 64, False),
                                            ((1024, 1024), 256, 2048, 32, False), ((512, 768), 256, 1024, 64, False),
                                            ((512, 512), 256, 1024, 64, True)]:
    manager = scope["BucketManager"](no_upscale, reso, least, most, step)
    manager.make_buckets()
    places = []
    for width, height in PICTURES:
        if no_upscale and min(width, height) < step:
            continue
        bucket, resized, _ = manager.select_bucket(width, height)
        places.append({"picture": [width, height], "bucket": [int(x) for x in bucket], "resized": [int(x) for x in resized]})
    buckets.append({"resolution": reso, "least": least, "most": most, "step": step, "no_upscale": no_upscale,
                    "sizes": manager.predefined_resos, "places": places})

betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float32)**2
abar = torch.cumprod(1 - betas, 0)
schedule = types.SimpleNamespace(alphas_cumprod=abar, all_snr=abar / (1 - abar),
                                 config=types.SimpleNamespace(num_train_timesteps=1000))
t = torch.tensor([0, 10, 100, 146, 500, 999])
predicted = torch.sin(torch.arange(6 * 4 * 3 * 2, dtype=torch.float32)).view(6, 4, 3, 2) * 1.5
target = torch.cos(torch.arange(6 * 4 * 3 * 2, dtype=torch.float32) * 0.7).view(6, 4, 3, 2)
losses = []
for kind, huber, c, scale in [("l2", "snr", 0.1, 1.0), ("l1", "snr", 0.1, 1.0), ("huber", "snr", 0.1, 1.0),
                              ("huber", "exponential", 0.2, 2.0), ("huber", "constant", 0.1, 1.5), ("smooth_l1", "snr", 0.3, 1.0),
                              ("smooth_l1", "exponential", 0.1, 1.0), ("smooth_l1", "constant", 0.1, 1.0)]:
    args = types.SimpleNamespace(loss_type=kind, huber_schedule=huber, huber_c=c, huber_scale=scale)
    threshold = scope["get_huber_threshold_if_needed"](args, t, schedule)
    loss = scope["conditional_loss"](predicted, target, kind, "none", threshold).mean([1, 2, 3])
    losses.append({"type": kind, "schedule": huber, "c": c, "scale": scale, "loss": loss.tolist()})
weights = []
one = torch.ones(6)
for name, prediction, values in [
        ("min_snr_gamma", "epsilon", scope["apply_snr_weight"](one, t, schedule, 5.0, False)),
        ("min_snr_gamma", "v_prediction", scope["apply_snr_weight"](one, t, schedule, 5.0, True)),
        ("scale_v_pred_loss_like_noise_pred", "v_prediction", scope["scale_v_prediction_loss_like_noise_prediction"](one, t, schedule)),
        ("v_pred_like_loss", "epsilon", scope["add_v_prediction_like_loss"](one, t, schedule, 0.5)),
        ("debiased_estimation_loss", "epsilon", scope["apply_debiased_estimation"](one, t, schedule, False)),
        ("debiased_estimation_loss", "v_prediction", scope["apply_debiased_estimation"](one, t, schedule, True))]:
    weights.append({"option": name, "prediction": prediction, "weights": values.tolist()})
out = {"buckets": buckets, "t": t.tolist(), "losses": losses, "weights": weights}
pathlib.Path(__file__).with_name("training_formulas.json").write_text(json.dumps(out) + "\n")
