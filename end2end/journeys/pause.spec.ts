// Pausing at the end of the period, with a day of return, and taking that back.

import { planName, renews, takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";

function subscriber() {
  const customer = takeCustomer(
    ({ subscriptions }) => subscriptions.length === 1 && subscriptions.every((it) => renews(it) && !it.is_changing),
  );
  const [subscription] = customer.subscriptions;
  if (subscription === undefined) throw new Error("unreachable: it has one");
  return { email: customer.email, subscription, plan: planName({ ...subscription, seats: null }) };
}

test("a pause is set with a day of return, shown, and taken back", async ({ page, portal }) => {
  const { email, subscription, plan } = subscriber();
  const id = subscription.subscription_id;
  await portal.signIn(email, `subscriptions/${id}`);
  await portal.link(portal.t("subscription.pause")).click();
  await expect(portal.title).toHaveText(portal.t("pause.title", { plan }));
  const back = new Date(Date.parse(subscription.current_period_end) + 40 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel(portal.t("pause.label")).fill(back);
  await portal.button(portal.pattern("pause.submit", { plan })).click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=pausing`));
  await expect(portal.main).toContainText(portal.t("subscription.status_pausing"));
  const stored = rows<{ pause_at_period_end: boolean; resumes_on: string }>(
    `select pause_at_period_end, resumes_at + interval '14 hours' as resumes_on from subscription where subscription_id = '${id}'`,
  );
  expect(stored[0]?.pause_at_period_end).toBe(true);
  expect(stored[0]?.resumes_on.slice(0, 10)).toBe(back);

  await portal.link(portal.t("subscription.keep_running")).click();
  await portal.button(portal.t("pause.keep_submit", { plan })).click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=keeps_running`));
  await expect(portal.main).toContainText(portal.t("subscription.status_active"));
});

test("a day within the running period is refused beside its field", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 422/);
  const { email, subscription, plan } = subscriber();
  await portal.signIn(email, `subscriptions/${subscription.subscription_id}/pause`);
  const field = page.getByLabel(portal.t("pause.label"));
  await field.fill(new Date().toISOString().slice(0, 10));
  await portal.button(portal.pattern("pause.submit", { plan })).click();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(portal.main).toContainText(portal.t("error.resumes_too_early"));
});
