// Stripe's stand-in, and a small proxy before it that does what it leaves out:
//
// - A request with an idempotency key that was answered already gets the same answer again and goes no further, as at Stripe.
// - A payment is confirmed `off_session`, or with a `return_url`. Where the bank asks, the first is declined, and the second leads to
//   a page (of this proxy) on which the customer approves or not, and which leads back.
//
// The journeys import it. `node localstripe.mjs` runs it for other tests: it says where on stdout, and ends when its stdin does.

import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { createServer, request as send } from "node:http";
import { join, resolve } from "node:path";

/** The first start installs it. */
const READY_WITHIN_MS = 120_000;
const INTENT = /^\/v1\/payment_intents\/(pi_\w+)$/;
const CONFIRM = /^\/v1\/payment_intents\/(pi_\w+)\/confirm$/;
const APPROVE = "/_approve/";

/**
 * @typedef {{ method: string, path: string, body: string, idempotencyKey: string | undefined }} Recorded
 * @typedef {{ status: number, headers: import("node:http").OutgoingHttpHeaders, body: Buffer }} Answer
 * @returns {Promise<{ url: string, requests: Recorded[], stop(): Promise<void> }>} where it is, and what reached it, without what
 * was answered from memory.
 */
export async function startLocalstripe() {
  const port = await freePort();
  const logs = join(import.meta.dirname, "../test-results");
  mkdirSync(logs, { recursive: true });
  const program = spawn(resolve(import.meta.dirname, "../../scripts/localstripe"), [String(port)], { stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(logs, `localstripe-${port}.log`));
  program.stdout.pipe(log);
  program.stderr.pipe(log);
  const deadline = performance.now() + READY_WITHIN_MS;
  while ((await fetch(`http://127.0.0.1:${port}/js.stripe.com/v3/`).catch(() => undefined))?.ok !== true) {
    if (program.exitCode !== null || performance.now() > deadline) {
      program.kill("SIGKILL");
      throw new Error(`localstripe did not start; see test-results/localstripe-${port}.log`);
    }
    await new Promise((next) => setTimeout(next, 100));
  }

  /** @type {Recorded[]} */
  const requests = [];
  /** @type {Map<string, Promise<Answer>>} */
  const answers = new Map();
  /** Where each payment that was confirmed by its customer leads back to. @type {Map<string, string>} */
  const returnUrls = new Map();
  const proxy = createServer((incoming, outgoing) => {
    void answer(incoming)
      .catch(() => ({ status: 502, headers: {}, body: Buffer.alloc(0) }))
      .then(({ status, headers, body }) => {
        outgoing.writeHead(status, headers);
        outgoing.end(body);
      });
  });
  await new Promise((done) => proxy.listen(0, "127.0.0.1", () => done(undefined)));
  const url = `http://127.0.0.1:${proxy.address().port}`;

  /** @returns {Promise<Answer>} */
  async function answer(incoming) {
    const body = await read(incoming);
    const { method = "GET", url: path = "/", headers } = incoming;
    if (method === "OPTIONS") return allowed(headers);
    if (path.startsWith("/js.stripe.com/")) return enclosed(await ask(port, method, path, headers, body));
    if (path.startsWith(APPROVE)) return approve(port, new URL(path, url));
    const idempotencyKey = method === "POST" ? headers["idempotency-key"]?.toString() : undefined;
    const forward = (sent = body) => {
      requests.push({ method, path, body: body.toString(), idempotencyKey });
      return ask(port, method, path, headers, sent);
    };
    const first = () => (method === "POST" && CONFIRM.test(path) ? confirm(path, body, forward) : forward());
    if (idempotencyKey === undefined) return INTENT.test(path) ? withPage(await first()) : first();
    const known = answers.get(idempotencyKey);
    if (known !== undefined) return known.then((said) => ({ ...said, headers: { ...said.headers, "idempotent-replayed": "true" } }));
    const asked = first();
    answers.set(idempotencyKey, asked);
    // What went wrong in between may be tried again.
    asked.then(({ status }) => status >= 500 && answers.delete(idempotencyKey), () => answers.delete(idempotencyKey));
    return asked;
  }

  /** localstripe takes neither of the two parameters. */
  async function confirm(path, body, forward) {
    const returnUrl = new URLSearchParams(body.toString()).get("return_url");
    const id = CONFIRM.exec(path)?.[1] ?? "";
    if (returnUrl !== null) returnUrls.set(id, returnUrl);
    const answered = await forward(Buffer.alloc(0));
    if (returnUrl !== null || answered.status !== 200) return withPage(answered);
    const intent = JSON.parse(answered.body.toString());
    if (intent.status !== "requires_action") return answered;
    await authenticate(port, intent.id, intent.client_secret, false);
    return json(402, { error: { type: "card_error", code: "authentication_required", decline_code: "authentication_required" } });
  }

  /** It names no page on which a payment is approved. */
  function withPage(answered) {
    if (answered.status !== 200) return answered;
    const intent = JSON.parse(answered.body.toString());
    const back = returnUrls.get(intent.id);
    if (intent.status !== "requires_action" || back === undefined) return answered;
    const page = `${url}${APPROVE}${intent.id}?${new URLSearchParams({ secret: intent.client_secret, back })}`;
    return json(200, { ...intent, next_action: { type: "redirect_to_url", redirect_to_url: { url: page, return_url: back } } });
  }

  return {
    url,
    requests,
    async stop() {
      proxy.closeAllConnections();
      proxy.close();
      const ended = new Promise((done) => program.once("exit", done));
      program.kill("SIGTERM");
      await ended;
    },
  };
}

/** @returns {Promise<number>} a port that nobody listens on now. */
function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function read(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** @returns {Promise<Answer>} */
function ask(port, method, path, headers, body) {
  const { "content-length": _, ...kept } = headers;
  const length = method === "GET" ? {} : { "content-length": body.length };
  return new Promise((done, failed) => {
    const asked = send({ host: "127.0.0.1", port, method, path, headers: { ...kept, ...length, connection: "close" } }, (answered) => {
      read(answered).then((text) => {
        const { "transfer-encoding": _, connection: __, "content-length": ___, ...returned } = answered.headers;
        done({ status: answered.statusCode ?? 502, headers: returned, body: text });
      }, failed);
    });
    asked.on("error", failed);
    asked.end(body);
  });
}

/** @returns {Answer} */
function json(status, body) {
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(body)) };
}

