// What `foyer demo` has written about the organization that the tests visit.

import { readFileSync } from "node:fs";

export interface Demo {
  base_url: string;
  organization: { id: string; slug: string; name: string };
  access_token: string;
  mailbox_url: string | null;
  customers: { id: string; external_id: string; email: string; name: string }[];
}

/** The demo organization of the running Foyer. */
export function demo(): Demo {
  const file = process.env.FOYER_DEMO_FILE;
  if (file === undefined) {
    throw new Error("FOYER_DEMO_FILE is not set: it names the demo.json that `foyer demo` wrote");
  }
  return JSON.parse(readFileSync(file, "utf8")) as Demo;
}

/** Where Foyer is. */
export function baseUrl(): string {
  const url = process.env.FOYER_BASE_URL;
  if (url === undefined) {
    throw new Error("FOYER_BASE_URL is not set: lib/setup.ts sets it when it starts Foyer");
  }
  return url;
}
