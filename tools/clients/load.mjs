// node load.mjs [port] [--jobs 1000] [--clients 64] [--kill PID] [--recount]: queues many small jobs while many clients ask for
// progress, and prints how long those waited. --kill: SIGKILL to the server in the middle. --recount: looks at what became
// of the jobs after a restart.
import assert from "node:assert/strict";
import http from "node:http";

const args = process.argv.slice(2);
const option = (name, standard) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : standard);
const port = Number(args.find((one) => /^\d+$/.test(one)) ?? 7860);
const jobs = option("--jobs", 1000);
const clients = option("--clients", 64);
const victim = option("--kill", 0);
const agent = new http.Agent({ keepAlive: true, maxSockets: clients + 8 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? "" : JSON.stringify(body);
    const request = http.request({ port, host: "127.0.0.1", method, path, agent, headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) } }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode, json: JSON.parse(Buffer.concat(pieces).toString() || "null") }));
    });
    request.on("error", reject);
    request.end(text);
  });
}

const tiny = { prompt: "a red apple", steps: 1, width: 32, height: 32, cfg_scale: 1, seed: 1 };

async function submitAll() {
  let sent = 0;
  const start = Date.now();
  const sender = async () => {
    while (sent < jobs) {
      const number = sent++;
      const answer = await call("POST", "/api/v1/jobs", { id: `load-${number}`, request: { ...tiny, seed: number } });
      assert.ok(answer.status === 201 || answer.status === 200, JSON.stringify(answer.json));
    }
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  console.log(`${jobs} jobs queued in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

async function counts() {
  const found = {};
  const seen = new Set();
  let before = 0;
  for (;;) {
    const { json } = await call("GET", `/api/v1/jobs?state=waiting,running,finished,failed,cancelled&limit=500&before=${before}`);
    for (const job of json.jobs) {
      if (!job.id.startsWith("load-")) continue;
      assert.ok(!seen.has(job.id), `${job.id} is there twice`);
      seen.add(job.id);
      found[job.state] = (found[job.state] ?? 0) + 1;
      if (job.state === "finished") assert.equal(job.pictures.length, 1, `${job.id} has ${job.pictures.length} pictures`);
    }
    if (json.jobs.length < 500) break;
    before = json.jobs.at(-1).number;
  }
  return { ...found, all: seen.size };
}

async function watch(waits, isOver) {
  while (!isOver()) {
    const start = process.hrtime.bigint();
    const { status } = await call("GET", "/sdapi/v1/progress");
    waits.push(Number(process.hrtime.bigint() - start) / 1e6);
    assert.equal(status, 200);
    await new Promise((done) => setTimeout(done, 500));
  }
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

if (args.includes("--recount")) {
  for (;;) {
    const now = await counts();
    console.log(JSON.stringify(now));
    if (!now.waiting && !now.running) break;
    await new Promise((done) => setTimeout(done, 5000));
  }
  process.exit(0);
}

await submitAll();
const waits = [];
let over = false;
const watchers = Array.from({ length: clients }, () => watch(waits, () => over).catch((error) => (victim ? null : Promise.reject(error))));
if (victim) {
  await new Promise((done) => setTimeout(done, 5000));
  console.log(`before the kill: ${JSON.stringify(await counts())}`);
  process.kill(victim, "SIGKILL");
  over = true;
  process.exit(0);
}
for (;;) {
  const now = await counts();
  if (!now.waiting && !now.running) {
    console.log(`at the end: ${JSON.stringify(now)}`);
    break;
  }
  await new Promise((done) => setTimeout(done, 2000));
}
over = true;
await Promise.all(watchers);
waits.sort((a, b) => a - b);
console.log(`progress calls: ${waits.length}, median ${percentile(waits, 0.5).toFixed(1)} ms, p99 ${percentile(waits, 0.99).toFixed(1)} ms, longest ${waits.at(-1).toFixed(1)} ms`);
agent.destroy();
