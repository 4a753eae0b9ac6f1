"""Writes tests/golden/formats/*.jpg and *.webp with Pillow (9.4: libjpeg-turbo 2.1, libwebp 1.2) and
pictures.json, the pixels Pillow reads from the lossy ones. Run with Debian's python3-pil.

The upright picture is 24 x 16: cells of 8 x 8 in red, green, blue / yellow, black, white.
"""

import json
import pathlib

from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent / "formats"
RECIPE = "ein Apfel 苹果 🍎\nSteps: 20, Sampler: Euler, Seed: 1"
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 0, 0), (255, 255, 255)]
# What is done to the upright picture so that the orientation undoes it.
STORED = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
          6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}


def cells():
    picture = Image.new("RGB", (24, 16))
    for i, colour in enumerate(COLOURS):
        picture.paste(colour, (8 * (i % 3), 8 * (i // 3), 8 * (i % 3) + 8, 8 * (i // 3) + 8))
    return picture


def gradient(mode):
    picture = Image.new("RGBA", (21, 13))
    picture.putdata([(12 * x, 19 * y, 255 - 12 * x, 255 - 9 * x) for y in range(13) for x in range(21)])
    return picture.convert(mode)


def exif(orientation=None, comment=None):
    block = Image.Exif()
    if orientation:
        block[0x0112] = orientation
    if comment:
        block[0x8769] = {0x9286: comment}
    return block


def main():
    for number, transpose in STORED.items():
        stored = cells() if transpose is None else cells().transpose(transpose)
        marked = exif(number)
        stored.save(FOLDER / f"orientation{number}.jpg", quality=95, subsampling=0, exif=marked)
        with Image.open(FOLDER / f"orientation{number}.jpg") as again:
            assert ImageOps.exif_transpose(again).getpixel((4, 4))[0] > 200
    big = exif(comment=b"UNICODE\0" + RECIPE.encode("utf-16-be"))
    little = exif(comment=b"UNICODE\0" + RECIPE.encode("utf-16-le"))
    plain = exif(comment=b"ASCII\0\0\0Steps: 20")
    gradient("RGB").save(FOLDER / "rgb.jpg", quality=90, exif=big)
    gradient("RGB").save(FOLDER / "progressive.jpg", quality=75, progressive=True, exif=little)
    gradient("L").save(FOLDER / "grey.jpg", quality=90, exif=plain)
    gradient("RGB").convert("CMYK").save(FOLDER / "cmyk.jpg", quality=95)
    gradient("RGB").save(FOLDER / "lossless.webp", lossless=True, exif=big)
    gradient("RGBA").save(FOLDER / "lossless_alpha.webp", lossless=True, exact=True)
    gradient("RGB").save(FOLDER / "lossy.webp", quality=80, exif=exif(6))
    gradient("RGB").save(FOLDER / "animated.webp", save_all=True, append_images=[gradient("RGB").rotate(180)])
    pixels = {}
    for name in ("rgb.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "lossy.webp"):
        with Image.open(FOLDER / name) as picture:
            mode = "L" if picture.mode == "L" else "RGB"
            pixels[name] = list(picture.convert(mode).tobytes())
    (FOLDER / "pictures.json").write_text(json.dumps(pixels, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
