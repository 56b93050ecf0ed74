// Writes docs/api-clients.md at the end of a whole run: which operation passed with which client.

import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "../../docs/api-clients.md");

export default class ApiTable implements Reporter {
  private readonly marks = new Map<string, Map<string, boolean>>();
  private readonly clients: string[] = [];

  onTestEnd(test: TestCase, result: TestResult) {
    const [operation = "", client = ""] = test.titlePath().reverse();
    if (!this.clients.includes(client)) this.clients.push(client);
    const marks = this.marks.get(operation) ?? new Map<string, boolean>();
    marks.set(client, result.status === "passed");
    this.marks.set(operation, marks);
  }

  onEnd({ status }: FullResult) {
    const whole = [...this.marks.values()].every((marks) => marks.size === 4);
    if (status !== "passed" || !whole) return;
    const clients = this.clients.sort();
    const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
    const rows = [...this.marks].sort(([a], [b]) => a.localeCompare(b)).map(([operation, marks]) =>
      line([`\`${operation}\``, ...clients.map((client) => (marks.get(client) ? "yes" : "no"))]));
    const text = [
      "# Operations and published clients",
      "",
      "Written by `scripts/test contract`: each operation is called through the published `@polar-sh/sdk`, with success and with errors.",
      "",
      line(["operation", ...clients]),
      line(["---", ...clients.map(() => "---")]),
      ...rows,
    ];
    writeFileSync(FILE, `${text.join("\n")}\n`);
  }
}
