//! Confirming a quote: once, and for exactly what it says.

use domain::change::{ChangeKind, ChangeRefusal, ChangeTiming, ProrationBehavior};
use domain::id::{
    CustomerId, OrderId, OrganizationId, PaymentAttemptId, QuoteId, SubscriptionChangeId,
    SubscriptionId,
};
use domain::order::BillingReason;
use domain::payment::{PaymentOutcome, PaymentTrigger};
use domain::quote::Quoted;
use domain::subscription::SubscriptionStatus;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::apply::apply;
use super::error::ConfirmError;
use crate::context::Context;
use crate::error::{Forbidden, InconsistencyError};
use crate::event;
use crate::order::{NewOrder, insert_order};
use crate::payment::{self, LEASE, NewAttempt, Processors};
use crate::quote::{self, QuoteError, QuoteRequest};
use crate::subscription::row::{self, SubscriptionRow};

/// What became of a confirmed quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmed {
    /// It is done. Of a subscription that was bought anew, the new one.
    Applied { subscription_id: SubscriptionId },
    /// It takes effect when the period ends.
    Scheduled { subscription_id: SubscriptionId },
    /// The charge has not been answered yet; the worker carries the change out when it is.
    Pending { subscription_id: SubscriptionId },
    /// The customer has to approve the charge there first.
    RequiresAction { subscription_id: SubscriptionId, url: String },
}

/// Confirms a quote and charges what it says is due now. Nothing is applied before the money is there; a quote that no longer holds
/// is refused with a fresh one.
///
/// # Errors
/// `Unknown` for what is not in the actor's reach; `Redeemed`, `Stale`, `Expired`; `NoPaymentMethod`: the quote can be confirmed once
/// there is one; `Refused` by name; `Declined`: nothing has changed.
pub async fn confirm(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    quote_id: QuoteId,
) -> Result<Confirmed, ConfirmError> {
    let redeemed = redeem(db, cx, quote_id).await?;
    finish(db, processors, cx, redeemed).await
}

/// The second half of [`confirm`], after [`redeem`]: charges, or tells how the charge stands.
///
/// # Errors
/// Those of [`confirm`].
pub async fn finish(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    redeemed: Redeemed,
) -> Result<Confirmed, ConfirmError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    let (subscription_id, change_id, attempt_id) = match redeemed {
        Redeemed::Done(confirmed) => return Ok(confirmed),
        Redeemed::Charge(subscription_id, change_id, attempt_id) => {
            (subscription_id, change_id, attempt_id)
        }
    };
    match payment::run_attempt(db, processors, cx, organization_id, attempt_id).await {
        Ok(PaymentOutcome::Succeeded) => outcome(db, organization_id, change_id).await,
        Ok(PaymentOutcome::Declined(code)) => Err(ConfirmError::Declined { code }),
        Ok(PaymentOutcome::RequiresAction { url }) => {
            Ok(Confirmed::RequiresAction { subscription_id, url })
        }
        Ok(PaymentOutcome::Unknown) => Ok(Confirmed::Pending { subscription_id }),
        Err(error) => {
            // The charge is written down: the worker takes it up again, with the same key.
            tracing::error!(%attempt_id, error = &error as &dyn std::error::Error, "a change's charge was interrupted");
            Ok(Confirmed::Pending { subscription_id })
        }
    }
}

/// What a change that was paid came to.
async fn outcome(
    db: &PgPool,
    organization_id: OrganizationId,
    change_id: SubscriptionChangeId,
) -> Result<Confirmed, ConfirmError> {
    let change = sqlx::query!(
        "select subscription_id, new_subscription_id, state from subscription_change
         where organization_id = $1 and subscription_change_id = $2",
        organization_id.as_uuid(),
        change_id.as_uuid(),
    )
    .fetch_one(db)
    .await?;
    let subscription_id = change.new_subscription_id.unwrap_or(change.subscription_id).into();
    match change.state.as_str() {
        "applied" => Ok(Confirmed::Applied { subscription_id }),
        "pending" => Ok(Confirmed::Pending { subscription_id }),
        // It ended while the charge ran; the money goes back.
        _ => Err(ConfirmError::Refused(ChangeRefusal::Ended)),
    }
}

