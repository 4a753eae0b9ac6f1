#!/usr/bin/env python3
"""Writes the tiny random models of every family and the values the reference implementations compute with them.

tiny/<family>/                diffusers folder (what StableDiffusion[XL]Pipeline.save_pretrained writes, fp16)
tiny/<family>.safetensors     the same tensors in one file, original (LDM, open_clip) names; the sizes that names and
                              shapes cannot tell are in its metadata, key "darkroom.config"
tiny/<family>.ckpt            the same through torch.save, zip container; the sizes are in <family>.darkroom.json beside it
tiny/sd15_legacy.ckpt         the same through torch.save, legacy container
parity_<family>.safetensors   inputs and outputs, fp32, of the fp16-rounded weights
keys_<family>.txt             key and shape of every tensor of the full-size families, original names

Versions used: Python 3.11.2, torch 1.13.0a0 (Debian 1.13.1+dfsg-4), numpy 1.24.2, diffusers 0.27.2,
transformers 4.38.2, accelerate 0.27.2, safetensors 0.8.0. CPU, one thread, seeds in the code.
usage: make_tiny_models.py [folder]   (default: the folder of this script)
"""
import json
import os
import shutil
import sys

import numpy as np
import torch
from accelerate import init_empty_weights
from diffusers import (AutoencoderKL, EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline,
                       UNet2DConditionModel)
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

torch.set_num_threads(1)
torch.set_grad_enabled(False)
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
TINY = os.path.join(OUT, "tiny")

# ---------------------------------------------------------------- names: diffusers / transformers -> original


def ldm_unet(state, config):
    per_level = config["layers_per_block"]
    up_attention = ["Attn" in kind for kind in config["up_block_types"]]
    res = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
           "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
    top = {"conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
           "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
           "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2"}
    out = {}
    for key, value in state.items():
        p = key.split(".")
        if p[0] == "down_blocks":
            i, kind, j = int(p[1]), p[2], int(p[3])
            n = 1 + i * (per_level + 1)
            if kind == "resnets":
                new = [f"input_blocks.{n + j}.0", res[p[4]]] + p[5:]
            elif kind == "attentions":
                new = [f"input_blocks.{n + j}.1"] + p[4:]
            else:
                new = [f"input_blocks.{n + per_level}.0.op"] + p[5:]
        elif p[0] == "mid_block":
            kind, j = p[1], int(p[2])
            new = [f"middle_block.{2 * j}", res[p[3]]] + p[4:] if kind == "resnets" else ["middle_block.1"] + p[3:]
        elif p[0] == "up_blocks":
            i, kind, j = int(p[1]), p[2], int(p[3])
            n = i * (per_level + 1)
            if kind == "resnets":
                new = [f"output_blocks.{n + j}.0", res[p[4]]] + p[5:]
            elif kind == "attentions":
                new = [f"output_blocks.{n + j}.1"] + p[4:]
            else:
                new = [f"output_blocks.{n + per_level}.{2 if up_attention[i] else 1}"] + p[4:]
        else:
            new = [top[".".join(p[:-1])], p[-1]]
        out[".".join(new)] = value
    assert len(out) == len(state)
    return out


def ldm_vae(state, config):
    levels = len(config["block_out_channels"])
    attn = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
    out = {}
    for key, value in state.items():
        p = key.split(".")
        if "down_blocks" in p:
            new = ["encoder.down", p[2]] + (["downsample"] + p[5:] if p[3] == "downsamplers" else ["block"] + p[4:])
        elif "up_blocks" in p:
            new = ["decoder.up", str(levels - 1 - int(p[2]))]
            new += ["upsample"] + p[5:] if p[3] == "upsamplers" else ["block"] + p[4:]
        elif "mid_block" in p and p[2] == "resnets":
            new = [p[0], "mid", f"block_{int(p[3]) + 1}"] + p[4:]
        elif "mid_block" in p:
            new = [p[0], "mid.attn_1", attn[".".join(p[4:-1])], p[-1]]
            if value.dim() == 2:
                value = value[:, :, None, None]
        else:
            new = ["norm_out" if x == "conv_norm_out" else x for x in p]
        out[".".join("nin_shortcut" if x == "conv_shortcut" else x for x in new)] = value
    assert len(out) == len(state)
    return out


