// The guards of lib/ themselves: that a journey fails when the browser complains.

import { expectAccessible } from "../lib/axe.ts";
import { expect, test } from "../lib/fixtures.ts";

test.describe("the guards", { tag: "@once" }, () => {
  test("an error in the console fails a test", async ({ page }) => {
    test.fail();
    await page.evaluate(() => console.error("provoked"));
  });

  test("an uncaught error fails a test", async ({ page }) => {
    test.fail();
    const seen = page.waitForEvent("pageerror");
    await page.setContent("<script>throw new Error('provoked')</script>");
    await seen;
  });

  test("an expected problem that does not come fails a test", async ({ expectProblem }) => {
    test.fail();
    expectProblem(/never/);
  });

  test("an expected problem is let through", async ({ page, expectProblem }) => {
    expectProblem(/console error: provoked/);
    await page.evaluate(() => console.error("provoked"));
  });

  test("axe finds a picture without words", async ({ page }) => {
    await page.setContent("<html lang=en><title>t</title><main><h1>h</h1><img src='data:,'></main></html>");
    await expect(expectAccessible(page)).rejects.toThrow(/image-alt/);
  });
});
