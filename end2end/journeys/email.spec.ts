// Another e-mail address: asked for in the portal, proved by the link that is mailed to it.

import { takeCustomer, renews, type Customer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";

const isPerson = (customer: Customer) => customer.type === "individual" && customer.subscriptions.some(renews);

/** The link in a mail. */
function linkOf(text: string): string {
  const link = /https?:\/\/\S+verify-email\S+/.exec(text)?.[0];
  if (link === undefined) throw new Error(`no link in the mail: ${text}`);
  return link;
}

test("the link to the new address changes it, signs this browser in and the others out @themes", async ({ page, portal, otherBrowser, allowProblem, javaScriptEnabled }) => {
  // Signed out elsewhere; and an address that is refused.
  allowProblem(/status of 4(01|22)/);
  const customer = takeCustomer(isPerson);
  const wanted = `new-${customer.customer_id}@example.com`;
  const before = await Mailbox.open(customer.email);
  const after = await Mailbox.open(wanted);
  const other = await otherBrowser();
  await other.signIn(customer.email, "settings/billing");

  await portal.signIn(customer.email, "settings/billing");
  await portal.main.getByRole("link", { name: portal.t("email.change") }).click();
  await expect(portal.title).toHaveText(portal.t("email.title"));
  await page.getByLabel(portal.t("email.label")).fill(customer.email);
  await portal.button(portal.t("email.submit")).click();
  await expect(portal.main).toContainText(portal.t("error.email_unchanged"));
  await page.getByLabel(portal.t("email.label")).fill(wanted);
  await portal.button(portal.t("email.submit")).click();
  await expect(portal.main).toContainText(portal.t("email.sent", { email: wanted }));

  await page.goto(linkOf((await after.next()).text));
  await expect(portal.title).toHaveText(portal.t("verify_email.title"));
  expect(page.url(), "the token leaves the address").not.toContain("token");
  await portal.whileLoading(() => portal.button(portal.t("verify_email.submit", { email: wanted })).click());
  await expect(portal.main).toContainText(portal.t("email.changed", { email: wanted }));
  expect((await before.next()).subject).toContain(portal.organization);

  // With script the open page notices by itself.
  if (javaScriptEnabled === false) await other.page.goto(other.path("orders"));
  await expect(other.page).toHaveURL(new RegExp(other.path("sign-in")));
});

test("a link that was replaced by a later one says so and leads to a new one", async ({ page, portal, allowProblem }) => {
  allowProblem(/status of 410/);
  const customer = takeCustomer(isPerson);
  const first = await Mailbox.open(`first-${customer.customer_id}@example.com`);
  await portal.signIn(customer.email, "settings/billing/email");
  for (const mailbox of ["first", "second"]) {
    await page.getByLabel(portal.t("email.label")).fill(`${mailbox}-${customer.customer_id}@example.com`);
    await portal.button(portal.t("email.submit")).click();
    await expect(portal.main).toContainText(portal.t("email.sent", { email: `${mailbox}-${customer.customer_id}@example.com` }));
  }
  await page.goto(linkOf((await first.next()).text));
  await expect(portal.title).toHaveText(portal.t("link.expired_title"));
  await portal.main.getByRole("link", { name: portal.t("verify_email.again") }).click();
  await expect(portal.title).toHaveText(portal.t("email.title"));
});
