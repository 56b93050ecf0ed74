// Resuming a paused subscription, with its charge quoted.

import { takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";

test("a paused subscription goes on for what the button says", async ({ page, portal }) => {
  const customer = takeCustomer(({ subscriptions }) => subscriptions.some(({ status }) => status === "paused"));
  const id = customer.subscriptions.find(({ status }) => status === "paused")?.subscription_id;
  await portal.signIn(customer.email, `subscriptions/${id}`);
  await expect(portal.main).toContainText(portal.t("subscription.status_paused"));
  await portal.link(portal.t("subscription.resume")).click();
  await expect(page).toHaveURL(portal.path(`subscriptions/${id}/resume`));
  await expect(portal.main).toContainText(portal.t("quote.due_now_title"));
  const [quote] = rows<{ due_now_minor: number }>(
    `select due_now_minor from quote where subscription_id = '${id}' order by created_at desc, quote_id desc limit 1`,
  );
  await portal.main.locator('form button[type="submit"]').click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=`));
  await expect(portal.main).toContainText(portal.t("subscription.status_active"));
  const [order] = rows<{ total_minor: number }>(
    `select total_minor from orders join subscription_change using (organization_id, order_id)
     where subscription_change.subscription_id = '${id}' and kind = 'resume' and state = 'applied'`,
  );
  expect(order?.total_minor).toBe(quote?.due_now_minor);
});
