// Starts what the journeys visit, once for all of them, unless FOYER_BASE_URL names a Foyer that runs already (then
// FOYER_DEMO_FILE and FOYER_MAILS_URL must be set too, for the tests that read them).

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { announce, startFoyer } from "./foyer.ts";
import { startMailServer } from "./mail-server.ts";

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.FOYER_BASE_URL !== undefined) return undefined;
  const superuserUrl = process.env.TEST_DATABASE_URL;
  if (superuserUrl === undefined) {
    throw new Error("TEST_DATABASE_URL is not set: use make test-portal, or eval \"$(scripts/dev-database)\" first");
  }
  mkdirSync(join(import.meta.dirname, "../test-results"), { recursive: true });
  const mails = await startMailServer();
  // Six clients, each with customers of its own.
  const many = process.env.FOYER_SUITE === "contract" ? { customers: 3200 } : {};
  const foyer = await startFoyer(superuserUrl, mails.smtpUrl, many);
  announce(foyer);
  process.env.FOYER_MAILS_URL = mails.httpUrl;
  process.env.FOYER_MAILS_SMTP_URL = mails.smtpUrl;
  return async () => {
    await foyer.stop();
    await mails.stop();
  };
}
