// A payment that failed, and the shortest way back: with the saved card, with another one, approved at the bank.

import type { Page } from "@playwright/test";
import { ALSO_GOOD, ASKS_ALWAYS, NO_MONEY } from "../lib/cards.ts";
import { behaves, chargesOf, renew, standing, takeCharged } from "../lib/charges.ts";
import { customers } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import type { Portal } from "../lib/portal.ts";
import { SandboxPage } from "../lib/sandbox.ts";

const DECLINED = ["subscription_cycle declined"];

/** The way to pay in the banner that stands on every page. */
const banner = (page: Page, order: string) => page.locator(`a[href$="/portal/orders/${order}/pay"]`).first();

/** Pays with what is chosen. */
async function pay(portal: Portal) {
  await portal.button(/^Pay /).click();
}

test("the banner stands on every page, with the amount, the reason and the way to pay", async ({ page, portal }) => {
  const charged = takeCharged();
  const order = await renew(charged, "decline_expired_card");
  await portal.signIn(charged.customer.email);
  for (const path of ["", "orders", "settings/billing", "settings/sessions", `subscriptions/${charged.subscription.subscription_id}`]) {
    await portal.open(path);
    await expect(banner(page, order.order_id), path).toBeVisible();
    await expect(page.locator("body"), path).toContainText(new RegExp(portal.t("decline.reason_expired_card"), "i"));
  }
  await banner(page, order.order_id).click();
  await expect(page).toHaveURL(portal.path(`orders/${order.order_id}/pay`));
  await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_expired_card"), "i"));
});

test("the saved card is declined in words, another one pays, and all is well again", async ({ page, portal, allowProblem }) => {
  allowProblem(/status of 402/);
  const charged = takeCharged();
  const order = await renew(charged, "decline_insufficient_funds");
  expect(standing(order.order_id)).toEqual({ order: "pending", subscription: "past_due", tries: DECLINED });
  await portal.signIn(charged.customer.email);
  await portal.open(`orders/${order.order_id}/pay`);
  await pay(portal);
  await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_insufficient_funds"), "i"));
  await expect(portal.main).toContainText(portal.t("decline.advice_insufficient_funds"));
  await expect.poll(() => standing(order.order_id).tries).toEqual([...DECLINED, "retry_customer declined"]);

  await portal.main.locator('a[href*="payment-methods/add"]').first().click();
  await expect(page).toHaveURL(new RegExp(`order=${order.order_id}`));
  await portal.main.locator('form button[type="submit"]').click();
  await new SandboxPage(page).enter(ALSO_GOOD);
  await expect(page).toHaveURL(/done=paid/);
  expect(standing(order.order_id)).toMatchObject({ order: "paid", subscription: "active" });
  expect(chargesOf(order.order_id)).toBe(1);
  await portal.open();
  await expect(banner(page, order.order_id)).toHaveCount(0);
});

test("a new card that is declined as well is saved, and the page says why nothing was paid", async ({ page, portal, allowProblem }) => {
  allowProblem(/status of 402/);
  const charged = takeCharged();
  const order = await renew(charged, "decline_generic");
  await portal.signIn(charged.customer.email);
  await portal.open(`settings/payment-methods/add?order=${order.order_id}`);
  await portal.main.locator('form button[type="submit"]').click();
  await new SandboxPage(page).enter(NO_MONEY);
  await expect(page).toHaveURL(/done=declined/);
  await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_insufficient_funds"), "i"));
  expect(standing(order.order_id)).toMatchObject({ order: "pending", subscription: "past_due" });
  expect(chargesOf(order.order_id)).toBe(0);
});

