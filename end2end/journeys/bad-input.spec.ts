// What no honest page sends: each gets the right status and a page that says what to do; nothing breaks.

import type { APIResponse } from "@playwright/test";
import { customers, renews, takeCustomer, type Customer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";
import { handOver, type Portal } from "../lib/portal.ts";

/** A page for people: one heading, an explanation, the security headers. */
async function expectClearPage(answer: APIResponse, status: number) {
  expect(answer.status(), answer.url()).toBe(status);
  const headers = answer.headers();
  expect(headers["content-security-policy"]).toContain("frame-ancestors");
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["referrer-policy"]).toBe("same-origin");
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  if (!(headers["content-type"] ?? "").startsWith("text/html")) return;
  const body = await answer.text();
  expect(body.match(/<h1/g), answer.url()).toHaveLength(1);
  expect(body).toMatch(/<html[^>]* lang="?en/);
  expect(body).not.toMatch(/panicked|backtrace|sqlx|SELECT /i);
}

const unknownId = "0199f000-0000-7000-8000-000000000000";

/** Path, status. `FOREIGN` stands for a subscription of somebody else. */
const addresses: [string, string, number][] = [
  ["a malformed id", "subscriptions/not-an-id", 404],
  ["an id with markup", "subscriptions/%3Cscript%3E", 404],
  ["an unknown id", `subscriptions/${unknownId}`, 404],
  ["another customer's subscription", "subscriptions/FOREIGN", 404],
  ["another customer's subscription to cancel", "subscriptions/FOREIGN/cancel", 404],
  ["another customer's subscription to keep", "subscriptions/FOREIGN/keep", 404],
  ["a malformed order", "orders/1", 404],
  ["an unknown order", `orders/${unknownId}`, 404],
  ["orders of another customer's subscription", "orders?subscription=FOREIGN", 200],
  ["orders of no subscription", "orders?subscription=x", 404],
  ["page -1", "orders?page=-1", 422],
  ["page 0", "orders?page=0", 422],
  ["page of words", "orders?page=two", 422],
  ["a page beyond all numbers", "orders?page=99999999999999999999999", 422],
  ["a page after the last", "orders?page=9999", 200],
  ["activity, page -1", "settings/activity?page=-1", 422],
  ["a filter that does not exist", "orders?status=stolen", 422],
  ["a page that does not exist", "treasure", 404],
  ["a null byte", "subscriptions/%00", 400],
  ["broken encoding", "subscriptions/%zz", 400],
  ["no UTF-8", "subscriptions/%ff%fe", 400],
];

test.describe("addresses", { tag: "@once" }, () => {
  test("of the portal", async ({ page, portal }) => {
    const customer = takeCustomer();
    await page.goto(handOver(customer.email));
    const foreign = somebodyElse(customer);
    const before = rows(`select * from subscription where subscription_id = '${foreign}'`);
    for (const [name, path, status] of addresses) {
      await test.step(name, async () => {
        const answer = await page.request.get(portal.path(path.replace("FOREIGN", foreign)));
        await expectClearPage(answer, status);
        // The links to other languages repeat the address; the content knows nothing of it.
        const content = (await answer.text()).split("<main")[1]?.split("</main>")[0] ?? "";
        expect(content).not.toContain(`/subscriptions/${foreign}`);
      });
    }
    expect(rows(`select * from subscription where subscription_id = '${foreign}'`)).toEqual(before);
  });

  test("an unknown organization", async ({ page }) => {
    for (const path of ["/nobody/portal", "/nobody/portal/sign-in", "/nobody/brand.css", "/nobody"]) {
      await expectClearPage(await page.request.get(path), 404);
    }
  });

  test("an address longer than any", async ({ page, portal }) => {
    const answer = await page.request.get(`${portal.path("orders")}?status=${"x".repeat(20_000)}`);
    expect([414, 431]).toContain(answer.status());
  });

  test("garbage in cookies is nobody signed in", async ({ page, portal }) => {
    const name = `foyer_${(await import("../lib/demo.ts")).demo().organization.id.replaceAll("-", "")}`;
    for (const value of ["x", "foyer_mst_", "%ff%00", "a".repeat(4_000), "';drop table session;--", "\u00ff"]) {
      const answer = await page.request.get(portal.path("orders"), {
        headers: { cookie: `${name}=${value}; ;;;=; ${name}_sign_in=${value}; foyer_locale=${value}` },
        maxRedirects: 0,
      });
      expect(answer.status(), value).toBe(303);
      expect(answer.headers().location).toContain(portal.path("sign-in"));
      const form = await page.request.get(portal.path("sign-in/code"), { headers: { cookie: `${name}_sign_in=${value}; ${name}_address=${value}` } });
      expect(form.status(), value).toBeLessThan(500);
    }
  });

  test("an error in the address is not shown", async ({ page, portal }) => {
    await page.goto(handOver(takeCustomer().email));
    const answer = await page.request.get(`${portal.path()}?__err=eyJ4IjoiUExFQVNFIENBTEwgMTIzIn0&__path=x`);
    await expectClearPage(answer, 200);
    expect(await answer.text()).not.toContain("PLEASE CALL");
  });
});

test.describe("forms", { tag: "@once" }, () => {
  const cancel = (portal: Portal, id: string, more: Record<string, string> = {}) => ({
    _form: "subscription/cancel",
    organization: portal.slug,
    subscription_id: id,
    ...more,
  });

  test("an address of 10 kB", async ({ page, portal }) => {
    const form = { _form: "sign-in/request", organization: portal.slug, email: `${"a".repeat(10_000)}@example.com` };
    const answer = await page.request.post(portal.path("sign-in"), { form });
    await expectClearPage(answer, 422);
    expect(await answer.text()).toContain(portal.t("error.email_too_long"));
    expect((await page.request.post("/api/sign-in/request", { form })).status()).toBe(422);
  });

  test("a forged role gains nothing", async ({ page, portal }) => {
    const customer = takeCustomer(({ members, subscriptions }) => members.some(({ role }) => role === "member") && subscriptions.some(renews));
    const [subscription] = customer.subscriptions.filter(renews);
    const id = subscription?.subscription_id ?? "";
    await portal.signInByCode(customer.members.find(({ role }) => role === "member")?.email ?? "");
    const form = cancel(portal, id, { role: "owner", member_id: customer.members[0]?.member_id ?? "", "actor[role]": "owner", customer_id: customer.customer_id });
    await expectClearPage(await page.request.post(portal.path(`subscriptions/${id}/cancel`), { form }), 403);
    expect((await page.request.post("/api/subscription/cancel", { form })).status()).toBe(403);
    expect(rows(`select cancel_at_period_end from subscription where subscription_id = '${id}'`)).toEqual([{ cancel_at_period_end: false }]);
  });

  test("another customer's subscription is not canceled, whatever the form says", async ({ page, portal }) => {
    const customer = takeCustomer(({ subscriptions }) => subscriptions.some(renews));
    const foreign = somebodyElse(customer);
    await page.goto(handOver(customer.email));
    const own = customer.subscriptions[0]?.subscription_id ?? "";
    const before = rows(`select * from subscription where subscription_id = '${foreign}'`);
    for (const path of [portal.path(`subscriptions/${own}/cancel`), portal.path(`subscriptions/${foreign}/cancel`), "/api/subscription/cancel"]) {
      expect((await page.request.post(path, { form: cancel(portal, foreign) })).status(), path).toBe(404);
    }
    expect(rows(`select * from subscription where subscription_id = '${foreign}'`)).toEqual(before);
  });

  test("a reason that does not exist", async ({ page, portal }) => {
    const customer = takeCustomer(({ subscriptions }) => subscriptions.some(renews));
    const id = customer.subscriptions.find(renews)?.subscription_id ?? "";
    await page.goto(handOver(customer.email));
    const answer = await page.request.post(portal.path(`subscriptions/${id}/cancel`), { form: cancel(portal, id, { reason: "because" }) });
    await expectClearPage(answer, 422);
    expect(await answer.text()).toContain(portal.t("error.reason_unknown"));
  });

  test("from another origin", async ({ page, portal }) => {
    const customer = takeCustomer(({ subscriptions }) => subscriptions.some(renews));
    const id = customer.subscriptions.find(renews)?.subscription_id ?? "";
    await page.goto(handOver(customer.email));
    for (const path of [portal.path(`subscriptions/${id}/cancel`), "/api/subscription/cancel", portal.path("sign-in")]) {
      for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "null" }]) {
        await expectClearPage(await page.request.post(path, { form: cancel(portal, id), headers: headers as Record<string, string> }), 403);
      }
    }
    expect(rows(`select cancel_at_period_end from subscription where subscription_id = '${id}'`)).toEqual([{ cancel_at_period_end: false }]);
  });

  test("a body over the limit", async ({ page, portal }) => {
    const customer = takeCustomer(({ subscriptions }) => subscriptions.some(renews));
    const id = customer.subscriptions.find(renews)?.subscription_id ?? "";
    await page.goto(handOver(customer.email));
    for (const path of [portal.path(`subscriptions/${id}/cancel`), "/api/subscription/cancel"]) {
      await expectClearPage(await page.request.post(path, { form: cancel(portal, id, { comment: "x".repeat(70_000) }) }), 413);
    }
  });

  test("no form at all", async ({ page, portal }) => {
    await page.goto(handOver(takeCustomer().email));
    const bodies = ["", "_form=", "_form=nothing", "%%%=%%%", "_form=subscription/cancel", "\u0000", "_form=sign-in/request&organization[]=1"];
    for (const data of bodies) {
      const answer = await page.request.post(portal.path(), { data, headers: { "content-type": "application/x-www-form-urlencoded" } });
      expect(answer.status(), data).toBeGreaterThanOrEqual(400);
      expect(answer.status(), data).toBeLessThan(500);
    }
    for (const type of ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]) {
      const answer = await page.request.post("/api/subscription/cancel", { data: "{\"a\":1}", headers: { "content-type": type } });
      expect(answer.status(), type).toBeGreaterThanOrEqual(400);
      expect(answer.status(), type).toBeLessThan(500);
    }
  });

  test("server functions: unknown ones, wrong methods, nobody signed in", async ({ page, portal }) => {
    const unknown = await page.request.post("/api/subscription/delete", { form: {} });
    expect(unknown.status()).toBe(404);
    expect(await unknown.json()).toMatchObject({ code: "reload" });
    expect((await page.request.get("/api/subscription/cancel")).status()).toBe(405);
    expect((await page.request.post("/api/view/overview", { form: { organization: portal.slug } })).status()).toBe(401);
    expect((await page.request.post("/api/view/overview", { form: { organization: "nobody" } })).status()).toBe(404);
    expect((await page.request.delete(portal.path("orders"))).status()).toBe(405);
  });
});

/** A subscription that belongs to another customer. */
function somebodyElse(customer: Customer): string {
  const other = customers().find(({ customer_id, subscriptions }) => customer_id !== customer.customer_id && subscriptions.some(renews));
  const found = other?.subscriptions.find(renews);
  if (found === undefined) throw new Error("the demo has nobody else");
  return found.subscription_id;
}
