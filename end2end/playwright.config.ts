// Journeys through a running Foyer. `make test-portal` starts all they need; see lib/ for what a test may use.
//
// | project | script | screen | theme | tests |
// |---|---|---|---|---|
// | desktop, phone | on | 1280 × 800, 390 × 844 | light | all; those tagged @once on the desktop only |
// | desktop-no-script, phone-no-script | off | the same | light | all but those tagged @script or @once |
// | desktop-dark, phone-dark | on | the same | dark | those tagged @themes |
// | stripe | on | 1280 × 800 | light | those tagged @stripe, with localstripe and a Foyer of their own |
// | hydration | on | desktop | light | those tagged @hydration, with the debug wasm (`make test-hydration`) |
//
// With FOYER_SUITE=contract the published clients of the HTTP API are run instead (contract/), without a browser.

import { defineConfig, type Project } from "@playwright/test";
import { chromiumPath, chromiumFlags } from "./lib/chromium.ts";

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const portal: Project[] = [
  { name: "desktop", use: desktop, grepInvert: /@stripe/ },
  { name: "phone", use: phone, grepInvert: /@once|@stripe/ },
  { name: "desktop-no-script", use: { ...desktop, javaScriptEnabled: false }, grepInvert: /@script|@once|@stripe/ },
  { name: "phone-no-script", use: { ...phone, javaScriptEnabled: false }, grepInvert: /@script|@once|@stripe/ },
  { name: "desktop-dark", use: { ...desktop, colorScheme: "dark" }, grep: /@themes/ },
  { name: "phone-dark", use: { ...phone, colorScheme: "dark" }, grep: /@themes/ },
  { name: "stripe", use: desktop, grep: /@stripe/, fullyParallel: false },
];
const hydration: Project[] = [{ name: "hydration", use: desktop, grep: /@hydration/ }];

const isContract = process.env.FOYER_SUITE === "contract";

export default defineConfig({
  testDir: isContract ? "contract" : "journeys",
  globalSetup: "./lib/setup.ts",
  outputDir: "test-results",
  projects: isContract ? [{ name: "contract" }] : process.env.FOYER_BUILD === "debug" ? hydration : portal,
  workers: 2,
  fullyParallel: true,
  // A machine that is busy with something else fails a journey now and then. One that passes only the second time is
  // named at the end (lib/table.ts); at the desk it fails, so that its cause is found.
  retries: process.env.CI === "true" ? 1 : 0,
  forbidOnly: process.env.CI === "true",
  timeout: 60_000,
  expect: { timeout: 5_000 },
  reporter: [["list"], [isContract ? "./contract/table.ts" : "./lib/table.ts"], ["html", { outputFolder: "report", open: "never" }]],
  use: {
    browserName: "chromium",
    launchOptions: { executablePath: chromiumPath(), args: chromiumFlags },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    // What moves cannot be read by a check at a chosen moment; motion has tests of its own.
    contextOptions: { reducedMotion: "reduce" },
    screenshot: "only-on-failure",
    // Recording takes a fifth of the time; a failure leaves its screenshot anyway. FOYER_TRACE=1 to step through one.
    trace: process.env.FOYER_TRACE === "1" ? "retain-on-failure" : "off",
  },
});
