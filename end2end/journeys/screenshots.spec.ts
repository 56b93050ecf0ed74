// The pictures of README.md: `SCREENSHOTS=1 npx playwright test screenshots`.

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { customers } from "../lib/customers.ts";
import { expect, test } from "../lib/fixtures.ts";
import { pagesOf } from "../lib/pages.ts";

const folder = join(import.meta.dirname, "../../docs/screenshots");
const PICTURE_MAX_BYTES = 150_000;

test("pictures", { tag: ["@script", "@themes"] }, async ({ page, portal }, { project }) => {
  test.skip(process.env.SCREENSHOTS !== "1", "only when asked for");
  mkdirSync(folder, { recursive: true });
  const customer = customers().find(({ email }) => email === "clara.neumann@example.com");
  if (customer === undefined) throw new Error("the demo has no Clara Neumann");
  const wanted: Record<string, string[]> = { desktop: ["overview", "cancel", "orders"], "phone-dark": ["overview"] };
  const names = wanted[project.name] ?? [];
  await portal.signIn(customer.email);
  for (const { name, path } of pagesOf(customer)) {
    if (!names.includes(name)) continue;
    await portal.open(path);
    await picture(name);
  }
  if (project.name !== "desktop") return;
  const plans = pagesOf(customer).find(({ name }) => name === "plan");
  await portal.open(plans?.path);
  await portal.main.getByRole("link", { name: /: Business$/ }).click();
  await expect(portal.main).toContainText(portal.t("quote.due_now_title"));
  await picture("quote");

  async function picture(name: string) {
    const file = join(folder, `${name}-${project.name}.png`);
    await page.screenshot({ path: file });
    expect(statSync(file).size).toBeLessThan(PICTURE_MAX_BYTES);
  }
});