/** Browsers of the tests send a header of their own (fixtures.ts), so they ask before they post; localstripe wants a key for that. @returns {Answer} */
function allowed({ origin = "*", "access-control-request-headers": names = "" }) {
  const headers = { "access-control-allow-origin": origin, "access-control-allow-methods": "GET, POST", "access-control-allow-headers": names };
  return { status: 204, headers, body: Buffer.alloc(0) };
}

/** Its script declares a class `Element` for the whole page, after which no other script recognises an element. @returns {Answer} */
function enclosed(script) {
  return { ...script, body: Buffer.concat([Buffer.from("(() => {\n"), script.body, Buffer.from("\n})();\n")]) };
}

/** The bank's page: without `answer` it asks, with it the browser goes back. @returns {Promise<Answer>} */
async function approve(port, url) {
  const id = url.pathname.slice(APPROVE.length);
  const [secret, back, given] = ["secret", "back", "answer"].map((name) => url.searchParams.get(name) ?? "");
  if (given !== "") {
    await authenticate(port, id, secret, given === "yes");
    return { status: 303, headers: { location: back }, body: Buffer.alloc(0) };
  }
  const hidden = Object.entries({ secret, back }).map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`);
  const page = `<!doctype html><html lang="en"><title>Your bank</title><h1>Approve this payment?</h1><form>${hidden.join("")}
    <button name="answer" value="yes">Complete authentication</button> <button name="answer" value="no">Fail authentication</button></form>`;
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: Buffer.from(page) };
}

async function authenticate(port, id, secret, isApproved) {
  const form = new URLSearchParams({ key: "pk_test_12345", client_secret: secret, success: String(isApproved) });
  await fetch(`http://127.0.0.1:${port}/v1/payment_intents/${encodeURIComponent(id)}/_authenticate`, { method: "POST", body: form });
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

if (process.argv[1] === import.meta.filename) {
  const local = await startLocalstripe();
  process.stdout.write(`${local.url}\n`);
  process.stdin.resume();
  process.stdin.once("end", () => void local.stop().then(() => process.exit(0)));
}
