"""Writes tests/golden/embeddings/ (textual inversion embeddings in the forms people have) and
tests/golden/parity_embeddings.safetensors: what diffusers' load_textual_inversion makes of them on the tiny models.
Run with torch 1.13, diffusers 0.27.2, transformers 4.38.2, safetensors; numbers come from the seeds below.

  <family>/appleword.*   three vectors (sd15: .pt as A1111 saves it; sd21: .bin as diffusers saves it; sdxl: .safetensors
                         with clip_l and clip_g)
  sd15/moonword.safetensors   one vector alone, as newer A1111 saves it ("emb_params")
"""

import pathlib

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent
PROMPT, NEGATIVE = "a red {} on the blue {}", "{}, the dog"


def vectors(seed, count, width):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def encoded(pipe, family, words):
    prompt = PROMPT.format("appleword", "moonword" if "moonword" in words else "moon")
    negative = NEGATIVE.format("appleword")
    with torch.no_grad():
        if family == "sdxl":
            context, negative_context, pooled, negative_pooled = pipe.encode_prompt(prompt, device="cpu",
                                                                                    negative_prompt=negative)
            return {"context": context, "negative_context": negative_context, "pooled": pooled,
                    "negative_pooled": negative_pooled}
        context, negative_context = pipe.encode_prompt(prompt, "cpu", 1, True, negative_prompt=negative)
        return {"context": context, "negative_context": negative_context}


def main():
    torch.set_num_threads(1)
    found = {}
    for family in ("sd15", "sd21", "sdxl"):
        (FOLDER / "embeddings" / family).mkdir(parents=True, exist_ok=True)
        kind = StableDiffusionXLPipeline if family == "sdxl" else StableDiffusionPipeline
        pipe = kind.from_pretrained(FOLDER / "tiny" / family, torch_dtype=torch.float32)
        folder = FOLDER / "embeddings" / family
        apple = vectors(1, 3, pipe.text_encoder.config.hidden_size)
        if family == "sd15":
            moon = vectors(2, 1, 16)
            torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": apple}, "name": "appleword", "step": 9,
                        "sd_checkpoint": None, "sd_checkpoint_name": None}, folder / "appleword.pt")
            save_file({"emb_params": moon}, folder / "moonword.safetensors")
            pipe.load_textual_inversion({"moonword": moon}, token="moonword")
        elif family == "sd21":
            torch.save({"<appleword>": apple}, folder / "appleword.bin")
        else:
            second = vectors(3, 3, pipe.text_encoder_2.config.hidden_size)
            save_file({"clip_l": apple, "clip_g": second}, folder / "appleword.safetensors")
            pipe.load_textual_inversion({"appleword": second}, token="appleword", text_encoder=pipe.text_encoder_2,
                                        tokenizer=pipe.tokenizer_2)
        pipe.load_textual_inversion({"appleword": apple}, token="appleword", text_encoder=pipe.text_encoder,
                                    tokenizer=pipe.tokenizer)
        words = ["appleword"] + (["moonword"] if family == "sd15" else [])
        for name, tensor in encoded(pipe, family, words).items():
            found[f"{family}.{name}"] = tensor.float().contiguous()
    save_file(found, FOLDER / "parity_embeddings.safetensors")


if __name__ == "__main__":
    main()
