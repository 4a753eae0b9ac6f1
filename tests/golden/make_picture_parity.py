#!/usr/bin/env python3
"""Writes tiny/inpaint.safetensors and parity_pictures.safetensors: img2img, inpainting and upscaling by the reference
implementations on tiny random models, in fp32.

tiny/inpaint.safetensors: tiny/sd15.safetensors whose UNet takes five channels more.

parity_pictures.safetensors:
  picture, mask             the picture to start from [64, 64, 3] and what is made anew [64, 64], 8 bit
  <model>.init              its latents: mode of the VAE's posterior, scaled (sd15, sd21)
  <model>.img2img           last latents of StableDiffusionImg2ImgPipeline: Euler, 10 steps, strength 0.6, which walks the
                            last 6 (A1111 walks int(strength * steps) + 1 steps: strength 0.5), guidance 5
  sd15.masked, inpaint.masked   the same with A1111's rule for masks around the network of diffusers: after every call
                            D = D * m + init * (1 - m), at the end once more; m is the mask at latent size
  sd15.ddim, sd15.masked_ddim   A1111's DDIM for pictures around the same network: 10 steps at strength 0.5, so t_enc 5: the
                            noise of grid[5], the steps from grid[4] down to grid[0]; with the mask the network sees
                            x * m + init * (1 - m)
  sd21.zero_terminal_snr    10 Euler steps from noise around the network of diffusers, the schedule stretched as A1111 does
  inpaint.shown             mask and masked latents of StableDiffusionInpaintPipeline
  inpaint.grey              latents of a grey picture
  inpaint.txt2img           its last latents with a mask of ones at strength 1: 10 Euler steps from noise
  noise                     torch.randn of a generator with seed 42
  esrgan.*                  see esrgan()

10 steps because their timesteps (999, 888, ..., 0) are whole: between whole ones diffusers interpolates sigma linearly,
k-diffusion its logarithm.

Versions used: Python 3.11.2, torch 1.13.0a0 (Debian 1.13.1+dfsg-4), numpy 1.24.2, diffusers 0.27.2,
transformers 4.38.2, safetensors 0.8.0. CPU, one thread, seeds in the code.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import (EulerDiscreteScheduler, StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline,
                       UNet2DConditionModel)
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)
HERE = os.path.dirname(os.path.abspath(__file__))
TINY = os.path.join(HERE, "tiny")
STEPS, SKIPPED, GUIDANCE, SEED = 10, 4, 5.0, 42
PROMPT, NEGATIVE = "a red apple on the blue moon", "the dog"


def picture():
    y, x = np.mgrid[0:64, 0:64]
    return np.stack([x * 4, y * 4, 255 - (x + y) * 2], -1).astype(np.uint8)


def mask():
    values = np.zeros((64, 64), np.uint8)
    values[16:48, 8:40] = 255
    return values


def pipeline(kind, model, unet=None):
    more = {} if unet is None else {"unet": unet}
    pipe = kind.from_pretrained(os.path.join(TINY, model), torch_dtype=torch.float32, safety_checker=None, **more)
    pipe.scheduler = EulerDiscreteScheduler.from_config(pipe.scheduler.config, timestep_spacing="linspace",
                                                        interpolation_type="linear")
    # In float64 as latent-diffusion and A1111 make it: diffusers' float32 moves the levels by 1e-5.
    config = pipe.scheduler.config
    betas = torch.linspace(config.beta_start ** 0.5, config.beta_end ** 0.5, 1000, dtype=torch.float64) ** 2
    pipe.scheduler.alphas_cumprod = torch.cumprod(1 - betas, 0).float()
    pipe.set_progress_bar_config(disable=True)
    return pipe


def inpaint_unet():
    """The tiny UNet with nine channels."""
    source = UNet2DConditionModel.from_pretrained(os.path.join(TINY, "sd15"), subfolder="unet", torch_dtype=torch.float32)
    config = dict(source.config) | {"in_channels": 9}
    unet = UNet2DConditionModel.from_config(config)
    state = source.state_dict()
    more = torch.randn(state["conv_in.weight"].shape[0], 5, 3, 3, generator=torch.Generator().manual_seed(5)) * 0.2
    state["conv_in.weight"] = torch.cat([state["conv_in.weight"], more.half().float()], 1)
    unet.load_state_dict(state)
    return unet.eval()


def write_inpaint_file(unet):
    path = os.path.join(TINY, "sd15.safetensors")
    tensors = load_file(path)
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    config = json.loads(metadata["darkroom.config"])
    config["unet"]["in_channels"] = 9
    metadata["darkroom.config"] = json.dumps(config)
    tensors["model.diffusion_model.input_blocks.0.0.weight"] = unet.conv_in.weight.half().contiguous()
    save_file(tensors, os.path.join(TINY, "inpaint.safetensors"), metadata)


def start_latents(pipe, pixels):
    tensor = torch.from_numpy(pixels).float().permute(2, 0, 1)[None] / 255 * 2 - 1
    return pipe.vae.encode(tensor).latent_dist.mode() * pipe.vae.config.scaling_factor


def noise_of(latents):
    return torch.randn(latents.shape, generator=torch.Generator().manual_seed(SEED))


def img2img(pipe, init):
    return pipe(PROMPT, image=init, strength=1 - SKIPPED / STEPS, num_inference_steps=STEPS, guidance_scale=GUIDANCE,
                negative_prompt=NEGATIVE, generator=torch.Generator().manual_seed(SEED), output_type="latent").images


def masked(pipe, init, m, shown=None):
    """A1111's inpainting with Euler."""
    context, negative = pipe.encode_prompt(PROMPT, "cpu", 1, True, negative_prompt=NEGATIVE)[:2]
    pipe.scheduler.set_timesteps(STEPS)
    sigmas, times = pipe.scheduler.sigmas[SKIPPED:], pipe.scheduler.timesteps[SKIPPED:]
    x = init + noise_of(init) * sigmas[0]
    for i, t in enumerate(times):
        sigma = sigmas[i]
        inputs = x / (sigma ** 2 + 1) ** 0.5
        if shown is not None:
            inputs = torch.cat([inputs, shown], 1)
        u = pipe.unet(inputs, t, encoder_hidden_states=negative).sample
        c = pipe.unet(inputs, t, encoder_hidden_states=context).sample
        denoised = x - sigma * (u + GUIDANCE * (c - u))
        denoised = denoised * m + init * (1 - m)
        x = x + (x - denoised) / sigma * (sigmas[i + 1] - sigma)
    return x * m + init * (1 - m)


