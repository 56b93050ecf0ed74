// A change that waits for the end of the period: told everywhere, and taken back.

import { planName, takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";

test("a scheduled change is shown and taken back", async ({ page, portal }) => {
  const waits = (id: string) => rows(`select from subscription_pending_update where subscription_id = '${id}'`).length === 1;
  const customer = takeCustomer(({ subscriptions }) => subscriptions.some((it) => it.is_changing && it.ended_at === null && waits(it.subscription_id)));
  const subscription = customer.subscriptions.find((it) => it.is_changing && waits(it.subscription_id));
  if (subscription === undefined) throw new Error("unreachable: it has one");
  const id = subscription.subscription_id;
  await portal.signIn(customer.email, `subscriptions/${id}`);
  await expect(portal.main).toContainText(portal.t("subscription.scheduled_text"));
  await portal.link(portal.t("subscription.undo_update")).click();
  await expect(portal.title).toHaveText(portal.t("update.title"));
  await portal.button(portal.t("update.submit", { plan: planName(subscription) })).click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=update_undone`));
  await expect(portal.main).not.toContainText(portal.t("subscription.scheduled_text"));
  expect(waits(id)).toBe(false);
});
