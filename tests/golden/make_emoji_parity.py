#!/usr/bin/env python3
"""Writes parity_emoji.safetensors: what transformers and diffusers compute with the embedded model, in fp32.

The model folder is loaded as it is, by StableDiffusionPipeline.from_pretrained, its own scheduler included; the values and
their names are those of make_tiny_models.py. Run it again whenever models/emoji changes.

Versions used: Python 3.11.2, torch 1.13.0a0 (Debian 1.13.1+dfsg-4), numpy 1.24.2, diffusers 0.27.2,
transformers 4.38.2, accelerate 0.27.2, safetensors 0.8.0. CPU, one thread, seeds in the code.
usage: make_emoji_parity.py [model folder [file]]   (default: models/emoji, parity_emoji.safetensors beside this script)
"""
import os
import sys

from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file

from make_tiny_models import fixtures

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    model = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "..", "models", "emoji")
    target = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "parity_emoji.safetensors")
    pipe = StableDiffusionPipeline.from_pretrained(model)
    pipe.set_progress_bar_config(disable=True)
    models = {"unet": pipe.unet, "vae": pipe.vae, "text_encoder": pipe.text_encoder}
    for network in models.values():
        network.float().eval()
    prompts = {"prompt": "a red apple, noto style, on a white background", "negative": "on a blue background"}
    save_file(fixtures("emoji", models, pipe, pipe.tokenizer, **prompts), target)
    os.chmod(target, 0o644)


if __name__ == "__main__":
    main()
