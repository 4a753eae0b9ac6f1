#!/usr/bin/env python3
"""A DoRA as PEFT writes it, and the weight PEFT merges it into: dora_peft.safetensors.

"weight" and "merged" are the matrix before and after; the rest is the adapter in PEFT's names.
Versions used: Python 3.11.2, torch 1.13.0a0 (Debian 1.13.1+dfsg-4), peft 0.10.0.
usage: make_peft_dora.py [folder]   (default: the folder of this script)
"""
import os
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
torch.manual_seed(3)
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))

network = torch.nn.Sequential()
network.add_module("conv_in", torch.nn.Linear(8, 8))  # as many inputs as outputs: only the form of the scale tells
weight = network.conv_in.weight.clone()
model = get_peft_model(network, LoraConfig(r=2, lora_alpha=2, target_modules=["conv_in"], use_dora=True))
for name, parameter in model.named_parameters():
    if "lora_" in name:
        parameter.copy_(torch.rand(parameter.shape) + 0.5)
out = {name.replace(".default", ""): value.clone() for name, value in model.state_dict().items() if "lora_" in name}
out |= {"weight": weight, "merged": model.merge_and_unload().conv_in.weight.clone()}
print({name: tuple(value.shape) for name, value in out.items()})
save_file({name: value.contiguous() for name, value in out.items()}, f"{OUT}/dora_peft.safetensors")