def open_clip(state, extra_layer):
    """transformers' names -> open_clip's. The files of SD 2.x carry one more layer than diffusers keeps."""
    names = {"text_model.embeddings.token_embedding.weight": "token_embedding.weight",
             "text_model.embeddings.position_embedding.weight": "positional_embedding",
             "text_model.final_layer_norm.weight": "ln_final.weight", "text_model.final_layer_norm.bias": "ln_final.bias"}
    parts = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
             "self_attn.out_proj": "attn.out_proj"}
    out, last = {}, 0
    for key, value in state.items():
        if key in names:
            out[names[key]] = value
        elif key == "text_projection.weight":
            out["text_projection"] = value.t().contiguous()
        elif ".encoder.layers." in key:
            _, rest = key.split(".encoder.layers.")
            n, rest = rest.split(".", 1)
            last = max(last, int(n))
            module, kind = rest.rsplit(".", 1)
            block = f"transformer.resblocks.{n}."
            if module == "self_attn.q_proj":
                base = key[:-len("q_proj." + kind)]
                out[f"{block}attn.in_proj_{kind}"] = torch.cat([state[f"{base}{x}_proj.{kind}"] for x in "qkv"])
            elif module in parts:
                out[f"{block}{parts[module]}.{kind}"] = value
    if extra_layer:
        for key in [k for k in out if k.startswith(f"transformer.resblocks.{last}.")]:
            out[key.replace(f"resblocks.{last}.", f"resblocks.{last + 1}.")] = torch.ones_like(out[key])
        width = out["ln_final.weight"].shape[0]
        out["text_projection"] = torch.ones_like(out["ln_final.weight"])[:, None].repeat(1, width)
    out["logit_scale"] = torch.ones_like(out["ln_final.weight"])[0].clone()
    return out


def single_file(family, parts):
    """All parts under the prefixes of the family's original files."""
    out = {"model.diffusion_model." + k: v for k, v in ldm_unet(parts["unet"], parts["unet_config"]).items()}
    out |= {"first_stage_model." + k: v for k, v in ldm_vae(parts["vae"], parts["vae_config"]).items()}
    te = {k: v for k, v in parts["text_encoder"].items()}
    positions = te["text_model.embeddings.position_embedding.weight"].shape[0]
    ids = {"text_model.embeddings.position_ids": torch.arange(positions)[None]}  # a buffer real files carry
    if family == "sd15":
        out |= {"cond_stage_model.transformer." + k: v for k, v in (te | ids).items()}
    elif family == "sd21":
        out |= {"cond_stage_model.model." + k: v for k, v in open_clip(te, True).items()}
    else:
        out |= {"conditioner.embedders.0.transformer." + k: v for k, v in (te | ids).items()}
        out |= {"conditioner.embedders.1.model." + k: v for k, v in open_clip(parts["text_encoder_2"], False).items()}
    if family != "sdxl":
        betas = np.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2
        out["alphas_cumprod"] = torch.tensor(np.cumprod(1 - betas), dtype=torch.float32)
    return out


# ---------------------------------------------------------------- the models


def unet_config(family, tiny):
    c = dict(layers_per_block=1 if tiny else 2, norm_num_groups=4 if tiny else 32, sample_size=16 if tiny else 64,
             block_out_channels=[8, 8, 16] if tiny else [320, 640, 1280, 1280])
    attn, plain = "CrossAttnDownBlock2D", "DownBlock2D"
    if family == "sdxl":
        c |= dict(down_block_types=[plain, attn, attn], up_block_types=["CrossAttnUpBlock2D"] * 2 + ["UpBlock2D"],
                  block_out_channels=[8, 8, 16] if tiny else [320, 640, 1280],
                  transformer_layers_per_block=[1, 1, 2] if tiny else [1, 2, 10],
                  attention_head_dim=[1, 2, 4] if tiny else [5, 10, 20], use_linear_projection=True,
                  cross_attention_dim=40 if tiny else 2048, addition_embed_type="text_time",
                  addition_time_embed_dim=8 if tiny else 256,
                  projection_class_embeddings_input_dim=(6 * 8 + 24) if tiny else 2816)
    else:
        n = len(c["block_out_channels"])
        c |= dict(down_block_types=[attn] * (n - 1) + [plain],
                  up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * (n - 1))
        if family == "sd15":
            c |= dict(attention_head_dim=8, cross_attention_dim=16 if tiny else 768)
        else:
            c |= dict(attention_head_dim=[1, 2, 4] if tiny else [5, 10, 20, 20], use_linear_projection=True,
                      cross_attention_dim=16 if tiny else 1024)
    return c


