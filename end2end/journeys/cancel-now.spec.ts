// Ending at once: the refund stands on the button, and goes back.

import { planName, renews, takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";

test("the refund is said before, and the subscription ends at once", async ({ page, portal }) => {
  const customer = takeCustomer(
    ({ subscriptions, orders }) =>
      subscriptions.length === 1 && subscriptions.every((it) => renews(it) && !it.is_changing) && orders.every(({ status }) => status === "paid"),
  );
  const [subscription] = customer.subscriptions;
  if (subscription === undefined) throw new Error("unreachable: it has one");
  const { subscription_id: id, product_name: plan } = subscription;
  await portal.signIn(customer.email, `subscriptions/${id}/cancel`);
  await portal.link(portal.t("cancel.now_link")).click();
  await expect(page).toHaveURL(portal.path(`subscriptions/${id}/cancel/now`));
  await expect(portal.title).toHaveText(portal.t("cancel.now_title", { plan }));
  const [quote] = rows<{ refund_minor: number | null }>(
    `select (result -> 'result' -> 'refund' -> 'amount' ->> 'minor')::bigint as refund_minor
     from quote where subscription_id = '${id}' order by created_at desc, quote_id desc limit 1`,
  );
  await portal.main.locator('form button[type="submit"]').click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=ended`));
  await expect(portal.main).toContainText(portal.t("subscription.status_ended"));
  const [refunded] = rows<{ amount: number }>(
    `select coalesce(sum(refund.amount_minor), 0) as amount from refund join orders using (organization_id, order_id)
     where orders.subscription_id = '${id}'`,
  );
  expect(Number(refunded?.amount)).toBe(Number(quote?.refund_minor ?? 0));
  expect(planName(subscription)).toContain(plan);
});