/// A quote that was redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redeemed {
    Done(Confirmed),
    /// Its charge is written down.
    Charge(SubscriptionId, SubscriptionChangeId, PaymentAttemptId),
}

/// A quote as the table holds it.
struct QuoteRow {
    request: serde_json::Value,
    result: serde_json::Value,
    subscription_revision: i64,
    due_now_minor: i64,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    redeemed_at: Option<OffsetDateTime>,
    proration_behavior: Option<String>,
}

impl QuoteRow {
    /// How the organization wanted this change billed.
    fn behavior(&self, quote_id: QuoteId) -> Result<Option<ProrationBehavior>, InconsistencyError> {
        let bad = || InconsistencyError::new("quote", "proration_behavior", quote_id);
        let text = self.proration_behavior.as_deref();
        text.map(|text| ProrationBehavior::parse(text).ok_or_else(bad)).transpose()
    }
}

/// The first half of [`confirm`]: locks the subscription, makes sure that the quote holds, and carries it out or writes its charge
/// down. One transaction.
///
/// # Errors
/// Those of [`confirm`], but `Declined`.
pub async fn redeem(
    db: &PgPool,
    cx: &mut Context,
    quote_id: QuoteId,
) -> Result<Redeemed, ConfirmError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let mut tx = db.begin().await?;
    let (row, stored) =
        lock(&mut tx, cx, organization_id, quote_id).await?.ok_or(ConfirmError::Unknown)?;
    if stored.redeemed_at.is_some() {
        return Err(ConfirmError::Redeemed);
    }
    let request: QuoteRequest = serde_json::from_value(stored.request.clone())
        .map_err(|_| InconsistencyError::new("quote", "request", quote_id))?;
    let behavior = stored.behavior(quote_id)?;
    if stored.expires_at <= cx.now {
        let fresh = Box::new(quote::make(&mut tx, cx, &row, request, behavior).await?);
        tx.commit().await?;
        return Err(ConfirmError::Expired { fresh });
    }
    let Some(quoted) = still_holds(&mut tx, cx, &row, &stored, &request, behavior).await? else {
        let fresh = Box::new(quote::make(&mut tx, cx, &row, request, behavior).await?);
        tx.commit().await?;
        return Err(ConfirmError::Stale { fresh });
    };
    let is_charged = charges(&mut tx, &row).await? && !quoted.result.due_now.totals.total.is_zero();
    if is_charged && !has_method(&mut tx, &row).await? {
        return Err(ConfirmError::NoPaymentMethod);
    }
    sqlx::query!(
        "update quote set redeemed_at = $3 where organization_id = $1 and quote_id = $2",
        organization_id.as_uuid(),
        quote_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let redeemed = begin(&mut tx, cx, &row, quote_id, &request, &quoted, is_charged).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &redeemed).await?;
    Ok(redeemed)
}

