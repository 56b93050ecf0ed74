// The published clients of the wire format, behind one face: what they send and read is theirs, unchanged.

/** What came back, in the wire's names. */
export type Found = Record<string, any>;

/** What is asked for, in the wire's names. */
export interface Call {
  /** The parameters of the path, in its order. */
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: Found;
}

export interface Client {
  name: string;
  /** It sends a token with every call. */
  alwaysSends?: boolean;
  /** Whether it has an operation (by its id in the document). */
  has(operation: string): Promise<boolean>;
  /** Calls an operation with a token, empty for nobody's. */
  call(operation: string, token: string, call?: Call): Promise<Found>;
}

/** A refusal, of clients that do not throw an error of their own here. */
export class Refused extends Error {
  constructor(
    readonly statusCode: number,
    text: string,
  ) {
    super(`${statusCode}: ${text}`);
  }
}

/** An operation's id, as all of them can be compared. */
export const normal = (operation: string) => operation.replaceAll("-", "_");

export const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
export const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Maps whose keys are the caller's own. */
const KEPT = new Set(["metadata", "user_metadata", "userMetadata", "custom_field_data", "customFieldData", "customer_metadata", "customerMetadata"]);

/** The same value with every name in it renamed, and every other value changed by `change`. */
export function renamed(value: unknown, rename: (name: string) => string, change: (value: unknown) => unknown = (same) => same): any {
  if (value instanceof Date) return change(value);
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename, change));
  if (value === null || typeof value !== "object") return change(value);
  const entries = Object.entries(value).map(([name, item]) => [rename(name), KEPT.has(name) ? item : renamed(item, rename, change)]);
  return Object.fromEntries(entries);
}
