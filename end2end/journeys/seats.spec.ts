// Changing the number of seats: what is sold, what is assigned, what it costs.

import { renews, takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";

function team() {
  const customer = takeCustomer(({ subscriptions }) => subscriptions.some((it) => renews(it) && it.seats !== null && !it.is_changing));
  const subscription = customer.subscriptions.find((it) => renews(it) && it.seats !== null && !it.is_changing);
  if (subscription?.seats == null) throw new Error("unreachable: it has seats");
  return { email: customer.email, id: subscription.subscription_id, seats: subscription.seats };
}

test("two more seats are quoted to the cent and charged so", async ({ page, portal }) => {
  const { email, id, seats } = team();
  await portal.signIn(email, `subscriptions/${id}`);
  await portal.link(portal.t("subscription.change_seats")).click();
  await expect(portal.title).toHaveText(portal.t("seats.title"));
  await expect(portal.main).toContainText(portal.t("seats.assigned"));
  await page.getByLabel(portal.t("seats.label")).fill(String(seats + 2));
  await portal.button(portal.t("seats.submit_quote")).click();
  await expect(page).toHaveURL(new RegExp(`/seats\\?seats=${seats + 2}`));
  await expect(portal.title).toHaveText(portal.t("seats.quote_title", { count: seats + 2 }));
  const [quote] = rows<{ due_now_minor: number }>(
    `select due_now_minor from quote where subscription_id = '${id}' order by created_at desc, quote_id desc limit 1`,
  );
  await portal.main.locator('form button[type="submit"]').click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=`));
  await expect(portal.main).toContainText(String(seats + 2));
  const [change] = rows<{ state: string; total: number | null }>(
    `select state, (select total_minor from orders where orders.order_id = c.order_id) as total
     from subscription_change c where subscription_id = '${id}' order by created_at desc limit 1`,
  );
  expect(change?.state).toBe("applied");
  expect(change?.total ?? 0).toBe(quote?.due_now_minor);
});

test("what is no number of seats is refused beside the field and kept", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 422/);
  const { email, id, seats } = team();
  await portal.signIn(email, `subscriptions/${id}/seats`);
  const field = page.getByLabel(portal.t("seats.label"));
  await field.fill("100001");
  await portal.button(portal.t("seats.submit_quote")).click();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(portal.main).toContainText(portal.t("error.seats_invalid"));
  await expect(field).toHaveValue("100001");
  await field.fill(String(seats));
  await portal.button(portal.t("seats.submit_quote")).click();
  await expect(portal.main).toContainText(portal.t("error.nothing_changes"));
});
