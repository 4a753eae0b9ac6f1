#!/usr/bin/env python3
"""Measures how much of a set of pictures is colour and how much is black ink, and writes them as a grid.

usage: measure_ink.py OUT.png FOLDER ...
Each folder is a row: its pictures in the order of their names. Printed for each: mean chroma (largest minus smallest channel, 0..255) and
the share of dark pixels (lightness below 64).
"""
import pathlib
import sys

import numpy as np
from PIL import Image


def main():
    out, rows = sys.argv[1], []
    for folder in sys.argv[2:]:
        pictures = [np.asarray(Image.open(file).convert("RGB")) for file in sorted(pathlib.Path(folder).glob("*.png"))]
        values = np.stack(pictures).astype(np.int16)
        chroma = (values.max(-1) - values.min(-1)).mean()
        dark = (values.mean(-1) < 64).mean()
        print(f"{folder}: {len(pictures)} pictures, chroma {chroma:.1f}, dark {100 * dark:.1f} %")
        rows.append(np.concatenate(pictures, 1))
    Image.fromarray(np.concatenate(rows, 0)).save(out)


if __name__ == "__main__":
    main()