def vae_config(family, tiny):
    n = 3 if tiny else 4
    return dict(block_out_channels=[4, 4, 8] if tiny else [128, 256, 512, 512], layers_per_block=1 if tiny else 2,
                norm_num_groups=2 if tiny else 32, down_block_types=["DownEncoderBlock2D"] * n,
                up_block_types=["UpDecoderBlock2D"] * n, latent_channels=4,
                scaling_factor=0.13025 if family == "sdxl" else 0.18215)


def text_config(family, which, tiny):
    ids = dict(bos_token_id=558, eos_token_id=559, pad_token_id=559) if tiny else {}
    vocabulary = 560 if tiny else 49408
    if which == 2:
        return CLIPTextConfig(vocab_size=vocabulary, hidden_size=24 if tiny else 1280,
                              intermediate_size=48 if tiny else 5120, num_hidden_layers=3 if tiny else 32,
                              num_attention_heads=3 if tiny else 20, hidden_act="gelu",
                              projection_dim=24 if tiny else 1280, **ids)
    if family == "sd21":
        return CLIPTextConfig(vocab_size=vocabulary, hidden_size=16 if tiny else 1024,
                              intermediate_size=64 if tiny else 4096, num_hidden_layers=2 if tiny else 23,
                              num_attention_heads=2 if tiny else 16, hidden_act="gelu", projection_dim=512, **ids)
    return CLIPTextConfig(vocab_size=vocabulary, hidden_size=16 if tiny else 768,
                          intermediate_size=64 if tiny else 3072, num_hidden_layers=3 if tiny else 12,
                          num_attention_heads=2 if tiny else 12, hidden_act="quick_gelu", projection_dim=768, **ids)


def byte_characters():
    """GPT-2's printable stand-ins for the 256 bytes, in CLIP's order."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in shown]
    return [chr(b) for b in shown] + [chr(256 + i) for i in range(len(others))]


def make_tokenizer(folder):
    merges = ["a p", "ap p", "l e</w>", "app le</w>", "r e", "re d</w>", "g r", "gr e", "gre e", "gree n</w>", "t h",
              "th e</w>", "o n</w>", "c a", "ca t</w>", "h o", "ho u", "hou s", "hous e</w>", "b l", "bl u", "blu e</w>",
              "d o", "do g</w>", "i n", "in g</w>", "p h", "ph o", "pho t", "phot o</w>", "o f</w>", "w i", "wi th</w>",
              "t h</w>", "s t", "st a", "sta r</w>", "e r</w>", "a n", "an d</w>", "m o", "mo on</w>", "o on</w>",
              "s k", "sk y</w>", "t r"]
    chars = byte_characters()
    tokens = chars + [c + "</w>" for c in chars] + ["".join(m.split()) for m in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    assert len(tokens) == 560 == len(set(tokens))
    os.makedirs(folder)
    with open(f"{folder}/vocab.json", "w", encoding="utf-8") as f:
        json.dump({t: i for i, t in enumerate(tokens)}, f, ensure_ascii=False)
    with open(f"{folder}/merges.txt", "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "\n".join(merges) + "\n")
    return CLIPTokenizer(f"{folder}/vocab.json", f"{folder}/merges.txt", model_max_length=77)


def randomise(model, seed):
    """Weights that make every tensor matter: the libraries' own start has zero biases and unit norms."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in sorted(model.named_parameters()):
        noise = torch.randn(p.shape, generator=generator)
        if p.dim() == 1:
            p.copy_((1 if name.endswith("weight") else 0) + 0.1 * noise)
        elif "embedding.weight" in name:
            p.copy_(noise * (0.5 if "token" in name else 0.1))
        else:
            p.copy_(noise * (p[0].numel() ** -0.5))
    model.half().float().eval()  # the values every container holds
    return model


def make_models(family):
    seed = {"sd15": 100, "sd21": 200, "sdxl": 300}[family]
    kind = CLIPTextModel
    m = {"unet": randomise(UNet2DConditionModel(**unet_config(family, True)), seed),
         "vae": randomise(AutoencoderKL(**vae_config(family, True)), seed + 1),
         "text_encoder": randomise(kind(text_config(family, 1, True)), seed + 2)}
    if family == "sdxl":
        m["text_encoder_2"] = randomise(CLIPTextModelWithProjection(text_config(family, 2, True)), seed + 3)
    return m


