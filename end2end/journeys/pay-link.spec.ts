// The link of the mail about a failed payment: it pays one order without signing in, and does nothing else.

import { readFileSync } from "node:fs";
import { ALSO_GOOD, ASKS_ALWAYS, NO_MONEY } from "../lib/cards.ts";
import { behaves, chargesOf, methodsOf, renew, standing, takeCharged, type Behavior } from "../lib/charges.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { payLinkOf } from "../lib/pay-link.ts";
import type { Portal } from "../lib/portal.ts";
import { SandboxPage } from "../lib/sandbox.ts";

/** A renewal that failed, and the link of the mail that says so. */
async function failed(behavior: Behavior = "decline_generic") {
  const charged = takeCharged();
  const mailbox = await Mailbox.open(charged.customer.email);
  const order = await renew(charged, behavior);
  const mail = await mailbox.next();
  return { ...charged, order, mail, link: payLinkOf(mail) };
}

const send = (portal: Portal) => portal.main.locator('form button[type="submit"]').first().click();

test("signed out, from the mail to the paid order", async ({ page, portal, context }) => {
  const { customer, order, link } = await failed();
  await page.goto(link);
  await expect(portal.main).toContainText(portal.organization);
  // Nothing about who it is, and no script at all.
  const html = await page.content();
  for (const secret of [customer.email, customer.name, "ending in"]) if (secret !== null) expect(html).not.toContain(secret);
  expect(html).not.toMatch(/<script/i);
  await send(portal);
  await new SandboxPage(page).enter(ALSO_GOOD);
  await expect(page).toHaveURL(new RegExp(`${new URL(link).pathname}\\?.*done=paid`));
  expect(standing(order.order_id)).toMatchObject({ order: "paid", subscription: "active" });
  expect(chargesOf(order.order_id)).toBe(1);
  // The card was for this order alone.
  expect(methodsOf(customer.customer_id)).toHaveLength(1);
  // It opens again, and says that it is paid.
  expect((await page.goto(link))?.status()).toBe(200);
  await expect(portal.main.locator("form")).toHaveCount(0);
  // Nothing else became reachable.
  expect(await context.cookies()).toEqual([]);
  await page.goto(portal.path("orders"));
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a card that is to be kept pays the next time too", async ({ page, portal }) => {
  const { customer, order, link } = await failed();
  await page.goto(link);
  await portal.main.getByRole("checkbox").check();
  await send(portal);
  await new SandboxPage(page).enter(ALSO_GOOD);
  await expect(page).toHaveURL(/done=paid/);
  expect(standing(order.order_id).order).toBe("paid");
  expect(methodsOf(customer.customer_id)).toHaveLength(2);
});

test("declined: the page says why, and takes another card", async ({ page, portal }) => {
  const { order, link } = await failed();
  await page.goto(link);
  await send(portal);
  const sandbox = new SandboxPage(page);
  await sandbox.enter(NO_MONEY);
  await expect(page).toHaveURL(/done=declined/);
  await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_insufficient_funds"), "i"));
  await send(portal);
  await sandbox.enter(ALSO_GOOD);
  await expect(page).toHaveURL(/done=paid/);
  expect(standing(order.order_id).order).toBe("paid");
  expect(chargesOf(order.order_id)).toBe(1);
});

test("the bank asks: approved there, paid here", async ({ page, portal }) => {
  const { order, link } = await failed("requires_action");
  await page.goto(link);
  await send(portal);
  const sandbox = new SandboxPage(page);
  await sandbox.enter(ASKS_ALWAYS);
  await sandbox.answer(true);
  await sandbox.isAt("payments");
  await sandbox.answer(true);
  await expect(page).toHaveURL(/done=paid/);
  expect(standing(order.order_id).order).toBe("paid");
});

test("changed, cut or made-up links are not found", async ({ page, expectProblem, allowProblem, portal }) => {
  expectProblem(/status of 404/);
  // One that is no text, or too long, is turned away before it is looked up.
  allowProblem(/status of 4\d\d/);
  const [one, other] = [await failed(), await failed()];
  const token = (link: string) => link.slice(link.lastIndexOf("/") + 1);
  const [a, b] = [token(one.link), token(other.link)];
  expect(a).not.toBe(b);
  const mixed = a.slice(0, 22) + b.slice(22);
  for (const bad of [mixed, a.slice(0, -1), `${a}A`, a.slice(0, -2) + "AA", "x", "%00", "a".repeat(3000)]) {
    const answer = await page.goto(portal.path(`pay/${bad}`));
    expect(answer?.status() ?? 0, bad.slice(0, 60)).toBeGreaterThanOrEqual(400);
    expect(answer?.status() ?? 0).toBeLessThan(500);
    await expect(page.locator("form button[type=submit]")).toHaveCount(0);
  }
});

test("an order that is settled otherwise leaves the link with nothing to pay", async ({ page, portal }) => {
  const { customer, order, link } = await failed();
  behaves(customer.customer_id, "approve");
  await portal.signIn(customer.email);
  await portal.open(`orders/${order.order_id}/pay`);
  await portal.button(/^Pay /).click();
  await expect.poll(() => standing(order.order_id).order).toBe("paid");
  await page.goto("about:blank");
  await page.context().clearCookies();
  await page.goto(link);
  await expect(portal.main.locator("form")).toHaveCount(0);
  expect(chargesOf(order.order_id)).toBe(1);
});

test("the link leaks nowhere: not to other sites, not stored, not in the log", async ({ page }) => {
  const { link } = await failed();
  const answer = await page.goto(link);
  // Other sites are told nothing; our own form is to be known as ours.
  expect(answer?.headers()["referrer-policy"]).toBe("same-origin");
  expect(answer?.headers()["cache-control"]).toContain("no-store");
  expect(answer?.headers()["content-security-policy"]).not.toContain("unsafe-inline");
  const log = readFileSync(process.env.FOYER_LOG_FILE ?? "", "utf8");
  expect(log.length).toBeGreaterThan(1_000);
  expect(log).not.toContain(link.slice(link.lastIndexOf("/") + 1));
});
