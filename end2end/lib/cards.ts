// Test cards that the sandbox and Stripe's test mode both know, by what happens to them.

export interface Card {
  number: string;
  /** As the portal names it. */
  name: string;
}

function card(number: string, brand = "Visa"): Card {
  return { number, name: `${brand} ending in ${number.slice(-4)}` };
}

/** It pays. */
export const GOOD = card("4242424242424242");
export const ALSO_GOOD = card("5555555555554444", "Mastercard");
/** The bank asks its customer when the card is entered, and never again. */
export const ASKS_ONCE = card("4000002500003155");
/** The bank asks its customer when the card is entered, and at every charge. */
export const ASKS_ALWAYS = card("4000002760003184");
/** It can be saved; every charge is declined. */
export const NO_MONEY = card("4000000000009995");
export const EXPIRED = card("4000000000000069");
export const DECLINED = card("4000000000000002");
export const LOST = card("4000000000009987");

/** The last month of the year after next: no card expires during the tests. */
export function farExpiry(): string {
  return `12/${String(new Date().getFullYear() + 2).slice(-2)}`;
}