/// The subscription first: whoever confirms the same quote waits here, and finds it redeemed.
async fn lock(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    quote_id: QuoteId,
) -> Result<Option<(SubscriptionRow, QuoteRow)>, ConfirmError> {
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let subscription_id = sqlx::query_scalar!(
        "select subscription_id from quote
         where organization_id = $1 and quote_id = $2 and ($3::uuid is null or customer_id = $3)",
        organization_id.as_uuid(),
        quote_id.as_uuid(),
        customer_id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(subscription_id) = subscription_id else { return Ok(None) };
    let row = row::lock(tx, organization_id.as_uuid(), customer_id, subscription_id).await?;
    let Some(row) = row else { return Ok(None) };
    let stored = sqlx::query_as!(
        QuoteRow,
        "select request, result, subscription_revision, due_now_minor, created_at, expires_at, redeemed_at,
            proration_behavior
         from quote where organization_id = $1 and quote_id = $2",
        organization_id.as_uuid(),
        quote_id.as_uuid(),
    )
    .fetch_one(tx)
    .await?;
    Ok(Some((row, stored)))
}

/// The quote, worked out again from the rows as they are, if it comes to what was stored.
async fn still_holds(
    tx: &mut PgConnection,
    cx: &Context,
    row: &SubscriptionRow,
    stored: &QuoteRow,
    request: &QuoteRequest,
    behavior: Option<ProrationBehavior>,
) -> Result<Option<Quoted>, ConfirmError> {
    if row.revision != stored.subscription_revision {
        return Ok(None);
    }
    let at = stored.created_at;
    let quoted = match quote::work_out(tx, &cx.actor, row, request, behavior, at).await {
        Ok(quoted) => quoted,
        // Refused now: the caller's fresh quote says why, by name.
        Err(QuoteError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_same = serde_json::to_value(&quoted).is_ok_and(|now| now == stored.result)
        && quoted.result.due_now.totals.total.minor == stored.due_now_minor
        && quoted.expires_at == stored.expires_at;
    Ok(is_same.then_some(quoted))
}

async fn begin(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    quote_id: QuoteId,
    request: &QuoteRequest,
    quoted: &Quoted,
    is_charged: bool,
) -> Result<Redeemed, ConfirmError> {
    let order_id = insert_change_order(tx, cx, row, request, quoted, is_charged).await?;
    let change_id: SubscriptionChangeId = cx.new_id();
    insert_change(tx, cx, row, change_id, quote_id, request.kind(), order_id).await?;
    if let (true, Some(order_id)) = (is_charged, order_id) {
        let attempt = NewAttempt {
            organization_id: row.organization_id.into(),
            order_id,
            customer_id: row.customer_id.into(),
            amount: quoted.result.due_now.totals.total,
            trigger: PaymentTrigger::SubscriptionUpdate,
            is_on_session: true,
            payment_method_id: None,
            return_path: None,
            due_at: cx.now + LEASE,
        };
        let attempt_id = payment::prepare(tx, cx, attempt)
            .await?
            .ok_or_else(|| InconsistencyError::new("payment_attempt", "processor", order_id))?;
        return Ok(Redeemed::Charge(row.subscription_id.into(), change_id, attempt_id));
    }
    let subscription_id = apply(tx, cx, row, request, quoted, order_id).await?;
    let is_new = subscription_id.as_uuid() != row.subscription_id;
    sqlx::query!(
        "update subscription_change set state = 'applied', settled_at = $3, new_subscription_id = $4
         where organization_id = $1 and subscription_change_id = $2",
        row.organization_id,
        change_id.as_uuid(),
        cx.now,
        is_new.then_some(subscription_id.as_uuid()),
    )
    .execute(tx)
    .await?;
    Ok(Redeemed::Done(match quoted.result.timing {
        ChangeTiming::Now => Confirmed::Applied { subscription_id },
        ChangeTiming::NextPeriod => Confirmed::Scheduled { subscription_id },
    }))
}

/// Whether there is something to charge.
async fn has_method(tx: &mut PgConnection, row: &SubscriptionRow) -> Result<bool, sqlx::Error> {
    let (organization_id, customer_id) = (row.organization_id.into(), row.customer_id.into());
    let subscription_id = Some(row.subscription_id.into());
    let method = payment::method_charged(tx, organization_id, customer_id, subscription_id).await?;
    Ok(method.is_some())
}

/// Whether somebody charges the organization's customers. Otherwise they pay by hand, and a change does not wait for it.
async fn charges(tx: &mut PgConnection, row: &SubscriptionRow) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select payment_processor is not null as "charges!" from organization where organization_id = $1"#,
        row.organization_id,
    )
    .fetch_one(tx)
    .await
}

/// The order with the quote's lines; a draft while its charge is not settled. `None` when nothing is billed.
async fn insert_change_order(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    request: &QuoteRequest,
    quoted: &Quoted,
    is_draft: bool,
) -> Result<Option<OrderId>, ConfirmError> {
    let Some(terms) = quoted.terms.as_ref().filter(|_| !quoted.result.due_now.lines.is_empty())
    else {
        return Ok(None);
    };
    let is_trial = row.status == SubscriptionStatus::Trialing.as_str();
    let billing_reason = match request.kind() {
        ChangeKind::Resume => BillingReason::SubscriptionCycle,
        ChangeKind::Resubscribe => BillingReason::SubscriptionCreate,
        _ if is_trial && terms.begins_period => BillingReason::SubscriptionCycle,
        _ => BillingReason::SubscriptionUpdate,
    };
    let is_discounted = !quoted.result.due_now.totals.discount.is_zero();
    let order = NewOrder {
        organization_id: row.organization_id.into(),
        customer_id: row.customer_id.into(),
        // Of one that is bought anew, none yet.
        subscription_id: (request.kind() != ChangeKind::Resubscribe)
            .then_some(row.subscription_id.into()),
        product_id: terms.product_id,
        price_id: terms.price_id,
        product_name: quoted.result.product_name.clone(),
        billing_reason,
        amounts: quoted.result.due_now.clone(),
        discount_id: row.discount_id.filter(|_| is_discounted).map(Into::into),
        seats: terms.seats,
        period: terms.begins_period.then_some(terms.current_period),
        is_draft,
    };
    Ok(Some(insert_order(tx, cx, order).await?))
}

async fn insert_change(
    tx: &mut PgConnection,
    cx: &Context,
    row: &SubscriptionRow,
    change_id: SubscriptionChangeId,
    quote_id: QuoteId,
    kind: ChangeKind,
    order_id: Option<OrderId>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into subscription_change
            (organization_id, subscription_change_id, subscription_id, customer_id, quote_id, kind, state, order_id, created_at)
         values ($1, $2, $3, $4, $5, $6, 'pending', $7, $8)",
        row.organization_id,
        change_id.as_uuid(),
        row.subscription_id,
        row.customer_id,
        quote_id.as_uuid(),
        kind.as_str(),
        order_id.map(OrderId::as_uuid),
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::subscription_change::shop::{Shop, to};
    use crate::test_support::billing::Offer;
    use domain::change::ProrationBehavior;
    use domain::payment::DeclineCode;
    use time::Duration;

    fn order(status: &str, reason: &str, total: i64) -> (String, String, i64) {
        (status.into(), reason.into(), total)
    }

    #[tokio::test]
    async fn what_was_quoted_is_charged_and_then_it_holds() {
        let shop = Shop::new().await;
        let id = shop.pro().await;
        let business = Offer::business(&shop.db, shop.owner.organization_id).await;
        // 1 May 9:00 to 1 June 9:00: 31 days, 15.5 of them left.
        shop.after(Duration::hours(15 * 24 + 12)).await;
        let (quote, confirmed) = shop.change(id, to(business)).await;
        let due: Vec<_> =
            quote.result.due_now.lines.iter().map(|line| line.line.amount_minor).collect();
        assert_eq!((due, quote.result.due_now.totals.total.minor), (vec![-1_450, 2_950], 1_500));
        assert_eq!(confirmed, Confirmed::Applied { subscription_id: id });
        let read = shop.read(id).await;
        assert_eq!(
            (read.summary.product_name.as_str(), read.summary.facts.amount.minor),
            ("Business", 5_900)
        );
        assert_eq!(
            shop.orders().await,
            [
                order("paid", "subscription_create", 2_900),
                order("paid", "subscription_update", 1_500)
            ]
        );
        assert_eq!(
            shop.count(
                "select sum(amount_minor)::bigint from sandbox.payment where state = 'succeeded'"
            )
            .await,
            4_400
        );
        assert_eq!(shop.events("subscription.updated").await, 1);
        let expected = quote.result.next_charge.unwrap();
        shop.after(Duration::days(16)).await;
        assert_eq!(shop.orders().await[2], order("paid", "subscription_cycle", 5_900));
        assert_eq!(
            (expected.at, expected.amounts.totals.total.minor),
            (read.summary.facts.current_period.end, 5_900)
        );
        assert!(matches!(shop.confirm(quote.quote_id).await, Err(ConfirmError::Redeemed)));
    }

    #[tokio::test]
    async fn prorated_lines_wait_for_the_next_order() {
        let shop = Shop::new().await;
        shop.bill(ProrationBehavior::Prorate).await;
        let id = shop.pro().await;
        let business = Offer::business(&shop.db, shop.owner.organization_id).await;
        shop.after(Duration::hours(15 * 24 + 12)).await;
        let (quote, _) = shop.change(id, to(business)).await;
        assert!(quote.result.due_now.lines.is_empty());
        assert_eq!(shop.orders().await.len(), 1, "nothing is charged now");
        shop.after(Duration::days(16)).await;
        let total = quote.result.next_charge.unwrap().amounts.totals.total.minor;
        assert_eq!(total, 7_400);
        assert_eq!(shop.orders().await[1], order("paid", "subscription_cycle", total));
        let lines: Vec<(String, i64)> = sqlx::query_as(
            "select kind, amount_minor from order_item i join orders o using (organization_id, order_id)
             where o.billing_reason = 'subscription_cycle' order by position",
        )
        .fetch_all(&shop.db.pool)
        .await
        .unwrap();
        let expected = [("plan", 5_900), ("proration_credit", -1_450), ("proration_debit", 2_950)];
        assert_eq!(lines, expected.map(|(kind, amount)| (kind.to_owned(), amount)));
    }

    #[tokio::test]
    async fn a_downgrade_lowers_the_next_order_and_never_pays_out() {
        let shop = Shop::new().await;
        let id =
            shop.subscribe(Offer::business(&shop.db, shop.owner.organization_id).await, None).await;
        let starter = Offer::starter(&shop.db, shop.owner.organization_id).await;
        let (quote, _) = shop.change(id, to(starter)).await;
        assert_eq!(quote.result.due_now.totals.total.minor, 0);
        assert_eq!(quote.result.next_charge.unwrap().amounts.carried_minor, 4_100);
        shop.after(Duration::days(31)).await;
        shop.after(Duration::days(30)).await;
        assert_eq!(
            shop.orders().await[1..],
            [order("paid", "subscription_cycle", 0), order("paid", "subscription_cycle", 0)]
        );
        let left = "select sum(amount_minor)::bigint from proration_entry where order_id is null";
        assert_eq!(shop.count(left).await, -5_900 + 900 * 3);
        assert_eq!(shop.count("select count(*) from refund").await, 0);
    }

    #[tokio::test]
    async fn a_scheduled_change_takes_effect_with_the_renewal() {
        let shop = Shop::new().await;
        shop.rules(|rules| rules.downgrade_proration = Some(ProrationBehavior::NextPeriod)).await;
        let id = shop.pro().await;
        let starter = Offer::starter(&shop.db, shop.owner.organization_id).await;
        let (quote, confirmed) = shop.change(id, to(starter)).await;
        assert_eq!(confirmed, Confirmed::Scheduled { subscription_id: id });
        assert_eq!(shop.events("subscription.update_scheduled").await, 1);
        assert_eq!(shop.read(id).await.summary.facts.amount.minor, 2_900);
        let again = shop.quote(id, to(starter)).await;
        assert!(matches!(again, Err(QuoteError::Refused(ChangeRefusal::NothingChanges))));
        shop.after(Duration::days(31)).await;
        let total = quote.result.next_charge.unwrap().amounts.totals.total.minor;
        assert_eq!(
            (total, shop.orders().await[1].clone()),
            (900, order("paid", "subscription_cycle", 900))
        );
        assert_eq!(shop.read(id).await.summary.product_name, "Starter");
    }

    #[tokio::test]
    async fn another_interval_begins_anew() {
        let shop = Shop::new().await;
        shop.bill(ProrationBehavior::Prorate).await;
        let id = shop.pro().await;
        let yearly = Offer::yearly(&shop.db, shop.owner.organization_id).await;
        shop.after(Duration::hours(15 * 24 + 12)).await;
        let at = shop.db.now();
        let (quote, _) = shop.change(id, to(yearly)).await;
        assert_eq!(quote.result.due_now.totals.total.minor, 29_000 - 1_450);
        let facts = shop.read(id).await.summary.facts;
        assert_eq!((facts.current_period.start, facts.billing_anchor_at), (at, at));
        assert_eq!(shop.orders().await[1], order("paid", "subscription_update", 27_550));
    }

    #[tokio::test]
    async fn a_declined_charge_changes_nothing() {
        let shop = Shop::new().await;
        let id = shop.pro().await;
        let business = Offer::business(&shop.db, shop.owner.organization_id).await;
        shop.card(SandboxBehavior::DeclineInsufficientFunds).await;
        let before = shop.read(id).await.summary.facts;
        let quote = shop.quote(id, to(business)).await.unwrap();
        let refused = shop.confirm(quote.quote_id).await;
        assert!(matches!(
            refused,
            Err(ConfirmError::Declined { code: DeclineCode::InsufficientFunds })
        ));
        assert_eq!(shop.read(id).await.summary.facts, before);
        assert_eq!(shop.orders().await[1].0, "void");
        assert_eq!(shop.changes().await, [("refused".into(), Some("insufficient_funds".into()))]);
        assert_eq!(shop.events("subscription.change_refused").await, 1);
        assert_eq!(shop.events("order.created").await, 1, "a draft is nobody's business");
        // With another card it works.
        shop.card(SandboxBehavior::Approve).await;
        let (_, confirmed) = shop.change(id, to(business)).await;
        assert_eq!(confirmed, Confirmed::Applied { subscription_id: id });
    }

    #[tokio::test]
    async fn a_slow_charge_is_carried_out_by_the_worker() {
        let shop = Shop::new().await;
        let id = shop.pro().await;
        let business = Offer::business(&shop.db, shop.owner.organization_id).await;
        shop.card(SandboxBehavior::Slow).await;
        let (_, confirmed) = shop.change(id, to(business)).await;
        assert_eq!(confirmed, Confirmed::Pending { subscription_id: id });
        let again = shop.quote(id, to(business)).await;
        assert!(matches!(again, Err(QuoteError::Refused(ChangeRefusal::ChangePending))));
        assert_eq!(shop.read(id).await.summary.product_name, "Pro");
        shop.after(Duration::minutes(5)).await;
        shop.after(Duration::minutes(5)).await;
        assert_eq!(shop.read(id).await.summary.product_name, "Business");
        assert_eq!(shop.changes().await, [("applied".into(), None)]);
        assert_eq!(shop.orders().await[1], order("paid", "subscription_update", 3_000));
    }

    #[tokio::test]
    async fn an_approval_may_come_after_the_quote_expired_and_the_renewal_waits_for_it() {
        let shop = Shop::new().await;
        let id = shop.pro().await;
        let business = Offer::business(&shop.db, shop.owner.organization_id).await;
        shop.card(SandboxBehavior::RequiresAction).await;
        // Two hours before the period ends.
        shop.after(Duration::days(31) - Duration::hours(2)).await;
        let (quote, confirmed) = shop.change(id, to(business)).await;
        assert!(
            matches!(confirmed, Confirmed::RequiresAction { subscription_id, .. } if subscription_id == id)
        );
        shop.after(Duration::hours(3)).await;
        assert!(quote.expires_at < shop.db.now());
        assert_eq!(shop.orders().await.len(), 2, "it is not renewed meanwhile");
        let attempt: uuid::Uuid = sqlx::query_scalar(
            "select payment_attempt_id from payment_attempt where state = 'requires_action'",
        )
        .fetch_one(&shop.db.pool)
        .await
        .unwrap();
        assert!(shop.sandbox().finish_action(attempt.into(), true).await.unwrap());
        shop.card(SandboxBehavior::Approve).await;
        shop.after(Duration::hours(2)).await;
        shop.pay().await;
        let read = shop.read(id).await.summary;
        assert_eq!((read.product_name.as_str(), shop.orders().await.len()), ("Business", 3));
        assert!(read.facts.current_period.contains(shop.db.now()), "and renewed with the new plan");
        assert_eq!(shop.orders().await[2], order("paid", "subscription_cycle", 5_900));
    }

    #[tokio::test]
    async fn who_never_approves_changes_nothing() {
        let shop = Shop::new().await;
        let id = shop.pro().await;
        let business = Offer::business(&shop.db, shop.owner.organization_id).await;
        shop.card(SandboxBehavior::RequiresAction).await;
        shop.change(id, to(business)).await;
        for _ in 0..30 {
            shop.after(Duration::hours(1)).await;
        }
        assert_eq!(shop.changes().await, [("expired".into(), Some("payment_abandoned".into()))]);
        assert_eq!(shop.read(id).await.summary.product_name, "Pro");
        assert_eq!(shop.orders().await[1].0, "void");
        assert!(shop.quote(id, to(business)).await.is_ok());
    }

    #[tokio::test]
    async fn without_a_processor_the_order_stays_open_and_the_change_does_not_wait() {
        let shop = Shop::new().await;
        let id = shop.pro().await;
        let organization_id = shop.owner.organization_id;
        let none = payment::ProcessorChoice::None;
        payment::choose_processor(&shop.db.pool, &mut shop.db.cx(), organization_id, none)
            .await
            .unwrap();
        let business = Offer::business(&shop.db, organization_id).await;
        let (_, confirmed) = shop.change(id, to(business)).await;
        assert_eq!(confirmed, Confirmed::Applied { subscription_id: id });
        assert_eq!(shop.orders().await[1], order("pending", "subscription_update", 3_000));
        let starter = Offer::starter(&shop.db, organization_id).await;
        let next = shop.quote(id, to(starter)).await;
        assert!(matches!(next, Err(QuoteError::Refused(ChangeRefusal::OrderOpen))));
    }

    #[tokio::test]
    async fn without_a_method_the_quote_stays_open_until_there_is_one() {
        let shop = Shop::new().await;
        let id = shop.pro().await;
        let business = Offer::business(&shop.db, shop.owner.organization_id).await;
        let without = "update customer set default_payment_method_id = null";
        sqlx::query(without).execute(&shop.db.pool).await.unwrap();
        let quote = shop.quote(id, to(business)).await.unwrap();
        let refused = shop.confirm(quote.quote_id).await;
        assert!(matches!(refused, Err(ConfirmError::NoPaymentMethod)));
        shop.db.settled().await;
        assert_eq!(shop.count("select count(*) from subscription_change").await, 0);
        assert_eq!(shop.count("select count(*) from quote where redeemed_at is not null").await, 0);
        let owner = &shop.owner;
        crate::test_support::billing::card(&shop.db, owner.organization_id, owner.customer_id)
            .await;
        let confirmed = shop.confirm(quote.quote_id).await.unwrap();
        assert_eq!(confirmed, Confirmed::Applied { subscription_id: id });
    }
}
