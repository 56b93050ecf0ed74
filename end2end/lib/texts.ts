// What the portal says: the tests read the same files as the program, so a better wording breaks nothing.
import { readFileSync } from "node:fs";

export type Locale = "en" | "de";
type Entry = string | { one: string; other: string };
type Values = Record<string, string | number>;

const load = (tag: Locale): Record<string, Entry> =>
  JSON.parse(readFileSync(new URL(`../../app/locales/${tag}.json`, import.meta.url), "utf8"));
const locales: Record<Locale, Record<string, Entry>> = { en: load("en"), de: load("de") };

function template(key: string, locale: Locale, count?: string | number): string {
  const entry = locales[locale][key];
  if (entry === undefined) throw new Error(`app/locales/${locale}.json has no ${key}`);
  if (typeof entry === "string") return entry;
  return Number(count) === 1 ? entry.one : entry.other;
}

/** A text with its placeholders filled; a forgotten one fails the test here. */
export function text(key: string, values: Values = {}, locale: Locale = "en"): string {
  return template(key, locale, values.count).replace(/\{(\w+)\}/g, (_, name: string) => {
    if (values[name] === undefined) throw new Error(`${key} needs {${name}}`);
    return String(values[name]);
  });
}

/** The whole text as a pattern; placeholders without a value stand for anything. */
export function pattern(key: string, values: Values = {}, locale: Locale = "en"): RegExp {
  const escape = (plain: string) => plain.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const parts = template(key, locale, values.count).split(/\{(\w+)\}/);
  const source = parts.map((part, at) => (at % 2 === 0 ? escape(part) : values[part] === undefined ? ".+?" : escape(String(values[part]))));
  return new RegExp(`^\\s*${source.join("")}\\s*$`);
}
