// Canceling at the end of the period, and taking it back.

import { renews, takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { handOver, secretsOf } from "../lib/portal.ts";

/** A customer with exactly one subscription that renews, signed in by nobody yet. */
function subscriber() {
  const customer = takeCustomer(({ subscriptions }) => subscriptions.length === 1 && subscriptions.every(renews));
  const [subscription] = customer.subscriptions;
  if (subscription === undefined) throw new Error("unreachable: it has one");
  return { email: customer.email, subscription, plan: subscription.product_name };
}

test("from the overview in two clicks to the end of the period, and back again", async ({ page, portal }) => {
  const { email, subscription, plan } = subscriber();
  await portal.signIn(email);
  await expect(portal.main).toContainText(plan);
  const id = subscription.subscription_id;

  // Two clicks: the link on the overview, the button on the page behind it.
  await portal.main.locator(`a[href$="/subscriptions/${id}/cancel"]`).click();
  await expect(page).toHaveURL(portal.path(`subscriptions/${id}/cancel`));
  await expect(portal.title).toHaveText(portal.t("cancel.title", { plan }));
  await expect(portal.main.getByRole("radio")).toHaveCount(8);
  await page.getByRole("radio", { name: portal.t("cancel.reason_too_expensive") }).check();
  await page.getByLabel(portal.t("cancel.comment_label")).fill("Wir sparen – „vorerst“ <b>wirklich</b>");
  const mailbox = await Mailbox.open(email);
  const clickedAt = Date.now();
  await portal.button(portal.pattern("cancel.submit", { plan })).click();

  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}(\\?|$)`));
  await expect(portal.main).toContainText(/Canceled\. .+ ends on \d+ \w+ \d{4}/);
  await expect(portal.main).toContainText(portal.t("subscription.status_canceling"));
  const mail = await mailbox.next();
  expect(mail.subject).toContain(subscription.product_name);
  // When it was received, to the minute, and when it ends.
  expect(mail.text).toMatch(/\d{1,2} \w+ \d{4}, \d{2}:\d{2}/);
  expect(mail.text).toContain(new URL(portal.path(`subscriptions/${id}/keep`), page.url()).href);
  const [stored] = rows<{ reason: string; comment: string; canceled_at: string; cancel_at_period_end: boolean }>(
    `select cancellation_reason as reason, cancellation_comment as comment, canceled_at, cancel_at_period_end
     from subscription where subscription_id = '${id}'`,
  );
  expect(stored).toMatchObject({ reason: "too_expensive", comment: "Wir sparen – „vorerst“ <b>wirklich</b>", cancel_at_period_end: true });
  expect(Math.abs(Date.parse(stored?.canceled_at ?? "") - clickedAt)).toBeLessThan(60_000);

  // A confirmation is said while it is true, not because an address says so.
  await portal.link(portal.t("subscription.keep")).click();
  await expect(page).toHaveURL(portal.path(`subscriptions/${id}/keep`));
  await portal.button(portal.t("keep.submit", { plan })).click();
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${id}(\\?|$)`));
  await expect(portal.main).toContainText(portal.t("subscription.status_active"));
  await expect(portal.main).toContainText(/Kept\. .+ goes on/);
  expect((await mailbox.next()).subject).toContain(subscription.product_name);
  await page.goto(portal.path(`subscriptions/${id}?done=canceled`));
  await expect(portal.main).toContainText(portal.t("subscription.status_active"));
  await expect(portal.main).not.toContainText(/Canceled\./);
});

test("the link to the step, opened signed out, leads through sign-in back to the very step", async ({ page, portal }) => {
  const { email, subscription, plan } = subscriber();
  const step = portal.path(`subscriptions/${subscription.subscription_id}/cancel`);
  await page.goto(step);
  await expect(page).toHaveURL(new RegExp(`${portal.path("sign-in")}\\?to=`));
  const mailbox = await Mailbox.open(email);
  await portal.askForCode(email);
  await portal.enterCode(secretsOf(await mailbox.next()).code);
  await expect(page).toHaveURL(step);
  await expect(portal.title).toHaveText(portal.t("cancel.title", { plan }));
});

