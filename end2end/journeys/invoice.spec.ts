// The invoice of an order: what is missing is asked for first, then it is a page to be printed, the same for ever.

import { expectAccessible } from "../lib/axe.ts";
import { takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";

/** A customer whose orders wait for a name and an address. */
function withoutDetails() {
  const waiting = new Set(
    rows<{ customer_id: string }>("select customer_id from customer where billing_name is null and billing_address is null").map(
      ({ customer_id }) => customer_id,
    ),
  );
  return takeCustomer(
    ({ customer_id, orders }) => waiting.has(customer_id) && orders.some(({ status, total_minor }) => status === "paid" && total_minor > 0),
  );
}

test("from an order to its invoice, by the name and address that it lacks", async ({ page, portal }) => {
  const customer = withoutDetails();
  const order = customer.orders.find(({ status, total_minor }) => status === "paid" && total_minor > 0);
  const address = portal.path(`orders/${order?.order_id}/invoice`);
  await portal.signIn(customer.email, `orders/${order?.order_id}`);
  await portal.link(portal.t("order.to_invoice")).click();
  await expect(page).toHaveURL(address);
  await expect(portal.main).toContainText(portal.t("invoice.needs_buyer_lead"));
  await portal.whileLoading(() => portal.link(portal.t("invoice.needs_buyer_link")).click());
  await expect(portal.main).toContainText(portal.t("billing.lead_asked"));

  await page.getByLabel(portal.t("billing.name_label")).fill("Ada Lovelace");
  await page.getByLabel(portal.t("billing.country_label")).selectOption("US");
  await page.getByLabel(portal.t("billing.line1_label")).fill("1 Main St");
  await page.getByLabel(portal.t("billing.postal_code_label")).fill("94105");
  await page.getByLabel(portal.t("billing.city_label")).fill("San Francisco");
  await page.getByLabel(portal.t("billing.state_label")).fill("california");
  await portal.button(portal.t("billing.submit_and_go_on")).click();
  await expect(page).toHaveURL(address);

  // The worker issues it in a moment; the page asks again by itself.
  const invoice = page.locator("article.invoice");
  await expect(invoice).toBeVisible({ timeout: 20_000 });
  await expect(invoice).toContainText(/[A-Z0-9-]+-[A-Z]{8}-\d{4,}/);
  await expect(invoice).toContainText("San Francisco CA 94105");
  await expect(invoice).toContainText("United States");
  await expect(invoice).toContainText(portal.t("invoice.total"));
  const before = await invoice.innerText();

  // Details that change later change no issued invoice.
  await portal.open("settings/billing");
  await page.getByLabel(portal.t("billing.name_label")).fill("Ada King");
  await portal.button(portal.t("billing.submit")).click();
  await expect(portal.main).toContainText(portal.t("billing.saved"));
  await page.goto(address);
  expect(await invoice.innerText()).toBe(before);
});

test("printed it is the invoice alone, and axe finds nothing", { tag: "@script" }, async ({ page, portal }) => {
  const [issued] = rows<{ email: string; order_id: string; number: string }>(
    "select email, order_id, number from invoice join customer using (organization_id, customer_id) order by issued_at desc limit 1",
  );
  test.skip(issued === undefined, "nothing is issued yet");
  await portal.signIn(issued?.email ?? "");
  await page.goto(portal.path(`orders/${issued?.order_id}/invoice`));
  await expect(page.locator("article.invoice")).toContainText(issued?.number ?? "");
  await expectAccessible(page);
  await page.emulateMedia({ media: "print" });
  for (const hidden of [".frame-footer", ".page-header-back", ".no-print"]) {
    await expect(page.locator(hidden).first()).toBeHidden();
  }
  await expect(page.locator("article.invoice")).toBeVisible();
  expect(await page.locator("script[src], script[type=module]").count(), "it ships no script").toBe(0);
});

test("another customer's invoice is not found", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 404/);
  const customer = takeCustomer();
  const [foreign] = rows<{ order_id: string }>(`select order_id from orders where customer_id <> '${customer.customer_id}' limit 1`);
  await portal.signIn(customer.email);
  expect((await page.goto(portal.path(`orders/${foreign?.order_id}/invoice`)))?.status()).toBe(404);
});
