// Languages, and the customer's time zone.

import { takeCustomer, customers, planName } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Portal } from "../lib/portal.ts";

test("the language is switched by hand and stays", async ({ page, portal }) => {
  const { email } = takeCustomer();
  const german = new Portal(page, portal.hasScript, "de");
  await portal.signIn(email, "orders");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await portal.whileLoading(() => page.getByRole("navigation", { name: portal.t("common.language") }).getByRole("link", { name: "Deutsch" }).click());
  await expect(page).toHaveURL(portal.path("orders"));
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(german.title).toHaveText(german.t("orders.title"));
  await german.room(german.t("nav.activity")).click();
  await expect(german.title).toHaveText(german.t("activity.title"));
  await german.open();
  await expect(german.title).toHaveText(german.t("overview.title"));
  await page.getByRole("navigation", { name: german.t("common.language") }).getByRole("link", { name: "English" }).click();
  await expect(portal.title).toHaveText(portal.t("overview.title"));
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

test("a customer who reads German is spoken to in German, amounts and dates too", async ({ portal, page }) => {
  const customer = takeCustomer(
    ({ locale, subscriptions }) => locale === "de" && subscriptions.some(({ status, amount_minor, currency }) => status === "active" && amount_minor > 0 && currency === "eur"),
    { ordinary: false },
  );
  const german = new Portal(page, portal.hasScript, "de");
  await german.signIn(customer.email);
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(german.title).toHaveText(german.t("overview.title"));
  const [active] = customer.subscriptions.filter(({ status, amount_minor }) => status === "active" && amount_minor > 0);
  if (active === undefined) throw new Error("unreachable: it has one");
  await expect(german.main).toContainText(planName(active, "de"));
  await expect(german.main).toContainText(/\d,\d\d\s€/);
  await expect(german.main).toContainText(/\d{1,2}\. (Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember) \d{4}/);
});

test("dates are those of the customer's time zone, whatever the browser's", async ({ portal, page }) => {
  // A period whose end falls on different days in Tokyo and in UTC.
  const far = customers().find(({ time_zone, locale, subscriptions }) => {
    const [subscription] = subscriptions;
    return time_zone === "Asia/Tokyo" && locale !== "de" && subscriptions.length === 1 && subscription !== undefined && subscription.ended_at === null;
  });
  if (far === undefined) throw new Error("the demo has nobody in Tokyo");
  const customer = takeCustomer(({ customer_id, time_zone, subscriptions }) => customer_id !== "" && time_zone === "Asia/Tokyo" && subscriptions.length === 1 && subscriptions[0]?.ended_at === null);
  const [subscription] = customer.subscriptions;
  const ends = new Date(subscription?.current_period_end ?? "");
  const inZone = (timeZone: string) => new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "long", year: "numeric" }).format(ends);
  await portal.signIn(customer.email);
  await expect(portal.main).toContainText(inZone("Asia/Tokyo"));
  const sessions = await portal.open("settings/sessions").then(() => portal.main.innerText());
  expect(sessions).toContain("Asia/Tokyo");
  await expect(page.locator("main time").first()).toHaveAttribute("datetime", /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/);
});

test("before signing in, the browser's wish counts", async ({ browser, portal }) => {
  const context = await browser.newContext({ locale: "de-AT" });
  const page = await context.newPage();
  const german = new Portal(page, portal.hasScript, "de");
  await page.goto(german.path("sign-in"));
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(german.title).toHaveText(german.t("sign_in.title", { organization: german.organization }));
  await context.close();
});
