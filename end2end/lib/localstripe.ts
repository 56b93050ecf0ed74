// Stripe's stand-in, and a small proxy before it that does what it leaves out: a request with an idempotency key that was
// answered already gets the same answer again and goes no further, as at Stripe.

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createServer, request as send, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { freePort } from "./ports.ts";

/** The first start installs it. */
const READY_WITHIN_MS = 120_000;

export interface Localstripe {
  url: string;
  /** What reached it, without what was answered from memory. */
  requests: Recorded[];
  stop(): Promise<void>;
}

export interface Recorded {
  method: string;
  path: string;
  body: string;
  idempotencyKey: string | undefined;
}

interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

export async function startLocalstripe(): Promise<Localstripe> {
  const port = await freePort();
  const program = spawn(resolve(import.meta.dirname, "../../scripts/localstripe"), [String(port)], { stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(import.meta.dirname, `../test-results/localstripe-${port}.log`));
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

  const requests: Recorded[] = [];
  const answers = new Map<string, Promise<Answer>>();
  const proxy = createServer((incoming, outgoing) => {
    void answer(incoming)
      .catch((): Answer => ({ status: 502, headers: {}, body: Buffer.alloc(0) }))
      .then(({ status, headers, body }) => {
        outgoing.writeHead(status, headers);
        outgoing.end(body);
      });
  });

  async function answer(incoming: IncomingMessage): Promise<Answer> {
    const body = await read(incoming);
    const { method = "GET", url: path = "/" } = incoming;
    const idempotencyKey = method === "POST" ? incoming.headers["idempotency-key"]?.toString() : undefined;
    const forward = () => {
      requests.push({ method, path, body: body.toString(), idempotencyKey });
      return ask(port, method, path, incoming.headers, body);
    };
    if (idempotencyKey === undefined) return forward();
    const known = answers.get(idempotencyKey);
    if (known !== undefined) return known;
    const first = forward();
    answers.set(idempotencyKey, first);
    // What went wrong in between may be tried again.
    first.then(({ status }) => status >= 500 && answers.delete(idempotencyKey), () => answers.delete(idempotencyKey));
    return first;
  }

  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
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

async function read(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function ask(port: number, method: string, path: string, headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = send({ host: "127.0.0.1", port, method, path, headers: { ...headers, connection: "close" } }, (answered) => {
      read(answered).then((text) => {
        const { "transfer-encoding": _, connection: __, ...kept } = answered.headers;
        resolve({ status: answered.statusCode ?? 502, headers: kept, body: text });
      }, reject);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
