// No secret stays where it can be read later: not in a page, an address, a Referer or the log.

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { takeCustomer } from "../lib/customers.ts";
import { demo } from "../lib/demo.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { hasAll, pagesOf } from "../lib/pages.ts";
import { handOver, secretsOf } from "../lib/portal.ts";

/** What a browser asked for and was told. */
class Trace {
  readonly urls: string[] = [];
  readonly referers: string[] = [];
  readonly bodies: { url: string; text: string }[] = [];
  private readonly reading: Promise<void>[] = [];

  constructor(page: Page) {
    page.on("request", (request) => {
      this.urls.push(request.url());
      this.reading.push(request.allHeaders().then((headers) => void this.referers.push(headers.referer ?? ""), () => undefined));
    });
    page.on("response", (response) => {
      if (response.status() >= 300 && response.status() < 400) return;
      const type = response.headers()["content-type"] ?? "";
      if (!/html|json|css/.test(type)) return;
      this.reading.push(response.text().then((text) => void this.bodies.push({ url: response.url(), text }), () => undefined));
    });
  }

  async complete(): Promise<void> {
    await Promise.all(this.reading);
  }
}

test("codes, links, hand-overs and sessions leave no trace", async ({ page, portal, context }) => {
  const trace = new Trace(page);
  const customer = takeCustomer(hasAll);
  const secrets: Record<string, string> = {};
  const keepCookies = async (moment: string) => {
    for (const { name, value } of await context.cookies()) {
      if (/_(address|locale)$/.test(name)) continue;
      secrets[`${moment}: cookie ${name.replace(/[0-9a-f]{32}/, "ID")}`] = value;
    }
  };

  const mailbox = await Mailbox.open(customer.email);
  await page.goto(portal.path("sign-in"));
  await portal.askForCode(customer.email);
  await keepCookies("asked");
  const mailed = secretsOf(await mailbox.next());
  secrets.code = mailed.code;
  secrets["link token"] = new URL(mailed.link).searchParams.get("t") ?? "";
  await portal.enterCode(mailed.code);
  await expect(page).toHaveURL(portal.path());
  await keepCookies("by code");
  for (const { path } of pagesOf(customer)) await page.goto(portal.path(path));
  await portal.button(portal.t("nav.sign_out")).click();
  await expect(page).toHaveURL(new RegExp(portal.path("sign-in")));

  await page.goto(mailed.link);
  await expect(page).toHaveURL(portal.path("sign-in/link"));
  await keepCookies("link opened");
  await portal.button(portal.t("link.submit")).click();
  await expect(page).toHaveURL(portal.path());
  await keepCookies("by link");
  // An open page would notice at once, and go to sign-in.
  await page.goto("about:blank");
  await context.clearCookies();

  const handed = handOver(customer.email);
  secrets["hand-over code"] = new URL(handed).searchParams.get("code") ?? "";
  await page.goto(handed);
  await expect(page).toHaveURL(portal.path());
  await keepCookies("by hand-over");
  for (const { path } of pagesOf(customer)) {
    await page.goto(portal.path(path));
    secrets.nothing = "";
    const scripts = await page.evaluate(() => `${document.documentElement.outerHTML} ${document.cookie}`);
    trace.bodies.push({ url: `the live page of ${path}`, text: scripts });
  }
  await trace.complete();
  delete secrets.nothing;
  secrets["access token"] = demo().access_token;
  const key = (JSON.parse(process.env.FOYER_COMMAND ?? "{}") as { environment?: Record<string, string> }).environment?.FOYER_SECRET_KEY;
  secrets["secret key"] = key ?? "";

  const log = readFileSync(process.env.FOYER_LOG_FILE ?? "", "utf8");
  expect(log.length).toBeGreaterThan(1_000);
  expect(Object.keys(secrets).length).toBeGreaterThan(8);
  const found: string[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length, `${name} was really collected`).toBeGreaterThan(5);
    const spellings = new Set([secret, encodeURIComponent(secret), ...(name.includes("cookie") ? [secret.split(".")[0] ?? secret] : [])]);
    for (const spelling of spellings) {
      if (log.includes(spelling)) found.push(`${name} in the log`);
      if (trace.referers.some((referer) => referer.includes(spelling))) found.push(`${name} in a Referer`);
      for (const { url, text } of trace.bodies) if (text.includes(spelling)) found.push(`${name} in ${new URL(url, "http://x").pathname}`);
      // The two addresses that exist to carry one, each of which redirects at once.
      const carried = trace.urls.filter((url) => url.includes(spelling) && url !== mailed.link && url !== handed);
      if (carried.length > 0) found.push(`${name} in the address ${carried[0]}`);
    }
  }
  expect(found).toEqual([]);
});

test("the log of the whole run holds no token and no address of a customer", { tag: "@once" }, async ({ page, portal }) => {
  const customer = takeCustomer();
  await page.goto(`${portal.path()}?email=${encodeURIComponent(customer.email)}`);
  const log = readFileSync(process.env.FOYER_LOG_FILE ?? "", "utf8");
  expect(log).toMatch(/"route":"\/\{organization\}\/portal/);
  expect(log.match(/foyer_(cst|mst|oat|[a-z]+)_[A-Za-z0-9]{16,}/g) ?? []).toEqual([]);
  expect(log.match(/[?&](t|code|email)=[^"\s]+/g) ?? []).toEqual([]);
  expect(log).not.toContain(customer.email);
  expect(log.match(/"level":"ERROR"/g) ?? []).toEqual([]);
  expect(log).not.toMatch(/panicked at/);
});
