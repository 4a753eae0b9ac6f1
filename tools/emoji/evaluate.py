#!/usr/bin/env python3
"""Judges the embedded emoji model. Needs Debian's python3-numpy and python3-pil, and the folder make_dataset.mjs wrote.

  evaluate.py self-test --data DIR          is the judge to be trusted? (needs no model)
  evaluate.py accuracy  --data DIR ...      concept, background and style over 200 trained captions and 100 unseen combinations
  evaluate.py sweep     --data DIR ...      the same by CFG scale
  evaluate.py negative  --data DIR ...      what a colour in the negative prompt does to that colour's share of the picture
  evaluate.py sheet     --data DIR ...      contact sheet of 32 prompts
  evaluate.py all       --data DIR ...      the four above, and the chart of sweep and negative

Pictures, prompts and figures (JSON) go to --out. How the judge decides is told in judge.py.
"""
import argparse
import json
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import plot
from judge import Judge, Manifest, pixels_of, rates
from pictures import SHEET_PROMPTS, Darkroom, contact_sheet

CFG_SWEEP = [1, 1.5, 2, 3, 4, 5, 7]
COLUMNS = ["concept_top1", "concept_top5", "background", "style"]


def spread(images, count, chance):
    """`count` of the images, every concept as often as any other (to within one)"""
    by_concept = {}
    for image in chance.sample(images, len(images)):
        by_concept.setdefault(image["concept"], []).append(image)
    chosen = []
    while len(chosen) < min(count, len(images)):
        concepts = [c for c, left in by_concept.items() if left]
        for concept in chance.sample(concepts, min(len(concepts), count - len(chosen))):
            chosen.append(by_concept[concept].pop())
    return chosen


def with_prompts(images, chance):
    """(image, one of its captions that names style and background)"""
    complete = lambda image: [c for c in image["captions"]
                              if f"{image['style']} style" in c and c.endswith(f" {image['background']} background")]
    return [(image, chance.choice(complete(image))) for image in images]


def test_cases(manifest, split, count, seed):
    """Prompts of one split on coloured backgrounds; white is never held out and would flatter the trained ones"""
    chance = random.Random(f"{split} {seed}")
    fitting = [i for i in manifest.images if i["split"] == split and i["background"] != "white"]
    return with_prompts(spread(fitting, count, chance), chance)


def judged(judge, cases, files):
    return [{"prompt": prompt, "file": str(file), **{k: image[k] for k in ("concept", "style", "background")},
             **judge.verdict(pixels_of(file, judge.manifest.size), image["concept"], image["style"], image["background"])}
            for (image, prompt), file in zip(cases, files)]


def table(rows, first):
    """rows: name -> rates"""
    lines = [f"{first:<22}{'pictures':>9}" + "".join(f"{column.replace('_', ' '):>20}" for column in COLUMNS)]
    for name, found in rows.items():
        cells = []
        for column in COLUMNS:
            share, count = found[column], max(found["pictures"], 1)
            cells.append(f"{100 * share:.1f} % +-{196 * (share * (1 - share) / count) ** 0.5:.1f}".rjust(20))
        lines.append(f"{name:<22}{found['pictures']:>9}" + "".join(cells))
    return "\n".join(lines)


def write_json(folder, name, content):
    Path(folder).mkdir(parents=True, exist_ok=True)
    file = Path(folder) / name
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"written: {file}")


def accuracy(options, judge, darkroom):
    rows, details = {}, []
    for name, split, count in [("trained captions", "train", options.trained), ("unseen combinations", "heldout", options.unseen)]:
        cases = test_cases(judge.manifest, split, count, options.seed)
        files = darkroom.generate([prompt for _, prompt in cases], options.out / f"accuracy_{split}", options.cfg_scale)
        verdicts = judged(judge, cases, files)
        rows[name] = rates(verdicts)
        details += [{"set": name, **v} for v in verdicts]
        contact_sheet(files[:64], [p for _, p in cases[:64]], options.out / f"accuracy_{split}.png")
    rows["both"] = rates(details)
    print(f"CFG {options.cfg_scale:g}; nearest of {len(judge.manifest.concepts)} concepts\n{table(rows, '')}")
    write_json(options.out, "accuracy.json", {
        **darkroom.settings(), "cfg_scale": options.cfg_scale, "concepts": len(judge.manifest.concepts), "rates": rows,
        "pictures": details})


