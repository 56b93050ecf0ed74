// A card that is about to end: told by mail and in the portal, unless its bank has sent a new one already.

import { ALSO_GOOD } from "../lib/cards.ts";
import { methodsOf, takeCharged } from "../lib/charges.ts";
import { execute, rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { SandboxPage } from "../lib/sandbox.ts";

const thisMonth = { month: new Date().getUTCMonth() + 1, year: new Date().getUTCFullYear() };
const endsInDays = (Date.UTC(thisMonth.year, thisMonth.month, 1) - Date.now()) / 86_400_000;

/** The card ends this month, as far as we know and, unless told, at its bank too; the notice is due. */
function ends(methodId: string, { atBank = true } = {}) {
  const { month, year } = thisMonth;
  const known = `exp_month = ${month}, exp_year = ${year}`;
  const bank = atBank ? known : `exp_month = ${month}, exp_year = ${year + 4}`;
  execute(`update sandbox.method set ${bank} where processor_method_id = (select processor_method_id from payment_method where payment_method_id = '${methodId}')`);
  execute(`update payment_method set ${known}, expiry_notice_due_at = now() where payment_method_id = '${methodId}'`);
}

/** The notice was dealt with: it is planned anew, or there is none any more. */
async function dealtWith(methodId: string) {
  const due = () => rows(`select from payment_method where payment_method_id = '${methodId}' and expiry_notice_due_at <= now()`).length;
  await expect.poll(due, { timeout: 15_000 }).toBe(0);
}

test("the mail leads to the new card, and the portal says it until there is one", async ({ page, portal }) => {
  test.skip(endsInDays > 30, "on the first day of a long month no card ends within 30 days");
  const { customer } = takeCharged();
  const [card] = methodsOf(customer.customer_id);
  const mailbox = await Mailbox.open(customer.email);
  ends(card?.payment_method_id ?? "");
  const mail = await mailbox.next();
  expect(mail.subject).toContain(card?.last4);
  const link = new RegExp(`https?://\\S+${portal.path("settings/payment-methods/add")}`).exec(mail.text)?.[0];
  expect(link).toBeDefined();

  await portal.signIn(customer.email);
  await expect(page.locator(`a[href*="${portal.path("settings/payment-methods")}"]`).filter({ visible: true }).first()).toBeVisible();
  await expect(page.locator("body")).toContainText(`ending in ${card?.last4}`);
  await page.goto(link ?? "");
  await portal.main.getByRole("checkbox").check();
  await portal.main.locator('form button[type="submit"]').click();
  await new SandboxPage(page).enter(ALSO_GOOD);
  await expect(page).toHaveURL(/done=added/);
  await portal.open("");
  // What pays now does not end.
  await expect(page.locator("body")).not.toContainText(`ending in ${card?.last4}`);
});

test("a card that its bank has renewed is not warned about", async () => {
  const { customer } = takeCharged();
  const [card] = methodsOf(customer.customer_id);
  const id = card?.payment_method_id ?? "";
  const mailbox = await Mailbox.open(customer.email);
  ends(id, { atBank: false });
  await dealtWith(id);
  expect(rows<{ exp_year: number }>(`select exp_year from payment_method where payment_method_id = '${id}'`)).toEqual([{ exp_year: thisMonth.year + 4 }]);
  expect(rows(`select from event where type = 'payment_method.expiring' and subject_id = '${id}'`)).toHaveLength(0);
  expect(await mailbox.waiting()).toEqual([]);
});
