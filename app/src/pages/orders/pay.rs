//! Paying an open order now, with a saved method or on the way to a new one.

use backend::order::{self, OrderSummary};
use backend::page::PageRequest;
use backend::payment::{self, MANUAL_TRIES_MAX, Overdue, PayError, PaymentRecord};
use backend::payment_method::{self, PaymentMethod};
use domain::format;
use domain::id::{OrderId, PaymentMethodId};
use domain::order::OrderStatus;
use domain::payment::{PaymentAttemptState, PaymentOutcome, PaymentTrigger};
use leptos::prelude::*;

use super::overdue;
use crate::error::AppError;
use crate::pages::decline;
use crate::pages::method::{self, Validity};
use crate::pages::sheet::{Asked, Reader};
use crate::ssr::{internal, local};
use crate::text::Text;
use crate::ui::form::{Choice, Done, Field, action};
use crate::ui::sheet::{Block, Body, Message, Sheet, SheetForm};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// Pays an open order with one of the customer's methods.
#[server(prefix = "/api", endpoint = "orders/pay")]
pub async fn pay_order(
    organization: String,
    order_id: String,
    #[server(default)] payment_method_id: String,
) -> Result<Done, AppError> {
    let mut reader = Reader::of(&organization).await?;
    let order_id: OrderId = order_id.parse().map_err(|_| AppError::NotFound)?;
    let payment_method_id: Option<PaymentMethodId> = match payment_method_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| AppError::field("payment_method_id", "pay_method"))?),
    };
    let input = payment::PayOrder { order_id, payment_method_id, return_path: None };
    let (db, processors) = (&reader.portal.db, &reader.portal.processors);
    let at =
        |done: &str| Done::at(format!("{}?done={done}", paths::order(&organization, order_id)));
    match payment::pay(db, processors, &mut reader.cx, input).await {
        Ok(PaymentOutcome::Succeeded) => Ok(at("paid")),
        Ok(PaymentOutcome::Unknown) => Ok(at("waiting")),
        Ok(PaymentOutcome::RequiresAction { url }) => Done::leave(url),
        Ok(PaymentOutcome::Declined(code)) => {
            Err(AppError::Declined { code: decline::error_code(code).to_owned() })
        }
        // Somebody else was faster: the order's page says so.
        Err(PayError::NotOpen) => Ok(Done::at(paths::order(&organization, order_id))),
        Err(error) => Err(refusal(error)),
    }
}

/// Gives up a payment that waits for approval, to use another card.
#[server(prefix = "/api", endpoint = "orders/pay/give-up")]
pub async fn give_up_payment(organization: String, order_id: String) -> Result<Done, AppError> {
    let mut reader = Reader::of(&organization).await?;
    let order_id: OrderId = order_id.parse().map_err(|_| AppError::NotFound)?;
    let (db, processors) = (&reader.portal.db, &reader.portal.processors);
    match payment::give_up_action(db, processors, &mut reader.cx, order_id).await {
        Ok(()) => Ok(Done::at(paths::order_pay(&organization, order_id))),
        Err(PayError::NotOpen) => Ok(Done::at(paths::order(&organization, order_id))),
        Err(error) => Err(refusal(error)),
    }
}

/// A refusal as the page says it.
pub(crate) fn refusal(error: PayError) -> AppError {
    match error {
        PayError::Unknown => AppError::NotFound,
        PayError::Forbidden(_) => AppError::Forbidden,
        PayError::NotOpen => AppError::conflict("pay_not_open"),
        PayError::NotCharged => AppError::conflict("pay_not_charged"),
        PayError::InProgress => AppError::conflict("pay_in_progress"),
        PayError::TooManyTries => AppError::conflict("pay_tries_used"),
        PayError::UnknownMethod => AppError::field("payment_method_id", "pay_method"),
        PayError::NoMethod => AppError::conflict("pay_no_method"),
        error @ PayError::Payment(_) => internal(&error),
    }
}

/// What the page is made from.
struct Due {
    order: OrderSummary,
    overdue: Option<Overdue>,
    tries: Vec<PaymentRecord>,
    methods: Vec<PaymentMethod>,
}

