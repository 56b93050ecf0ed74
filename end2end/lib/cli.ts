// Other commands of the program that is being visited, and a second process of it.

import { execFileSync, spawn } from "node:child_process";
import type { Command } from "./foyer.ts";
import { freePort } from "./ports.ts";

const READY_TRIES = 200;

function command(): Command {
  const text = process.env.FOYER_COMMAND;
  if (text === undefined) throw new Error("FOYER_COMMAND is not set: lib/setup.ts sets it when it starts Foyer");
  return JSON.parse(text) as Command;
}

/** Runs `foyer …` on the same database; what it prints. */
export function foyer(...words: string[]): string {
  const { program, environment } = command();
  return execFileSync(program, words, { env: { ...process.env, ...environment }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** A second `foyer serve` on the same database with other settings, without a worker. */
export async function startSecondFoyer(settings: Record<string, string>): Promise<{ baseUrl: string; stop(): void }> {
  const { program, environment } = command();
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  // The sandbox's pages stay with the first.
  const own = { FOYER_SANDBOX_ADDR: "", FOYER_SANDBOX_URL: "", FOYER_LISTEN: `127.0.0.1:${port}`, FOYER_PUBLIC_URL: baseUrl, ...settings };
  const env: Record<string, string | undefined> = { ...process.env, ...environment, ...own };
  for (const [name, value] of Object.entries(own)) if (value === "") delete env[name];
  const server = spawn(program, ["serve", "--no-worker"], { env, stdio: "ignore" });
  for (let tries = 0; tries < READY_TRIES && server.exitCode === null; tries += 1) {
    const answer = await fetch(`${baseUrl}/readyz`).catch(() => undefined);
    if (answer?.ok) return { baseUrl, stop: () => void server.kill("SIGTERM") };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  server.kill("SIGKILL");
  throw new Error("the second foyer did not become ready");
}
