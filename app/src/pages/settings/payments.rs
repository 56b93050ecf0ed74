//! What was tried to charge, and what came of it.

use std::collections::HashSet;

use backend::page::Page;
use backend::payment::{PaymentRecord, history};
use domain::format;
use domain::id::OrderId;
use domain::payment::PaymentAttemptState;

use crate::error::AppError;
use crate::pages::sheet::Asked;
use crate::pages::{decline, method, paging};
use crate::ssr::local;
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Sheet, SheetCell, SheetTable};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// Tries on one page.
const PAGE_TRIES: i64 = 20;

/// `/{organization}/portal/settings/payments`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let reader = asked.reader().await?;
    let (t, slug) = (reader.text, asked.organization.as_str());
    if !reader.person.actor.role.can_read_billing() {
        return Err(AppError::Forbidden);
    }
    let request = match paging::asked(t, asked, PAGE_TRIES, paths::payments(slug)) {
        Ok(request) => request,
        Err(refused) => return Ok(*refused),
    };
    let found = history(&reader.portal.db, &reader.actor(), None, request).await?;
    Ok(describe(t, slug, &reader.person.time_zone, &found))
}

fn describe(t: Text, slug: &str, zone: &str, found: &Page<PaymentRecord>) -> Sheet {
    let sheet = Sheet::new(t.payments_title())
        .lead(t.payments_lead())
        .back(paths::payment_methods(slug), t.methods_title());
    if found.items.is_empty() {
        let empty = Body::Empty(t.payments_empty().to_owned(), t.payments_empty_hint().to_owned());
        let sheet = sheet.block(Block { title: None, body: empty });
        return if found.page > 1 {
            sheet.link(paths::payments(slug), t.failure_to_first_page())
        } else {
            sheet
        };
    }
    let table = Body::Table(table(t, slug, zone, &found.items));
    paging::blocks(t, found, &paths::payments(slug))
        .into_iter()
        .fold(sheet.block(Block { title: None, body: table }), Sheet::block)
}

/// The tries of one or several orders.
pub(crate) fn table(t: Text, slug: &str, zone: &str, tries: &[PaymentRecord]) -> SheetTable {
    // What to do is said where nothing was tried since.
    let mut later: HashSet<OrderId> = HashSet::new();
    let rows =
        tries.iter().map(|one| row(t, slug, zone, one, later.insert(one.order_id))).collect();
    let columns = [
        (t.payments_column_order(), false),
        (t.payments_column_when(), false),
        (t.payments_column_method(), false),
        (t.payments_column_outcome(), false),
        (t.payments_column_amount(), true),
    ];
    SheetTable {
        label: t.payments_title().to_owned(),
        columns: columns.map(|(name, is_amount)| (name.to_owned(), is_amount)).into(),
        rows,
    }
}

fn row(t: Text, slug: &str, zone: &str, one: &PaymentRecord, is_last: bool) -> Vec<SheetCell> {
    let at = local(one.at, zone);
    let (tone, word) = state(t, one.state);
    let why = one.decline_code.filter(|_| one.state == PaymentAttemptState::Declined);
    let why = why.map(|code| {
        let reason = decline::sentence(t, code);
        if is_last { t.methods_failed_text(&reason, decline::advice(t, code)) } else { reason }
    });
    let method = one.method.as_ref().map(|details| method::name(t, details));
    vec![
        SheetCell {
            text: one.product_name.clone(),
            href: Some(paths::order(slug, one.order_id)),
            detail: t.payments_trigger(one.trigger.as_str()).map(str::to_owned),
            ..SheetCell::default()
        },
        SheetCell {
            text: format::date(at.date, t.locale()),
            detail: Some(format::time(at.time)),
            ..SheetCell::default()
        },
        method.unwrap_or_else(|| t.payments_no_method().to_owned()).into(),
        SheetCell { text: word.to_owned(), tone: Some(tone), detail: why, ..SheetCell::default() },
        format::money(one.amount, t.locale()).into(),
    ]
}

fn state(t: Text, state: PaymentAttemptState) -> (Tone, &'static str) {
    match state {
        PaymentAttemptState::Succeeded => (Tone::Good, t.payments_state_succeeded()),
        PaymentAttemptState::Declined => (Tone::Bad, t.payments_state_declined()),
        PaymentAttemptState::RequiresAction => (Tone::Wait, t.payments_state_action()),
        PaymentAttemptState::Abandoned => (Tone::Neutral, t.payments_state_abandoned()),
        PaymentAttemptState::ForAPerson => (Tone::Wait, t.payments_state_person()),
        PaymentAttemptState::Prepared
        | PaymentAttemptState::Created
        | PaymentAttemptState::Unknown => (Tone::Wait, t.payments_state_running()),
    }
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;
    use domain::money::{Currency, Money};
    use domain::payment::{DeclineCode, PaymentTrigger};
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::pages::method::tests::visa;

    fn declined(order: u128) -> PaymentRecord {
        PaymentRecord {
            payment_attempt_id: Uuid::from_u128(1).into(),
            order_id: Uuid::from_u128(order).into(),
            product_name: "Pro".to_owned(),
            amount: Money::new(2_900, Currency::EUR),
            state: PaymentAttemptState::Declined,
            decline_code: Some(DeclineCode::ExpiredCard),
            trigger: PaymentTrigger::RetryDunning,
            method: Some(visa(1).details),
            at: datetime!(2026-05-01 23:30 UTC),
        }
    }

    #[test]
    fn a_failure_has_its_reason_and_the_last_one_says_what_to_do() {
        let t = Text::of(Locale::En);
        let shown = table(t, "acme", "Europe/Berlin", &[declined(1), declined(1), declined(2)]);
        let why = |row: usize| shown.rows[row][3].detail.clone().unwrap();
        assert!(why(0).starts_with("The card has expired. ") && why(0).len() > 30, "{}", why(0));
        assert_eq!(why(1), "The card has expired.");
        assert_eq!(why(0), why(2));
        let first: Vec<&str> = shown.rows[0].iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(first, ["Pro", "2 May 2026", "Visa ending in 4242", "Declined", "€29.00"]);
        assert_eq!(shown.rows[0][0].detail.as_deref(), Some("Tried again automatically"));
    }

    #[test]
    fn every_cause_and_every_state_has_its_words() {
        for locale in Locale::ALL {
            let t = Text::of(locale);
            for trigger in PaymentTrigger::ALL {
                assert!(t.payments_trigger(trigger.as_str()).is_some(), "{trigger} in {locale:?}");
            }
            for one in PaymentAttemptState::ALL {
                let record = PaymentRecord { state: *one, ..declined(1) };
                let row = row(t, "acme", "UTC", &record, true);
                assert_eq!(
                    row[3].detail.is_some(),
                    *one == PaymentAttemptState::Declined,
                    "{one}: a reason belongs to a refusal"
                );
            }
        }
    }
}
