// Signing in that does not succeed: wrong codes, other browsers, unknown addresses, mistyped ones.

import { owner, takeCustomer } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { secretsOf, wrongCodes } from "../lib/portal.ts";

test("a wrong code is told beside the field with the tries left; after five the right one is refused", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 4\d\d/);
  const { email } = owner(takeCustomer());
  const mailbox = await Mailbox.open(email);
  await page.goto(portal.path("sign-in"));
  await portal.askForCode(email);
  const { code } = secretsOf(await mailbox.next());
  const field = page.getByLabel(portal.t("code.label"));
  for (const [tried, wrong] of wrongCodes(code, 5).entries()) {
    await portal.enterCode(wrong);
    await expect(field).toHaveAttribute("aria-invalid", "true");
    // The mistyped code is a secret's neighbour: it does not come back.
    await expect(field).toHaveValue("");
    const left = 4 - tried;
    if (left > 0) await expect(portal.main).toContainText(portal.t("code.tries_left", { count: left }));
  }
  await expect(field).toHaveAttribute("aria-describedby", /error/);
  await portal.enterCode(code);
  await expect(portal.main).toContainText(portal.t("error.code_no_tries_left"));
  await page.goto(portal.path());
  await expect(page).toHaveURL(new RegExp(portal.path("sign-in")));
});

test("a code belongs to the browser that asked", async ({ page, portal, otherBrowser, expectProblem }) => {
  expectProblem(/status of 4\d\d/);
  const { email } = owner(takeCustomer());
  const mailbox = await Mailbox.open(email);
  await page.goto(portal.path("sign-in"));
  await portal.askForCode(email);
  const first = secretsOf(await mailbox.next());

  const other = await otherBrowser();
  await other.page.goto(other.path("sign-in"));
  await other.askForCode(email);
  const second = secretsOf(await mailbox.next());
  expect(second.code).not.toBe(first.code);
  await other.enterCode(first.code);
  await expect(other.page.getByLabel(other.t("code.label"))).toHaveAttribute("aria-invalid", "true");
  await other.page.goto(other.path());
  await expect(other.page).toHaveURL(new RegExp(other.path("sign-in")));

  // Neither try has spent what belongs to the first browser.
  await portal.enterCode(first.code);
  await expect(page).toHaveURL(portal.path());
});

test("an unknown address gets the same answer and no mail", async ({ page, portal, otherBrowser }) => {
  const { email } = owner(takeCustomer());
  const unknown = `nobody.${email}`;
  const mailbox = await Mailbox.open(unknown);
  const answers: string[] = [];
  for (const [visitor, address] of [[portal, unknown], [await otherBrowser(), email]] as const) {
    await visitor.page.goto(visitor.path("sign-in"));
    const known = await Mailbox.open(email);
    await visitor.askForCode(address);
    await expect(visitor.page).toHaveURL(visitor.path("sign-in/code"));
    answers.push((await visitor.main.innerText()).replaceAll(address, "ADDRESS"));
    // Mails go out in the order they were asked for: when this one is there, the other would be.
    if (address === email) await known.next();
  }
  expect(answers[0]).toBe(answers[1]);
  expect(await mailbox.waiting()).toEqual([]);
  await page.close();
});

test("what is no address is told beside the field and kept", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 422/);
  await page.goto(portal.path("sign-in"));
  const field = page.getByLabel(portal.t("sign_in.email_label"));
  await field.fill("not an address");
  await portal.button(portal.t("sign_in.submit")).click();
  await expect(portal.main).toContainText(portal.t("error.email_invalid"));
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(new RegExp(portal.t("error.email_invalid").slice(0, 20)));
  await expect(field).toHaveValue("not an address");
});

test("too many requests from one place have to wait, and are told how long", async ({ page, portal, expectProblem }) => {
  expectProblem(/status of 429/);
  let answered = 0;
  for (let asked = 0; asked < 7; asked += 1) {
    await page.goto(portal.path("sign-in"));
    await page.getByLabel(portal.t("sign_in.email_label")).fill(`wait-${asked}@example.com`);
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await portal.button(portal.t("sign_in.submit")).click();
    answered = (await answer).status();
    if (answered === 429) break;
    await expect(portal.title).toHaveText(portal.t("code.title"));
  }
  expect(answered).toBe(429);
  await expect(portal.main).toContainText(/Please wait \d+ minutes?/);
  await expect(page.getByLabel(portal.t("sign_in.email_label"))).toHaveValue(/wait-\d@example.com/);
});
