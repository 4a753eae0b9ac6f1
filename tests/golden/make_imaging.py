"""Writes tests/golden/imaging.json: what Pillow and OpenCV make of small pictures, and what A1111's formulas for resize
modes, inpaint fill and overlays give with them. Run with Pillow 9.5.0 (A1111 1.10 pins it; Pillow 13 gives other values where one
side grows and the other shrinks), opencv-python-headless 4.9.0.80, numpy 1.26.4.

A picture is (width, height, channels, kind). Its values follow the rule of `pattern`, which the test repeats.
"""

import json
import pathlib

import cv2
import numpy as np
from PIL import Image, ImageFilter, ImageOps

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def pattern(width, height, channels, seed=0):
    values = np.zeros((height, width, channels), np.uint8)
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                values[y, x, c] = (x * 37 + y * 59 + c * 83 + x * y % 7 * 29 + (x // 5 + y // 3) % 2 * 97 + seed * 41) % 256
    return values


def picture(width, height, channels, seed=0):
    values = pattern(width, height, channels, seed)
    return Image.fromarray(values[:, :, 0] if channels == 1 else values)


def blob(width, height, left, top, right, bottom):
    """A mask: 255 in the box, 0 elsewhere."""
    values = np.zeros((height, width), np.uint8)
    values[top:bottom, left:right] = 255
    return Image.fromarray(values)


def hexed(image):
    return {"width": image.width, "height": image.height, "channels": len(image.getbands()), "pixels": np.array(image).tobytes().hex()}


def resize_cases():
    cases = []
    filters = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
    for channels in (1, 3, 4):
        for size, to in (((13, 9), (20, 31)), ((13, 9), (5, 4)), ((13, 9), (26, 9)), ((13, 9), (13, 3)), ((40, 33), (7, 50)), ((1, 1), (3, 2))):
            for name, kind in filters.items():
                if channels == 4 and size == (40, 33):
                    continue
                out = picture(*size, channels).resize(to, kind)
                cases.append({"of": [*size, channels], "to": to, "filter": name, "expected": hexed(out)})
    for box in ((0, 0, 13, 0), (0, 9, 13, 9), (2.5, 1.25, 9, 7.75)):
        for name in ("bicubic", "lanczos"):
            out = picture(13, 9, 3).resize((13, 4), filters[name], box=box)
            cases.append({"of": [13, 9, 3], "to": [13, 4], "filter": name, "box": box, "expected": hexed(out)})
    return cases


def gaussian_cases():
    cases = []
    for size in ((30, 21), (9, 40), (1, 7)):
        for sx, sy in ((1, 1), (2, 2), (4, 4), (4, 0), (0, 3), (10, 7), (33, 1), (64, 64)):
            for hard in (False, True):
                image = np.array(blob(*size, size[0] // 3, size[1] // 4, size[0], size[1] // 2 + 1) if hard else picture(*size, 1))
                if sx > 0:
                    image = cv2.GaussianBlur(image, (2 * int(2.5 * sx + 0.5) + 1, 1), sx)
                if sy > 0:
                    image = cv2.GaussianBlur(image, (1, 2 * int(2.5 * sy + 0.5) + 1), sy)
                image = image.reshape(size[1], size[0])
                cases.append({"of": size, "hard": hard, "sigma": [sx, sy], "expected": hexed(Image.fromarray(image))})
    return cases


def box_cases():
    cases = []
    for channels, size in ((1, (30, 21)), (3, (17, 23)), (4, (12, 5))):
        for radius in (0, 0.5, 1, 2, 4, 16, 64, 256):
            image = picture(*size, channels)
            case = {"of": [*size, channels], "radius": radius}
            if channels == 4:
                image = image.convert("RGBa")
                case["from"] = hexed(Image.frombytes("RGBA", image.size, image.tobytes()))
            out = image.filter(ImageFilter.GaussianBlur(radius))
            if channels == 4:  # the bytes as they are, without a conversion back
                out = Image.frombytes("RGBA", out.size, out.tobytes())
            cases.append(case | {"expected": hexed(out)})
    return cases


def fit(mode, im, width, height):
    """A1111's resize_image without an upscaler."""
    if mode == 0:
        return im.resize((width, height), Image.LANCZOS)
    ratio, own = width / height, im.width / im.height
    if mode == 1:
        src_w = width if ratio > own else im.width * height // im.height
        src_h = height if ratio <= own else im.height * width // im.width
    else:
        src_w = width if ratio < own else im.width * height // im.height
        src_h = height if ratio >= own else im.height * width // im.width
    resized = im.resize((src_w, src_h), Image.LANCZOS)
    res = Image.new("RGB", (width, height))
    res.paste(resized, (width // 2 - src_w // 2, height // 2 - src_h // 2))
    if mode == 2 and ratio < own:
        bar = height // 2 - src_h // 2
        if bar > 0:
            res.paste(resized.resize((width, bar), box=(0, 0, width, 0)), (0, 0))
            res.paste(resized.resize((width, bar), box=(0, resized.height, width, resized.height)), (0, bar + src_h))
    elif mode == 2 and ratio > own:
        bar = width // 2 - src_w // 2
        if bar > 0:
            res.paste(resized.resize((bar, height), box=(0, 0, 0, height)), (0, 0))
            res.paste(resized.resize((bar, height), box=(resized.width, 0, resized.width, height)), (bar + src_w, 0))
    return res


def fit_cases():
    cases = []
    for mode in (0, 1, 2):
        for channels in (1, 3):
            for size, to in (((20, 13), (16, 16)), ((20, 13), (31, 12)), ((9, 21), (15, 14)), ((16, 8), (32, 16)), ((21, 9), (16, 15))):
                out = fit(mode, picture(*size, channels), *to)
                if channels == 1:
                    out = out.convert("L")
                cases.append({"mode": mode, "of": [*size, channels], "to": to, "expected": hexed(out)})
    return cases


def fill(image, mask):
    image_mod = Image.new("RGBA", image.size)
    image_masked = Image.new("RGBa", image.size)
    image_masked.paste(image.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(mask.convert("L")))
    for radius, repeats in ((256, 1), (64, 1), (16, 2), (4, 4), (2, 2), (0, 1)):
        blurred = image_masked.filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")
        for _ in range(repeats):
            image_mod.alpha_composite(blurred)
    return image_mod.convert("RGB")


def soft(mask, sigma):
    side = 2 * int(2.5 * sigma + 0.5) + 1
    return Image.fromarray(cv2.GaussianBlur(cv2.GaussianBlur(np.array(mask), (side, 1), sigma), (1, side), sigma))


def compose_cases():
    cases = []
    image = picture(24, 18, 3)
    for sigma in (0, 2):
        mask = blob(24, 18, 6, 5, 15, 12)
        if sigma:
            mask = soft(mask, sigma)
        holes = Image.new("RGBa", image.size)
        holes.paste(image.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(mask))
        holes = holes.convert("RGBA")
        over = picture(24, 18, 3, seed=5).convert("RGBA")
        over.alpha_composite(holes)
        cases.append({"mask": hexed(mask), "filled": hexed(fill(image, mask)), "holes": hexed(holes), "over": hexed(over.convert("RGB"))})
    return cases


def conversion_cases():
    see = picture(19, 7, 4)
    background = Image.new("RGBA", see.size, "#ffffff")
    background.paste(see, mask=see)
    under = picture(19, 7, 4, seed=3)
    under.alpha_composite(see)
    return {
        "flattened": hexed(background.convert("RGB")),
        "grey": hexed(picture(19, 7, 3).convert("L")),
        "premultiplied": hexed(Image.frombytes("RGBA", see.size, see.convert("RGBa").tobytes())),
        "straight": hexed(see.convert("RGBa").convert("RGBA")),
        "composited": hexed(under),
    }


def crop_region(mask, pad):
    values = np.array(mask)
    h, w = values.shape
    ys, xs = np.nonzero(values)
    return max(xs.min() - pad, 0), max(ys.min() - pad, 0), min(xs.max() + 1 + pad, w), min(ys.max() + 1 + pad, h)


def expand(region, width, height, w, h):
    x1, y1, x2, y2 = (int(v) for v in region)
    if (x2 - x1) / (y2 - y1) > width / height:
        more = int((x2 - x1) / (width / height) - (y2 - y1))
        y1 -= more // 2
        y2 += more - more // 2
        if y2 >= h:
            y1, y2 = y1 - (y2 - h), h
        if y1 < 0:
            y1, y2 = 0, y2 - y1
        y2 = min(y2, h)
    else:
        more = int((y2 - y1) * (width / height) - (x2 - x1))
        x1 -= more // 2
        x2 += more - more // 2
        if x2 >= w:
            x1, x2 = x1 - (x2 - w), w
        if x1 < 0:
            x1, x2 = 0, x2 - x1
        x2 = min(x2, w)
    return x1, y1, x2, y2


def canvas(size, to, mask, mode, only_masked, padding, fills):
    """A1111's StableDiffusionProcessingImg2Img.init and apply_overlay; what was made is picture(*to, 3, 9)."""
    image = picture(*size, 3)
    if only_masked:
        overlay_mask = mask
        box = expand(crop_region(mask, padding), *to, *size)
        mask = fit(2, mask.crop(box), *to).convert("L")
    else:
        mask = fit(mode, mask, *to).convert("L")
        overlay_mask = Image.fromarray(np.clip(np.array(mask).astype(np.float32) * 2, 0, 255).astype(np.uint8))
        image = fit(mode, image, *to)
    overlay = Image.new("RGBa", image.size)
    overlay.paste(image.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(overlay_mask))
    overlay = overlay.convert("RGBA")
    if only_masked:
        image = fit(2, image.crop(box), *to)
    if fills:
        image = fill(image, mask)
    made = picture(*to, 3, 9)
    if only_masked:
        base = Image.new("RGBA", overlay.size)
        base.paste(fit(1, made, box[2] - box[0], box[3] - box[1]), (box[0], box[1]))
        made = base
    made = made.convert("RGBA")
    made.alpha_composite(overlay)
    return {"picture": hexed(image), "mask": hexed(mask), "result": hexed(made.convert("RGB"))}


def canvas_cases():
    cases = []
    marks = ((14, 9, 27, 20), (0, 0, 6, 30), (30, 25, 40, 30))
    for mode, only_masked, padding, fills, box in ((0, False, 0, False, marks[0]), (1, False, 0, True, marks[0]), (2, False, 0, False, marks[1]), (0, True, 3, False, marks[0]), (0, True, 0, True, marks[1]), (1, True, 32, False, marks[2])):
        for blur in (0, 2):
            for inverted in (False, True) if mode == 0 else (False,):
                mask = blob(40, 30, *box)
                if inverted:
                    mask = ImageOps.invert(mask)
                if blur:
                    mask = soft(mask, blur)
                asked = {"mode": mode, "only_masked": only_masked, "padding": padding, "fill": fills, "marked": box, "blur": blur, "inverted": inverted}
                cases.append(asked | canvas((40, 30), (32, 24) if box is marks[2] else (24, 24), mask, mode, only_masked, padding, fills))
    return cases


goldens = {
    "canvas": canvas_cases(),
    "resize": resize_cases(),
    "gaussian": gaussian_cases(),
    "box": box_cases(),
    "fit": fit_cases(),
    "compose": compose_cases(),
    "conversion": conversion_cases(),
}
path = pathlib.Path(__file__).with_name("imaging.json")
path.write_text("{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in goldens.items()) + "\n}\n")
