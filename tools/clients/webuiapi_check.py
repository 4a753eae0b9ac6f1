#!/usr/bin/env python3
"""Drives Darkroom with webuiapi (PyPI), the Python client of A1111's API, as it is.

usage: webuiapi_check.py [port]    Needs: pip install webuiapi (tried: 0.9.17), in a venv of its own.
"""
import sys
import threading
import time

import webuiapi

PROMPT = "a red apple, noto style, on a white background"


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 7860
    api = webuiapi.WebUIApi(host="127.0.0.1", port=port)
    small = dict(steps=10, width=128, height=128, seed=1, cfg_scale=4)

    made = api.txt2img(prompt=PROMPT, sampler_name="Euler a", **small)
    assert made.image.size == (128, 128) and made.info["seed"] == 1, made.info
    again = api.txt2img(prompt=PROMPT, sampler_name="Euler a", **small)
    assert made.image.tobytes() == again.image.tobytes(), "one request, two pictures"
    print("txt2img:", made.info["infotexts"][0].splitlines()[-1][:100])

    changed = api.img2img(images=[made.image], prompt="a green apple, noto style, on a white background", denoising_strength=0.6,
                          sampler_name="Euler a", **small)
    assert changed.image.size == (128, 128) and changed.image.tobytes() != made.image.tobytes()
    print("img2img: a green apple from the red one")

    info = api.png_info(made.image)
    assert "Steps: 10" in str(info.info), info.info
    print("png-info: reads the recipe")

    options = api.get_options()
    api.set_options({"samples_format": "png", "CLIP_stop_at_last_layers": options["CLIP_stop_at_last_layers"]})
    assert api.util_get_current_model(), options["sd_model_checkpoint"]
    print("options: the model is", api.util_get_current_model())

    assert "DPM++ 2M" in [s["name"] for s in api.get_samplers()]
    assert api.get_sd_models() and api.get_upscalers() is not None and api.get_embeddings() is not None
    assert "ink" in [lora["name"] for lora in api.get_loras()]
    api.refresh_checkpoints()
    print("lists: samplers, models, upscalers, embeddings, loras")

    larger = api.extra_single_image(image=made.image, upscaler_1="Lanczos", upscaling_resize=2)
    assert larger.image.size == (256, 256)
    print("extra-single-image: twice as large")

    result = {}
    worker = threading.Thread(target=lambda: result.update(r=api.txt2img(prompt=PROMPT, sampler_name="Euler", **{**small, "steps": 150, "width": 256, "height": 256})))
    worker.start()
    seen = []
    for _ in range(600):
        progress = api.get_progress()
        seen.append(progress["progress"])
        if progress["state"]["sampling_step"] >= 3:
            break
        time.sleep(0.01)
    assert max(seen) > 0, "progress never moved"
    start = time.time()
    api.interrupt()
    worker.join(30)
    assert not worker.is_alive(), "interrupt did not end it"
    print(f"progress, interrupt: ended {time.time() - start:.2f} s after the call, {len(result['r'].images)} picture")

    api.util_wait_for_ready()
    for action in ("unload-checkpoint", "reload-checkpoint"):  # the client has no words for these
        assert api.session.post(url=f"{api.baseurl}/{action}").status_code == 200
    assert api.txt2img(prompt=PROMPT, sampler_name="Euler a", **small).image.tobytes() == made.image.tobytes()
    print("unload, reload: the same picture again")
    print("all of webuiapi that was tried works")


if __name__ == "__main__":
    main()
