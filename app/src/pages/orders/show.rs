//! One order: where it stands in one sentence, what it is made of, how to pay it.

use backend::order::{self, OrderDetail, OrderItem};
use backend::page::PageRequest;
use backend::payment::{self, Overdue, PaymentRecord, RefundRecord, RefundState};
use domain::format;
use domain::id::OrderId;
use domain::order::OrderStatus;
use domain::order_amounts::OrderLine;
use domain::payment::PaymentAttemptState;
use domain::tax::{TaxRate, TaxReason};
use time::OffsetDateTime;

use super::overdue;
use super::pay::{self, TRIES_SHOWN};
use super::status::{reason, words};
use crate::error::AppError;
use crate::pages::settings::payment_methods::list::news_of_setup;
use crate::pages::sheet::{Asked, Reader};
use crate::pages::{charge, decline, method};
use crate::ssr::local;
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Message, Sheet, SheetCell, SheetTable};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// `/{organization}/portal/orders/{id}`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let reader = asked.reader().await?;
    let (t, slug) = (reader.text, asked.organization.as_str());
    if !reader.person.actor.role.can_read_billing() {
        let customer = reader.person.customer_name.clone().unwrap_or_default();
        return Ok(Sheet::new(t.failure_forbidden_orders_title())
            .lead(t.failure_forbidden_orders_text(&customer))
            .status(403)
            .link(paths::overview(slug), t.failure_to_overview()));
    }
    let order_id: OrderId = asked.id.parse().map_err(|_| AppError::NotFound)?;
    let (db, actor) = (&reader.portal.db, reader.actor());
    let order = order::get(db, &actor, order_id).await?.ok_or(AppError::NotFound)?;
    let money = Moved {
        overdue: match order.summary.status {
            OrderStatus::Pending => pay::overdue_of(&reader, order_id).await?,
            _ => None,
        },
        tries: payment::history(db, &actor, Some(order_id), PageRequest::new(1, TRIES_SHOWN)?)
            .await?
            .items,
        refunds: payment::refunds(db, &actor, order_id).await?,
    };
    let mut sheet = describe(&reader, slug, &order, &money);
    // A card that was not even added says nothing of the order's own tries.
    let done = if asked.setup.is_some() && reader.may_write_billing().is_ok() {
        news_of_setup(&reader, asked, paths::order_pay(slug, order_id)).await?
    } else {
        asked.done.as_deref().and_then(|done| {
            pay::confirmation(t, done, &order.summary, money.overdue.as_ref(), &money.tries)
        })
    };
    if let Some(message) = done {
        sheet.blocks.insert(0, Block { title: None, body: Body::Alert(message) });
    }
    Ok(sheet)
}

/// What was tried, and what went back.
struct Moved {
    overdue: Option<Overdue>,
    tries: Vec<PaymentRecord>,
    refunds: Vec<RefundRecord>,
}

fn describe(reader: &Reader, slug: &str, order: &OrderDetail, money: &Moved) -> Sheet {
    let (t, zone) = (reader.text, reader.person.time_zone.as_str());
    let summary = &order.summary;
    let day = |at| day(t, zone, at);
    let (tone, status) = words(t, summary.status);
    let mut sheet = Sheet::new(t.order_title(&summary.product_name, &day(summary.created_at)))
        .lead(sentence(t, zone, order))
        .badge((tone, status.to_owned()))
        .back(paths::orders(slug), t.order_back());
    if summary.status == OrderStatus::Pending && !summary.total.is_zero() {
        let message = match &money.overdue {
            Some(overdue) => overdue::message(t, slug, zone, reader.cx.now, overdue),
            None => how_to_pay(reader, slug, summary.order_id),
        };
        sheet = sheet.block(Block { title: None, body: Body::Alert(message) });
    }
    sheet = sheet
        .block(Block::new(t.order_items(), Body::Charge(charge_of(t, zone, order))))
        .block(Block::new(t.subscription_details(), Body::Facts(facts(t, zone, order))));
    if !money.tries.is_empty() {
        sheet = sheet.block(Block::new(t.pay_tries(), Body::Table(tries(t, zone, &money.tries))));
    }
    if !money.refunds.is_empty() {
        let table = refunds(t, zone, &money.refunds);
        sheet = sheet.block(Block::new(t.pay_refunds(), Body::Table(table)));
    }
    let mut links = Vec::new();
    let has_invoice = !matches!(summary.status, OrderStatus::Draft | OrderStatus::Void);
    if has_invoice && !summary.total.is_zero() {
        links.push((paths::invoice(slug, summary.order_id), t.order_to_invoice().to_owned()));
    }
    if let Some(id) = summary.subscription_id {
        links.push((paths::subscription(slug, id), t.order_to_subscription().to_owned()));
    }
    if links.is_empty() {
        sheet
    } else {
        sheet.block(Block { title: None, body: Body::Links(links) })
    }
}

