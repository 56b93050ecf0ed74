// Signing in by a mail that went over SMTP: the code, the link, the choice between customers.

import { owner, sharedAddress, takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { secretsOf } from "../lib/portal.ts";
import { text } from "../lib/texts.ts";

test("with the code from the mail, pasted with spaces and in lower case", async ({ page, portal }) => {
  const { email } = owner(takeCustomer());
  const mailbox = await Mailbox.open(email);
  await page.goto(`${portal.path()}?email=${encodeURIComponent(email)}`);
  await expect(page).toHaveURL(new RegExp(`${portal.path("sign-in")}\\?email=`));
  await expect(page.getByLabel(portal.t("sign_in.email_label"))).toHaveValue(email);
  await portal.button(portal.t("sign_in.submit")).click();

  await expect(page).toHaveURL(portal.path("sign-in/code"));
  await expect(portal.main).toContainText(email);
  const field = page.getByLabel(portal.t("code.label"));
  await expect(field).toHaveAttribute("autocomplete", "one-time-code");
  const mail = await mailbox.next();
  const { code } = secretsOf(mail);
  expect(mail.from).toContain(portal.organization);
  expect(mail.html).toContain(code);
  expect(mail.headers["auto-submitted"]).toBe("auto-generated");
  await portal.enterCode(` ${code.slice(0, 3).toLowerCase()} ${code.slice(3).toLowerCase()} `);

  await expect(page).toHaveURL(portal.path());
  await expect(portal.title).toHaveText(portal.t("overview.title"));
  const cookies = (await page.context().cookies()).filter(({ name }) => name.startsWith("foyer_"));
  const session = cookies.find(({ name }) => /^foyer_[0-9a-f]{32}$/.test(name));
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  expect(await mailbox.waiting()).toEqual([]);
});

test("the code works once", async ({ page, portal }) => {
  const { email } = owner(takeCustomer());
  const mailbox = await Mailbox.open(email);
  await page.goto(portal.path("sign-in"));
  await portal.askForCode(email);
  const { code } = secretsOf(await mailbox.next());
  await portal.enterCode(code);
  await expect(page).toHaveURL(portal.path());
  await portal.button(portal.t("nav.sign_out")).click();
  await expect(page).toHaveURL(new RegExp(portal.path("sign-in")));

  // The same browser, the same code once more.
  const form = { _form: "sign-in/code", organization: portal.slug, code };
  const again = await page.request.post(portal.path("sign-in/code"), { form });
  expect(again.status()).toBe(422);
  expect(again.headers()["set-cookie"] ?? "").not.toMatch(/foyer_[0-9a-f]{32}=[^;]/);
  await page.goto(portal.path());
  await expect(page).toHaveURL(new RegExp(portal.path("sign-in")));
});

test("with the link: opening it changes nothing, its button signs in, and it works once", async ({ page, portal, otherBrowser, expectProblem }) => {
  expectProblem(/status of 410/);
  const { email } = owner(takeCustomer());
  const mailbox = await Mailbox.open(email);
  await page.goto(portal.path("sign-in"));
  await portal.askForCode(email);
  const { link } = secretsOf(await mailbox.next());

  // A scanner that looks at what the mail holds, twice.
  const scanner = await otherBrowser();
  for (const _ of [1, 2]) {
    await scanner.page.goto(link);
    await expect(scanner.title).toHaveText(scanner.t("link.title"));
  }
  const phone = await otherBrowser();
  await phone.page.goto(link);
  expect(new URL(phone.page.url()).search).toBe("");
  await expect(phone.page).toHaveURL(phone.path("sign-in/link"));
  await phone.button(phone.t("link.submit")).click();
  await expect(phone.page).toHaveURL(phone.path());
  await expect(phone.title).toHaveText(phone.t("overview.title"));

  const late = await otherBrowser();
  await late.page.goto(link);
  await expect(late.title).toHaveText(late.t("link.expired_title"));
  await expect(late.link(late.t("link.new"))).toBeVisible();
});

test("an address of two customers: the choice comes after the proof", async ({ page, portal }) => {
  const customer = takeCustomer(({ shared_addresses, members }) => shared_addresses > 0 && members.length > 0, { ordinary: false });
  const shared = sharedAddress(customer.customer_id);
  const mailbox = await Mailbox.open(shared.email);
  await page.goto(portal.path("sign-in"));
  await portal.askForCode(shared.email);
  await portal.enterCode(secretsOf(await mailbox.next()).code);

  await expect(page).toHaveURL(portal.path("sign-in/choose"));
  await expect(portal.main).toContainText(shared.email);
  for (const name of shared.customer_names) await expect(portal.main).toContainText(name);
  await expect(page.locator("script")).toHaveCount(0);
  const chosen = shared.customer_names.at(-1) ?? "";
  const radio = page.getByRole("radio", { name: chosen });
  if ((await radio.count()) > 0) {
    await radio.check();
    await portal.button(portal.t("choose.continue")).click();
  } else {
    await portal.button(new RegExp(chosen.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).click();
  }
  await expect(page).toHaveURL(portal.path());
  // In the language of the customer that was chosen.
  const titles = (["en", "de"] as const).map((locale) => text("overview.title", {}, locale));
  await expect(portal.title).toHaveText(new RegExp(`^(${titles.join("|")})$`));
});

test("the ways in carry no script", async ({ page, portal, otherBrowser }) => {
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(request.url()));
  const { email } = owner(takeCustomer());
  const mailbox = await Mailbox.open(email);
  await page.goto(portal.path("sign-in"));
  await expect(page.locator("script")).toHaveCount(0);
  await portal.askForCode(email);
  await expect(page.locator("script")).toHaveCount(0);
  const { link } = secretsOf(await mailbox.next());
  await page.goto(link);
  await expect(portal.title).toHaveText(portal.t("link.title"));
  await expect(page.locator("script")).toHaveCount(0);
  expect(loaded.filter((url) => /\.(js|wasm)(\?|$)/.test(url))).toEqual([]);
  await (await otherBrowser()).page.close();
});
