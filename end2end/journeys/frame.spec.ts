// The page with Stripe's fields: nothing of a card is ours, and no script comes from elsewhere.

import type { Page } from "@playwright/test";
import { expectAccessible } from "../lib/axe.ts";
import { takeCharged } from "../lib/charges.ts";
import { expect, test } from "../lib/stripe.ts";

const ADD = "settings/payment-methods/add";

/** A policy by its directives. */
function directives(policy: string): Map<string, string[]> {
  return new Map(
    policy.split(";").map((part): [string, string[]] => {
      const [name = "", ...sources] = part.trim().split(/\s+/);
      return [name, sources.sort()];
    }),
  );
}

/** What could hold a card's data, outside of the processor's own place. */
function ownCardFields(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>("input, select, textarea")]
      .filter((field) => field.closest("#card-frame") === null && field.type !== "hidden" && field.type !== "checkbox" && field.type !== "radio")
      .map((field) => field.outerHTML),
  );
}

test.describe("the page with the processor's fields", { tag: "@stripe" }, () => {
  test("has no card field of ours, and scripts and policy are exactly the allowed ones", async ({ page, portal, stripe }) => {
    const scripts: string[] = [];
    const elsewhere = new Set<string>();
    const own = new URL(process.env.FOYER_BASE_URL ?? "").origin;
    page.on("request", (request) => {
      const { origin } = new URL(request.url());
      if (request.resourceType() === "script") scripts.push(request.url());
      if (origin !== own) elsewhere.add(origin);
    });
    const { customer } = takeCharged();
    await portal.signIn(customer.email);
    const answered = page.waitForResponse((response) => new URL(response.url()).pathname === portal.path(ADD) && response.request().isNavigationRequest());
    await portal.open(ADD);
    const answer = await answered;
    await expect(page.locator("#card-frame input").first()).toBeVisible();

    expect(await ownCardFields(page)).toEqual([]);
    expect(await page.locator("[autocomplete^=cc-]").count()).toBe(0);
    expect(await page.locator("script").evaluateAll((all) => all.filter((one) => one.textContent?.trim() !== "" && one.nonce === "" && one.getAttribute("type") !== "application/json").length)).toBe(0);

    const foreign = scripts.filter((url) => new URL(url).origin !== own);
    expect(foreign).toEqual([`${stripe.url}/js.stripe.com/v3/`]);
    expect([...elsewhere]).toEqual([stripe.url]);

    const header = answer.headers()["content-security-policy"] ?? "";
    expect(header).not.toContain("unsafe-inline");
    const policy = directives(header);
    const nonce = /'nonce-[^']+'/.exec(header)?.[0] ?? "no nonce";
    expect(policy.get("default-src")).toBeDefined();
    const origins = (name: string) => (policy.get(name) ?? []).filter((source) => /^https?:/.test(source));
    expect(policy.get("script-src")).toContain(nonce);
    expect(origins("script-src")).toEqual([stripe.url]);
    for (const name of ["frame-src", "connect-src"]) {
      expect(origins(name).length, name).toBeGreaterThan(0);
      for (const origin of origins(name)) expect([stripe.url, "https://js.stripe.com", "https://hooks.stripe.com", "https://api.stripe.com"], name).toContain(origin);
    }
    expect(header).not.toMatch(/(^|[\s;])\*([\s;]|$)/);
    expect(policy.get("object-src") ?? policy.get("default-src")).toEqual(["'none'"]);
    // Pages without the fields let nothing of that in.
    const plain = await page.request.get(portal.path("orders"));
    expect(plain.headers()["content-security-policy"]).not.toContain(stripe.url);
  });

  test("is accessible, but for what the processor draws itself", async ({ page, portal }) => {
    const { customer } = takeCharged();
    await portal.signIn(customer.email);
    await portal.open(ADD);
    await expect(page.locator("#card-frame input").first()).toBeVisible();
    await expectAccessible(page, { outside: "#card-frame" });
  });

  test("leads to the processor's own page where its script does not come", async ({ page, portal, allowProblem, stripe }) => {
    allowProblem(/ERR_FAILED|card's frame is not there/);
    await page.route(`${stripe.url}/js.stripe.com/**`, (route) => route.abort());
    const { customer } = takeCharged();
    await portal.signIn(customer.email);
    await portal.open(ADD);
    await expect(portal.main.locator('form button[type="submit"]')).toBeEnabled();
    await expect(page.locator("#card-frame input")).toHaveCount(0);
    expect(await ownCardFields(page)).toEqual([]);
  });
});