fn day(t: Text, zone: &str, at: OffsetDateTime) -> String {
    format::date(local(at, zone).date, t.locale())
}

/// The order in one sentence.
fn sentence(t: Text, zone: &str, order: &OrderDetail) -> String {
    let summary = &order.summary;
    let amount = format::money(summary.total, t.locale());
    let created = day(t, zone, summary.created_at);
    let paid = summary.paid_at.map_or_else(|| created.clone(), |at| day(t, zone, at));
    match summary.status {
        OrderStatus::Paid | OrderStatus::Pending if summary.total.is_zero() => {
            t.order_sentence_free(&created)
        }
        OrderStatus::Draft => t.order_sentence_draft(&created, &amount),
        OrderStatus::Pending => t.order_sentence_open(&amount, &created),
        OrderStatus::Paid => t.order_sentence_paid(&amount, &paid),
        OrderStatus::Refunded => t.order_sentence_refunded(&amount, &paid),
        OrderStatus::PartiallyRefunded => t.order_sentence_partially_refunded(&amount, &paid),
        OrderStatus::Void => t.order_sentence_void(&created, &amount),
    }
}

/// Who charges it, or whom to pay.
fn how_to_pay(reader: &Reader, slug: &str, order_id: OrderId) -> Message {
    let (t, organization) = (reader.text, &reader.organization);
    let now = (paths::order_pay(slug, order_id), t.pay_now().to_owned());
    let now = reader.person.actor.role.can_write_billing().then_some(now);
    let (text, link) = match &organization.support_email {
        _ if organization.has_processor => (t.order_how_to_pay_charged().to_owned(), now),
        Some(email) => (
            t.order_how_to_pay_contact(&organization.name, email),
            Some((format!("mailto:{email}"), t.order_how_to_pay_write().to_owned())),
        ),
        None => (t.order_how_to_pay_no_email(&organization.name), None),
    };
    Message {
        tone: Tone::Note,
        title: t.order_how_to_pay().to_owned(),
        text: Some(text),
        link,
        ..Message::default()
    }
}

/// The tries to charge it, the newest first.
fn tries(t: Text, zone: &str, tries: &[PaymentRecord]) -> SheetTable {
    let rows = tries.iter().map(|tried| {
        let (tone, state) = match tried.state {
            PaymentAttemptState::Succeeded => (Tone::Good, t.pay_state_succeeded()),
            PaymentAttemptState::Declined => (Tone::Bad, t.pay_state_declined()),
            PaymentAttemptState::Abandoned => (Tone::Neutral, t.pay_state_abandoned()),
            PaymentAttemptState::RequiresAction => (Tone::Wait, t.pay_state_action()),
            _ => (Tone::Wait, t.pay_state_running()),
        };
        let paid_with = tried.method.as_ref().map(|used| method::name(t, used));
        vec![
            format::date_time(&local(tried.at, zone), t.locale()).into(),
            paid_with.unwrap_or_else(|| t.pay_tries_none().to_owned()).into(),
            SheetCell {
                text: state.to_owned(),
                tone: Some(tone),
                detail: tried.decline_code.map(|code| decline::sentence(t, code)),
                ..SheetCell::default()
            },
            format::money(tried.amount, t.locale()).into(),
        ]
    });
    SheetTable {
        label: t.pay_tries().to_owned(),
        columns: vec![
            (t.pay_tries_when().to_owned(), false),
            (t.pay_tries_method().to_owned(), false),
            (t.pay_tries_outcome().to_owned(), false),
            (t.pay_tries_amount().to_owned(), true),
        ],
        rows: rows.collect(),
    }
}

