// node sequences.mjs [port]: what SillyTavern (src/endpoints/stable-diffusion.js) and Open WebUI (routers/images.py) send, in
// their order, with the fields they set; and what they take out of the answers.
import assert from "node:assert/strict";

const base = `http://127.0.0.1:${process.argv[2] ?? 7860}`;

async function call(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.status} ${(await answer.clone().text()).slice(0, 300)}`);
  return answer.json();
}
const get = (path) => call("GET", path);
const post = (path, body) => call("POST", path, body);

async function sillyTavern() {
  await get("/sdapi/v1/options");
  const samplers = (await get("/sdapi/v1/samplers")).map((one) => one.name);
  assert.ok(samplers.includes("Euler a"));
  const schedulers = (await get("/sdapi/v1/schedulers")).map((one) => one.name);
  assert.ok(schedulers.includes("karras"));
  const upscalers = (await get("/sdapi/v1/upscalers")).map((one) => one.name);
  const latent = (await get("/sdapi/v1/latent-upscale-modes")).map((one) => one.name);
  upscalers.splice(1, 0, ...latent);
  assert.ok(upscalers.includes("Latent"));
  assert.ok(Array.isArray((await get("/sdapi/v1/sd-vae")).map((one) => one.model_name)));
  const models = (await get("/sdapi/v1/sd-models")).map((one) => ({ value: one.title, text: one.title }));
  assert.ok(models.length > 0);

  // Choosing a model: options, then progress until nothing runs.
  await post("/sdapi/v1/options", { sd_model_checkpoint: models[0].value });
  for (let tries = 0; ; tries += 1) {
    const progress = await get("/sdapi/v1/progress");
    if (progress.progress === 0 && progress.state.job_count === 0) break;
    assert.ok(tries < 100, "the model never got ready");
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.equal((await get("/sdapi/v1/options")).sd_model_checkpoint, models[0].value);

  const answer = await post("/sdapi/v1/txt2img", {
    prompt: "a red apple, noto style, on a white background",
    negative_prompt: "blurry",
    sampler_name: "DPM++ 2M",
    scheduler: "karras",
    steps: 10,
    cfg_scale: 4,
    width: 128,
    height: 128,
    restore_faces: false,
    enable_hr: false,
    hr_upscaler: "Latent",
    hr_scale: 1,
    hr_additional_modules: [],
    denoising_strength: 0.7,
    hr_second_pass_steps: 0,
    seed: 7,
    override_settings: { CLIP_stop_at_last_layers: 1, forge_additional_modules: [] },
    override_settings_restore_afterwards: true,
    clip_skip: 1,
    save_images: true,
    send_images: true,
    do_not_save_grid: false,
    do_not_save_samples: false,
  });
  assert.ok(Buffer.from(answer.images[0], "base64").subarray(1, 4).toString() === "PNG");
  await post("/sdapi/v1/interrupt");
  console.log("SillyTavern: options, lists, model, txt2img, interrupt");
}

async function openWebUi() {
  const options = await get("/sdapi/v1/options");
  const models = (await get("/sdapi/v1/sd-models")).map((one) => ({ id: one.title, name: one.model_name }));
  // It changes one option and posts all of them back.
  options.sd_model_checkpoint = models[0].id;
  await post("/sdapi/v1/options", options);
  const answer = await post("/sdapi/v1/txt2img", {
    prompt: "an owl, fluent style, on a yellow background",
    batch_size: 1,
    width: 128,
    height: 128,
    steps: 10,
    negative_prompt: "",
    cfg_scale: 4,
    sampler_name: "Euler",
    scheduler: "automatic",
  });
  assert.equal(answer.images.length, 1);
  assert.equal(JSON.parse(answer.info).width, 128);
  console.log("Open WebUI: options back, txt2img");
}

await sillyTavern();
await openWebUi();
