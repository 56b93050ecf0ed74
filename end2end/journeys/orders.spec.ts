// Orders: the list, its filter and pages, one order; and who may not see them.

import type { Route } from "@playwright/test";
import { customers, takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";

const PER_PAGE = 10;

test("the list, its filters and one order", async ({ page, portal }) => {
  const customer = takeCustomer(({ orders }) => orders.length > 1 && orders.some(({ status }) => status === "pending") && orders.some(({ status }) => status === "paid"));
  await portal.signIn(customer.email);
  await portal.room(portal.t("nav.orders")).click();
  await expect(page).toHaveURL(portal.path("orders"));
  await expect(portal.title).toHaveText(portal.t("orders.title"));
  const listed = portal.main.getByRole("table").locator("tbody").getByRole("row");
  await expect(listed).toHaveCount(Math.min(customer.orders.length, PER_PAGE));

  await portal.link(portal.t("orders.filter_open")).click();
  await expect(page).toHaveURL(portal.path("orders?status=open"));
  const open = customer.orders.filter(({ status }) => status === "pending");
  await expect(listed).toHaveCount(Math.min(open.length, PER_PAGE));
  for (const row of await listed.all()) await expect(row).toContainText(portal.t("order.status_open"));

  await portal.link(portal.t("orders.filter_paid")).click();
  await expect(page).toHaveURL(portal.path("orders?status=paid"));
  await expect(listed.first()).toContainText(portal.t("order.status_paid"));
  await listed.first().getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(portal.path("orders/[0-9a-f-]{36}")));
  await expect(portal.main).toContainText(portal.t("charge.total"));
  await expect(portal.main).toContainText(portal.t("order.items"));
  await page.goBack();
  await expect(page).toHaveURL(portal.path("orders?status=paid"));
  await expect(listed.first()).toContainText(portal.t("order.status_paid"));
});

test("who goes on while the page looks for news gets where they go", { tag: ["@script", "@once"] }, async ({ page, portal }) => {
  const customer = takeCustomer(({ orders }) => orders.some(({ status }) => status === "pending") && orders.some(({ status }) => status === "paid"));
  await portal.signIn(customer.email, "orders?status=open");
  const first = portal.main.getByRole("table").locator("tbody").getByRole("row").first();
  await expect(first).toContainText(portal.t("order.status_open"));
  const held: Route[] = [];
  const isHeld = (count: number) => expect.poll(() => held.length).toBe(count);
  await page.route("**/api/view/orders", (route) => void held.push(route));
  // As if the reader came back to the tab.
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  await isHeld(1);
  await portal.link(portal.t("orders.filter_paid")).click();
  await isHeld(2);
  const answered = page.waitForResponse("**/api/view/orders");
  await held[0]?.continue();
  await (await answered).finished();
  await held[1]?.continue();
  await expect(first).toContainText(portal.t("order.status_paid"));
});

test("pages, one after the other, by address and by link", async ({ page, portal }) => {
  const customer = takeCustomer(({ orders }) => orders.length > PER_PAGE);
  await portal.signIn(customer.email, "orders");
  const listed = portal.main.getByRole("table").locator("tbody").getByRole("row");
  await expect(listed).toHaveCount(PER_PAGE);
  const first = await listed.first().getByRole("link").getAttribute("href");
  expect(first).toContain(customer.orders[0]?.order_id);
  await portal.link(portal.t("pagination.next")).click();
  await expect(page).toHaveURL(portal.path("orders?page=2"));
  await expect(listed).toHaveCount(Math.min(customer.orders.length - PER_PAGE, PER_PAGE));
  expect(await listed.first().getByRole("link").getAttribute("href")).toContain(customer.orders[PER_PAGE]?.order_id);
  await portal.link(portal.t("pagination.previous")).click();
  await expect(listed.first().getByRole("link")).toHaveAttribute("href", first ?? "");
});

test("an open order leads to paying it", async ({ page, portal }) => {
  const customer = takeCustomer(({ orders }) => orders.some(({ status, total_minor }) => status === "pending" && total_minor > 0));
  const open = customer.orders.find(({ status }) => status === "pending");
  await portal.signIn(customer.email);
  await expect(portal.main).toContainText(portal.t("overview.attention_title"));
  await portal.link(portal.t("overview.attention_open_orders_link")).click();
  await expect(page).toHaveURL(portal.path("orders?status=open"));
  await portal.open(`orders/${open?.order_id}`);
  await expect(portal.main.locator(`a[href="${portal.path(`orders/${open?.order_id}/pay`)}"]`).first()).toBeVisible();
  await expect(portal.main).toContainText(portal.t("order.status_open"));
});

test("a member without a billing role gets a clear page with 403", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 403/);
  const customer = takeCustomer(({ members }) => members.some(({ role }) => role === "member"));
  const member = customer.members.find(({ role }) => role === "member");
  await portal.signInByCode(member?.email ?? "");
  await expect(portal.room(portal.t("nav.orders"))).toHaveCount(0);
  await expect(portal.main).toContainText(portal.t("overview.orders_hidden"));
  expect((await page.goto(portal.path("orders")))?.status()).toBe(403);
  await expect(portal.title).toHaveText(portal.t("failure.forbidden_orders_title"));
  await expect(portal.main).toContainText(customer.name ?? "");
  const order = customer.orders[0]?.order_id;
  if (order !== undefined) expect((await page.goto(portal.path(`orders/${order}`)))?.status()).toBe(403);
});

test("another customer's order is not found", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 404/);
  const customer = takeCustomer();
  const foreign = customers().find(({ customer_id, orders }) => customer_id !== customer.customer_id && orders.length > 0);
  await portal.signIn(customer.email);
  expect((await page.goto(portal.path(`orders/${foreign?.orders[0]?.order_id}`)))?.status()).toBe(404);
  await expect(portal.title).toHaveText(portal.t("failure.not_found_title"));
});
