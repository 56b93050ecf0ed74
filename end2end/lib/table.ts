// At the end of a run: which journey was walked in which mode, and last, a line for each that failed (scripts/test
// repeats those after its last part) or passed only when it was tried again.

import { stripVTControlCharacters } from "node:util";
import type { FullConfig, FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";

const MARKS: Record<ReturnType<TestCase["outcome"]>, string> = { expected: "ok", unexpected: "FAILED", flaky: "FLAKY", skipped: "-" };
const TITLE_MAX = 90;
const ERROR_MAX = 300;

export default class Table implements Reporter {
  private modes: string[] = [];
  private readonly journeys = new Map<string, Map<string, string>>();
  private readonly tests = new Set<TestCase>();

  onBegin(config: FullConfig) {
    this.modes = config.projects.map(({ name }) => name);
  }

  onTestEnd(test: TestCase) {
    const [, mode = "", file = "", ...title] = test.titlePath();
    const name = `${file.replace(/\.spec\.ts$/, "")}: ${title.join(", ")}`.slice(0, TITLE_MAX);
    const marks = this.journeys.get(name) ?? new Map<string, string>();
    marks.set(mode, MARKS[test.outcome()]);
    this.journeys.set(name, marks);
    this.tests.add(test);
  }

  onEnd(result: FullResult) {
    const modes = this.modes.filter((mode) => [...this.journeys.values()].some((marks) => marks.has(mode)));
    const width = Math.max(...[...this.journeys.keys()].map(({ length }) => length), 0);
    console.log(`\n${"".padEnd(width)}  ${modes.join("  ")}`);
    for (const [name, marks] of [...this.journeys].sort(([a], [b]) => a.localeCompare(b))) {
      console.log(`${name.padEnd(width)}  ${modes.map((mode) => (marks.get(mode) ?? "").padEnd(mode.length)).join("  ")}`.trimEnd());
    }
    console.log(`${Math.round(result.duration / 1000)} s`);
    for (const test of this.tests) {
      if (test.outcome() === "unexpected" || test.outcome() === "flaky") console.log(`${MARKS[test.outcome()]} ${where(test)}: ${firstError(test)}`);
    }
  }
}

function where(test: TestCase): string {
  const [, mode = "", file = "", ...title] = test.titlePath();
  return `[${mode}] ${file}:${test.location.line} ${title.join(", ")}`;
}

/** What the first try said, on one line. */
function firstError(test: TestCase): string {
  const message = test.results.find(({ error }) => error !== undefined)?.error?.message ?? "no error was given";
  return stripVTControlCharacters(message).replaceAll(/\s+/g, " ").slice(0, ERROR_MAX);
}
