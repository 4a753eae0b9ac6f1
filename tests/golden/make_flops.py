#!/usr/bin/env python3
"""Multiply-accumulates of Stable Diffusion's networks by their published configurations, layer by layer: flops.json.

Pure arithmetic on the Python standard library, independent of the program: a convolution is Hout*Wout*Cout*Cin*k*k, a
linear layer tokens*in*out, attention heads*Lq*Lk*d for Q K^T and the same for the scores times V. Norms, activations and
sums are not counted. One picture (batch 1), 77 tokens of text; 1 MAC = 2 FLOP. Parameters are held against the public
models: SD 1.5 859,520,964, SD 2.1 865,910,724, SDXL 2,567,463,684.

    python3 make_flops.py > flops.json
"""
import json
from collections import Counter


class Walk:
    def __init__(self):
        self.macs, self.parameters = Counter(), 0

    def conv(self, i, o, k, h, w, cls=None):
        """h, w: of the output."""
        self.macs[cls or "conv %dx%d" % (k, k)] += h * w * o * i * k * k
        self.parameters += o * i * k * k + o

    def linear(self, i, o, tokens, bias=True):
        self.macs["linear"] += tokens * i * o
        self.parameters += i * o + (o if bias else 0)

    def attention(self, heads, d, lq, lk):
        self.macs["self-attention" if lq == lk else "cross-attention"] += 2 * heads * lq * lk * d

    def norm(self, c):
        self.parameters += 2 * c

    def resnet(self, i, o, h, w, time=None):
        self.norm(i)
        self.conv(i, o, 3, h, w)
        if time:
            self.linear(time, o, 1)
        self.norm(o)
        self.conv(o, o, 3, h, w)
        if i != o:
            self.conv(i, o, 1, h, w)

    def transformer(self, c, heads, depth, context, h, w, linear):
        n = h * w
        project = (lambda: self.linear(c, c, n)) if linear else (lambda: self.conv(c, c, 1, h, w))
        self.norm(c)
        project()
        for _ in range(depth):
            for keys, width in ((n, c), (77, context)):
                self.norm(c)
                self.linear(c, c, n, bias=False)
                self.linear(width, c, keys, bias=False)
                self.linear(width, c, keys, bias=False)
                self.attention(heads, c // heads, n, keys)
                self.linear(c, c, n)
            self.norm(c)
            self.linear(c, 8 * c, n)
            self.linear(4 * c, c, n)
        project()


UNETS = {
    "sd15": dict(channels=[320, 640, 1280, 1280], heads=[8] * 4, depth=[1, 1, 1, 0], middle=1, context=768),
    "sd21": dict(channels=[320, 640, 1280, 1280], heads=[5, 10, 20, 20], depth=[1, 1, 1, 0], middle=1, context=1024,
                 linear=True),
    "sdxl": dict(channels=[320, 640, 1280], heads=[5, 10, 20], depth=[0, 2, 10], middle=10, context=2048, linear=True,
                 vector=2816),
    # models/emoji, which comes with the program: latents of 16 x 16.
    "emoji": dict(channels=[64, 128, 192], heads=[2, 4, 6], depth=[0, 1, 1], middle=1, context=192, res_blocks=1),
}
PUBLIC = {"sd15": 859520964, "sd21": 865910724, "sdxl": 2567463684}


def unet(channels, heads, depth, middle, context, h, w, linear=False, vector=0,
         res_blocks=2):
    s, time, levels, x = Walk(), channels[0] * 4, len(channels), channels[0]
    for width in [channels[0]] + ([vector] if vector else []):
        s.linear(width, time, 1)
        s.linear(time, time, 1)
    s.conv(4, x, 3, h, w)
    skips = [x]
    for i in range(levels):
        for _ in range(res_blocks):
            s.resnet(x, channels[i], h, w, time)
            x = channels[i]
            if depth[i]:
                s.transformer(x, heads[i], depth[i], context, h, w, linear)
            skips.append(x)
        if i < levels - 1:
            h, w = h // 2, w // 2
            s.conv(x, x, 3, h, w, "conv 3x3, stride 2")
            skips.append(x)
    s.resnet(x, x, h, w, time)
    s.transformer(x, heads[-1], middle, context, h, w, linear)
    s.resnet(x, x, h, w, time)
    for i in reversed(range(levels)):
        for _ in range(res_blocks + 1):
            s.resnet(x + skips.pop(), channels[i], h, w, time)
            x = channels[i]
            if depth[i]:
                s.transformer(x, heads[i], depth[i], context, h, w, linear)
        if i:
            h, w = h * 2, w * 2
            s.conv(x, x, 3, h, w)
    s.norm(x)
    s.conv(x, 4, 3, h, w)
    return s


def vae_decoder(h, w, channels=(128, 256, 512, 512)):
    s, x = Walk(), channels[-1]
    s.conv(4, 4, 1, h, w)
    s.conv(4, x, 3, h, w)
    s.resnet(x, x, h, w)
    s.norm(x)
    for _ in range(4):
        s.conv(x, x, 1, h, w)
    s.attention(1, x, h * w, h * w)
    s.resnet(x, x, h, w)
    for i in reversed(range(len(channels))):
        for _ in range(3):
            s.resnet(x, channels[i], h, w)
            x = channels[i]
        if i:
            h, w = 2 * h, 2 * w
            s.conv(x, x, 3, h, w)
    s.norm(x)
    s.conv(x, 3, 3, h, w)
    return s


def clip(layers, width, inner, heads):
    s = Walk()
    for _ in range(layers):
        for _ in range(4):
            s.linear(width, width, 77)
        s.attention(heads, width // heads, 77, 77)
        s.linear(width, inner, 77)
        s.linear(inner, width, 77)
    return s


def main():
    found = {}

    def add(name, walk):
        found[name] = {"macs": sum(walk.macs.values()), "classes": dict(sorted(walk.macs.items()))}

    for kind, side in (("sd15", 512), ("sd15", 768), ("sd21", 768), ("sdxl", 512), ("sdxl", 1024)):
        walk = unet(h=side // 8, w=side // 8, **UNETS[kind])
        assert walk.parameters == PUBLIC[kind], (kind, walk.parameters)
        add("unet %s %d" % (kind, side), walk)
    add("unet emoji", unet(h=16, w=16, **UNETS["emoji"]))
    for side in (512, 1024):
        add("vae decoder %d" % side, vae_decoder(side // 8, side // 8))
    add("clip-l", clip(12, 768, 3072, 12))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
