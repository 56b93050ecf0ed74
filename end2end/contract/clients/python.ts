// The Python client, which checks the types of what comes: a process that answers lines of JSON (contract/python/runner.py).

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { baseUrl, demo } from "../../lib/demo.ts";
import { normal, Refused, type Call, type Client, type Found } from "./client.ts";

const workspace = resolve(import.meta.dirname, "../../..");

interface Runner {
  process: ChildProcessByStdio<Writable, Readable, null>;
  lines: AsyncIterator<string>;
}

let runner: Runner | undefined;
/** One question after the other. */
let last: Promise<unknown> = Promise.resolve();

function start(): Runner {
  const target = process.env.CARGO_TARGET_DIR ?? join(workspace, "target");
  const python = join(target, "python-tools/bin/python");
  if (!existsSync(python)) throw new Error(`${python} is missing: scripts/python-tools installs it`);
  const running = spawn(python, [join(import.meta.dirname, "../python/runner.py")], { stdio: ["pipe", "pipe", "inherit"] });
  // The worker's end is its end.
  running.unref();
  (running.stdin as any).unref?.();
  (running.stdout as any).unref?.();
  return { process: running, lines: createInterface(running.stdout)[Symbol.asyncIterator]() };
}

async function ask(question: object): Promise<Found> {
  runner ??= start();
  const { process, lines } = runner;
  const answered = last.then(async () => {
    process.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the Python client ended");
    return JSON.parse(value);
  });
  last = answered.catch(() => undefined);
  return answered;
}

function versioned(version: string): Client {
  const question = (operation: string, token: string) => ({
    version: version.replace("-", "_"),
    base_url: baseUrl(),
    operation: normal(operation).replaceAll(":", "."),
    // It cannot call without one.
    token: token || demo().access_token,
  });
  return {
    name: `Python 1.0.2, ${version}`,
    alwaysSends: true,
    has: async (operation) => (await ask({ ...question(operation, ""), asks: true })).result,
    async call(operation, token, { path = {}, query = {}, body = {} }: Call = {}) {
      const { result, status, text, failed } = await ask({
        ...question(operation, token),
        path: Object.values(path),
        named: { ...query, ...body },
      });
      if (failed !== undefined) throw new Error(failed);
      if (status !== undefined) throw new Refused(status, text);
      return result;
    },
  };
}

export const python: Client = versioned("2026-10");
