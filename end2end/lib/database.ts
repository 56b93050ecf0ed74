// Looking into the database of the running Foyer: to find customers for a journey and to see what it has left behind.

import { execFileSync } from "node:child_process";

const OUTPUT_MAX_BYTES = 50_000_000;

/** The rows of a query, as objects. */
export function rows<Row>(query: string): Row[] {
  return JSON.parse(psql(`select coalesce(json_agg(found), '[]') from (${query}) as found`)) as Row[];
}

/** Changes what only time or a processor changes otherwise. */
export function execute(statement: string): void {
  psql(statement);
}

function psql(command: string): string {
  const url = process.env.FOYER_DATABASE_URL;
  if (url === undefined) throw new Error("FOYER_DATABASE_URL is not set: lib/setup.ts sets it when it starts Foyer");
  const options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--dbname", url, "--command", command];
  return execFileSync("psql", options, { encoding: "utf8", maxBuffer: OUTPUT_MAX_BYTES });
}
