// Buying by a checkout: from the address that the company hands out to the portal of a new customer.

import { ALSO_GOOD, NO_MONEY } from "../lib/cards.ts";
import { api, begun, fillIn, newAddress, send, type Checkout } from "../lib/checkouts.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import type { Portal } from "../lib/portal.ts";
import { SandboxPage } from "../lib/sandbox.ts";

/** From the address to the button that says the amount. */
async function shown(portal: Portal, checkout: Checkout, email: string): Promise<void> {
  await portal.page.goto(checkout.url);
  await expect(portal.page).toHaveURL(new RegExp(`/portal/checkout/${checkout.client_secret}$`));
  await fillIn(portal, email);
  await send(portal);
  await expect(portal.page).toHaveURL(/done=changed/);
  await expect(portal.main.locator('form button[type="submit"]')).toContainText(/\d/);
}

test("from the address to the signed-in portal", async ({ page, portal }) => {
  const checkout = await begun();
  const email = newAddress();
  const mailbox = await Mailbox.open(email);
  await shown(portal, checkout, email);
  expect(await page.content()).not.toMatch(/<script/i);
  await send(portal);
  await new SandboxPage(page).enter(ALSO_GOOD);
  // Bought, and signed in: both stand on the same page.
  await expect(portal.main).toContainText(portal.t("checkout.bought_badge"));
  expect(await api("GET", `/checkouts/${checkout.id}`)).toMatchObject({ status: "succeeded", customer_email: email });
  await mailbox.next();
  await portal.whileLoading(() => portal.main.getByRole("link", { name: portal.t("checkout.bought_account") }).click());
  await expect(page).toHaveURL(portal.path());
  // Back on the page nothing can be bought twice.
  await page.goto(checkout.url);
  await expect(portal.main.locator("form")).toHaveCount(0);
});

test("declined: the page says why, and takes another card", async ({ page, portal }) => {
  const checkout = await begun();
  await shown(portal, checkout, newAddress());
  await send(portal);
  const sandbox = new SandboxPage(page);
  await sandbox.enter(NO_MONEY);
  await expect(page).toHaveURL(/done=declined/);
  await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_insufficient_funds"), "i"));
  await send(portal);
  await sandbox.enter(ALSO_GOOD);
  await expect(portal.main).toContainText(portal.t("checkout.bought_badge"));
  expect(await api("GET", `/checkouts/${checkout.id}`)).toMatchObject({ status: "succeeded" });
});

test("back from the card: the same purchase goes on", async ({ page, portal }) => {
  const checkout = await begun();
  await shown(portal, checkout, newAddress());
  await send(portal);
  const sandbox = new SandboxPage(page);
  await sandbox.isAt("setups");
  await sandbox.leave();
  await expect(page).toHaveURL(/\/portal\/checkout\//);
  expect(await api("GET", `/checkouts/${checkout.id}`)).toMatchObject({ status: "confirmed" });
  await send(portal);
  await sandbox.enter(ALSO_GOOD);
  await expect(portal.main).toContainText(portal.t("checkout.bought_badge"));
});

test("an address that is no checkout's", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 404/);
  expect((await page.goto(portal.path("checkout/foyer_c_nobody")))?.status()).toBe(404);
  await expect(portal.title).toHaveText(portal.t("checkout.unknown_title"));
});
