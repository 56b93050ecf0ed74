// One Foyer on a database of its own.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "./ports.ts";

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 15_000;
const workspace = resolve(import.meta.dirname, "../..");

export interface Foyer {
  baseUrl: string;
  /** The sandbox's own pages. */
  sandboxUrl: string;
  demoFile: string;
  databaseUrl: string;
  logFile: string;
  /** Where tests note which customer is theirs (customers.ts). */
  claimsDir: string;
  /** What a test needs to run another command of the same program (cli.ts). */
  command: Command;
  stop(): Promise<void>;
}

/** The program and the variables that it runs under. */
export interface Command {
  program: string;
  environment: Record<string, string>;
}

/** Enough for each test that changes something to have a customer of its own. */
const CUSTOMERS = 2400;

/** The program and its site: the release build, or the debug build with FOYER_BUILD=debug. */
function build(): { program: string; site: string } {
  const debug = process.env.FOYER_BUILD === "debug";
  const target = process.env.CARGO_TARGET_DIR ?? join(workspace, "target");
  const program = process.env.FOYER_PROGRAM ?? join(target, debug ? "debug" : "release", "foyer");
  const site = process.env.FOYER_SITE_ROOT ?? join(target, debug ? "site-dev" : "site");
  for (const path of [program, site]) {
    if (!existsSync(path)) throw new Error(`${path} is missing: make test-portal and make test-hydration build it`);
  }
  return { program, site };
}

export interface Options {
  /** Customers besides those of the demo's cast. */
  customers?: number;
  /** More variables for the program. */
  settings?: Record<string, string>;
  /** Names its log in test-results. */
  log?: string;
}

/** Makes a database, loads the demo organization and serves it; mails go to `smtpUrl`. */
export async function startFoyer(superuserUrl: string, smtpUrl: string, { customers = CUSTOMERS, settings: more = {}, log: logName = "foyer" }: Options = {}): Promise<Foyer> {
  const { program, site } = build();
  const name = `foyer_journeys_${process.pid}_${randomBytes(3).toString("hex")}`;
  const dataDir = mkdtempSync(join(tmpdir(), "foyer-journeys-"));
  psql(superuserUrl, `create database ${name}`);
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  // Another host name: cookies take no notice of ports.
  const sandboxPort = await freePort();
  const sandboxUrl = `http://localhost:${sandboxPort}`;
  const databaseUrl = superuserUrl.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
  const settings: Record<string, string> = {
    DATABASE_URL: databaseUrl,
    FOYER_PUBLIC_URL: baseUrl,
    FOYER_LISTEN: `127.0.0.1:${port}`,
    FOYER_SANDBOX_ADDR: `127.0.0.1:${sandboxPort}`,
    FOYER_SANDBOX_URL: sandboxUrl,
    FOYER_SITE_ROOT: site,
    FOYER_SECRET_KEY: randomBytes(32).toString("hex"),
    // Many tests at once are one caller.
    FOYER_API_REQUESTS_PER_MINUTE: "1000000",
    FOYER_SMTP_URL: smtpUrl,
    FOYER_MAIL_FROM: "billing@foyer.example",
    // Each test comes from an address of its own (fixtures.ts), so that limits per client do not join the tests.
    FOYER_TRUSTED_PROXIES: "127.0.0.1/32",
    // Receivers listen on this machine (receiver.ts).
    FOYER_WEBHOOKS_ALLOW_PRIVATE: "true",
    ...more,
  };
  const environment = { ...process.env, ...settings };
  const run = (...command: string[]) =>
    execFileSync(program, command, { env: environment, cwd: workspace, stdio: ["ignore", "ignore", "inherit"] });
  run("migrate");
  run("demo", "--data-dir", dataDir);
  run("demo", "--data-dir", dataDir, "--customers", String(customers));
  const claimsDir = join(dataDir, "claims");
  mkdirSync(claimsDir);
  const logFile = join(import.meta.dirname, "../test-results", `${logName}.log`);
  const server = spawn(program, ["serve"], { env: environment, cwd: workspace, stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(logFile);
  server.stdout.pipe(log);
  server.stderr.pipe(log);
  await ready(server, baseUrl, logFile);
  return {
    baseUrl,
    sandboxUrl,
    demoFile: join(dataDir, "demo.json"),
    databaseUrl,
    logFile,
    claimsDir,
    command: { program, environment: settings },
    async stop() {
      await end(server);
      psql(superuserUrl, `drop database if exists ${name} with (force)`);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Tells this process, and those it starts, where that Foyer is. */
export function announce(foyer: Foyer): void {
  process.env.FOYER_BASE_URL = foyer.baseUrl;
  process.env.FOYER_SANDBOX_URL = foyer.sandboxUrl;
  process.env.FOYER_DEMO_FILE = foyer.demoFile;
  process.env.FOYER_LOG_FILE = foyer.logFile;
  process.env.FOYER_DATABASE_URL = foyer.databaseUrl;
  process.env.FOYER_CLAIMS_DIR = foyer.claimsDir;
  process.env.FOYER_COMMAND = JSON.stringify(foyer.command);
}

function psql(url: string, command: string) {
  execFileSync("psql", ["--no-psqlrc", "--quiet", "--dbname", url, "--command", command], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function ready(server: ChildProcess, baseUrl: string, logFile: string) {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`foyer ended at once (code ${server.exitCode}); see ${logFile}`);
    const answer = await fetch(`${baseUrl}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  server.kill("SIGKILL");
  throw new Error(`foyer was not ready within ${READY_WITHIN_MS / 1000} s; see ${logFile}`);
}

async function end(server: ChildProcess) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const timer = setTimeout(() => server.kill("SIGKILL"), STOP_WITHIN_MS);
  server.kill("SIGTERM");
  await ended;
  clearTimeout(timer);
}
