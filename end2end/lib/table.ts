// At the end of a run: which journey was walked in which mode.

import type { FullConfig, FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";

const MARKS: Record<TestResult["status"], string> = { passed: "ok", failed: "FAILED", timedOut: "FAILED", interrupted: "-", skipped: "-" };
const TITLE_MAX = 90;

export default class Table implements Reporter {
  private modes: string[] = [];
  private readonly journeys = new Map<string, Map<string, string>>();

  onBegin(config: FullConfig) {
    this.modes = config.projects.map(({ name }) => name);
  }

  onTestEnd(test: TestCase, result: TestResult) {
    const [, mode = "", file = "", ...title] = test.titlePath();
    const name = `${file.replace(/\.spec\.ts$/, "")}: ${title.join(", ")}`.slice(0, TITLE_MAX);
    const marks = this.journeys.get(name) ?? new Map<string, string>();
    const asExpected = result.status === test.expectedStatus && result.status !== "skipped";
    marks.set(mode, asExpected ? "ok" : MARKS[result.status]);
    this.journeys.set(name, marks);
  }

  onEnd(result: FullResult) {
    const modes = this.modes.filter((mode) => [...this.journeys.values()].some((marks) => marks.has(mode)));
    const width = Math.max(...[...this.journeys.keys()].map(({ length }) => length), 0);
    console.log(`\n${"".padEnd(width)}  ${modes.join("  ")}`);
    for (const [name, marks] of [...this.journeys].sort(([a], [b]) => a.localeCompare(b))) {
      console.log(`${name.padEnd(width)}  ${modes.map((mode) => (marks.get(mode) ?? "").padEnd(mode.length)).join("  ")}`.trimEnd());
    }
    console.log(`${Math.round(result.duration / 1000)} s`);
  }
}
