// The company's own application opens the portal for its customer.

import { takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { handOver } from "../lib/portal.ts";

test("a hand-over link signs in, leaves the address, and works once", async ({ page, portal, otherBrowser }) => {
  const { email } = takeCustomer();
  const url = handOver(email, "--return-to", portal.path("orders"), "--return-url", "https://app.example.com/settings");
  const code = new URL(url).searchParams.get("code") ?? "";
  expect(code.length).toBeGreaterThan(30);
  await page.goto(url);
  await expect(page).toHaveURL(portal.path("orders"));
  await expect(portal.title).toHaveText(portal.t("orders.title"));
  expect(await page.content()).not.toContain(code);
  const back = page.getByRole("link", { name: portal.t("common.back_to", { name: portal.organization }) });
  await expect(back).toHaveAttribute("href", "https://app.example.com/settings");

  const second = await otherBrowser();
  await second.page.goto(url);
  await expect(second.page).toHaveURL(second.path("sign-in?used=1"));
  await expect(second.main).toContainText(second.t("sign_in.link_used"));
  await expect(second.title).toHaveText(second.t("sign_in.title", { organization: second.organization }));
  await second.page.goto(second.path("orders"));
  await expect(second.page).toHaveURL(new RegExp(`${second.path("sign-in")}\\?to=`));
});

test("an invented code signs nobody in", async ({ page, portal }) => {
  for (const code of ["", "x", "a".repeat(43), "ü"]) {
    await page.goto(`${portal.path("hand-over")}?code=${encodeURIComponent(code)}`);
    await expect(page).toHaveURL(portal.path("sign-in?used=1"));
  }
});

test("a link leads nowhere else", async ({ page, portal }) => {
  const { email } = takeCustomer();
  await page.goto(`${handOver(email)}&to=${encodeURIComponent("https://evil.example/")}`);
  await expect(page).toHaveURL(portal.path());
});
