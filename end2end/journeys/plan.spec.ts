// Changing the plan: what is offered, what it costs, and that exactly that is charged.

import { planName, renews, takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";
import { handOver } from "../lib/portal.ts";

/** A customer with one plain plan that runs. */
function onPlan() {
  const customer = takeCustomer(
    ({ subscriptions }) => subscriptions.length === 1 && subscriptions.every((it) => renews(it) && it.seats === null && !it.is_changing),
  );
  const [subscription] = customer.subscriptions;
  if (subscription === undefined) throw new Error("unreachable: it has one");
  return { email: customer.email, subscription, plan: planName(subscription) };
}

test("a plan is chosen, its quote is shown, and confirming does what the button says", async ({ page, portal }) => {
  const { email, subscription, plan } = onPlan();
  const id = subscription.subscription_id;
  await portal.signIn(email, `subscriptions/${id}`);
  await portal.link(portal.t("subscription.change_plan")).click();
  await expect(page).toHaveURL(portal.path(`subscriptions/${id}/plan`));
  await expect(portal.main).toContainText(portal.t("plan.current"));
  await portal.main.locator('a[href*="?product="]').first().click();
  await expect(page).toHaveURL(/\/plan\?product=/);
  await expect(portal.main).toContainText(portal.t("quote.due_now_title"));
  await expect(portal.main).toContainText(portal.t("quote.next_title"));
  // The newest quote is the one on the page.
  const [quote] = rows<{ name: string; due_now_minor: number; timing: string }>(
    `select result -> 'result' ->> 'product_name' as name, due_now_minor, result -> 'result' ->> 'timing' as timing
     from quote where subscription_id = '${id}' order by created_at desc, quote_id desc limit 1`,
  );
  expect(quote).toBeDefined();
  await portal.main.locator('form button[type="submit"]').click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}\\?done=`));
  await expect(portal.main).toContainText(quote?.name ?? "?");
  const [change] = rows<{ state: string; total: number | null }>(
    `select state, (select total_minor from orders where orders.order_id = c.order_id) as total
     from subscription_change c where subscription_id = '${id}'`,
  );
  expect(change?.state).toBe("applied");
  expect(change?.total ?? 0).toBe(quote?.due_now_minor);
  expect(plan).not.toBe(quote?.name);
});

test("a quote that another tab made old is refused, with the amounts as they are now", async ({ page, portal, otherBrowser }) => {
  const { email, subscription } = onPlan();
  const id = subscription.subscription_id;
  await portal.signIn(email, `subscriptions/${id}/plan`);
  const step = await portal.main.locator('a[href*="?product="]').first().getAttribute("href");
  await page.goto(step ?? "");
  const quoteId = await portal.main.locator('input[name="quote_id"]').getAttribute("value");
  const other = await otherBrowser();
  await other.page.goto(handOver(email));
  await other.page.goto(other.path(`subscriptions/${id}/cancel`));
  await other.button(other.pattern("cancel.submit")).click();
  await expect(other.main).toContainText(other.t("subscription.status_canceling"));
  const answer = await page.request.post(step ?? "", {
    form: { _form: "subscription/confirm", organization: portal.slug, quote_id: quoteId ?? "" },
  });
  expect(answer.status()).toBe(409);
  expect(rows(`select from subscription_change where subscription_id = '${id}'`)).toHaveLength(0);
});

test("a plan that is not offered is no page, and one of the wrong form says why", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 4/);
  const { email, subscription } = onPlan();
  const path = `subscriptions/${subscription.subscription_id}/plan`;
  await portal.signIn(email);
  expect((await page.goto(portal.path(`${path}?product=garbage`)))?.status()).toBe(404);
  const unknown = await page.goto(portal.path(`${path}?product=00000000-0000-0000-0000-000000000001`));
  expect(unknown?.status()).toBe(409);
  await expect(portal.main).toContainText(portal.t("error.plan_not_offered"));
});
