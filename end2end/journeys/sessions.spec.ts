// The list of one's sessions, ending them, signing out, and the record of what was done.

import { takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { handOver, secretsOf } from "../lib/portal.ts";
import { Mailbox } from "../lib/mailbox.ts";

test("another browser's session is ended from here; that browser signs in again and is back at its step", async ({ page, portal, otherBrowser, allowProblem }) => {
  // The other page may ask for its stream again before it goes on.
  allowProblem(/status of 401/);
  const { email } = takeCustomer();
  const other = await otherBrowser();
  await other.signIn(email, "settings/activity");
  await portal.signIn(email, "settings/sessions");
  const entries = portal.main.getByRole("listitem");
  await expect(entries).toHaveCount(2);
  await expect(entries.first()).toContainText(portal.t("sessions.this"));
  await entries.nth(1).getByRole("button").click();
  await expect(portal.main).toContainText(portal.t("sessions.ended"));
  await expect(entries).toHaveCount(1);
  await expect(portal.main).toContainText(portal.t("sessions.none_other"));

  await other.page.goto(other.path("orders?status=paid"));
  await expect(other.page).toHaveURL(new RegExp(`${other.path("sign-in")}\\?to=`));
  await expect(other.main).toContainText(other.t("sign_in.expired"));
  const mailbox = await Mailbox.open(email);
  await other.askForCode(email);
  await other.enterCode(secretsOf(await mailbox.next()).code);
  await expect(other.page).toHaveURL(other.path("orders?status=paid"));
  await page.goto(portal.path());
  await expect(portal.title).toHaveText(portal.t("overview.title"));
});

test("all other sessions at once", async ({ portal, otherBrowser }) => {
  const { email } = takeCustomer();
  for (const _ of [1, 2]) {
    const other = await otherBrowser();
    await other.page.goto(handOver(email));
    await other.page.close();
  }
  await portal.signIn(email, "settings/sessions");
  const entries = portal.main.getByRole("listitem");
  await expect(entries).toHaveCount(3);
  await portal.button(portal.t("sessions.end_others")).click();
  await expect(portal.main).toContainText(portal.t("sessions.ended_others"));
  await expect(entries).toHaveCount(1);
});

test("signing out ends the session, not only the cookie", async ({ page, portal, context }) => {
  const { email } = takeCustomer();
  await portal.signIn(email);
  const cookies = await context.cookies();
  await portal.button(portal.t("nav.sign_out")).click();
  await expect(page).toHaveURL(new RegExp(portal.path("sign-in")));
  await expect(portal.main).toContainText(portal.t("sign_in.ended"));
  expect((await context.cookies()).filter(({ name }) => /^foyer_[0-9a-f]{32}$/.test(name))).toEqual([]);
  // Whoever has kept the cookie has nothing.
  await context.addCookies(cookies);
  await page.goto(portal.path());
  await expect(page).toHaveURL(new RegExp(portal.path("sign-in")));
});

test("a session that ends under an open page leads to sign-in and back to the step", { tag: "@script" }, async ({ page, portal, otherBrowser, expectProblem }) => {
  expectProblem(/status of 401/);
  const { email } = takeCustomer();
  await portal.signIn(email);
  const other = await otherBrowser();
  await other.signIn(email, "settings/sessions");
  await other.button(other.t("sessions.end_others")).click();
  await expect(other.main).toContainText(other.t("sessions.ended_others"));
  await portal.room(portal.t("nav.activity")).click();
  await expect(page).toHaveURL(new RegExp(`${portal.path("sign-in")}\\?to=${portal.path("settings/activity")}`));
});

test("the activity lists what was done, newest first", async ({ portal }) => {
  const customer = takeCustomer(({ subscriptions }) => subscriptions.some(({ status, ends_soon }) => status === "active" && ends_soon));
  const canceled = customer.subscriptions.find(({ status, ends_soon }) => status === "active" && ends_soon);
  await portal.signIn(customer.email);
  await portal.open(`subscriptions/${canceled?.subscription_id}/keep`);
  await portal.button(portal.pattern("keep.submit")).click();
  await expect(portal.main).toContainText(portal.t("subscription.status_active"));
  await portal.room(portal.t("nav.activity")).click();
  await expect(portal.title).toHaveText(portal.t("activity.title"));
  const rows = portal.main.getByRole("table").locator("tbody").getByRole("row");
  await expect(rows.first()).toContainText(portal.t("activity.event_subscription_uncanceled"));
  await expect(rows.first()).toContainText(portal.t("activity.actor_you"));
  await expect(rows.nth(1)).toContainText(portal.t("activity.event_session_created"));
});
