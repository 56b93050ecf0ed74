// Writes docs/api-clients.md at the end of a whole run: which operation passed with which client.

import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { clients } from "./clients/all.ts";

const FILE = join(import.meta.dirname, "../../docs/api-clients.md");
const MARKS: Partial<Record<TestResult["status"], string>> = { passed: "yes", skipped: "–" };

export default class ApiTable implements Reporter {
  private readonly marks = new Map<string, Map<string, string>>();

  onTestEnd(test: TestCase, result: TestResult) {
    const [operation = "", client = ""] = test.titlePath().reverse();
    if (!clients.some(({ name }) => name === client)) return;
    const marks = this.marks.get(operation) ?? new Map<string, string>();
    marks.set(client, MARKS[result.status] ?? "no");
    this.marks.set(operation, marks);
  }

  onEnd({ status }: FullResult) {
    const whole = [...this.marks.values()].every((marks) => marks.size === clients.length);
    if (status !== "passed" || !whole || this.marks.size === 0) return;
    const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
    const rows = [...this.marks].sort(([a], [b]) => a.localeCompare(b)).map(([operation, marks]) =>
      line([`\`${operation}\``, ...clients.map(({ name }) => marks.get(name) ?? "no")]));
    const text = [
      "# Operations and published clients",
      "",
      "Written by `make test-contract`: each operation of [`openapi.json`](openapi.json) is called by each role, with success and with errors, through the published",
      "`@polar-sh/sdk` (0.49.0, which checks every answer, and 1.0.1 in its three versions) and `polar-sdk` for Python (which checks types), and by plain HTTP,",
      "where every answer is held against the document. – where a client does not have the operation.",
      "",
      line(["operation", ...clients.map(({ name }) => name)]),
      line(["---", ...clients.map(() => "---")]),
      ...rows,
    ];
    writeFileSync(FILE, `${text.join("\n")}\n`);
  }
}