/// More tries of one order are not shown.
pub(super) const TRIES_SHOWN: i64 = 20;

/// `/{organization}/portal/orders/{id}/pay`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let reader = asked.reader().await?;
    reader.may_write_billing()?;
    let (db, actor, slug) = (&reader.portal.db, reader.actor(), asked.organization.as_str());
    let order_id: OrderId = asked.id.parse().map_err(|_| AppError::NotFound)?;
    let order = order::get(db, &actor, order_id).await?.ok_or(AppError::NotFound)?.summary;
    if order.status == OrderStatus::Draft {
        return Err(AppError::NotFound);
    }
    let page = PageRequest::new(1, TRIES_SHOWN)?;
    let due = Due {
        overdue: overdue_of(&reader, order_id).await?,
        tries: payment::history(db, &actor, Some(order_id), page).await?.items,
        methods: payment_method::list(db, &actor).await?,
        order,
    };
    Ok(describe(&reader, slug, &due))
}

/// What is overdue of this order.
pub(super) async fn overdue_of(
    reader: &Reader,
    order_id: OrderId,
) -> Result<Option<Overdue>, AppError> {
    let overdue = payment::overdue(&reader.portal.db, &reader.actor()).await?;
    Ok(overdue.into_iter().find(|overdue| overdue.order_id == order_id))
}

fn describe(reader: &Reader, slug: &str, due: &Due) -> Sheet {
    let (t, zone, order) = (reader.text, reader.person.time_zone.as_str(), &due.order);
    let amount = format::money(order.total, t.locale());
    let since = format::date(local(order.created_at, zone).date, t.locale());
    let up = paths::order(slug, order.order_id);
    let sheet = Sheet::new(t.pay_title(&amount))
        .lead(t.pay_lead(&order.product_name, &since))
        .back(up.clone(), t.pay_back());
    if order.status != OrderStatus::Pending {
        let text = t.pay_settled(&order.product_name);
        return Sheet { lead: text, ..sheet }.status(409).link(up, t.pay_to_order());
    }
    if !reader.organization.has_processor {
        return Sheet { lead: t.error_pay_not_charged().to_owned(), ..sheet }
            .status(409)
            .link(up, t.pay_to_order());
    }
    if let Some(waiting) = due.overdue.as_ref().filter(|overdue| overdue.action_url.is_some()) {
        let message = overdue::message(t, slug, zone, reader.cx.now, waiting);
        let form = SheetForm::new(
            action::<GiveUpPayment>(),
            t.pay_give_up_submit(),
            t.pay_give_up_pending(),
        )
        .hidden("order_id", order.order_id.to_string())
        .secondary(up, t.common_back());
        return sheet
            .block(Block { title: None, body: Body::Alert(message) })
            .block(Block::text(t.pay_give_up_lead()))
            .form(form);
    }
    if is_running(&due.tries) {
        return sheet
            .status(409)
            .block(Block::alert(
                Tone::Wait,
                t.pay_running_sentence(&amount, &order.product_name),
                Some(t.pay_running_text().to_owned()),
            ))
            .link(up, t.pay_to_order());
    }
    payable(reader, slug, due, sheet, &amount)
}

/// A charge runs that waits for nobody.
fn is_running(tries: &[PaymentRecord]) -> bool {
    tries.iter().any(|tried| {
        matches!(
            tried.state,
            PaymentAttemptState::Created
                | PaymentAttemptState::Unknown
                | PaymentAttemptState::ForAPerson
        )
    })
}

/// How often the customer has tried.
fn manual_tries(tries: &[PaymentRecord]) -> i64 {
    let manual = tries.iter().filter(|tried| tried.trigger == PaymentTrigger::RetryCustomer);
    i64::try_from(manual.count()).unwrap_or(MANUAL_TRIES_MAX)
}

