// Billing details: every country's fields, mistakes beside them, and who may not see them.

import type { Page } from "@playwright/test";
import { takeCustomer } from "../lib/customers.ts";
import { rows } from "../lib/database.ts";
import { expect, test } from "../lib/fixtures.ts";
import type { Portal } from "../lib/portal.ts";

const labels = ["name", "company", "line1", "line2", "postal_code", "city", "state", "tax_id"] as const;
type Details = Partial<Record<(typeof labels)[number] | "country", string>>;

async function fill(page: Page, portal: Portal, details: Details) {
  const { country, ...texts } = details;
  if (country !== undefined) await page.getByLabel(portal.t("billing.country_label")).selectOption(country);
  for (const name of labels) {
    if (texts[name] !== undefined) await page.getByLabel(portal.t(`billing.${name}_label`)).fill(texts[name]);
  }
}

test("mistakes stand beside their fields, and what is saved is kept in its country's form", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 422/);
  const customer = takeCustomer();
  await portal.signIn(customer.email, "settings/billing");
  await expect(portal.title).toHaveText(portal.t("billing.title"));
  await fill(page, portal, { name: " ", country: "AT", line1: "Ring 1", line2: "", postal_code: "12345", city: "Wien", state: "", company: "Ring GmbH", tax_id: "DE149858308" });
  await portal.button(portal.t("billing.submit")).click();
  for (const [field, code] of [["name", "required"], ["postal_code", "postal_code_invalid"], ["tax_id", "tax_id_other_country"]]) {
    const wrong = page.getByLabel(portal.t(`billing.${field}_label`));
    await expect(wrong).toHaveAttribute("aria-invalid", "true");
    await expect(wrong).toHaveAccessibleDescription(new RegExp(portal.t(`error.${code}`).replaceAll(".", "\\.")));
  }
  // What was typed is still there, the list included.
  await expect(page.getByLabel(portal.t("billing.city_label"))).toHaveValue("Wien");
  await expect(page.getByLabel(portal.t("billing.country_label"))).toHaveValue("AT");

  await fill(page, portal, { name: "Ada Lovelace", postal_code: "1010", tax_id: "u 390 996 03" });
  await portal.button(portal.t("billing.submit")).click();
  await expect(portal.main).toContainText(portal.t("billing.saved"));
  await portal.open("settings/billing");
  await expect(page.getByLabel(portal.t("billing.tax_id_label"))).toHaveValue("ATU39099603");
  await expect(page.getByLabel(portal.t("billing.postal_code_label"))).toHaveValue("1010");
  const [stored] = rows<{ billing_name: string; billing_address: { postal_code: string; country: string } }>(
    `select billing_name, billing_address from customer where customer_id = '${customer.customer_id}'`,
  );
  expect(stored).toMatchObject({ billing_name: "Ada Lovelace", billing_address: { postal_code: "1010", country: "AT" } });
  await portal.open("settings/activity");
  await expect(portal.main).toContainText(portal.t("activity.event_customer_billing_updated"));
});

test("a strange address to go on to is not followed", async ({ page, portal }) => {
  const customer = takeCustomer();
  await portal.signIn(customer.email, `settings/billing?to=${encodeURIComponent("https://example.com/")}`);
  await fill(page, portal, { name: "Ada", company: "", country: "DE", line1: "Torstr. 1", line2: "", postal_code: "10119", city: "Berlin", state: "", tax_id: "" });
  await portal.button(portal.t("billing.submit")).click();
  await expect(page).toHaveURL(portal.path("settings/billing?done=saved"));
});

test("a plain member sees no billing details", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 403/);
  const customer = takeCustomer(({ members }) => members.some(({ role }) => role === "member"));
  await portal.signInByCode(customer.members.find(({ role }) => role === "member")?.email ?? "");
  await expect(portal.room(portal.t("nav.billing"))).toHaveCount(0);
  expect((await page.goto(portal.path("settings/billing")))?.status()).toBe(403);
});
