//! The customers that show something each: the first three are those a visitor signs in as.

use domain::customer_type::CustomerType;
use domain::locale::Locale;
use domain::money::Currency;
use domain::role::MemberRole;
use domain::subscription::CancellationReason;
use time::{Duration, OffsetDateTime};

use super::place::{
    AMSTERDAM, BERLIN, LONDON, LOS_ANGELES, MADRID, NEW_YORK, PARIS, Place, ROME, STOCKHOLM, TOKYO,
    VIENNA, WARSAW,
};
use super::{
    Deed, PlannedCustomer, PlannedSubscription, address, card, card_that_ends_next_month, running,
};
use crate::demo::catalog::{Plan, Rebate};
use crate::payment::{SandboxBehavior, SandboxCard};

const EUR: Currency = Currency::EUR;
const USD: Currency = Currency::USD;

pub(super) fn customers(now: OffsetDateTime) -> Vec<PlannedCustomer> {
    vec![
        payer(now),
        team_owner(now),
        undecided(now),
        past_due(now),
        recovered(now),
        lost(now),
        about_to_pause(now),
        paused(now),
        resumed(now),
        changer(now),
        refunded(now),
        business(now),
        school(now),
        asked_by_the_bank(now),
    ]
}

/// A person who lives at `place` and joined so many days ago.
fn person(
    now: OffsetDateTime,
    name: &str,
    host: &str,
    place: Place,
    joined_days_ago: i64,
) -> PlannedCustomer {
    PlannedCustomer {
        customer_type: CustomerType::Individual,
        name: name.to_owned(),
        owner_name: name.to_owned(),
        email: address(name, host),
        locale: Locale::En,
        time_zone: place.zone,
        joined_at: now - Duration::days(joined_days_ago),
        address: Some(place.address(usize::try_from(joined_days_ago).unwrap_or(1))),
        tax_id: "",
        is_tax_exempt: false,
        members: vec![],
        card: card(usize::try_from(joined_days_ago / 10).unwrap_or(1), now),
        backup: None,
        subscriptions: vec![],
    }
}

/// With the number that behaves so on the sandbox's page.
fn ending_in(last4: &'static str, now: OffsetDateTime) -> SandboxCard {
    SandboxCard { last4, ..card(0, now) }
}

/// A subscription that starts so many days ago, with deeds so many days ago.
fn story(
    now: OffsetDateTime,
    (plan, currency): (Plan, Currency),
    started_days_ago: i64,
    deeds: impl IntoIterator<Item = (i64, Deed)>,
) -> PlannedSubscription {
    let ago = |days| now - Duration::days(days);
    PlannedSubscription {
        deeds: deeds.into_iter().map(|(days, deed)| (ago(days), deed)).collect(),
        ..running(plan, currency, ago(started_days_ago) + Duration::minutes(9))
    }
}

/// A plan that runs and more than a year of paid orders; an older plan that ended.
fn payer(now: OffsetDateTime) -> PlannedCustomer {
    let mut clara = person(now, "Clara Neumann", "example.com", BERLIN, 540);
    let upgraded_at = now - Duration::days(375);
    let mut starter = story(now, (Plan::Starter, EUR), 540, []);
    let reason = Deed::Cancel(CancellationReason::MissingFeatures, Some("I need more servers."));
    starter.deeds = vec![(upgraded_at - Duration::hours(2), reason)];
    let mut pro = running(Plan::Pro, EUR, upgraded_at);
    pro.rebate = Some(Rebate::Welcome);
    clara.backup = Some(card(1, now));
    clara.subscriptions = vec![starter, pro];
    clara
}

/// A business of another member state: seats that grew, colleagues in every role, and a cancellation that was taken back.
fn team_owner(now: OffsetDateTime) -> PlannedCustomer {
    let mut seats = story(
        now,
        (Plan::Team, EUR),
        300,
        [
            (290, Deed::AssignSeats(3)),
            (160, Deed::ChangeSeats(12)),
            (158, Deed::AssignSeats(5)),
            (95, Deed::Cancel(CancellationReason::TooExpensive, None)),
            (94, Deed::Keep),
        ],
    );
    seats.seats = Some(8);
    let colleague = |name: &str, role| (name.to_owned(), address(name, "example.org"), role);
    PlannedCustomer {
        customer_type: CustomerType::Team,
        name: "Lumen Studio".into(),
        owner_name: "Jonas Weber".into(),
        email: "jonas.weber@example.org".into(),
        locale: Locale::De,
        tax_id: "ATU99999902",
        backup: Some(card(3, now)),
        members: vec![
            colleague("Birgit Hofer", MemberRole::BillingManager),
            colleague("Anton Gruber", MemberRole::Member),
            colleague("Selma Yildiz", MemberRole::Member),
            colleague("Tomas Riedl", MemberRole::Member),
        ],
        subscriptions: vec![seats, story(now, (Plan::LogArchive, EUR), 280, [])],
        ..person(now, "Jonas Weber", "example.org", VIENNA, 300)
    }
}

/// A plan set to end with its last order still open, and a trial of a bigger one.
fn undecided(now: OffsetDateTime) -> PlannedCustomer {
    let mut maya = person(now, "Maya Patel", "example.net", NEW_YORK, 100);
    let words = Some("Trying Business instead.");
    let starter = story(
        now,
        (Plan::Starter, USD),
        100,
        [
            (25, Deed::Card(SandboxBehavior::DeclineInsufficientFunds)),
            (4, Deed::Cancel(CancellationReason::SwitchedService, words)),
        ],
    );
    maya.subscriptions = vec![starter, story(now, (Plan::Business, USD), 5, [])];
    maya
}

