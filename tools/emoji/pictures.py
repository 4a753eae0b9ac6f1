"""Asks the darkroom program for pictures, and lays pictures out with their prompts."""
import shlex
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

# The command line, in one place. The program writes 00000.png, 00001.png, ... in the order of the prompts.
COMMAND = ("{program} generate --from-file {prompts} --width {size} --height {size} --steps {steps} "
           "--cfg-scale {cfg} --seed {seed} {optional} -o {pictures}/%05d.png")


class Darkroom:
    """The program and the settings that all pictures of one evaluation share"""

    def __init__(self, program, model, size, steps, sampler, schedule, seed, keep):
        self.program, self.model, self.size, self.steps = program, model, size, steps
        self.sampler, self.schedule, self.seed = sampler, schedule, seed
        self.keep = keep  # use pictures of an earlier run where they are all there

    def generate(self, prompts, folder, cfg, negative=""):
        """One picture file per prompt, in order"""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        listed, made_by = folder / "prompts.txt", folder / "command.txt"
        wanted = "".join(f"{prompt}\n" for prompt in prompts)
        # What is not given is left to the settings that the model folder recommends.
        given = {"--model": self.model, "--sampler": self.sampler, "--schedule": self.schedule, "--negative-prompt": negative}
        quote = shlex.quote
        command = COMMAND.format(
            program=quote(self.program), prompts=quote(str(listed)), size=self.size, steps=self.steps, cfg=cfg, seed=self.seed,
            optional=" ".join(f"{flag} {quote(value)}" for flag, value in given.items() if value), pictures=quote(str(folder)))

        text_of = lambda file: file.read_text(encoding="utf-8") if file.exists() else ""
        found = sorted(folder.glob("[0-9]*.png"))
        if self.keep and len(found) == len(prompts) and text_of(listed) == wanted and text_of(made_by) == command:
            return found
        for old in found:
            old.unlink()
        listed.write_text(wanted, encoding="utf-8")
        made_by.write_text(command, encoding="utf-8")
        try:
            result = subprocess.run(shlex.split(command), stdout=subprocess.DEVNULL, check=False)
        except OSError as problem:
            raise SystemExit(f"error: starting {self.program}: {problem.strerror}; build it, or name it with --darkroom") from None
        found = sorted(folder.glob("[0-9]*.png"))
        if result.returncode or len(found) != len(prompts):
            raise SystemExit(f"error: making {len(prompts)} pictures in {folder}: exit status {result.returncode}, "
                             f"{len(found)} pictures found; the command was\n  {command}")
        return found

    def settings(self):
        return {"model": self.model or "embedded", "steps": self.steps, "sampler": self.sampler or "recommended",
                "schedule": self.schedule or "recommended", "seed": self.seed}


# What people try first; plain prompts, styles and backgrounds, and three that no picture of the data set shows.
SHEET_PROMPTS = [
    "a red apple, noto style, on a white background", "cat face", "rocket", "blue heart", "slice of pizza", "crescent moon",
    "a red apple, fluent style, on a teal background", "cat face, fluent style, on a navy background",
    "rocket, noto style, on a pink background", "red heart, fluent style, on a black background",
    "a pizza, fluent style, on a light green background", "an avocado, noto style, on a yellow background",
    "a dog face, noto style, on a light blue background", "a frog, fluent style, on a white background",
    "a tropical fish, noto style, on a navy background", "an airplane, fluent style, on a light blue background",
    "a banana, noto style, on a purple background", "strawberry", "a soccer ball, noto style, on a green background", "guitar",
    "a snowman, noto style, on a blue background", "a green apple, fluent style, on a red background", "sailboat",
    "a blue apple, noto style, on a white background",
    "a beaver, noto style, on a beige background", "mount fuji, noto style, on a light blue background", "party popper",
    "a broom, fluent style, on a purple background", "a cup with a straw, noto style, on a pink background",
    "a crying cat face, noto style, on a teal background", "a witch, noto style, on an orange background",
    "a slot machine, fluent style, on a grey background",
]
SHEET_COLUMNS = 8
GAP = 8
LINE = 12  # height of a caption's line


def contact_sheet(files, captions, target, columns=SHEET_COLUMNS):
    """Pictures in a grid, each with its prompt below, broken at the commas"""
    pictures = [Image.open(file).convert("RGB") for file in files]
    lines = [caption.split(", ") for caption in captions]
    width, height = pictures[0].size
    row_height = height + LINE * max(map(len, lines)) + GAP
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + GAP) + GAP, rows * row_height + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default()
    for i, (picture, caption) in enumerate(zip(pictures, lines)):
        x, y = GAP + (i % columns) * (width + GAP), GAP + (i // columns) * row_height
        sheet.paste(picture, (x, y))
        draw.rectangle([x - 1, y - 1, x + width, y + height], outline="#cccccc")
        for k, line in enumerate(caption):
            draw.text((x, y + height + 2 + LINE * k), line.replace("background", "bg"), fill="black", font=font)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)
