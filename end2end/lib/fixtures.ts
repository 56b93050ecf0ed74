// What every journey starts from: `import { test, expect } from "../lib/fixtures.ts"`.
//
// - `page` goes to the running Foyer, from a client address of the test's own.
// - A test fails on any error or warning in the browser's console, any uncaught error of a page, and any answer of 500
//   or above. One that provokes such a thing on purpose says so first: `expectProblem(/status of 404/)`.

import { test as base, expect, type BrowserContext } from "@playwright/test";
import { createHash, randomBytes } from "node:crypto";
import { baseUrl } from "./demo.ts";
import { Portal } from "./portal.ts";

interface Problems {
  found: string[];
  expected: RegExp[];
  allowed: RegExp[];
}

interface Fixtures {
  /** The portal in the test's browser. */
  portal: Portal;
  /** Opens the portal in one more browser: other cookies, another client address, watched like the first. */
  otherBrowser: () => Promise<Portal>;
  /** Says that a problem whose text matches will come; the test fails when it does not. */
  expectProblem: (pattern: RegExp) => void;
  /** Says that such a problem may come, where that depends on which of two things is faster. */
  allowProblem: (pattern: RegExp) => void;
  problems: Problems;
}

function watch(context: BrowserContext, problems: Problems) {
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      problems.found.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => problems.found.push(`uncaught: ${error.error().stack ?? error.error().message}`));
  context.on("response", (response) => {
    if (response.status() >= 500) problems.found.push(`answer: ${response.status()} of ${response.url()}`);
  });
}

export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => {
    await use(baseUrl());
  },

  extraHTTPHeaders: async ({}, use, testInfo) => {
    const bytes = createHash("sha256").update(`${testInfo.testId}/${testInfo.repeatEachIndex}`).digest();
    await use({ "x-forwarded-for": `10.${bytes[0]}.${bytes[1]}.${bytes[2]}` });
  },

  problems: [
    async ({ context, javaScriptEnabled }, use) => {
      // A page's head asks for its script's files early; a browser without script remarks that it did not use them.
      const allowed = javaScriptEnabled === false ? [/was preloaded using link preload but not used/] : [];
      const problems: Problems = { found: [], expected: [], allowed };
      watch(context, problems);
      await use(problems);
      const known = [...problems.expected, ...problems.allowed];
      const surprising = problems.found.filter((text) => !known.some((pattern) => pattern.test(text)));
      const missing = problems.expected.filter((pattern) => !problems.found.some((text) => pattern.test(text)));
      expect(surprising, "problems that the browser met").toEqual([]);
      expect(missing.map(String), "problems that were expected and did not come").toEqual([]);
    },
    { auto: true },
  ],

  portal: async ({ page, javaScriptEnabled, isMobile }, use) => {
    await use(new Portal(page, javaScriptEnabled !== false, "en", isMobile));
  },

  otherBrowser: async ({ browser, problems, javaScriptEnabled }, use) => {
    const opened: BrowserContext[] = [];
    await use(async () => {
      const [a, b, c] = randomBytes(3);
      const context = await browser.newContext({ extraHTTPHeaders: { "x-forwarded-for": `10.${a}.${b}.${c}` } });
      opened.push(context);
      watch(context, problems);
      return new Portal(await context.newPage(), javaScriptEnabled !== false);
    });
    for (const context of opened) await context.close();
  },

  expectProblem: async ({ problems }, use) => {
    await use((pattern) => problems.expected.push(pattern));
  },

  allowProblem: async ({ problems }, use) => {
    await use((pattern) => problems.allowed.push(pattern));
  },
});

export { expect };
