// Subscribing again to what has ended, with its charge quoted.

import { takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";

test("an ended subscription is bought anew, and the new one is shown", async ({ page, portal }) => {
  const customer = takeCustomer(
    ({ subscriptions, orders }) =>
      subscriptions.length === 1 &&
      subscriptions.every(({ ended_at, amount_minor }) => ended_at !== null && amount_minor > 0) &&
      // Not for want of money: its card still pays.
      orders.every(({ status }) => status === "paid"),
  );
  const id = customer.subscriptions[0]?.subscription_id;
  await portal.signIn(customer.email, `subscriptions/${id}`);
  await portal.link(portal.t("subscription.resubscribe")).click();
  await expect(page).toHaveURL(portal.path(`subscriptions/${id}/resubscribe`));
  await expect(portal.main).toContainText(portal.t("quote.due_now_title"));
  await portal.main.locator('form button[type="submit"]').click();
  await expect(page).toHaveURL(/\/subscriptions\/[0-9a-f-]+\?done=begun/);
  expect(page.url()).not.toContain(String(id));
  await expect(portal.main).toContainText(portal.t("subscription.status_active"));
});