def sweep(options, judge, darkroom):
    cases = [case for split in ("train", "heldout")
             for case in test_cases(judge.manifest, split, options.sweep_prompts // 2, options.seed)]
    rows = {}
    for cfg in CFG_SWEEP:
        files = darkroom.generate([prompt for _, prompt in cases], options.out / f"sweep_cfg_{cfg:g}", cfg)
        rows[f"{cfg:g}"] = rates(judged(judge, cases, files))
    print(table(rows, "CFG scale"))
    write_json(options.out, "sweep.json", {**darkroom.settings(), "prompts": len(cases), "rates": rows})


def negative(options, judge, darkroom):
    """Share of a colour with and without "on a COLOUR background" in the negative prompt, the mean over all pictures.

    Three kinds of prompts, because the model takes a missing background for white and does as told where one is named:
    a missing one against white; a background without a colour, and a named one, each against every colour of the palette
    (that of the prompt itself where it names one).
    """
    manifest = judge.manifest
    chance = random.Random(f"negative {options.seed}")
    concepts = chance.sample(manifest.concepts, min(options.negative_prompts, len(manifest.concepts)))
    plain = [f"{manifest.labels[c]}, {manifest.styles[i % len(manifest.styles)]} style" for i, c in enumerate(concepts)]
    phrase = lambda colour: f"on {'an' if colour[0] in 'aeiou' else 'a'} {colour} background"
    colours = list(manifest.backgrounds)
    kinds = {
        "no background named": {"white": plain},
        "a background of no colour": {c: [f"{p}, on a background" for p in plain] for c in colours},
        "the colour itself named": {c: [f"{p}, {phrase(c)}" for p in plain] for c in colours},
    }
    found = {}
    for kind, by_colour in kinds.items():
        found[kind] = {}
        for colour, prompts in by_colour.items():
            folder = options.out / f"negative_{kind.replace(' ', '_')}"
            same = len({tuple(p) for p in by_colour.values()}) == 1
            without = darkroom.generate(prompts, folder / ("none" if same else f"none_{colour.replace(' ', '_')}"), options.cfg_scale)
            against = darkroom.generate(prompts, folder / f"against_{colour.replace(' ', '_')}", options.cfg_scale, phrase(colour))
            share = lambda files: float(np.mean([judge.colour_share(pixels_of(f, manifest.size), colour) for f in files]))
            found[kind][colour] = {"without": share(without), "with": share(against)}
    means = {kind: {k: float(np.mean([v[k] for v in by_colour.values()])) for k in ("without", "with")}
             for kind, by_colour in found.items()}
    print(f"share of the colour in the picture, CFG {options.cfg_scale:g}, {len(plain)} prompts per colour")
    print(f"{'prompt':<32}{'no negative':>14}{'with negative':>16}{'colours lowered':>18}")
    for kind, mean in means.items():
        lowered = sum(v["with"] < v["without"] for v in found[kind].values())
        print(f"{kind:<32}{100 * mean['without']:>12.1f} %{100 * mean['with']:>14.1f} %{lowered:>12} of {len(found[kind])}")
    write_json(options.out, "negative.json", {
        **darkroom.settings(), "cfg_scale": options.cfg_scale, "prompts_per_colour": len(plain), "means": means, "colours": found})


def chart(options):
    by_cfg = json.loads((options.out / "sweep.json").read_text(encoding="utf-8"))
    shares = json.loads((options.out / "negative.json").read_text(encoding="utf-8"))
    scales = [float(cfg) for cfg in by_cfg["rates"]]
    lines = {name: [r[column] for r in by_cfg["rates"].values()]
             for name, column in [("concept, nearest", "concept_top1"), ("among 5 nearest", "concept_top5"), ("background", "background")]}
    bars = {}
    for kind, mean in shares["means"].items():
        words = kind.split(" ")
        bars[" ".join(words[:2]) + "\n" + " ".join(words[2:])] = [mean["without"], mean["with"]]
    target = Path(options.chart)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(plot.svg([
        plot.line_chart(f"What the picture shows, by CFG scale ({by_cfg['prompts']} prompts)", "CFG scale", "share of the pictures", scales, lines),
        plot.bar_chart("A background colour in the negative prompt", "share of that colour", bars, ["no negative prompt", "with it"]),
    ], "Concept accuracy by CFG scale, and the share of a colour with and without it in the negative prompt"), encoding="utf-8")
    print(f"written: {target}")


def sheet(options, _judge, darkroom):
    files = darkroom.generate(SHEET_PROMPTS, options.out / "sheet", options.cfg_scale)
    contact_sheet(files, SHEET_PROMPTS, options.sheet)
    print(f"written: {options.sheet}")


def worn(pixels, noise, blur, shift):
    """A reference as a fair model might draw it: blurred, noisy, moved a little"""
    picture = Image.fromarray(np.round(pixels * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur))
    moved = np.roll(np.asarray(picture, np.float32) / 255, shift, axis=(0, 1))
    return np.clip(moved + noise.normal(0, 0.08, moved.shape), 0, 1).astype(np.float32)


def self_test(options, judge):
    """Worn references must be recognised, the same pictures under shuffled prompts must be at chance."""
    manifest = judge.manifest
    chance, noise = random.Random(options.seed), np.random.default_rng(options.seed)
    images = spread(manifest.images, 4 * len(manifest.concepts), chance)
    drawn = [worn(pixels_of(manifest.folder / i["file"], manifest.size), noise, 2, (chance.randint(-1, 1), chance.randint(-1, 1)))
             for i in images]
    judge_all = lambda prompts: rates([judge.verdict(p, i["concept"], i["style"], i["background"]) for p, i in zip(drawn, prompts)])
    rows = {"worn references": judge_all(images), "under shuffled prompts": judge_all(chance.sample(images, len(images)))}
    share = judge.colour_share(np.concatenate([np.zeros((4, 8, 3)), np.ones((12, 8, 3))]), "black")
    print(f"nearest of {len(manifest.concepts)} concepts\n{table(rows, '')}\nblack share of a picture a quarter black: {share:g}")

    good, bad, concepts = rows["worn references"], rows["under shuffled prompts"], len(manifest.concepts)
    chances = {"concept_top1": 1 / concepts, "concept_top5": 5 / concepts, "background": 1 / len(manifest.backgrounds), "style": 0.5}
    wrong = [f"{c} of worn references is below 98 %" for c in COLUMNS if good[c] < 0.98]
    for column, share_by_chance in chances.items():
        room = 4 * (share_by_chance * (1 - share_by_chance) / len(images)) ** 0.5
        if abs(bad[column] - share_by_chance) > room:
            wrong.append(f"{column} under shuffled prompts is {bad[column]:.4f}, chance is {share_by_chance:.4f} +-{room:.4f}")
    if share != 0.25:
        wrong.append("the share of black must be 0.25")
    if wrong:
        raise SystemExit("error: the judge is not to be trusted: " + "; ".join(wrong))
    print("the judge recognises worn references and is at chance under shuffled prompts")


def command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["self-test", "accuracy", "sweep", "negative", "sheet", "chart", "all"])
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.json")
    parser.add_argument("--out", type=Path, default=Path("emoji_evaluation"), help="folder for pictures and figures")
    parser.add_argument("--darkroom", default="build/darkroom", help="the program")
    parser.add_argument("--model", default="", help="model folder; the embedded model if not given")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--cfg-scale", type=float, default=4)
    parser.add_argument("--sampler", default="", help="if not given, what the model folder recommends")
    parser.add_argument("--schedule", default="", help="likewise")
    parser.add_argument("--seed", type=int, default=1, help="of the pictures and of the choice of prompts")
    parser.add_argument("--trained", type=int, default=200, help="captions of the training set")
    parser.add_argument("--unseen", type=int, default=100, help="combinations never trained")
    parser.add_argument("--sweep-prompts", type=int, default=100, help="half of them unseen combinations")
    parser.add_argument("--negative-prompts", type=int, default=16, help="per colour and kind of prompt")
    parser.add_argument("--sheet", type=Path, default=Path("docs/pictures/emoji_contact_sheet.png"))
    parser.add_argument("--chart", type=Path, default=Path("docs/pictures/emoji_guidance.svg"))
    parser.add_argument("--keep-pictures", action="store_true", help="judge what an earlier run left in --out where it is complete")
    return parser.parse_args()


def main():
    options = command_line()
    manifest = Manifest(options.data)
    judge = Judge(manifest)
    if options.action == "self-test":
        return self_test(options, judge)
    if options.action == "chart":
        return chart(options)
    darkroom = Darkroom(options.darkroom, options.model, manifest.size, options.steps, options.sampler, options.schedule,
                        options.seed, options.keep_pictures)
    actions = {"accuracy": accuracy, "sweep": sweep, "negative": negative, "sheet": sheet}
    for name, act in actions.items():
        if options.action in (name, "all"):
            act(options, judge, darkroom)
    if options.action == "all":
        chart(options)


if __name__ == "__main__":
    main()
