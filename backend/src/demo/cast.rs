//! Who the demo's customers are, and what they do when. All names are made up.

mod crowd;
mod place;
mod telling;

use domain::address::AddressInput;
use domain::customer_type::CustomerType;
use domain::locale::Locale;
use domain::money::Currency;
use domain::payment_method::CardExpiry;
use domain::role::MemberRole;
use domain::subscription::CancellationReason;
use rand::rngs::StdRng;
use time::OffsetDateTime;

use super::catalog::{Plan, Rebate};
use crate::payment::{SandboxBehavior, SandboxCard};

/// A customer and its story. `joined_at` comes before everything else.
#[derive(Debug, Clone)]
pub(super) struct PlannedCustomer {
    pub customer_type: CustomerType,
    pub name: String,
    pub owner_name: String,
    pub email: String,
    pub locale: Locale,
    pub time_zone: &'static str,
    pub joined_at: OffsetDateTime,
    /// `None` for those who have not told it yet: their orders bear no tax and wait for their invoice.
    pub address: Option<AddressInput>,
    /// Empty when there is none.
    pub tax_id: &'static str,
    pub is_tax_exempt: bool,
    pub members: Vec<(String, String, MemberRole)>,
    /// Saved on the first day, and charged.
    pub card: SandboxCard,
    /// Charged when the other one is declined.
    pub backup: Option<SandboxCard>,
    pub subscriptions: Vec<PlannedSubscription>,
}

#[derive(Debug, Clone)]
pub(super) struct PlannedSubscription {
    pub plan: Plan,
    pub currency: Currency,
    pub seats: Option<i32>,
    pub rebate: Option<Rebate>,
    pub starts_at: OffsetDateTime,
    /// What its customer does, each at its moment.
    pub deeds: Vec<(OffsetDateTime, Deed)>,
}

/// What a customer does about a subscription, through the same commands as the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Cancel(CancellationReason, Option<&'static str>),
    Keep,
    /// At the period's end; with the day on which it goes on by itself.
    Pause(Option<OffsetDateTime>),
    Resume,
    ChangePlan(Plan),
    ChangeSeats(i32),
    /// To the owner and the first members, so many in all.
    AssignSeats(usize),
    EndNow(CancellationReason),
    /// From now on the card behaves so.
    Card(SandboxBehavior),
}

pub(super) const CUSTOMERS: usize = 40;

/// The whole cast as of `now`, the telling ones first.
pub(super) fn cast(now: OffsetDateTime, rng: &mut StdRng) -> Vec<PlannedCustomer> {
    let mut cast = telling::customers(now);
    for n in cast.len()..CUSTOMERS {
        cast.push(crowd::customer(n, now, rng));
    }
    cast
}

fn running(plan: Plan, currency: Currency, starts_at: OffsetDateTime) -> PlannedSubscription {
    PlannedSubscription { plan, currency, seats: None, rebate: None, starts_at, deeds: Vec::new() }
}

/// The cards people have: test numbers that pay.
const CARDS: [(&str, &str); 4] =
    [("visa", "4242"), ("mastercard", "4444"), ("visa", "4242"), ("amex", "0005")];

/// The `n`-th card, good for some years after `now`.
fn card(n: usize, now: OffsetDateTime) -> SandboxCard {
    let (brand, last4) = CARDS[n % CARDS.len()];
    let later = i16::try_from(n % 12).unwrap_or(0);
    let year = i16::try_from(now.year()).unwrap_or(2026) + 2 + later % 3;
    let expiry = CardExpiry { year, month: 1 + later };
    SandboxCard { brand, last4, expiry, ..SandboxCard::new(SandboxBehavior::Approve) }
}

/// A card whose last month is the one after `now`.
fn card_that_ends_next_month(now: OffsetDateTime) -> SandboxCard {
    let year = i16::try_from(now.year()).unwrap_or(2026);
    let month = i16::from(u8::from(now.month()));
    let expiry = match month {
        12 => CardExpiry { year: year + 1, month: 1 },
        _ => CardExpiry { year, month: month + 1 },
    };
    SandboxCard { expiry, ..card(1, now) }
}

fn address(name: &str, host: &str) -> String {
    let local = name.to_lowercase().replace(' ', ".").replace('ö', "oe").replace('ü', "ue");
    format!("{local}@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use std::collections::HashSet;

    #[test]
    fn forty_customers_whose_stories_lie_in_the_past() {
        for seed in 0..20 {
            let now = time::macros::datetime!(2026-05-31 10:00 UTC);
            let cast = cast(now, &mut Chance::seeded(seed).rng());
            assert_eq!(cast.len(), CUSTOMERS);
            let emails: HashSet<_> = cast.iter().map(|customer| customer.email.clone()).collect();
            assert_eq!(emails.len(), CUSTOMERS);
            for customer in &cast {
                assert!(
                    domain::email::EmailAddress::parse(&customer.email).is_ok(),
                    "{}",
                    customer.email
                );
                let members: HashSet<_> = customer
                    .members
                    .iter()
                    .map(|(_, email, _)| email)
                    .chain([&customer.email])
                    .collect();
                assert_eq!(members.len(), customer.members.len() + 1, "{}", customer.name);
                for subscription in &customer.subscriptions {
                    assert!(
                        customer.joined_at < subscription.starts_at && subscription.starts_at < now,
                        "{}",
                        customer.name
                    );
                    assert_eq!(subscription.plan.has_seats(), subscription.seats.is_some());
                    let moments = subscription.deeds.iter().map(|(at, _)| *at);
                    let moments: Vec<_> =
                        [subscription.starts_at].into_iter().chain(moments).collect();
                    assert!(moments.is_sorted(), "{}", customer.name);
                    assert!(moments.iter().all(|at| *at < now), "{}", customer.name);
                }
            }
            let of_two_teams = cast
                .iter()
                .filter(|customer| customer.members.iter().any(|(name, ..)| name == "Elena Rossi"))
                .count();
            assert_eq!(of_two_teams, 2);
        }
    }
}
