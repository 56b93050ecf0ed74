// Saved payment methods: adding one on the processor's own page, choosing, removing, and what is refused.

import { ALSO_GOOD, ASKS_ONCE, GOOD, NO_MONEY } from "../lib/cards.ts";
import { methodsOf, takeCharged } from "../lib/charges.ts";
import { customers, planName, takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";
import type { Portal } from "../lib/portal.ts";
import { REFUSING_CVC, SandboxPage } from "../lib/sandbox.ts";

const LIST = "settings/payment-methods";

/** The newest method of a customer that ends so: the demo may have given it one before. */
function methodOf(customerId: string, last4: string) {
  const found = methodsOf(customerId).findLast((method) => method.last4 === last4);
  if (found === undefined) throw new Error(`${customerId} has no card ending in ${last4}`);
  return found;
}

/** Sends the one form of the page. */
async function send(portal: Portal) {
  await portal.main.locator('form button[type="submit"]').click();
}

/** From the list to the processor's page. */
async function goToProcessor(portal: Portal, { isDefault }: { isDefault: boolean }) {
  await portal.main.locator(`a[href="${portal.path(`${LIST}/add`)}"]`).first().click();
  await expect(portal.page).toHaveURL(portal.path(`${LIST}/add`));
  const box = portal.main.getByRole("checkbox");
  await box.setChecked(isDefault);
  // No field for a card of our own.
  await expect(portal.main.locator('input:not([type="hidden"]):not([type="checkbox"])')).toHaveCount(0);
  await send(portal);
}

test("a card is added on the processor's page, and stays second or becomes the default", async ({ page, portal }) => {
  const { customer } = takeCharged();
  const first = methodsOf(customer.customer_id)[0];
  const sandbox = new SandboxPage(page);
  await portal.signIn(customer.email, LIST);
  await expect(portal.main).toContainText(`ending in ${first?.last4}`);

  await goToProcessor(portal, { isDefault: false });
  await sandbox.enter(ALSO_GOOD);
  await expect(page).toHaveURL(new RegExp(`${portal.path(LIST)}\\?.*done=added`));
  await expect(portal.main).toContainText(ALSO_GOOD.name);
  expect(methodsOf(customer.customer_id).map(({ is_default }) => is_default)).toEqual([true, false]);

  await portal.open(LIST);
  await goToProcessor(portal, { isDefault: true });
  await sandbox.enter(NO_MONEY);
  await expect(page).toHaveURL(/done=added/);
  await expect(portal.main).toContainText(NO_MONEY.name);
  expect(methodsOf(customer.customer_id).map(({ is_default }) => is_default)).toEqual([false, false, true]);
  // Our tables and the processor's books know no number.
  const dump = JSON.stringify(rows(`select m.*, s.* from payment_method m join sandbox.method s using (processor_method_id) where m.customer_id = '${customer.customer_id}'`));
  for (const { number } of [ALSO_GOOD, NO_MONEY]) expect(dump).not.toContain(number);
});

test("the bank asks first: refused it adds nothing and says why, approved it adds the card", async ({ page, portal }) => {
  const { customer } = takeCharged();
  const sandbox = new SandboxPage(page);
  await portal.signIn(customer.email, LIST);
  await goToProcessor(portal, { isDefault: false });
  await sandbox.enter(ASKS_ONCE);
  await sandbox.answer(false);
  await expect(page).toHaveURL(/done=failed/);
  await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_authentication_required"), "i"));
  expect(methodsOf(customer.customer_id)).toHaveLength(1);

  await portal.open(LIST);
  await goToProcessor(portal, { isDefault: false });
  await sandbox.enter(ASKS_ONCE);
  await sandbox.answer(true);
  await expect(page).toHaveURL(/done=added/);
  await expect(portal.main).toContainText(ASKS_ONCE.name);
  expect(methodsOf(customer.customer_id)).toHaveLength(2);
});

test("a card that is refused, mistyped or not entered at all changes nothing", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 422/);
  const { customer } = takeCharged();
  const sandbox = new SandboxPage(page);
  await portal.signIn(customer.email, LIST);
  await goToProcessor(portal, { isDefault: true });
  await sandbox.enter({ ...GOOD, number: "4242424242424241" }, { expiry: "1/20" });
  await expect(page.locator("[aria-invalid=true]")).toHaveCount(2);
  await expect(page.locator("#number")).toHaveValue("");
  await sandbox.enter(NO_MONEY, { cvc: REFUSING_CVC });
  await expect(page).toHaveURL(/done=failed/);
  await expect(portal.main).toContainText(new RegExp(portal.t("decline.reason_insufficient_funds"), "i"));

  await portal.open(LIST);
  await goToProcessor(portal, { isDefault: true });
  await sandbox.isAt("setups");
  await sandbox.leave();
  await expect(page).toHaveURL(new RegExp(portal.path("settings/")));
  expect(methodsOf(customer.customer_id)).toHaveLength(1);
});