test("back and forward go through the steps, and nothing is sent twice", async ({ page, portal }) => {
  const { email, subscription, plan } = subscriber();
  const id = subscription.subscription_id;
  await portal.signIn(email);
  await portal.main.locator(`a[href$="/subscriptions/${id}/cancel"]`).click();
  await expect(portal.title).toHaveText(portal.t("cancel.title", { plan }));
  await page.goBack();
  await expect(portal.title).toHaveText(portal.t("overview.title"));
  await page.goForward();
  await expect(portal.title).toHaveText(portal.t("cancel.title", { plan }));
  await portal.button(portal.pattern("cancel.submit", { plan })).click();
  await expect(portal.main).toContainText(portal.t("subscription.status_canceling"));
  await page.reload();
  await expect(portal.main).toContainText(portal.t("subscription.status_canceling"));
  const events = rows<{ count: number }>(`select count(*) from event where subject_id = '${id}' and type = 'subscription.canceled'
    and occurred_at > now() - interval '1 hour'`);
  expect(events).toEqual([{ count: 1 }]);
});

test("what was canceled meanwhile is told, not canceled again", async ({ page, portal, otherBrowser, expectProblem }) => {
  expectProblem(/status of 409/);
  const { email, subscription, plan } = subscriber();
  const step = `subscriptions/${subscription.subscription_id}/cancel`;
  await portal.signIn(email);
  const other = await otherBrowser();
  await other.page.goto(handOver(email));
  await other.page.goto(other.path(step));
  await other.button(other.pattern("cancel.submit", { plan })).click();
  await expect(other.main).toContainText(other.t("subscription.status_canceling"));

  const answer = await page.request.post(portal.path(step), {
    form: { _form: "subscription/cancel", organization: portal.slug, subscription_id: subscription.subscription_id },
  });
  expect(answer.status()).toBe(409);
  expect((await page.goto(portal.path(step)))?.status()).toBe(409);
  await expect(portal.title).toHaveText(portal.t("cancel.already_title"));
  await expect(portal.link(portal.t("subscription.keep"))).toBeVisible();
});

test("a comment that is too long is refused beside its field and kept", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 422/);
  const { email, subscription, plan } = subscriber();
  await portal.signIn(email);
  await portal.open(`subscriptions/${subscription.subscription_id}/cancel`);
  const field = page.getByLabel(portal.t("cancel.comment_label"));
  await field.evaluate((element) => element.removeAttribute("maxlength"));
  await field.fill("x".repeat(2001));
  await page.getByRole("radio", { name: portal.t("cancel.reason_unused") }).check();
  await portal.button(portal.pattern("cancel.submit", { plan })).click();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(portal.main).toContainText(portal.t("error.comment_too_long"));
  await expect(field).toHaveValue("x".repeat(2001));
  await expect(page.getByRole("radio", { name: portal.t("cancel.reason_unused") })).toBeChecked();
});

test("what is being typed outlasts a change elsewhere", { tag: "@script" }, async ({ page, portal, otherBrowser }) => {
  const customer = takeCustomer(({ subscriptions }) => subscriptions.filter(renews).length === 2);
  const [one, two] = customer.subscriptions.filter(renews);
  if (one === undefined || two === undefined) throw new Error("unreachable: it has two");
  await portal.signIn(customer.email, `subscriptions/${one.subscription_id}/cancel`);
  const field = page.getByLabel(portal.t("cancel.comment_label"));
  await field.fill("A long thought, not yet");
  await page.getByRole("radio", { name: portal.t("cancel.reason_unused") }).check();
  const other = await otherBrowser();
  await other.signIn(customer.email, `subscriptions/${two.subscription_id}/cancel`);
  const told = page.waitForResponse((response) => response.url().includes("/api/view/sheet"));
  await other.button(other.pattern("cancel.submit")).click();
  await told;
  await expect(other.main).toContainText(other.t("subscription.status_canceling"));
  await field.press("End");
  await field.pressSequentially(" finished.");
  await expect(field).toHaveValue("A long thought, not yet finished.");
  await expect(page.getByRole("radio", { name: portal.t("cancel.reason_unused") })).toBeChecked();
  await portal.button(portal.pattern("cancel.submit")).click();
  await expect(portal.main).toContainText(portal.t("subscription.status_canceling"));
});

test("another tab follows without being touched", { tag: "@script" }, async ({ page, portal, context }) => {
  const { email, subscription, plan } = subscriber();
  const id = subscription.subscription_id;
  await portal.signIn(email);
  const { Portal } = await import("../lib/portal.ts");
  const second = new Portal(await context.newPage(), true);
  await second.open(`subscriptions/${id}`);
  await expect(second.main).toContainText(second.t("subscription.status_active"));

  await portal.open(`subscriptions/${id}/cancel`);
  await portal.button(portal.pattern("cancel.submit", { plan })).click();
  await expect(portal.main).toContainText(portal.t("subscription.status_canceling"));
  await expect(second.main).toContainText(second.t("subscription.status_canceling"));
  await expect(second.link(second.t("subscription.keep"))).toBeVisible();
});
