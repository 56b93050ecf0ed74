//! Who the demo's customers are, and what they do when. All names are made up.

use domain::customer_type::CustomerType;
use domain::locale::Locale;
use domain::money::Currency;
use domain::role::MemberRole;
use domain::subscription::CancellationReason;
use rand::RngExt;
use rand::rngs::StdRng;
use time::{Duration, OffsetDateTime};

use super::catalog::Plan;

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
    pub members: Vec<(String, String, MemberRole)>,
    pub subscriptions: Vec<PlannedSubscription>,
}

#[derive(Debug, Clone)]
pub(super) struct PlannedSubscription {
    pub plan: Plan,
    pub currency: Currency,
    pub seats: Option<i32>,
    pub starts_at: OffsetDateTime,
    pub cancels: Option<(OffsetDateTime, CancellationReason, Option<&'static str>)>,
    pub keeps_at: Option<OffsetDateTime>,
    /// How long after an order its money arrives.
    pub pays_after: Duration,
    /// From then on no money arrives.
    pub pays_until: Option<OffsetDateTime>,
}

pub(super) const CUSTOMERS: usize = 40;

const FIRST_NAMES: [&str; 20] = [
    "Amelia", "Bruno", "Chiara", "David", "Esra", "Felix", "Greta", "Hugo", "Ines", "Jakob",
    "Kaja", "Liam", "Mira", "Noah", "Oksana", "Paul", "Renata", "Samuel", "Thea", "Viktor",
];
const LAST_NAMES: [&str; 19] = [
    "Albrecht",
    "Brandt",
    "Castell",
    "Dvorak",
    "Ekström",
    "Fontaine",
    "Grünwald",
    "Hartley",
    "Ivanova",
    "Jansen",
    "Keller",
    "Lindqvist",
    "Moreau",
    "Nowak",
    "Okafor",
    "Pereira",
    "Quinn",
    "Rasmussen",
    "Sandoval",
];
const TEAMS: [(&str, &str); 10] = [
    ("Harbour Analytics", "Europe/London"),
    ("Bluefin Robotics", "America/Los_Angeles"),
    ("Kestrel & Sons", "America/New_York"),
    ("Maple Street Clinic", "America/New_York"),
    ("Oststadt Druckerei", "Europe/Berlin"),
    ("Paperboat Games", "Asia/Tokyo"),
    ("Quarry Lane School", "Australia/Sydney"),
    ("Rheintal Logistik", "Europe/Zurich"),
    ("Saltmarsh Foods", "Europe/London"),
    ("Tannenhof Hotels", "Europe/Vienna"),
];
const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "Europe/Vienna",
    "Europe/London",
    "Asia/Tokyo",
    "Europe/Zurich",
    "America/Los_Angeles",
    "Australia/Sydney",
];

/// The whole cast as of `now`, the telling ones first.
pub(super) fn cast(now: OffsetDateTime, rng: &mut StdRng) -> Vec<PlannedCustomer> {
    let mut cast = vec![payer(now), team_owner(now), undecided(now)];
    for n in cast.len()..CUSTOMERS {
        cast.push(if n % 4 == 3 { team(n, now, rng) } else { individual(n, now, rng) });
    }
    cast
}

fn running(plan: Plan, currency: Currency, starts_at: OffsetDateTime) -> PlannedSubscription {
    PlannedSubscription {
        plan,
        currency,
        seats: None,
        starts_at,
        cancels: None,
        keeps_at: None,
        pays_after: Duration::minutes(4),
        pays_until: None,
    }
}

/// A plan that runs and a year of paid orders; an older plan that ended.
fn payer(now: OffsetDateTime) -> PlannedCustomer {
    let joined_at = now - Duration::days(420);
    let upgraded_at = now - Duration::days(375);
    let mut starter = running(Plan::Starter, Currency::EUR, joined_at + Duration::minutes(9));
    starter.cancels = Some((
        upgraded_at - Duration::hours(2),
        CancellationReason::MissingFeatures,
        Some("I need more servers."),
    ));
    PlannedCustomer {
        customer_type: CustomerType::Individual,
        name: "Clara Neumann".into(),
        owner_name: "Clara Neumann".into(),
        email: "clara.neumann@example.com".into(),
        locale: Locale::En,
        time_zone: "Europe/Berlin",
        joined_at,
        members: vec![],
        subscriptions: vec![starter, running(Plan::Pro, Currency::EUR, upgraded_at)],
    }
}

/// Seats, colleagues in every role, and a cancellation that was taken back.
fn team_owner(now: OffsetDateTime) -> PlannedCustomer {
    let joined_at = now - Duration::days(300);
    let mut seats = running(Plan::Team, Currency::EUR, joined_at + Duration::hours(1));
    seats.seats = Some(12);
    seats.cancels = Some((now - Duration::days(95), CancellationReason::TooExpensive, None));
    seats.keeps_at = Some(now - Duration::days(94));
    let colleague = |name: &str, role| (name.to_owned(), address(name, "example.org"), role);
    PlannedCustomer {
        customer_type: CustomerType::Team,
        name: "Lumen Studio".into(),
        owner_name: "Jonas Weber".into(),
        email: "jonas.weber@example.org".into(),
        locale: Locale::De,
        time_zone: "Europe/Vienna",
        joined_at,
        members: vec![
            colleague("Birgit Hofer", MemberRole::BillingManager),
            colleague("Anton Gruber", MemberRole::Member),
            colleague("Selma Yildiz", MemberRole::Member),
            colleague("Tomas Riedl", MemberRole::Member),
        ],
        subscriptions: vec![
            seats,
            running(Plan::LogArchive, Currency::EUR, joined_at + Duration::days(20)),
        ],
    }
}