/// What went back, the oldest first.
fn refunds(t: Text, zone: &str, refunds: &[RefundRecord]) -> SheetTable {
    let rows = refunds.iter().map(|refund| {
        let (tone, state) = match refund.state {
            RefundState::Succeeded => (Tone::Good, t.pay_refund_succeeded()),
            RefundState::Pending => (Tone::Wait, t.pay_refund_pending()),
            RefundState::Failed => (Tone::Bad, t.pay_refund_failed()),
        };
        let at = refund.settled_at.unwrap_or(refund.created_at);
        vec![
            format::date_time(&local(at, zone), t.locale()).into(),
            SheetCell { text: state.to_owned(), tone: Some(tone), ..SheetCell::default() },
            format::money(refund.amount, t.locale()).into(),
        ]
    });
    SheetTable {
        label: t.pay_refunds().to_owned(),
        columns: vec![
            (t.pay_tries_when().to_owned(), false),
            (t.pay_tries_outcome().to_owned(), false),
            (t.pay_tries_amount().to_owned(), true),
        ],
        rows: rows.collect(),
    }
}

fn charge_of(t: Text, zone: &str, order: &OrderDetail) -> crate::ui::sheet::Charge {
    let currency = order.summary.total.currency;
    let lines = order.items.iter().map(|item| charge::line(t, zone, &line_of(item), currency));
    // All lines of an order bear the same rate.
    let rate =
        order.items.first().map_or(TaxRate::none(TaxReason::NotCollected), |item| item.tax_rate);
    charge::charge(t, lines.collect(), &order.totals, rate, t.charge_total())
}

fn line_of(item: &OrderItem) -> OrderLine {
    OrderLine {
        kind: item.kind,
        label: item.label.clone(),
        quantity: item.quantity,
        amount_minor: item.amount.minor,
        period: item.period,
        seats_before: item.seats_before,
        seats_after: item.seats_after,
    }
}

fn facts(t: Text, zone: &str, order: &OrderDetail) -> Vec<(String, String)> {
    let summary = &order.summary;
    let mut facts = vec![(t.order_date().to_owned(), day(t, zone, summary.created_at))];
    if let Some(at) = summary.paid_at {
        facts.push((t.order_paid_on().to_owned(), day(t, zone, at)));
    }
    if let Some(period) = summary.period {
        facts.push((t.order_period().to_owned(), charge::range(t, zone, period)));
    }
    facts.push((t.order_reason().to_owned(), reason(t, summary.billing_reason).to_owned()));
    facts.push((t.order_id().to_owned(), summary.order_id.to_string()));
    facts
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;
    use domain::money::{Currency, Money};
    use domain::order::{BillingReason, OrderTotals};
    use domain::tax::TaxBehavior;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    fn order_of(status: OrderStatus, total_minor: i64) -> OrderDetail {
        let euro = |minor| Money::new(minor, Currency::EUR);
        OrderDetail {
            summary: order::OrderSummary {
                order_id: Uuid::from_u128(1).into(),
                subscription_id: None,
                product_id: Uuid::from_u128(2).into(),
                product_name: "Pro".to_owned(),
                status,
                billing_reason: BillingReason::Purchase,
                total: euro(total_minor),
                seats: None,
                period: None,
                created_at: datetime!(2026-05-01 10:00 UTC),
                paid_at: status.is_paid().then_some(datetime!(2026-05-03 10:00 UTC)),
            },
            customer_id: Uuid::from_u128(3).into(),
            totals: OrderTotals {
                subtotal: euro(total_minor),
                discount: euro(0),
                tax: euro(0),
                tax_behavior: TaxBehavior::Exclusive,
                total: euro(total_minor),
            },
            items: Vec::new(),
        }
    }

    fn say(locale: Locale, status: OrderStatus, total_minor: i64) -> String {
        sentence(Text::of(locale), "Europe/Berlin", &order_of(status, total_minor))
    }

    #[test]
    fn the_sentence_says_amount_and_date_in_both_languages() {
        assert_eq!(
            say(Locale::En, OrderStatus::Pending, 24_000),
            "€240.00 has been open since 1 May 2026."
        );
        assert_eq!(say(Locale::En, OrderStatus::Paid, 24_000), "€240.00, paid on 3 May 2026.");
        assert_eq!(
            say(Locale::De, OrderStatus::Paid, 24_000),
            "240,00\u{a0}€, bezahlt am 3. Mai 2026."
        );
        for status in OrderStatus::ALL {
            assert!(say(Locale::En, *status, 24_000).contains("240.00"), "{status}");
            assert!(say(Locale::De, *status, 24_000).contains("240,00"), "{status}");
        }
    }

    #[test]
    fn nothing_is_due_for_an_order_of_nothing() {
        assert_eq!(say(Locale::En, OrderStatus::Paid, 0), "This order of 1 May 2026 cost nothing.");
    }
}