fn payable(reader: &Reader, slug: &str, due: &Due, mut sheet: Sheet, amount: &str) -> Sheet {
    let (t, order_id) = (reader.text, due.order.order_id);
    if let Some(overdue) = &due.overdue {
        let next = overdue::next(t, reader.person.time_zone.as_str(), reader.cx.now, overdue);
        sheet = sheet.block(why(t, overdue, &next));
    }
    let new_card = paths::payment_method_add_for_order(slug, order_id);
    if manual_tries(&due.tries) >= MANUAL_TRIES_MAX {
        let company = &reader.organization.name;
        sheet = sheet.status(409).block(Block::alert(
            Tone::Bad,
            t.error_pay_tries_used(),
            Some(t.pay_tries_used_text(company)),
        ));
        if let Some(email) = &reader.organization.support_email {
            sheet = sheet.link(format!("mailto:{email}"), t.order_how_to_pay_write());
        }
        return sheet.link(paths::payment_method_add(slug), t.pay_add_default());
    }
    if due.methods.is_empty() {
        return sheet
            .block(Block::text(t.pay_no_method()))
            .link(new_card, t.pay_add())
            .link(paths::order(slug, order_id), t.common_back());
    }
    let first = first_of(due);
    let mut methods: Vec<&PaymentMethod> = due.methods.iter().collect();
    methods.sort_by_key(|method| Some(method.payment_method_id) != first);
    let choices = methods.iter().map(|saved| {
        let is_expired = method::validity(saved.details.expiry, reader.cx.now) == Validity::Expired;
        let detail = match (is_expired, Some(saved.payment_method_id) == first) {
            (true, _) => Some(t.pay_method_expired().to_owned()),
            (false, true) => Some(t.pay_method_first().to_owned()),
            (false, false) => None,
        };
        Choice {
            value: saved.payment_method_id.to_string(),
            label: method::name(t, &saved.details),
            detail,
        }
    });
    let chosen = methods.first().map(|method| method.payment_method_id.to_string());
    let field = Field::radio("payment_method_id", t.pay_legend(), choices.collect())
        .value(chosen.unwrap_or_default());
    let form = SheetForm::new(action::<PayOrder>(), t.pay_submit(amount), t.pay_pending())
        .hidden("order_id", order_id.to_string())
        .field(field)
        .secondary(new_card, t.pay_other_card());
    sheet.form(form)
}

/// Why it failed, what to do, and what happens otherwise.
fn why(t: Text, overdue: &Overdue, next: &str) -> Block {
    let title = match overdue.decline_code {
        Some(code) => t.pay_declined_because(decline::reason(t, code)),
        None => t.pay_declined().to_owned(),
    };
    let advice = overdue.decline_code.map_or("", |code| decline::advice(t, code));
    Block::alert(Tone::Bad, title, Some(format!("{advice} {next}").trim().to_owned()))
}

/// The method that would be charged by itself: the subscription's own, else the default.
fn first_of(due: &Due) -> Option<PaymentMethodId> {
    let of_subscription = due.methods.iter().find(|method| {
        let used_by = |id| method.subscriptions.iter().any(|(own, _)| *own == id);
        due.order.subscription_id.is_some_and(used_by)
    });
    of_subscription
        .or_else(|| due.methods.iter().find(|method| method.is_default))
        .map(|method| method.payment_method_id)
}

/// The message at the top of the order's page after a step that led there; said only while it is true.
pub(super) fn confirmation(
    t: Text,
    done: &str,
    order: &OrderSummary,
    overdue: Option<&Overdue>,
    tries: &[PaymentRecord],
) -> Option<Message> {
    let is_open = order.status == OrderStatus::Pending;
    let (tone, title, text) = match done {
        "paid" if order.status.is_paid() => (Tone::Good, t.pay_done_paid().to_owned(), None),
        "waiting" if is_open && is_running(tries) => {
            (Tone::Wait, t.pay_done_waiting().to_owned(), Some(t.pay_running_text().to_owned()))
        }
        "declined" | "failed" if is_open => {
            let code = overdue.and_then(|overdue| overdue.decline_code)?;
            let advice = decline::advice(t, code).to_owned();
            (Tone::Bad, t.pay_declined_because(decline::reason(t, code)), Some(advice))
        }
        _ => return None,
    };
    Some(Message { tone, title, text, is_news: true, ..Message::default() })
}
