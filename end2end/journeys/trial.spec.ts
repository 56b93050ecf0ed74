// A trial says what happens when it ends, on which day, and for how much.

import { takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";

test("a trial says its end and the charge after it, on its page and in the overview", async ({ portal }) => {
  const onTrial = (it: { status: string; amount_minor: number; ends_soon: boolean; is_changing: boolean }) =>
    it.status === "trialing" && it.amount_minor > 0 && !it.ends_soon && !it.is_changing;
  const customer = takeCustomer(({ subscriptions }) => subscriptions.some(onTrial));
  const subscription = customer.subscriptions.find(onTrial);
  await portal.signIn(customer.email);
  await expect(portal.main).toContainText(/is free until \d+ \w+ \d{4}, then \D*\d/);
  await portal.open(`subscriptions/${subscription?.subscription_id}`);
  await expect(portal.main).toContainText(portal.t("subscription.status_trialing"));
  await expect(portal.main).toContainText(/The trial ends on \d+ \w+ \d{4}; after that it is charged .+, tax included/);
});