/// The last renewal failed, and is tried again soon.
fn past_due(now: OffsetDateTime) -> PlannedCustomer {
    let mut nina = person(now, "Nina Falkenberg", "example.com", BERLIN, 70);
    nina.card = ending_in("9995", now);
    let no_money = Deed::Card(SandboxBehavior::DeclineInsufficientFunds);
    nina.subscriptions = vec![story(now, (Plan::Pro, EUR), 70, [(20, no_money)])];
    nina
}

/// The bank wants its customer to approve each charge, and nobody was there when the last one was made.
fn asked_by_the_bank(now: OffsetDateTime) -> PlannedCustomer {
    let mut oskar = person(now, "Oskar Lindgren", "example.com", STOCKHOLM, 71);
    oskar.card = ending_in("3184", now);
    let asks = Deed::Card(SandboxBehavior::RequiresAction);
    oskar.subscriptions = vec![story(now, (Plan::Pro, EUR), 71, [(20, asks)])];
    oskar
}

/// A renewal failed once and went through at the next try; a discount for ever.
fn recovered(now: OffsetDateTime) -> PlannedCustomer {
    let mut sofia = person(now, "Sofia Marchetti", "example.net", ROME, 230);
    let mut pro = story(
        now,
        (Plan::Pro, EUR),
        230,
        [
            (145, Deed::Card(SandboxBehavior::DeclineExpiredCard)),
            (135, Deed::Card(SandboxBehavior::Approve)),
        ],
    );
    pro.rebate = Some(Rebate::Loyal);
    sofia.subscriptions = vec![pro];
    sofia
}

/// The card was lost, nobody paid in another way, and after three weeks the subscription ended.
fn lost(now: OffsetDateTime) -> PlannedCustomer {
    let mut tim = person(now, "Tim Osterman", "example.org", LOS_ANGELES, 260);
    tim.card = ending_in("9987", now);
    let lost_card = Deed::Card(SandboxBehavior::DeclineLostCard);
    tim.subscriptions = vec![story(now, (Plan::Pro, USD), 260, [(150, lost_card)])];
    tim
}

/// Pauses when the period ends, without a day to come back.
fn about_to_pause(now: OffsetDateTime) -> PlannedCustomer {
    let mut pierre = person(now, "Pierre Lambert", "example.com", PARIS, 190);
    pierre.subscriptions = vec![story(now, (Plan::Business, EUR), 190, [(2, Deed::Pause(None))])];
    pierre
}

/// Paused, and back in six weeks.
fn paused(now: OffsetDateTime) -> PlannedCustomer {
    let mut ewa = person(now, "Ewa Kowalska", "example.net", WARSAW, 170);
    let back = Deed::Pause(Some(now + Duration::days(45)));
    ewa.subscriptions = vec![story(now, (Plan::Pro, EUR), 170, [(40, back)])];
    ewa
}

/// Was paused for a while, and has resumed.
fn resumed(now: OffsetDateTime) -> PlannedCustomer {
    let mut lars = person(now, "Lars Nilsson", "example.org", STOCKHOLM, 250);
    lars.subscriptions =
        vec![story(now, (Plan::Starter, EUR), 250, [(160, Deed::Pause(None)), (75, Deed::Resume)])];
    lars
}

/// Went up within a period, up again, and goes down when this one ends.
fn changer(now: OffsetDateTime) -> PlannedCustomer {
    let mut carmen = person(now, "Carmen Ruiz", "example.com", MADRID, 320);
    let mut plan = story(
        now,
        (Plan::Starter, EUR),
        320,
        [
            (250, Deed::ChangePlan(Plan::Pro)),
            (80, Deed::ChangePlan(Plan::Business)),
            (3, Deed::ChangePlan(Plan::Starter)),
        ],
    );
    plan.rebate = Some(Rebate::FirstTime);
    carmen.subscriptions = vec![plan];
    carmen
}

/// Ended at once, with the unused time refunded.
fn refunded(now: OffsetDateTime) -> PlannedCustomer {
    let mut aiko = person(now, "Aiko Tanaka", "example.net", TOKYO, 130);
    let end = Deed::EndNow(CancellationReason::Unused);
    aiko.subscriptions = vec![story(now, (Plan::ProYearly, USD), 130, [(30, end)])];
    aiko
}

/// A business abroad in the union, that owes the tax itself; a year at a time.
fn business(now: OffsetDateTime) -> PlannedCustomer {
    let mut yearly = story(now, (Plan::TeamYearly, EUR), 410, [(405, Deed::AssignSeats(2))]);
    yearly.seats = Some(6);
    let colleague = ("Femke Bakker".to_owned(), address("Femke Bakker", "example.com"));
    PlannedCustomer {
        customer_type: CustomerType::Team,
        name: "Grachten Labs".into(),
        tax_id: "NL999999904B01",
        members: vec![(colleague.0, colleague.1, MemberRole::BillingManager)],
        subscriptions: vec![yearly],
        ..person(now, "Bram Verhoeven", "example.com", AMSTERDAM, 410)
    }
}

/// Exempt from tax.
fn school(now: OffsetDateTime) -> PlannedCustomer {
    let mut seats = story(now, (Plan::Team, USD), 210, [(120, Deed::ChangeSeats(25))]);
    seats.seats = Some(18);
    PlannedCustomer {
        customer_type: CustomerType::Team,
        name: "Thameside School".into(),
        is_tax_exempt: true,
        card: card_that_ends_next_month(now),
        subscriptions: vec![seats],
        ..person(now, "Harriet Cole", "example.org", LONDON, 210)
    }
}
