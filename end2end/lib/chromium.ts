// The system's Chromium: no browser is downloaded.

import { existsSync } from "node:fs";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is: FOYER_CHROMIUM, or where Debian and others put it. */
export function chromiumPath(): string {
  const path = process.env.FOYER_CHROMIUM ?? candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new Error("Chromium is missing: run scripts/bootstrap test, or set FOYER_CHROMIUM to its path");
  }
  return path;
}

/** Nothing but the page under test goes over the network, and it runs as root in a container. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
