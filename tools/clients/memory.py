#!/usr/bin/env python3
"""Switches models 50 times and makes 500 small pictures; plots how the server's memory went.

usage: memory.py [port] [plot.svg]    The models folder must hold a second checkpoint; the first is the one that comes with
Darkroom. Memory is what /api/v1/residency says of the process: what it shares with nobody, mapped files left out.
"""
import json
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "emoji"))
import plot  # noqa: E402

SWITCHES, PICTURES = 50, 500


def main():
    port = sys.argv[1] if len(sys.argv) > 1 else "7860"
    target = Path(sys.argv[2] if len(sys.argv) > 2 else "memory.svg")

    def call(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)

    titles = [model["title"] for model in call("/sdapi/v1/sd-models")][:2]
    assert len(titles) == 2, f"two checkpoints are needed, found {titles}"
    megabytes = []
    for switch in range(SWITCHES):
        call("/sdapi/v1/options", {"sd_model_checkpoint": titles[switch % 2]})
        for picture in range(PICTURES // SWITCHES):
            call("/sdapi/v1/txt2img", {"prompt": "a red apple", "steps": 2, "width": 64, "height": 64, "seed": picture})
        megabytes.append(call("/api/v1/residency")["memory"]["process"] / 1e6)
        print(f"\r{switch + 1} of {SWITCHES} switches, {megabytes[-1]:.0f} MB", end="", flush=True)
    early, late = max(megabytes[5:15]), max(megabytes[-10:])
    print(f"\nlargest after switches 6 to 15: {early:.1f} MB, after the last ten: {late:.1f} MB")
    largest, every = max(megabytes), range(0, SWITCHES, 7)
    chart = plot.line_chart(f"Memory over {SWITCHES} model switches", "model switches, ten pictures after each", f"share of the largest, {largest:.0f} MB",
                            [float(i + 1) for i in every], {"the server's own memory": [megabytes[i] / largest for i in every]})
    target.write_text(plot.svg([chart], f"From {megabytes[5]:.0f} MB after six switches to {megabytes[-1]:.0f} MB after the last"), encoding="utf-8")
    print(f"written: {target}")


if __name__ == "__main__":
    main()
