#!/usr/bin/env python3
"""Writes a small random TAESD decoder in the three forms it comes in, and what diffusers computes with it.

tiny/taesd.safetensors           diffusers' AutoencoderTiny, names as save_pretrained writes them (encoder too)
tiny/taesd_decoder.safetensors   the decoder alone, the original's names (madebyollin/taesd: one more layer in front)
parity_taesd.safetensors         latents, picture

Versions used: Python 3.11.2, torch 1.13.0a0 (Debian 1.13.1+dfsg-4), diffusers 0.27.2, safetensors 0.8.0. CPU, one
thread, seed in the code.
usage: make_taesd.py [folder]   (default: the folder of this script)
"""
import os
import sys

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))

torch.manual_seed(7)
WIDTH = 8
model = AutoencoderTiny(encoder_block_out_channels=(WIDTH,) * 4, decoder_block_out_channels=(WIDTH,) * 4)
state = {key: value.half().contiguous() for key, value in model.state_dict().items()}
model.load_state_dict({key: value.float() for key, value in state.items()})
save_file(state, os.path.join(OUT, "tiny", "taesd.safetensors"), {"format": "pt"})

original = {}
for key, value in state.items():
    if key.startswith("decoder.layers."):
        place, rest = key[len("decoder.layers."):].split(".", 1)
        original[f"{int(place) + 1}.{rest}"] = value
save_file(original, os.path.join(OUT, "tiny", "taesd_decoder.safetensors"))

latents = torch.randn(2, 4, 6, 5) * 2
save_file({"latents": latents, "picture": model.decode(latents).sample},
          os.path.join(OUT, "parity_taesd.safetensors"))
