// WCAG 2.2 AA by axe: `await expectAccessible(page)` on every page of a journey tagged @themes.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails when axe finds anything on the page, but for the rules and the part named. Needs script: leave it out where script is off. */
export async function expectAccessible(page: Page, { except = [] as string[], outside = "" } = {}): Promise<void> {
  // Without details of what is right: they take most of the time on a long page.
  const builder = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).withTags(STANDARDS).disableRules(except);
  const { violations } = await (outside === "" ? builder : builder.exclude(outside)).analyze();
  const told = violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ target }) => target.join(" ")) }));
  expect(told, `what axe found on ${page.url()}`).toEqual([]);
}
