//! A quote in words: what changes, what is due now, what comes next. The pages of all changes that move money show it alike.

use backend::quote::{self, Quote, QuoteError, QuoteRequest};
use domain::change::{ChangeRefusal, ChangeTiming};
use domain::format;
use domain::id::SubscriptionId;
use domain::quote::QuoteResult;

use super::confirm::ConfirmChange;
use super::view::{SubscriptionView, price_interval};
use crate::error::AppError;
use crate::pages::charge::{charge_of, due};
use crate::pages::sheet::Reader;
use crate::ssr::{internal, local};
use crate::text::Text;
use crate::ui::form::{action, message};
use crate::ui::sheet::{Block, Body, Sheet, SheetForm};
use crate::urls::paths;

/// Asks what a change costs; `Err` within: why it is not possible.
pub(super) async fn ask(
    reader: &mut Reader,
    id: SubscriptionId,
    request: QuoteRequest,
) -> Result<Result<Quote, ChangeRefusal>, AppError> {
    match quote::create(&reader.portal.db, &mut reader.cx, id, request).await {
        Ok(quote) => Ok(Ok(quote)),
        Err(QuoteError::Refused(refusal)) => Ok(Err(refusal)),
        Err(QuoteError::Unknown) => Err(AppError::NotFound),
        Err(QuoteError::Invalid(errors)) => Err(AppError::Invalid(errors)),
        Err(QuoteError::Forbidden(_)) => Err(AppError::Forbidden),
        Err(error) => Err(internal(&error)),
    }
}

/// The three ways in which a change takes effect, as sentences and buttons put them.
pub(super) enum Course {
    /// At once, for this amount, tax included.
    Pay(String),
    /// At once, and nothing is due.
    Now,
    /// On this day.
    Later(String),
}

impl Course {
    pub(super) fn of(reader: &Reader, result: &QuoteResult) -> Self {
        let locale = reader.text.locale();
        match result.timing {
            ChangeTiming::NextPeriod => Self::Later(format::date(
                local(result.takes_effect_at, &reader.person.time_zone).date,
                locale,
            )),
            ChangeTiming::Now if result.due_now.totals.total.is_zero() => Self::Now,
            ChangeTiming::Now => Self::Pay(format::money(result.due_now.totals.total, locale)),
        }
    }
}

/// What changes, what is due now, and the next invoice.
pub(super) fn blocks(reader: &Reader, quote: &Quote) -> Vec<Block> {
    let (t, zone) = (reader.text, reader.person.time_zone.as_str());
    let result = &quote.result;
    let day = |at| format::date(local(at, zone).date, t.locale());
    let mut facts = vec![(t.quote_plan().to_owned(), result.product_name.clone())];
    if let Some(seats) = result.seats {
        facts.push((t.quote_seats().to_owned(), format::count(seats.into(), t.locale())));
    }
    let price = price_interval(t, result.new_amount, result.new_interval);
    facts.push((t.quote_price().to_owned(), price));
    let takes_effect = match result.timing {
        ChangeTiming::Now => t.quote_at_once().to_owned(),
        ChangeTiming::NextPeriod => day(result.takes_effect_at),
    };
    facts.push((t.quote_takes_effect().to_owned(), takes_effect));
    let due_now = if result.due_now.lines.is_empty() {
        Body::Text(t.quote_nothing_due().to_owned())
    } else {
        Body::Charge(charge_of(t, zone, &result.due_now, t.quote_due_now_total()))
    };
    let next = match &result.next_charge {
        None => Body::Text(t.quote_next_none().to_owned()),
        Some(next) => Body::Charge(due(
            t.charge_due(&day(next.at)),
            charge_of(t, zone, &next.amounts, t.charge_total()),
        )),
    };
    let until = format::date_time(&local(quote.expires_at, zone), t.locale());
    vec![
        Block::new(t.quote_facts(), Body::Facts(facts)),
        Block::new(t.quote_due_now_title(), due_now),
        Block::new(t.quote_next_title(), next),
        Block { title: None, body: Body::Note(t.quote_holds_until(&until)) },
    ]
}

/// The form that confirms a quote. Its button says the amount.
pub(super) fn form(quote: &Quote, submit: String, pending: &str) -> SheetForm {
    SheetForm::new(action::<ConfirmChange>(), submit, pending)
        .hidden("quote_id", quote.quote_id.to_string())
}

/// Why a change is not possible: said with its status, and the step that would make it possible.
pub(super) fn not_possible(
    t: Text,
    slug: &str,
    subscription: &SubscriptionView,
    title: impl Into<String>,
    refusal: ChangeRefusal,
) -> Sheet {
    let id = subscription.id;
    let up = paths::subscription(slug, id);
    let status = match refusal {
        ChangeRefusal::PlanChangesOff
        | ChangeRefusal::SeatChangesOff
        | ChangeRefusal::CancelNowOff => 403,
        _ => 409,
    };
    let next = match refusal {
        ChangeRefusal::OrderOpen | ChangeRefusal::PastDue => {
            (paths::orders_open(slug), t.subscription_see_orders())
        }
        ChangeRefusal::Ended => {
            (paths::subscription_resubscribe(slug, id), t.subscription_resubscribe())
        }
        ChangeRefusal::Canceling => (paths::subscription_keep(slug, id), t.subscription_keep()),
        ChangeRefusal::Paused => (paths::subscription_resume(slug, id), t.subscription_resume()),
        ChangeRefusal::PauseScheduled => {
            (paths::subscription_keep_running(slug, id), t.subscription_keep_running())
        }
        ChangeRefusal::CancelNowOff => {
            (paths::subscription_cancel(slug, id), t.cancel_now_instead())
        }
        ChangeRefusal::Resubscribed => (paths::overview(slug), t.failure_to_overview()),
        _ => (up.clone(), t.common_back()),
    };
    Sheet::new(title)
        .lead(message(t, refusal.code()))
        .status(status)
        .back(up, subscription.name(t))
        .link(next.0, next.1)
}