def make_pipeline(family, models, tokenizer):
    scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                       timestep_spacing="linspace", steps_offset=1,
                                       prediction_type="v_prediction" if family == "sd21" else "epsilon")
    if family == "sdxl":
        return StableDiffusionXLPipeline(vae=models["vae"], text_encoder=models["text_encoder"],
                                         text_encoder_2=models["text_encoder_2"], tokenizer=tokenizer,
                                         tokenizer_2=tokenizer, unet=models["unet"], scheduler=scheduler,
                                         add_watermarker=False)
    return StableDiffusionPipeline(vae=models["vae"], text_encoder=models["text_encoder"], tokenizer=tokenizer,
                                   unet=models["unet"], scheduler=scheduler, safety_checker=None,
                                   feature_extractor=None, requires_safety_checker=False)


# ---------------------------------------------------------------- what the references compute


def fixtures(family, models, pipe, tokenizer, prompt="a red apple on the blue moon", negative="the dog"):
    g = torch.Generator().manual_seed(7)
    out = {}
    ids = torch.tensor(tokenizer([prompt, "the cat, sky"], padding="max_length",
                                 max_length=77)["input_ids"])
    out["text.ids"] = ids
    for part in ["text_encoder", "text_encoder_2"]:
        if part not in models:
            continue
        r = models[part](ids, output_hidden_states=True)
        out[f"{part}.last"] = r.hidden_states[-1]
        out[f"{part}.penultimate"] = r.hidden_states[-2]
        out[f"{part}.normed"] = r.last_hidden_state
        out[f"{part}.pooled"] = r.text_embeds if part == "text_encoder_2" else r.pooler_output
    x = torch.randn(2, 4, 16, 8, generator=g)
    t = torch.tensor([999.0, 421.375])
    context = out["text_encoder.normed"]
    added = None
    if family == "sdxl":
        context = torch.cat([out["text_encoder.penultimate"], out["text_encoder_2.penultimate"]], -1)
        sizes = torch.tensor([[64.0, 32, 0, 0, 64, 32], [1024, 768, 8, 16, 512, 640]])
        added = {"text_embeds": out["text_encoder_2.pooled"], "time_ids": sizes}
        out["unet.sizes"] = sizes
        out["unet.vector"] = torch.cat([added["text_embeds"],
                                        models["unet"].add_time_proj(sizes.flatten()).reshape(2, -1)], -1)
    y = models["unet"](x, t, context, added_cond_kwargs=added).sample
    out |= {"unet.x": x, "unet.t": t, "unet.context": context, "unet.y": y}
    pictures = torch.rand(1, 3, 48, 32, generator=g) * 2 - 1
    posterior = models["vae"].encode(pictures).latent_dist
    latents = torch.randn(1, 4, 12, 8, generator=g)
    out |= {"vae.pictures": pictures, "vae.mean": posterior.mean, "vae.log_variance": posterior.logvar,
            "vae.latents": latents, "vae.decoded": models["vae"].decode(latents).sample}

    # Twenty Euler steps with guidance by the pipeline itself, from this noise.
    noise = torch.randn(1, 4, 16, 16, generator=g)
    arguments = dict(num_inference_steps=20, guidance_scale=5.0, latents=noise.clone())
    final = pipe(prompt, negative_prompt=negative, output_type="latent", **arguments).images
    picture = pipe(prompt, negative_prompt=negative, output_type="np", **arguments).images[0]
    encode = pipe.encode_prompt(prompt, "cpu", 1, True, negative_prompt=negative) if family != "sdxl" else \
        pipe.encode_prompt(prompt, device="cpu", negative_prompt=negative)
    out |= {"euler.noise": noise, "euler.context": encode[0], "euler.negative_context": encode[1],
            "euler.sigmas": pipe.scheduler.sigmas, "euler.timesteps": pipe.scheduler.timesteps,
            "euler.latent": final, "euler.picture": torch.from_numpy((picture * 255).round().astype("uint8"))}
    if family == "sdxl":
        sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]])
        rows = models["unet"].add_time_proj(sizes.flatten()).reshape(1, -1)
        out["euler.vector"] = torch.cat([encode[2], rows], -1)
        out["euler.negative_vector"] = torch.cat([encode[3], rows], -1)
    for k in ["unet.y", "vae.mean", "vae.decoded", "euler.latent"]:
        print(f"  {k}: mean {out[k].mean():.3f} std {out[k].std():.3f}")
    print(f"  picture: {picture.min():.3f}..{picture.max():.3f} std {picture.std():.3f} "
          f"clipped {((picture <= 0) | (picture >= 1)).mean():.3f}")
    return {k: v.contiguous().clone() for k, v in out.items()}


# ---------------------------------------------------------------- files