/// A plan set to end with its last order still open, and a trial of a bigger one.
fn undecided(now: OffsetDateTime) -> PlannedCustomer {
    let joined_at = now - Duration::days(100);
    let mut starter = running(Plan::Starter, Currency::USD, joined_at + Duration::minutes(30));
    starter.cancels = Some((
        now - Duration::days(4),
        CancellationReason::SwitchedService,
        Some("Trying Business instead."),
    ));
    starter.pays_until = Some(now - Duration::days(25));
    PlannedCustomer {
        customer_type: CustomerType::Individual,
        name: "Maya Patel".into(),
        owner_name: "Maya Patel".into(),
        email: "maya.patel@example.net".into(),
        locale: Locale::En,
        time_zone: "America/New_York",
        joined_at,
        members: vec![],
        subscriptions: vec![
            starter,
            running(Plan::Business, Currency::USD, now - Duration::days(5)),
        ],
    }
}

fn individual(n: usize, now: OffsetDateTime, rng: &mut StdRng) -> PlannedCustomer {
    let name = person(n);
    let zone = ZONES[n % ZONES.len()];
    let plan = [
        Plan::Pro,
        Plan::Starter,
        Plan::Free,
        Plan::ProYearly,
        Plan::Business,
        Plan::StarterYearly,
        Plan::Starter,
    ][n % 7];
    let joined_at = now - Duration::seconds(rng.random_range(20 * 86_400..410 * 86_400));
    let mut subscriptions = vec![story(n, plan, zone, joined_at, now, rng)];
    if n.is_multiple_of(6) {
        subscriptions.push(story(
            n + 1,
            Plan::LogArchive,
            zone,
            joined_at + Duration::days(8),
            now,
            rng,
        ));
    }
    PlannedCustomer {
        customer_type: CustomerType::Individual,
        email: address(&name, ["example.com", "example.net", "example.org"][n % 3]),
        owner_name: name.clone(),
        name,
        locale: locale_of(zone),
        time_zone: zone,
        joined_at,
        members: vec![],
        subscriptions,
    }
}

fn team(n: usize, now: OffsetDateTime, rng: &mut StdRng) -> PlannedCustomer {
    let (name, zone) = TEAMS[(n / 4) % TEAMS.len()];
    let owner_name = person(n);
    let host = format!("{}.example.com", slugged(name));
    let joined_at = now - Duration::seconds(rng.random_range(40 * 86_400..400 * 86_400));
    let plan = if n % 8 == 3 { Plan::Team } else { Plan::TeamYearly };
    let mut members = vec![];
    for m in 0..rng.random_range(1..6_usize) {
        let colleague = person(n + 40 + m * 7);
        let role = if m == 0 { MemberRole::BillingManager } else { MemberRole::Member };
        members.push((colleague.clone(), address(&colleague, &host), role));
    }
    if n < 11 {
        // One person who keeps the books of two teams.
        members.push((
            "Elena Rossi".into(),
            "elena.rossi@example.com".into(),
            MemberRole::BillingManager,
        ));
    }
    PlannedCustomer {
        customer_type: CustomerType::Team,
        name: name.to_owned(),
        email: address(&owner_name, &host),
        owner_name,
        locale: locale_of(zone),
        time_zone: zone,
        joined_at,
        members,
        subscriptions: vec![story(n, plan, zone, joined_at, now, rng)],
    }
}

/// What becomes of a subscription: most run and are paid, some end, some are set to end, some do not pay.
fn story(
    n: usize,
    plan: Plan,
    zone: &str,
    joined_at: OffsetDateTime,
    now: OffsetDateTime,
    rng: &mut StdRng,
) -> PlannedSubscription {
    let currency = if zone.starts_with("Europe") && zone != "Europe/London" {
        Currency::EUR
    } else {
        Currency::USD
    };
    let starts_at = joined_at + Duration::seconds(rng.random_range(120..7_200));
    let age = now - starts_at;
    let reason = CancellationReason::ALL[n % CancellationReason::ALL.len()];
    let cancels = match n % 9 {
        2 if age > Duration::days(90) => Some((starts_at + age / 2, reason, None)),
        5 => Some((
            now - Duration::hours(rng.random_range(2..48)),
            reason,
            Some("It was good while I needed it."),
        )),
        _ => None,
    };
    PlannedSubscription {
        plan,
        currency,
        seats: plan.has_seats().then(|| rng.random_range(3..40)),
        starts_at,
        cancels: cancels.filter(|(at, ..)| *at > starts_at),
        keeps_at: None,
        pays_after: Duration::seconds(rng.random_range(60..40_000)),
        pays_until: (n % 10 == 7).then(|| now - Duration::days(50)),
    }
}

fn person(n: usize) -> String {
    format!(
        "{} {}",
        FIRST_NAMES[n % FIRST_NAMES.len()],
        LAST_NAMES[(n * 7 + n / 20) % LAST_NAMES.len()]
    )
}

fn locale_of(zone: &str) -> Locale {
    if matches!(zone, "Europe/Berlin" | "Europe/Vienna" | "Europe/Zurich") {
        Locale::De
    } else {
        Locale::En
    }
}

fn address(name: &str, host: &str) -> String {
    let local = name.to_lowercase().replace(' ', ".").replace('ö', "oe").replace('ü', "ue");
    format!("{local}@{host}")
}

fn slugged(name: &str) -> String {
    name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
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
                    assert!(
                        subscription
                            .cancels
                            .is_none_or(|(at, ..)| subscription.starts_at < at && at < now),
                        "{}",
                        customer.name
                    );
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