test.describe("the bank wants the payment approved", () => {
  test("approved: paid", async ({ page, portal }) => {
    const charged = takeCharged();
    const order = await renew(charged, "requires_action");
    // Nobody is there to approve a renewal: it is declined, and the customer asked.
    expect(standing(order.order_id)).toMatchObject({ order: "pending", subscription: "past_due", tries: DECLINED });
    await portal.signIn(charged.customer.email);
    await portal.open(`orders/${order.order_id}/pay`);
    await pay(portal);
    const sandbox = new SandboxPage(page);
    await sandbox.isAt("payments");
    await sandbox.answer(true);
    await expect(page).toHaveURL(/done=paid/);
    expect(standing(order.order_id)).toMatchObject({ order: "paid", subscription: "active" });
    expect(chargesOf(order.order_id)).toBe(1);
  });

  test("refused: nothing is paid, and the page says what to do", async ({ page, portal, allowProblem }) => {
    allowProblem(/status of 402/);
    const charged = takeCharged();
    const order = await renew(charged, "requires_action");
    await portal.signIn(charged.customer.email);
    await portal.open(`orders/${order.order_id}/pay`);
    await pay(portal);
    await new SandboxPage(page).answer(false);
    await expect(page).toHaveURL(/done=declined/);
    await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_authentication_required"), "i"));
    expect(standing(order.order_id)).toMatchObject({ order: "pending", subscription: "past_due" });
  });

  test("the browser closed there: the portal leads back to it, and it is charged once", async ({ page, portal }) => {
    const charged = takeCharged();
    const order = await renew(charged, "requires_action");
    await portal.signIn(charged.customer.email);
    await portal.open(`orders/${order.order_id}/pay`);
    await pay(portal);
    const sandbox = new SandboxPage(page);
    await sandbox.isAt("payments");
    await page.goto("about:blank");
    await portal.open(`orders/${order.order_id}/pay`);
    await portal.main.locator(`a[href^="${SandboxPage.origin()}/payments/"]`).filter({ visible: true }).first().click();
    await sandbox.answer(true);
    await expect(page).toHaveURL(/done=paid/);
    expect(standing(order.order_id)).toMatchObject({ order: "paid", tries: [...DECLINED, "retry_customer succeeded"] });
    expect(chargesOf(order.order_id)).toBe(1);
  });

  test("a new card is asked about twice: when it is entered, and when it pays", async ({ page, portal }) => {
    const charged = takeCharged();
    const order = await renew(charged, "decline_lost_card");
    await portal.signIn(charged.customer.email);
    await portal.open(`settings/payment-methods/add?order=${order.order_id}`);
    await portal.main.locator('form button[type="submit"]').click();
    const sandbox = new SandboxPage(page);
    await sandbox.enter(ASKS_ALWAYS);
    await sandbox.answer(true);
    await sandbox.isAt("payments");
    await sandbox.answer(true);
    await expect(page).toHaveURL(/done=paid/);
    expect(standing(order.order_id)).toMatchObject({ order: "paid", subscription: "active" });
    expect(chargesOf(order.order_id)).toBe(1);
  });
});

test("a better card pays at the next try, by itself", async ({ portal, page }) => {
  const charged = takeCharged();
  const order = await renew(charged, "decline_generic");
  await portal.signIn(charged.customer.email);
  await portal.open("settings/payment-methods/add");
  await portal.main.getByRole("checkbox").check();
  await portal.main.locator('form button[type="submit"]').click();
  await new SandboxPage(page).enter(ALSO_GOOD);
  await expect(page).toHaveURL(/done=added/);
  await expect.poll(() => standing(order.order_id).order, { timeout: 15_000 }).toBe("paid");
  expect(standing(order.order_id).tries).toEqual([...DECLINED, "retry_payment_method_update succeeded"]);
});

test("two presses, or two tabs, charge once", async ({ page, portal, allowProblem }) => {
  allowProblem(/status of 4(02|09)/);
  const charged = takeCharged();
  const order = await renew(charged, "decline_generic");
  behaves(charged.customer.customer_id, "approve");
  await portal.signIn(charged.customer.email);
  await portal.open(`orders/${order.order_id}/pay`);
  const form = portal.main.locator("form").filter({ has: page.locator('button[type="submit"]') }).first();
  const fields = await form.evaluate((element: HTMLFormElement) => Object.fromEntries([...new FormData(element)].map(([name, value]) => [name, String(value)])));
  const address = page.url();
  const answers = await Promise.all([1, 2, 3].map(() => page.request.post(address, { form: fields, maxRedirects: 0, headers: { origin: new URL(address).origin } })));
  for (const answer of answers) expect([303, 402, 409]).toContain(answer.status());
  await expect.poll(() => standing(order.order_id).order).toBe("paid");
  expect(chargesOf(order.order_id)).toBe(1);
});

test("another customer's order cannot be paid, and a paid one leads to itself", async ({ page, portal, allowProblem }) => {
  allowProblem(/status of 4\d\d/);
  const { customer } = takeCharged(({ orders }) => orders.length > 0);
  await portal.signIn(customer.email);
  const foreign = customers().find((other) => other.customer_id !== customer.customer_id && other.orders.some(({ status }) => status === "pending"));
  const order = foreign?.orders.find(({ status }) => status === "pending");
  expect((await page.goto(portal.path(`orders/${order?.order_id}/pay`)))?.status()).toBe(404);
  const paid = customer.orders.find(({ status }) => status === "paid");
  await page.goto(portal.path(`orders/${paid?.order_id}/pay`));
  await expect(portal.button(/^Pay /)).toHaveCount(0);
});