def check_names(family, state, config, vae_state, vae_conf):
    """diffusers' own converter reads our original names back."""
    back = convert_ldm_unet_checkpoint({"model.diffusion_model." + k: v for k, v in ldm_unet(state, config).items()},
                                       {**config, "class_embed_type": None, "addition_embed_type":
                                        config.get("addition_embed_type"), "num_class_embeds": None})
    assert back.keys() == state.keys() and all(torch.equal(back[k], state[k]) for k in back), family
    back = convert_ldm_vae_checkpoint({"first_stage_model." + k: v for k, v in ldm_vae(vae_state, vae_conf).items()},
                                      vae_conf)
    assert back.keys() == vae_state.keys() and all(torch.equal(back[k], vae_state[k]) for k in back), family


def plain(config):
    return {k: v for k, v in dict(config).items() if not k.startswith("_") or k == "_class_name"}


def write_family(family):
    print(family)
    folder = f"{TINY}/{family}"
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer = make_tokenizer(f"{TINY}/tokenizer_source")
    shutil.rmtree(f"{TINY}/tokenizer_source")
    models = make_models(family)
    pipe = make_pipeline(family, models, tokenizer)
    pipe.set_progress_bar_config(disable=True)
    save_file(fixtures(family, models, pipe, tokenizer), f"{OUT}/parity_{family}.safetensors")
    os.chmod(f"{OUT}/parity_{family}.safetensors", 0o644)

    parts = {k: {n: v.half() for n, v in m.state_dict().items()} for k, m in models.items()}
    parts["unet_config"], parts["vae_config"] = dict(models["unet"].config), dict(models["vae"].config)
    check_names(family, parts["unet"], parts["unet_config"], parts["vae"], parts["vae_config"])
    for model in models.values():
        model.half()
    pipe.save_pretrained(folder, safe_serialization=True)
    if family == "sd15":  # one part in the older form
        models["text_encoder"].save_pretrained(f"{folder}/text_encoder", safe_serialization=False)
        os.remove(f"{folder}/text_encoder/model.safetensors")

    configs = {}
    for part in ["unet", "vae", "text_encoder", "text_encoder_2"]:
        if part in models:
            with open(f"{folder}/{part}/config.json", encoding="utf-8") as f:
                configs[part] = json.load(f)
    with open(f"{folder}/scheduler/scheduler_config.json", encoding="utf-8") as f:
        configs["scheduler"] = json.load(f)
    for tokenizer in ["tokenizer", "tokenizer_2"] if family == "sdxl" else ["tokenizer"]:
        configs[tokenizer] = {"pad_token": "<|endoftext|>"}
        for name in ["vocab.json", "merges.txt"]:
            with open(f"{folder}/{tokenizer}/{name}", encoding="utf-8") as f:
                configs[tokenizer][name] = f.read()
    tensors = {k: v.contiguous() for k, v in single_file(family, parts).items()}
    save_file(tensors, f"{TINY}/{family}.safetensors", metadata={"darkroom.config": json.dumps(configs)})
    torch.save({"state_dict": tensors, "global_step": 875000, "epoch": 3}, f"{TINY}/{family}.ckpt")
    with open(f"{TINY}/{family}.darkroom.json", "w", encoding="utf-8") as f:
        json.dump(configs, f, indent=1, sort_keys=True)
    for path, _, files in os.walk(TINY):
        for name in files:
            os.chmod(f"{path}/{name}", 0o644)
    if family == "sd15":
        torch.save({"state_dict": tensors}, f"{TINY}/sd15_legacy.ckpt", _use_new_zipfile_serialization=False)
        shutil.copy(f"{TINY}/sd15.darkroom.json", f"{TINY}/sd15_legacy.darkroom.json")


def write_keys(family):
    with init_empty_weights():
        models = {"unet": UNet2DConditionModel(**unet_config(family, False)),
                  "vae": AutoencoderKL(**vae_config(family, False)),
                  "text_encoder": CLIPTextModel(text_config(family, 1, False))}
        if family == "sdxl":
            models["text_encoder_2"] = CLIPTextModelWithProjection(text_config(family, 2, False))
    parts = {k: m.state_dict() for k, m in models.items()}
    parts["unet_config"], parts["vae_config"] = dict(models["unet"].config), dict(models["vae"].config)
    with open(f"{OUT}/keys_{family}.txt", "w", encoding="utf-8") as f:
        for key, value in sorted(single_file(family, parts).items()):
            f.write(f"{key} {'x'.join(map(str, value.shape)) or '-'}\n")


if __name__ == "__main__":
    os.makedirs(TINY, exist_ok=True)
    for name in ["sd15", "sd21", "sdxl"]:
        write_family(name)
        write_keys(name)
