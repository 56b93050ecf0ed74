// WCAG 2.2 AA by axe on every page, in both themes, on desktop and phone.

import type { Page } from "@playwright/test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectAccessible } from "../lib/axe.ts";
import { ALSO_GOOD, ASKS_ALWAYS, NO_MONEY } from "../lib/cards.ts";
import { renew, takeCharged } from "../lib/charges.ts";
import { begun, fillIn, newAddress, send } from "../lib/checkouts.ts";
import { startSecondFoyer } from "../lib/cli.ts";
import { renews, takeCustomer } from "../lib/customers.ts";
import { execute } from "../lib/database.ts";
import { baseUrl } from "../lib/demo.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { hasAll, pagesOf } from "../lib/pages.ts";
import { payLinkOf } from "../lib/pay-link.ts";
import { handOver, secretsOf, wrongCodes } from "../lib/portal.ts";
import { SandboxPage } from "../lib/sandbox.ts";

/** As if it were another browser. An open page would notice at once, and go to sign-in. */
async function forgetCookies(page: Page) {
  await page.goto("about:blank");
  await page.context().clearCookies();
}

test.describe("axe finds nothing", { tag: ["@script", "@themes"] }, () => {
  // Two dozen pages, a second or two for each.
  test.describe.configure({ timeout: 180_000 });

  test("on the pages of a signed-in customer", async ({ portal, page, expectProblem }) => {
    expectProblem(/status of 404/);
    const customer = takeCustomer(hasAll);
    await portal.signIn(customer.email);
    for (const { path } of pagesOf(customer)) {
      await portal.open(path);
      await expect(portal.title).toBeVisible();
      await expectAccessible(page);
    }
    await portal.open("orders/unknown");
    await expectAccessible(page);
  });

  test("on a subscription that is canceled, kept and ended, and on empty pages", async ({ portal, page, expectProblem }) => {
    expectProblem(/status of 4\d\d/);
    const customer = takeCustomer(({ subscriptions }) => subscriptions.some(({ ends_soon }) => ends_soon));
    const canceled = customer.subscriptions.find(({ ends_soon }) => ends_soon)?.subscription_id;
    await portal.signIn(customer.email);
    for (const path of ["", `subscriptions/${canceled}`, `subscriptions/${canceled}/keep`, `subscriptions/${canceled}/cancel`, "orders?page=9999", "orders?page=-1"]) {
      await portal.open(path);
      await expectAccessible(page);
    }
    const ended = takeCustomer(({ subscriptions }) => subscriptions.length === 1 && subscriptions.every(({ ended_at }) => ended_at !== null));
    await forgetCookies(page);
    await portal.signIn(ended.email);
    await expectAccessible(page);
    await portal.open(`subscriptions/${ended.subscriptions[0]?.subscription_id}/cancel`);
    await expectAccessible(page);
  });

  test("on the pages that document the API", async ({ page }) => {
    for (const path of ["/docs", "/docs/customer-portal-subscriptions", "/docs/objects"]) {
      await page.goto(baseUrl() + path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      // The parts of a page are made alike, and there are two hundred objects: axe would take a minute for them.
      await expectAccessible(page, { outside: ".api-docs-part:nth-of-type(n + 13)" });
    }
  });

  test("on the page of a checkout: open, refused, declined, bought, expired", async ({ portal, page, expectProblem }) => {
    expectProblem(/status of 4\d\d/);
    const checkout = await begun();
    const sandbox = new SandboxPage(page);
    await page.goto(checkout.url);
    await expectAccessible(page);
    await fillIn(portal, newAddress());
    await portal.main.locator("input[name=city]").fill("");
    await send(portal);
    await expect(portal.main.locator("[aria-invalid=true]")).not.toHaveCount(0);
    await expectAccessible(page);
    await portal.main.locator("input[name=city]").fill("Berlin");
    await send(portal);
    await sandbox.enter(NO_MONEY);
    await expect(page).toHaveURL(/done=declined/);
    await expectAccessible(page);
    await send(portal);
    await sandbox.enter(ALSO_GOOD);
    await expect(portal.main).toContainText(portal.t("checkout.bought_badge"));
    await expectAccessible(page);
    const late = await begun();
    execute(`update checkout set expires_at = now() - interval '1 hour' where checkout_id = '${late.id}'`);
    await page.goto(late.url);
    await expect(portal.title).toHaveText(portal.t("checkout.expired_title"));
    await expectAccessible(page);
  });

  test("on the way in, with and without mistakes", async ({ portal, page, expectProblem }) => {
    expectProblem(/status of 4\d\d/);
    const { email } = takeCustomer();
    const mailbox = await Mailbox.open(email);
    await page.goto(portal.path("sign-in"));
    await expectAccessible(page);
    await page.getByLabel(portal.t("sign_in.email_label")).fill("nothing");
    await portal.button(portal.t("sign_in.submit")).click();
    await expect(portal.main).toContainText(portal.t("error.email_invalid"));
    await expectAccessible(page);
    await portal.askForCode(email);
    await expectAccessible(page);
    const { code, link } = secretsOf(await mailbox.next());
    await portal.enterCode(wrongCodes(code, 1)[0] ?? "");
    await expect(page.getByLabel(portal.t("code.label"))).toHaveAttribute("aria-invalid", "true");
    await expectAccessible(page);
    await page.goto(link);
    await expectAccessible(page);
    await portal.button(portal.t("link.submit")).click();
    await expect(page).toHaveURL(portal.path());
    await forgetCookies(page);
    await page.goto(link);
    await expect(portal.title).toHaveText(portal.t("link.expired_title"));
    await expectAccessible(page);
    await page.goto("/nobody/portal");
    await expectAccessible(page);
  });

  test("on a form that was refused, and on a page that is not allowed", async ({ portal, page, expectProblem }) => {
    expectProblem(/status of 4\d\d/);
    const customer = takeCustomer(({ subscriptions, members }) => subscriptions.some((it) => renews(it) && !it.is_changing) && members.some(({ role }) => role === "member"));
    await portal.signIn(customer.email);
    await portal.open(pagesOf(customer).find(({ name }) => name === "cancel")?.path);
    const field = page.getByLabel(portal.t("cancel.comment_label"));
    await field.evaluate((element) => element.removeAttribute("maxlength"));
    await field.fill("x".repeat(2001));
    await portal.button(portal.pattern("cancel.submit")).click();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expectAccessible(page);
    await forgetCookies(page);
    await portal.signInByCode(customer.members.find(({ role }) => role === "member")?.email ?? "");
    await expectAccessible(page);
    await portal.open("orders");
    await expectAccessible(page);
  });

  test("on the pages of paying, and the sandbox's", async ({ portal, page, allowProblem }) => {
    allowProblem(/status of 4\d\d/);
    test.slow();
    const charged = takeCharged();
    const { customer } = charged;
    const mailbox = await Mailbox.open(customer.email);
    const order = await renew(charged, "decline_generic");
    const link = payLinkOf(await mailbox.next());
    const sandbox = new SandboxPage(page);
    await page.goto(link);
    await expectAccessible(page);
    await portal.main.locator('form button[type="submit"]').first().click();
    await sandbox.isAt("setups");
    await expectAccessible(page);
    await sandbox.enter(NO_MONEY, { expiry: "1/20" });
    await expect(page.locator("[aria-invalid=true]")).toHaveCount(1);
    await expectAccessible(page);
    await sandbox.enter(ASKS_ALWAYS);
    await expect(page).toHaveURL(/challenge$/);
    await expectAccessible(page);
    await sandbox.answer(false);
    await expect(page).toHaveURL(/done=failed/);
    await expectAccessible(page);
    await page.goto(portal.path("pay/made-up"));
    await expectAccessible(page);

    const only = customer.methods[0]?.payment_method_id;
    await portal.signIn(customer.email);
    await expectAccessible(page);
    for (const path of [`orders/${order.order_id}`, `orders/${order.order_id}/pay`, `settings/payment-methods/${only}/remove`]) {
      await portal.open(path);
      await expect(portal.title).toBeVisible();
      await expectAccessible(page);
    }
    await portal.open(`orders/${order.order_id}/pay`);
    await portal.button(/^Pay /).click();
    await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_generic_decline"), "i"));
    await expectAccessible(page);
  });

  test("on the page of components", async ({ page }) => {
    const folder = mkdtempSync(join(tmpdir(), "foyer-mailbox-"));
    const second = await startSecondFoyer({ FOYER_SMTP_URL: "", FOYER_DEV_MAILBOX: folder });
    try {
      expect((await page.goto(`${second.baseUrl}/components`))?.status()).toBe(200);
      // It shows some landmarks several times: that is what it is for.
      await expectAccessible(page, { except: ["landmark-unique"] });
    } finally {
      second.stop();
    }
  });
});

test("the page of components is not there in production", { tag: "@once" }, async ({ page }) => {
  expect((await page.request.get("/components")).status()).toBe(404);
  expect((await page.request.get("/dev/mailbox")).status()).toBe(404);
});

test.describe("by keyboard", { tag: "@script" }, () => {
  test("the first key leads past the navigation, and focus is always to be seen", async ({ portal, page }) => {
    test.skip(portal.isPhone, "a phone has no tab key");
    const customer = takeCustomer(hasAll);
    await portal.signIn(customer.email);
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: portal.t("common.skip_to_content") });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press("Enter");
    await expect(page.locator("#content")).toBeFocused();
    const seen = new Set<string>();
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return undefined;
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        return {
          name: `${[...document.querySelectorAll("*")].indexOf(element)} ${element.tagName} ${element.textContent?.trim()}`,
          outlined: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
          inView: box.bottom > 0 && box.top < innerHeight && box.width > 0,
        };
      });
      if (at === undefined || seen.has(at.name)) break;
      seen.add(at.name);
      expect(at, "a focused element").toMatchObject({ outlined: true, inView: true });
    }
    expect(seen.size).toBeGreaterThan(5);
  });

  test("a mistake takes the focus to its field", async ({ portal, page, expectProblem }) => {
    expectProblem(/status of 422/);
    const customer = takeCustomer(hasAll);
    await portal.signIn(customer.email);
    await portal.open(pagesOf(customer).find(({ name }) => name === "cancel")?.path);
    const field = page.getByLabel(portal.t("cancel.comment_label"));
    await field.evaluate((element) => element.removeAttribute("maxlength"));
    await field.fill("x".repeat(2001));
    await portal.button(portal.pattern("cancel.submit")).focus();
    await page.keyboard.press("Enter");
    await expect(field).toBeFocused();
    await expect(field).toHaveAccessibleDescription(new RegExp(portal.t("error.comment_too_long")));
  });

  test("after going to another page reading begins at its content, and its title is new", async ({ portal, page }) => {
    const customer = takeCustomer(hasAll);
    await portal.signIn(customer.email);
    const before = await page.title();
    await portal.room(portal.t("nav.orders")).press("Enter");
    await expect(portal.title).toHaveText(portal.t("orders.title"));
    await expect(page.locator("#content")).toBeFocused();
    expect(await page.title()).not.toBe(before);
  });

  test("what can be pressed is large enough", async ({ portal, page }) => {
    const customer = takeCustomer(hasAll);
    await portal.signIn(customer.email);
    for (const { path } of pagesOf(customer)) {
      await portal.open(path);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("button, .button, input:not([type=hidden]), .nav-link, .filter-link")]
          .map((element) => ({ what: element.outerHTML.slice(0, 80), box: (element.closest("label") ?? element).getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
          .map(({ what }) => what),
      );
      expect(small, path).toEqual([]);
    }
  });

  test("nothing moves sideways, not even when text is twice as large", async ({ portal, page }) => {
    const customer = takeCustomer(hasAll);
    await page.goto(handOver(customer.email));
    for (const { path } of pagesOf(customer)) {
      await page.goto(portal.path(path));
      const viewport = page.viewportSize();
      if (viewport === null) throw new Error("the project sets a size");
      const width = portal.isPhone ? 320 : viewport.width / 2;
      await page.setViewportSize({ width, height: viewport.height });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await page.setViewportSize(viewport);
      expect(over, path).toBeLessThanOrEqual(0);
    }
  });
});