def zero_terminal_snr(pipe, noise):
    """A1111's zero terminal SNR (modules/sd_models.py) with v and Euler, from noise."""
    context, negative = pipe.encode_prompt(PROMPT, "cpu", 1, True, negative_prompt=NEGATIVE)[:2]
    root = pipe.scheduler.alphas_cumprod.double().sqrt()
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    alphas = root ** 2
    alphas[-1] = 4.8973451890853435e-08
    times = torch.linspace(999, 0, STEPS)
    sigmas = torch.cat([(((1 - alphas) / alphas) ** 0.5)[times.long()], torch.zeros(1)]).float()
    x = noise * sigmas[0]
    for i, t in enumerate(times):
        sigma = sigmas[i]
        inputs = x / (sigma ** 2 + 1) ** 0.5
        u = pipe.unet(inputs, t, encoder_hidden_states=negative).sample
        c = pipe.unet(inputs, t, encoder_hidden_states=context).sample
        v = u + GUIDANCE * (c - u)
        denoised = x / (sigma ** 2 + 1) - v * sigma / (sigma ** 2 + 1) ** 0.5
        x = x + (x - denoised) / sigma * (sigmas[i + 1] - sigma)
    return x


def ddim(pipe, init, m=None):
    """A1111's DDIM from a picture, eta 0."""
    context, negative = pipe.encode_prompt(PROMPT, "cpu", 1, True, negative_prompt=NEGATIVE)[:2]
    t_enc, alphas = STEPS // 2, pipe.scheduler.alphas_cumprod
    grid = [min(t + 1, 999) for t in range(0, 1000, 1000 // STEPS)]
    x = alphas[grid[t_enc]] ** 0.5 * init + (1 - alphas[grid[t_enc]]) ** 0.5 * noise_of(init)
    for index in range(t_enc - 1, 0, -1):
        seen = x if m is None else x * m + init * (1 - m)
        u = pipe.unet(seen, grid[index], encoder_hidden_states=negative).sample
        c = pipe.unet(seen, grid[index], encoder_hidden_states=context).sample
        eps = u + GUIDANCE * (c - u)
        alpha, before = alphas[grid[index]], alphas[grid[index - 1]]
        x0 = (x - (1 - alpha) ** 0.5 * eps) / alpha ** 0.5
        x = before ** 0.5 * x0 + (1 - before) ** 0.5 * eps
    return x if m is None else x * m + init * (1 - m)


class DenseBlock(torch.nn.Module):
    def __init__(self, features, growth):
        super().__init__()
        for i in range(5):
            setattr(self, f"conv{i + 1}", torch.nn.Conv2d(features + i * growth, growth if i < 4 else features, 3, 1, 1))

    def forward(self, x):
        seen = [x]
        for i in range(4):
            seen.append(F.leaky_relu(getattr(self, f"conv{i + 1}")(torch.cat(seen, 1)), 0.2))
        return self.conv5(torch.cat(seen, 1)) * 0.2 + x


class Block(torch.nn.Module):
    def __init__(self, features, growth):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (DenseBlock(features, growth) for _ in range(3))

    def forward(self, x):
        return self.rdb3(self.rdb2(self.rdb1(x))) * 0.2 + x


class RRDBNet(torch.nn.Module):
    """The network of the papers, as BasicSR names and orders it; `fold` 1 is x4, 2 is x2, 4 is x1."""

    def __init__(self, features, growth, blocks, fold):
        super().__init__()
        conv = lambda a, b: torch.nn.Conv2d(a, b, 3, 1, 1)
        self.fold = fold
        self.conv_first = conv(3 * fold * fold, features)
        self.body = torch.nn.Sequential(*(Block(features, growth) for _ in range(blocks)))
        self.conv_body, self.conv_up1, self.conv_up2, self.conv_hr = (conv(features, features) for _ in range(4))
        self.conv_last = conv(features, 3)

    def forward(self, x):
        if self.fold > 1:
            x = F.pixel_unshuffle(x, self.fold)
        first = self.conv_first(x)
        h = first + self.conv_body(self.body(first))
        h = F.leaky_relu(self.conv_up1(F.interpolate(h, scale_factor=2, mode="nearest")), 0.2)
        h = F.leaky_relu(self.conv_up2(F.interpolate(h, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(F.leaky_relu(self.conv_hr(h), 0.2))


def esrgan():
    """esrgan.x4.<name>, .x2, .x1: the weights of a network; .in -> .out: what it makes of a picture."""
    out = {}
    for fold, name in ((1, "x4"), (2, "x2"), (4, "x1")):
        torch.manual_seed(fold)
        net = RRDBNet(8, 4, 2, fold).eval()
        seen = torch.rand(1, 3, 12, 8)
        out |= {f"esrgan.{name}.{key}": value for key, value in net.state_dict().items()}
        out |= {f"esrgan.{name}.in": seen, f"esrgan.{name}.out": net(seen)}
    return out


def main():
    pixels, marks = picture(), mask()
    out = {"picture": torch.from_numpy(pixels), "mask": torch.from_numpy(marks)}
    for model in ("sd15", "sd21"):
        pipe = pipeline(StableDiffusionImg2ImgPipeline, model)
        init = start_latents(pipe, pixels)
        out |= {f"{model}.init": init, f"{model}.img2img": img2img(pipe, init)}
        if model == "sd21":
            out["sd21.zero_terminal_snr"] = zero_terminal_snr(pipe, noise_of(init))
        if model == "sd15":
            size = (init.shape[3], init.shape[2])
            m = torch.from_numpy(np.around(np.array(Image.fromarray(marks).resize(size, Image.BICUBIC)) / 255.0)).float()
            out |= {"noise": noise_of(init), "sd15.masked": masked(pipe, init, m), "sd15.ddim": ddim(pipe, init),
                    "sd15.masked_ddim": ddim(pipe, init, m)}
    unet = inpaint_unet()
    write_inpaint_file(unet)
    pipe = pipeline(StableDiffusionInpaintPipeline, "sd15", unet)
    tensor = torch.from_numpy(pixels).float().permute(2, 0, 1)[None] / 255 * 2 - 1
    hidden = torch.from_numpy(marks / 255.0).float()[None, None]
    seen = pipe.vae.encode(tensor * (hidden < 0.5)).latent_dist.mode() * pipe.vae.config.scaling_factor
    shown = torch.cat([F.interpolate(hidden, size=seen.shape[-2:]), seen], 1)
    init = start_latents(pipe, pixels)
    out |= {"inpaint.shown": shown, "inpaint.masked": masked(pipe, init, m, shown)}
    grey = pipe.vae.encode(tensor * 0).latent_dist.mode() * pipe.vae.config.scaling_factor
    result = pipe(PROMPT, image=tensor, mask_image=torch.ones(1, 1, 64, 64), masked_image_latents=grey, strength=1.0,
                  num_inference_steps=STEPS, guidance_scale=GUIDANCE, negative_prompt=NEGATIVE, height=64, width=64,
                  latents=noise_of(init), output_type="latent").images
    out |= {"inpaint.txt2img": result, "inpaint.grey": grey} | esrgan()
    save_file({key: value.contiguous() for key, value in out.items()}, os.path.join(HERE, "parity_pictures.safetensors"))
    for key in ("sd15.img2img", "sd21.img2img", "sd15.masked", "inpaint.masked", "inpaint.txt2img", "esrgan.x4.out"):
        print(f"{key}: {tuple(out[key].shape)} mean {out[key].mean():.3f} std {out[key].std():.3f}")


if __name__ == "__main__":
    main()
