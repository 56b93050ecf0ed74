// The same text before script runs, after it has taken over, and after going to the page without a reload; and nothing
// on the page moves meanwhile. With the debug wasm (`make test-hydration`) the console reports what does not match.

import type { Page } from "@playwright/test";
import { takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { hasAll, pagesOf } from "../lib/pages.ts";
import { Portal } from "../lib/portal.ts";

declare global {
  interface Window {
    shifts: { value: number; where: string[] }[];
    sameDocument: boolean;
  }
}

/** Notes each shift of the layout after the page has arrived. */
async function watchLayout(page: Page) {
  await page.addInitScript(() => {
    window.shifts = [];
    const arrived = () => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).domInteractive;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node }[] })[]) {
        const where = entry.sources.map(({ node }) => (node instanceof Element ? node.outerHTML.slice(0, 80) : String(node?.textContent)));
        // A table that is still arriving may be drawn in parts.
        if (!entry.hadRecentInput && arrived() > 0 && entry.startTime > arrived()) window.shifts.push({ value: entry.value, where });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** Two frames later everything that was going to be drawn is drawn. */
async function drawn(page: Page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** What the content says; minutes that pass between two looks are left out. */
async function words(portal: Portal): Promise<string> {
  await expect(portal.title).toBeVisible();
  return (await portal.main.innerText()).replace(/\b\d{2}:\d{2}\b/g, "HH:MM");
}

test("each page says the same before script, with it, and when gone to; nothing moves", { tag: ["@hydration", "@script"] }, async ({ page, portal, browser, context }) => {
  test.slow();
  const customer = takeCustomer(hasAll);
  await watchLayout(page);
  await portal.signIn(customer.email);
  const plainContext = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await context.storageState(),
    viewport: page.viewportSize(),
    isMobile: portal.isPhone,
    hasTouch: portal.isPhone,
    deviceScaleFactor: portal.isPhone ? 2 : 1,
  });
  const plain = new Portal(await plainContext.newPage(), false);
  for (const { name, path } of pagesOf(customer)) {
    await plain.page.goto(plain.path(path));
    const served = await words(plain);
    expect(served.length, name).toBeGreaterThan(20);

    await portal.open(path);
    await drawn(page);
    expect(await words(portal), `${name}: after hydration`).toBe(served);
    expect(await page.evaluate(() => window.shifts), `${name}: shifts`).toEqual([]);

    // From another page, by a link, without a reload.
    await portal.open(path === "settings/activity" ? "orders" : "settings/activity");
    await page.evaluate((href) => {
      window.sameDocument = true;
      const link = Object.assign(document.createElement("a"), { href, id: "going", textContent: "go" });
      document.querySelector("main")?.append(link);
    }, portal.path(path));
    await page.locator("#going").click();
    await expect(page).toHaveURL(portal.path(path));
    await page.locator("#going").evaluate((link) => link.remove());
    await expect.poll(() => words(portal), { message: `${name}: gone to` }).toBe(served);
    expect(await page.evaluate(() => window.sameDocument), `${name}: without a reload`).toBe(true);
    expect(await page.title(), `${name}: title`).toBe(await plain.page.title());
  }
  await plainContext.close();
});

test("steps forward and back through the portal leave nothing stale", { tag: ["@hydration", "@script"] }, async ({ page, portal }) => {
  const customer = takeCustomer(hasAll);
  await portal.signIn(customer.email);
  const rooms = ["nav.orders", "nav.activity", "nav.sessions", "nav.overview"].map((key) => portal.t(key));
  const titles: string[] = [];
  for (const room of rooms) {
    await portal.room(room).click();
    await expect(portal.room(room)).toHaveAttribute("aria-current", "page");
    await expect(portal.title).toHaveText(room);
    titles.push(room);
  }
  for (const title of titles.slice(0, -1).reverse()) {
    await page.goBack();
    await expect(portal.title).toHaveText(title);
    await expect(portal.room(title)).toHaveAttribute("aria-current", "page");
  }
  await page.goForward();
  await expect(portal.title).toHaveText(titles[1] ?? "");
});

test("canceling and keeping under script, from page to page", { tag: ["@hydration", "@script"] }, async ({ page, portal }) => {
  const customer = takeCustomer(hasAll);
  const path = pagesOf(customer).find(({ name }) => name === "subscription")?.path ?? "";
  await portal.signIn(customer.email, path);
  await page.evaluate(() => (window.sameDocument = true));
  await portal.link(portal.t("subscription.cancel")).click();
  await portal.button(portal.pattern("cancel.submit")).click();
  await expect(portal.main).toContainText(portal.t("subscription.status_canceling"));
  await portal.link(portal.t("subscription.keep")).click();
  await portal.button(portal.pattern("keep.submit")).click();
  await expect(portal.main).toContainText(portal.t("subscription.status_active"));
  expect(await page.evaluate(() => window.sameDocument)).toBe(true);
});