test("default, backup, one of a subscription's own, and removal", async ({ page, portal }) => {
  const { customer, subscription } = takeCharged();
  const id = customer.customer_id;
  const [first] = methodsOf(id);
  const sandbox = new SandboxPage(page);
  await portal.signIn(customer.email, LIST);
  for (const card of [ALSO_GOOD, NO_MONEY]) {
    await portal.open(LIST);
    await goToProcessor(portal, { isDefault: false });
    await sandbox.enter(card);
    await expect(page).toHaveURL(/done=added/);
  }
  const [second, third] = [methodOf(id, ALSO_GOOD.number.slice(-4)), methodOf(id, NO_MONEY.number.slice(-4))];

  await portal.open(`${LIST}/${second.payment_method_id}/default`);
  await send(portal);
  await expect(page).toHaveURL(new RegExp(`${portal.path(LIST)}\\?.*done=`));
  expect(methodOf(id, second.last4).is_default).toBe(true);

  await portal.open(`${LIST}/${third.payment_method_id}/backup`);
  await send(portal);
  await expect(page).toHaveURL(new RegExp(`${portal.path(LIST)}\\?.*done=`));
  expect(methodOf(id, third.last4).is_backup).toBe(true);

  await portal.open(`subscriptions/${subscription.subscription_id}/payment-method`);
  await portal.main.locator(`input[type="radio"][value="${first?.payment_method_id}"]`).check();
  await send(portal);
  await expect(page).toHaveURL(new RegExp(`/subscriptions/${subscription.subscription_id}\\?.*done=`));
  await expect(portal.main).toContainText(`ending in ${first?.last4}`);
  expect(rows<{ own: string }>(`select payment_method_id as own from subscription where subscription_id = '${subscription.subscription_id}'`)[0]?.own).toBe(first?.payment_method_id);

  await portal.open(`${LIST}/${first?.payment_method_id}/remove`);
  await send(portal);
  await expect(page).toHaveURL(new RegExp(`${portal.path(LIST)}\\?.*done=`));
  await expect(portal.main).toContainText(ALSO_GOOD.name);
  expect(methodsOf(id)).toHaveLength(2);
  // It goes on with the default, and the processor forgets the card.
  expect(rows<{ own: string | null }>(`select payment_method_id as own from subscription where subscription_id = '${subscription.subscription_id}'`)[0]?.own).not.toBe(first?.payment_method_id);
  await expect
    .poll(() => rows(`select from sandbox.method s join payment_method m using (processor_method_id) where m.payment_method_id = '${first?.payment_method_id}' and s.detached_at is not null`).length, { timeout: 15_000 })
    .toBe(1);
});

test("the only card of a running subscription cannot be removed, and the page says whose it is", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 409/);
  const { customer, subscription } = takeCharged();
  const [only] = methodsOf(customer.customer_id);
  await portal.signIn(customer.email);
  await portal.open(`${LIST}/${only?.payment_method_id}/remove`);
  await expect(portal.main.locator("form")).toHaveCount(0);
  await expect(portal.main).toContainText(planName({ ...subscription, seats: null }));
  await expect(portal.main.locator(`a[href^="${portal.path(`${LIST}/add`)}"]`)).not.toHaveCount(0);
  // By hand the same.
  const answer = await page.request.post(page.url(), { form: { _form: "payment-method/remove", organization: portal.slug, payment_method_id: only?.payment_method_id ?? "" } });
  expect(answer.status()).toBe(409);
  expect(methodsOf(customer.customer_id)).toHaveLength(1);
});

test("another customer's method is not found, and nothing of it is told", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 404/);
  const { customer } = takeCharged();
  const foreign = customers().find((other) => other.customer_id !== customer.customer_id && other.methods.length > 0)?.methods[0];
  await portal.signIn(customer.email);
  for (const step of ["default", "backup", "remove"]) {
    expect((await page.goto(portal.path(`${LIST}/${foreign?.payment_method_id}/${step}`)))?.status()).toBe(404);
  }
});

test("a member without a billing role sees no methods", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 403/);
  const customer = takeCustomer(({ members, methods }) => methods.length > 0 && members.some(({ role }) => role === "member"));
  await portal.signInByCode(customer.members.find(({ role }) => role === "member")?.email ?? "");
  for (const path of [LIST, `${LIST}/add`, "settings/payments"]) {
    expect((await page.goto(portal.path(path)))?.status(), path).toBe(403);
    await expect(portal.main).not.toContainText("ending in");
  }
});
