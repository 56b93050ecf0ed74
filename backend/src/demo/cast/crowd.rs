//! Everybody else: most run and are paid, some end, some are set to end, some do not pay.

use domain::customer_type::CustomerType;
use domain::money::Currency;
use domain::role::MemberRole;
use domain::subscription::CancellationReason;
use rand::RngExt;
use rand::rngs::StdRng;
use time::{Duration, OffsetDateTime};

use super::place::{
    BERLIN, LONDON, LOS_ANGELES, NEW_YORK, PLACES, Place, SYDNEY, TOKYO, VIENNA, ZURICH,
};
use super::{Deed, PlannedCustomer, PlannedSubscription, address, card, running};
use crate::demo::catalog::{Plan, Rebate};
use crate::payment::SandboxBehavior;

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
const TEAMS: [(&str, Place); 10] = [
    ("Harbour Analytics", LONDON),
    ("Bluefin Robotics", LOS_ANGELES),
    ("Kestrel & Sons", NEW_YORK),
    ("Maple Street Clinic", NEW_YORK),
    ("Oststadt Druckerei", BERLIN),
    ("Paperboat Games", TOKYO),
    ("Quarry Lane School", SYDNEY),
    ("Rheintal Logistik", ZURICH),
    ("Saltmarsh Foods", LONDON),
    ("Tannenhof Hotels", VIENNA),
];

pub(super) fn customer(n: usize, now: OffsetDateTime, rng: &mut StdRng) -> PlannedCustomer {
    if n % 4 == 3 { team(n, now, rng) } else { individual(n, now, rng) }
}

fn individual(n: usize, now: OffsetDateTime, rng: &mut StdRng) -> PlannedCustomer {
    let name = person(n);
    let place = PLACES[n % PLACES.len()];
    let plan = [
        Plan::Pro,
        Plan::Starter,
        Plan::Free,
        Plan::ProYearly,
        Plan::Business,
        Plan::StarterYearly,
        Plan::Starter,
    ][n % 7];
    let joined_at = now - Duration::seconds(rng.random_range(20 * 86_400..530 * 86_400));
    let mut subscriptions = vec![story(n, plan, place, joined_at, now, rng)];
    if n % 6 < 2 {
        let later = joined_at + Duration::days(8);
        subscriptions.push(story(n + 1, Plan::LogArchive, place, later, now, rng));
    }
    PlannedCustomer {
        customer_type: CustomerType::Individual,
        email: address(&name, ["example.com", "example.net", "example.org"][n % 3]),
        owner_name: name.clone(),
        name,
        locale: place.locale(),
        time_zone: place.zone,
        joined_at,
        // A few have not said yet where they live.
        address: (n % 10 != 4).then(|| place.address(n)),
        tax_id: "",
        is_tax_exempt: false,
        members: vec![],
        card: card(n, now),
        backup: n.is_multiple_of(6).then(|| card(n + 1, now)),
        subscriptions,
    }
}

fn team(n: usize, now: OffsetDateTime, rng: &mut StdRng) -> PlannedCustomer {
    let (name, place) = TEAMS[(n / 4) % TEAMS.len()];
    let owner_name = person(n);
    let host = format!("{}.example.com", slugged(name));
    let joined_at = now - Duration::seconds(rng.random_range(40 * 86_400..520 * 86_400));
    let plan = if n % 8 == 3 { Plan::Team } else { Plan::TeamYearly };
    let mut members = vec![];
    for m in 0..rng.random_range(2..6_usize) {
        let colleague = person(n + 40 + m * 7);
        let role = if m == 0 { MemberRole::BillingManager } else { MemberRole::Member };
        members.push((colleague.clone(), address(&colleague, &host), role));
    }
    if n < 20 {
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
        locale: place.locale(),
        time_zone: place.zone,
        joined_at,
        address: Some(place.address(n)),
        tax_id: "",
        is_tax_exempt: false,
        members,
        card: card(n, now),
        backup: None,
        subscriptions: vec![story(n, plan, place, joined_at, now, rng)],
    }
}

/// What becomes of a subscription.
fn story(
    n: usize,
    plan: Plan,
    place: Place,
    joined_at: OffsetDateTime,
    now: OffsetDateTime,
    rng: &mut StdRng,
) -> PlannedSubscription {
    let currency = if place.is_euro() { Currency::EUR } else { Currency::USD };
    let starts_at = joined_at + Duration::seconds(rng.random_range(120..7_200));
    let age = now - starts_at;
    let reason = CancellationReason::ALL[n % CancellationReason::ALL.len()];
    let deed = match n % 9 {
        2 if age > Duration::days(90) => Some((starts_at + age / 2, Deed::Cancel(reason, None))),
        5 => Some((
            now - Duration::hours(rng.random_range(2..48)),
            Deed::Cancel(reason, Some("It was good while I needed it.")),
        )),
        _ if n % 10 == 7 => {
            Some((now - Duration::days(50), Deed::Card(SandboxBehavior::DeclineInsufficientFunds)))
        }
        _ => None,
    };
    PlannedSubscription {
        seats: plan.has_seats().then(|| rng.random_range(3..40)),
        rebate: match n {
            n if n.is_multiple_of(5) => Some(Rebate::Welcome),
            n if n.is_multiple_of(7) => Some(Rebate::FirstTime),
            n if n.is_multiple_of(11) => Some(Rebate::Loyal),
            _ => None,
        },
        deeds: deed.into_iter().filter(|(at, _)| *at > starts_at).collect(),
        ..running(plan, currency, starts_at)
    }
}

fn person(n: usize) -> String {
    format!(
        "{} {}",
        FIRST_NAMES[n % FIRST_NAMES.len()],
        LAST_NAMES[(n * 7 + n / 20) % LAST_NAMES.len()]
    )
}

fn slugged(name: &str) -> String {
    name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}
