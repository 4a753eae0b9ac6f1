// node hostile.mjs [port] [--seconds 60] [--seed N]: what nobody sends on purpose, to every address that the program says it has: bodies with
// wrong types, absurd numbers and broken text; requests that are no HTTP; paths out of the folders; clients that vanish in the middle. Ends with
// 1 where an answer is a server error, a file of the machine comes back, or the server does not answer afterwards. To be run against a program
// built with sanitizers (cmake --preset asan), with a folder of models and one for results that may go.
import http from "node:http";
import net from "node:net";

const args = process.argv.slice(2);
const option = (name, standard) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : standard);
const port = Number(args.find((one) => /^\d+$/.test(one)) ?? 7860);
const seconds = option("--seconds", 60);
const seed = option("--seed", Date.now() % 2 ** 31);
const patience_ms = 1500; // of one client, which then is gone
const at_once = 8;

let state = seed >>> 0;
/** mulberry32: the same requests for the same seed. */
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const one_of = (list) => list[below(list.length)];

const texts = ["", " ", "\0", "a\0b", "\ud800", "../../../../etc/passwd", "/etc/passwd", "%2e%2e%2fetc%2fpasswd", "a".repeat(70000), "(".repeat(4000), "[a:b:".repeat(500), "<lora:ink:9e999>", "<lora:../../x:1>",
  "AND ".repeat(300), "\u202e\u0301\u{1f4a9}", "'; DROP TABLE jobs; --", "NaN", "-0", "1e400", "0x10", "data:image/png;base64,", "data:image/png;base64,AAAA", "iVBORw0KGgo=", "Euler a", "Karras", "true"];
const numbers = [0, -0, 1, -1, 2, 8, 63, 64, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, -(2 ** 63), 1e308, -1e308, 5e-324, 0.1, 1.5, 1e9];

function value(depth = 0) {
  const kind = below(depth > 3 ? 4 : 6);
  if (kind === 0) return one_of(texts);
  if (kind === 1) return one_of(numbers);
  if (kind === 2) return one_of([true, false, null]);
  if (kind === 3) return String(one_of(numbers));
  if (kind === 4) return Array.from({ length: one_of([0, 1, 2, 40]) }, () => value(depth + 1));
  return Object.fromEntries(Array.from({ length: below(4) }, () => [one_of(texts).slice(0, 40), value(depth + 1)]));
}

/** A small request that would be answered, with one to three of its fields spoilt. */
function body_like(schema) {
  const small = { prompt: "a red apple", steps: 1, width: 32, height: 32, cfg_scale: 1, seed: 1, kind: "generate", request: { prompt: "a red apple", steps: 1, width: 32, height: 32 } };
  const names = Object.keys(schema?.properties ?? {});
  const body = Object.fromEntries(Object.entries(small).filter(([name]) => names.length === 0 || names.includes(name)));
  for (let i = 1 + below(3); i > 0; --i) {
    const into = typeof body.request === "object" && body.request && random() < 0.5 ? body.request : body;
    into[names.length > 0 && random() < 0.9 ? one_of(names) : one_of(texts).slice(0, 60)] = value();
  }
  return body;
}

/** Text that is almost JSON. */
function spoilt(text) {
  const at = below(text.length + 1);
  return one_of([
    () => text.slice(0, at),
    () => text + text,
    () => text.slice(0, at) + one_of(["\0", "\xff", "{", "]", '"', "\\u", "1e9999", "/*", "\ufeff"]) + text.slice(at),
    () => "[".repeat(100000),
    () => '{"a":'.repeat(20000) + "1" + "}".repeat(20000),
    () => "",
    () => "null",
    () => `{"prompt": "a", "prompt": ${"9".repeat(5000)}}`,
  ])();
}

function filled(path) {
  return path.replace(/\{(\w+)\}/g, () => encodeURIComponent(one_of(["1", "0", "-1", "99999999999999999999", "a", "..", "../..", ".", "a".repeat(300), "%00", "\0", "ink.safetensors", "../../etc/passwd", "first"]))) +
    (random() < 0.3 ? `?${one_of(["limit", "before", "words", "state", "kind", "a", "after", "id", "flag"])}=${encodeURIComponent(Buffer.from(String(value(4))).toString().slice(0, 2000))}` : "");
}

const raw_requests = [
  "", "\r\n\r\n", "GET", "GET /", "GET / HTTP/9.9\r\n\r\n", "GET /internal/ping\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "GET /../../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /assets/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  `GET /${"a".repeat(20000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${"b".repeat(20000)}\r\n\r\n`, `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(2000)}\r\n`,
  "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n{}", "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
  "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 900\r\n\r\n{}", "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{",
  "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
  "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "POST /api/v1/options HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nContent-Length: 2\r\n\r\n{}",
  "POST /api/v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=\r\nContent-Length: 4\r\n\r\n--\r\n", "GET /internal/ping HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=5-2,-,9999999999999999999-\r\n\r\n",
  "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 3000000000\r\n\r\n", "GET /internal/ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(200), "GET /internal/ping HTTP/1.1\nHost: 127.0.0.1\n\n",
  "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: 99999999999999999999\r\n\r\n", "GET /\0 HTTP/1.1\r\nHost: \0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n",
  "GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic ====\r\nCookie: a=\"; b\r\n\r\n",
];

