#!/usr/bin/env python3
"""Kills a LoRA training at random moments with SIGKILL, continues it, and compares the finished files with those of a run left alone.

usage: kill_points.py PROGRAM MODEL PICTURES OUT [--points 10] [--seed 0] [-- OPTION ...]
Everything after -- goes to `darkroom train` as it is. Exit code 1 where a file differs.
"""
import argparse
import hashlib
import pathlib
import random
import shutil
import subprocess
import sys
import time


def command(options, output):
    return [options.program, "train", "--pretrained_model_name_or_path", options.model, "--train_data_dir", options.pictures,
            "--output_dir", str(output), "--quiet", *options.rest]


def digest(output):
    return hashlib.sha256((output / "last.safetensors").read_bytes()).hexdigest()


def main():
    own, rest = sys.argv[1:], []
    if "--" in own:
        rest, own = own[own.index("--") + 1:], own[:own.index("--")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "model", "pictures", "out"):
        parser.add_argument(name)
    parser.add_argument("--points", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(own)
    options.rest = rest
    out = pathlib.Path(options.out)
    whole = out / "whole"
    shutil.rmtree(out, ignore_errors=True)
    start = time.monotonic()
    subprocess.run(command(options, whole), check=True)
    seconds = time.monotonic() - start
    expected = digest(whole)
    print(f"straight: {seconds:.1f} s, {expected}")
    draws = random.Random(options.seed)
    same = 0
    for point in range(options.points):
        output = out / f"killed{point}"
        kills = 0
        wanted = 1 + point % 2  # then to the end
        while not (output / "last.safetensors").exists():
            run = subprocess.Popen(command(options, output))
            try:
                run.wait(draws.uniform(0.2, 0.8) * seconds if kills < wanted else None)
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
                kills += 1
                continue
            if run.returncode != 0:
                sys.exit(f"the run ended with {run.returncode}")
            if kills == 0:  # faster than the run left alone: nothing was tried yet
                shutil.rmtree(output)
                seconds /= 2
        found = digest(output)
        same += found == expected
        print(f"killed {kills}x: {'the same' if found == expected else 'ANOTHER'} {found}")
    print(f"{same} of {options.points} the same")
    sys.exit(same != options.points)


if __name__ == "__main__":
    main()
