// A change that waits for the end of the period: told everywhere, and taken back.

import { planName, takeCustomer, type Subscription } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";

test("a scheduled change is shown and taken back", async ({ page, portal }) => {
  const waiting = (): string[] => rows<{ id: string }>("select subscription_id as id from subscription_pending_update").map(({ id }) => id);
  const before = waiting();
  const waits = (it: Subscription) => it.ended_at === null && before.includes(it.subscription_id);
  const customer = takeCustomer(({ subscriptions }) => subscriptions.some(waits));
  const subscription = customer.subscriptions.find(waits);
  if (subscription === undefined) throw new Error("unreachable: it has one");
  const id = subscription.subscription_id;
  await portal.signIn(customer.email, `subscriptions/${id}`);
  await expect(portal.main).toContainText(portal.t("subscription.scheduled_text"));
  await portal.link(portal.t("subscription.undo_update")).click();
  await expect(portal.title).toHaveText(portal.t("update.title"));
  await portal.button(portal.t("update.submit", { plan: planName(subscription) })).click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=update_undone`));
  await expect(portal.main).not.toContainText(portal.t("subscription.scheduled_text"));
  expect(waiting()).not.toContain(id);
});
