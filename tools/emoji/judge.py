"""Says what a generated picture shows, by comparing it with the pictures that the data set would have for its prompt.

Concept: the nearest reference among all concepts drawn in the prompt's style on the prompt's background. Distance: mean
squared difference of the pictures area-averaged to 32 x 32 sRGB in [0, 1], plus EDGE_WEIGHT times the mean squared difference
of their horizontal and vertical gradients (so that an outline counts as well as a large even area).
Background: the median colour of the four corners, by its nearest name. Style: the nearer of the two styles' references of the
prompt's concept and background.
"""
import json
from pathlib import Path

import numpy as np
from PIL import Image

GRID = 32  # side of the averaged picture
EDGE_WEIGHT = 2.0  # chosen on blurred references, before there was a model
CORNER = 8  # side of the squares in which the background is looked for, pixels


class Manifest:
    """The data set's manifest.json; see README.md for the format."""

    def __init__(self, folder):
        self.folder = Path(folder)
        file = self.folder / "manifest.json"
        if not file.exists():
            raise SystemExit(f"error: reading {file}: no such file; make_dataset.mjs writes it")
        content = json.loads(file.read_text(encoding="utf-8"))
        self.size = content["size"]
        self.backgrounds = {name: np.array(rgb, np.float32) / 255 for name, rgb in content["backgrounds"].items()}
        self.concepts = [entry["concept"] for entry in content["concepts"]]
        self.labels = {entry["concept"]: entry["label"] for entry in content["concepts"]}
        self.styles = sorted(content["sources"])
        self.images = content["images"]


def pixels_of(file, size):
    """Picture file -> float32 [size, size, 3], sRGB in [0, 1]."""
    picture = Image.open(file).convert("RGB")
    if picture.size != (size, size):
        raise SystemExit(f"error: judging {file}: must be {size}x{size}, found {picture.width}x{picture.height}")
    return np.asarray(picture, np.float32) / 255


def area_average(pixels):
    """[..., size, size, channels] -> [..., GRID, GRID, channels]"""
    *rest, height, width, channels = pixels.shape
    blocks = pixels.reshape(*rest, GRID, height // GRID, GRID, width // GRID, channels)
    return blocks.mean(axis=(-4, -2))


def features(averaged):
    """[n, GRID, GRID, 3] -> [n, features]: squared distance between two rows = the distance in the module's text."""
    count = len(averaged)
    parts = [averaged, EDGE_WEIGHT**0.5 * np.diff(averaged, axis=1), EDGE_WEIGHT**0.5 * np.diff(averaged, axis=2)]
    return np.concatenate([part.reshape(count, -1) / part[0].size ** 0.5 for part in parts], axis=1)


class Judge:
    def __init__(self, manifest):
        if manifest.size % GRID:
            raise SystemExit(f"error: judging {manifest.folder}: the size must be a multiple of {GRID}, found {manifest.size}")
        self.manifest = manifest
        self.row = {concept: i for i, concept in enumerate(manifest.concepts)}
        self.cutouts = {style: self._averaged_cutouts(style) for style in manifest.styles}
        self._references = {}

    def _averaged_cutouts(self, style):
        # Averaging is linear in colour times alpha and in alpha, so one average per cutout serves every background.
        averaged = []
        for concept in self.manifest.concepts:
            file = self.manifest.folder / "cutouts" / style / f"{concept}.png"
            rgba = np.asarray(Image.open(file).convert("RGBA"), np.float32) / 255
            averaged.append(area_average(np.concatenate([rgba[..., :3] * rgba[..., 3:], rgba[..., 3:]], axis=-1)))
        return np.stack(averaged)

    def references(self, style, background):
        """[concepts, features] of every concept in this style on this background"""
        key = (style, background)
        if key not in self._references:
            cutouts = self.cutouts[style]
            on_colour = cutouts[..., :3] + (1 - cutouts[..., 3:]) * self.manifest.backgrounds[background]
            self._references[key] = features(on_colour)
        return self._references[key]

    def nearest_name(self, colours):
        """[n, 3] sRGB -> [n] index into the names of the backgrounds"""
        palette = np.stack(list(self.manifest.backgrounds.values()))
        return ((colours[:, None] - palette) ** 2).sum(-1).argmin(-1)

    def background_of(self, pixels):
        corners = [pixels[rows, columns] for rows in (slice(CORNER), slice(-CORNER, None))
                   for columns in (slice(CORNER), slice(-CORNER, None))]
        median = np.median(np.concatenate([c.reshape(-1, 3) for c in corners]), axis=0)
        return list(self.manifest.backgrounds)[self.nearest_name(median[None])[0]]

    def colour_share(self, pixels, background):
        """The part of the picture, 0..1, whose nearest named colour is `background`"""
        return float(np.mean(self.nearest_name(pixels.reshape(-1, 3)) == list(self.manifest.backgrounds).index(background)))

    def verdict(self, pixels, concept, style, background):
        """What of the prompt is in the picture: rank of the concept (0 = nearest) and two truths"""
        seen = features(area_average(pixels)[None])[0]
        distances = ((self.references(style, background) - seen) ** 2).sum(1)
        own = self.row[concept]
        by_style = {s: ((self.references(s, background)[own] - seen) ** 2).sum() for s in self.manifest.styles}
        return {
            "rank": int((distances < distances[own]).sum()),
            "nearest": self.manifest.concepts[int(distances.argmin())],
            "background_seen": self.background_of(pixels),
            "background_right": self.background_of(pixels) == background,
            "style_right": min(by_style, key=by_style.get) == style,
        }


def rates(verdicts):
    """Shares of right answers, 0..1, over a list of verdicts"""
    mean = lambda values: float(np.mean(values)) if len(values) else float("nan")
    return {
        "pictures": len(verdicts),
        "concept_top1": mean([v["rank"] == 0 for v in verdicts]),
        "concept_top5": mean([v["rank"] < 5 for v in verdicts]),
        "background": mean([v["background_right"] for v in verdicts]),
        "style": mean([v["style_right"] for v in verdicts]),
    }