let sent = 0;
let failed = false;
const statuses = {};

function look_at(status, text, what) {
  statuses[status] = (statuses[status] ?? 0) + 1;
  const is_refused_kind = status === 501 || status === 503; // there is no such thing here; too busy
  if ((status >= 500 && !is_refused_kind) || text.includes("root:x:0:")) {
    failed = true;
    console.error(`\nfinding (--seed ${seed}): ${what.slice(0, 1500)}\nanswer ${status}: ${text.slice(0, 600)}`);
  }
}

function send(method, path, bytes, type) {
  return new Promise((resolve) => {
    const end = () => { request.destroy(); resolve(); };
    const request = http.request({ port, host: "127.0.0.1", method, path, headers: bytes === null ? {} : { "Content-Type": type, "Content-Length": bytes.length } }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => { if (pieces.length < 64) pieces.push(piece); });
      answer.on("end", () => { look_at(answer.statusCode, Buffer.concat(pieces).toString("latin1"), `${method} ${path} ${bytes ?? ""}`); resolve(); });
      answer.on("error", resolve);
    });
    request.setTimeout(patience_ms, end);
    setTimeout(end, random() < 0.05 ? 20 : patience_ms).unref();
    request.on("error", resolve);
    request.end(bytes ?? undefined);
    sent += 1;
  });
}

function send_raw(text) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const pieces = [];
    const end = () => { socket.destroy(); resolve(); };
    socket.on("data", (piece) => pieces.push(piece));
    socket.on("error", end);
    socket.on("close", () => {
      const answer = Buffer.concat(pieces).toString("latin1");
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer);
      if (status) look_at(Number(status[1]), answer, text);
      resolve();
    });
    setTimeout(end, one_of([10, 200, patience_ms]));
    socket.write(Buffer.from(text, "latin1"));
    if (random() < 0.3) socket.end();
    sent += 1;
  });
}

const asked = (method, path) => fetch(`http://127.0.0.1:${port}${path}`, { method, ...(method === "GET" ? {} : { body: "{}" }), signal: AbortSignal.timeout(60_000) });

/** Nothing that was taken by mistake computes for minutes. */
async function clear() {
  const { jobs } = await (await asked("GET", "/api/v1/jobs?state=waiting,running&limit=1000")).json();
  for (const { id } of jobs) await asked("DELETE", `/api/v1/jobs/${encodeURIComponent(id)}`);
}

const { paths, components } = await (await asked("GET", "/api/v1/openapi.json")).json();
const resolved = (schema) => (schema?.$ref ? components.schemas[schema.$ref.split("/").pop()] : schema);
const calls = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, { requestBody }]) => ({ path, method: method.toUpperCase(), content: Object.entries(requestBody?.content ?? {})[0] })));

async function one_client(end) {
  while (Date.now() < end && !failed) {
    const call = one_of(calls);
    if (random() < 0.2) await send_raw(random() < 0.5 ? one_of(raw_requests) : spoilt(one_of(raw_requests)));
    else if (!call.content) await send(call.method, filled(call.path), null);
    else if (call.content[0] === "application/json") {
      const text = JSON.stringify(body_like(resolved(call.content[1].schema)));
      await send(call.method, filled(call.path), Buffer.from(random() < 0.2 ? spoilt(text) : text), random() < 0.9 ? "application/json" : one_of(["", "text/plain", "multipart/form-data; boundary=x"]));
    } else await send(call.method, filled(call.path), Buffer.from(spoilt(one_of(["\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "RIFF____WEBP", "{}", "PK\x03\x04"]) + "x".repeat(below(5000))), "latin1"), call.content[0]);
  }
}

const end = Date.now() + seconds * 1000;
const clients = Array.from({ length: at_once }, () => one_client(end));
const keeper = (async () => {
  while (Date.now() < end && !failed) {
    await new Promise((done) => setTimeout(done, 2000));
    await clear();
    process.stderr.write(`\r${sent} requests, ${Math.max(0, Math.ceil((end - Date.now()) / 1000))} s left `);
  }
})();
try {
  await Promise.all([...clients, keeper]);
  await clear();
  const ping = await asked("GET", "/internal/ping");
  if (!ping.ok) throw new Error(`ping: ${ping.status}`);
} catch (error) {
  failed = true;
  console.error(`\nfinding (--seed ${seed}): the server does not answer: ${error.cause ?? error}`);
}
console.log(`\n${sent} requests to ${calls.length} calls in ${seconds} s, seed ${seed}; answers: ${JSON.stringify(statuses)}`);
process.exit(failed ? 1 : 0);
