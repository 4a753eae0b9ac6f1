#!/usr/bin/env python3
"""Reads a run's curves with TensorBoard itself (pip install tensorboard) and lists them; complains about missing tags.

usage: read_events.py FOLDER [TAG ...]
"""
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

missing = set(sys.argv[2:])
for folder in sorted({file.parent for file in pathlib.Path(sys.argv[1]).rglob("events.out.tfevents.*")}):
    events = EventAccumulator(str(folder))
    events.Reload()
    for tag in sorted(events.Tags()["scalars"]):
        points = events.Scalars(tag)
        missing.discard(tag)
        print(f"{tag}: {len(points)} points, steps {points[0].step} to {points[-1].step}, last {points[-1].value:.6g}")
if missing:
    sys.exit(f"not there: {', '.join(sorted(missing))}")
