//! Confirming a checkout: what was shown is frozen, and the card is asked for.

use domain::checkout::{CheckoutState, CustomerMatch};
use domain::event_type::EventType;
use domain::id::{CheckoutId, CustomerId, OrderId, OrganizationId};
use domain::money::Money;
use domain::order::BillingReason;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use super::buyer::{self, Billing};
use super::complete::complete;
use super::error::CheckoutError;
use super::quote::{CheckoutQuote, work_out};
use super::row::{self, CheckoutRow};
use super::update::still_open;
use super::{redemption, store};
use crate::context::Context;
use crate::event;
use crate::order::{NewOrder, insert_order};
use crate::payment::{Processors, SetupPresentation, SetupWay};
use crate::payment_method::{BeginSetup, SetupOfCheckout, begin_setup_of_checkout};

/// A checkout to buy by.
#[derive(Debug, Clone)]
pub struct ConfirmCheckout {
    pub organization_id: OrganizationId,
    pub checkout_id: CheckoutId,
    /// What the button said: anything else that it would come to now is refused.
    pub expected: Option<Money>,
    /// Where the browser is led after the card, on our own origin.
    pub return_path: String,
    /// The SHA-256 of a cookie of the browser that confirms: it is signed in afterwards.
    pub browser_hash: Option<[u8; 32]>,
}

/// What came of confirming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedCheckout {
    pub customer_id: CustomerId,
    pub customer_match: CustomerMatch,
    /// Where the card is given; `None`: none is needed, and the subscription runs.
    pub card_url: Option<String>,
}

/// What is committed before the card is asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Frozen {
    customer_id: CustomerId,
    customer_match: CustomerMatch,
    revision: i32,
    needs_card: bool,
}

/// Confirms a checkout. Something to charge: the order is frozen as a draft, and the card is given at the answer's address; nobody is
/// charged, and nothing begins, before that. Nothing to charge, now or later: the subscription begins at once. Confirmed once more, the
/// same draft waits for another card.
///
/// # Errors
/// `Invalid` at what is missing of the buyer, and at `amount` when it would come to something else than expected; `Expired`, `NotOpen`,
/// `InProgress`, `NoProcessor`, `Setup`.
pub async fn confirm(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    input: ConfirmCheckout,
) -> Result<ConfirmedCheckout, CheckoutError> {
    cx.actor.buyer(input.organization_id, input.checkout_id)?;
    let frozen = cx.once(async |cx| freeze(db, cx, &input).await).await?;
    let mut confirmed = ConfirmedCheckout {
        customer_id: frozen.customer_id,
        customer_match: frozen.customer_match,
        card_url: None,
    };
    if frozen.needs_card {
        let setup = BeginSetup {
            customer_id: frozen.customer_id,
            set_default: false,
            is_kept: true,
            subscription_id: None,
            order_id: None,
            presentation: SetupPresentation::Hosted,
            return_path: input.return_path,
        };
        let of =
            SetupOfCheckout { checkout_id: input.checkout_id, checkout_revision: frozen.revision };
        let begun =
            begin_setup_of_checkout(db, processors, cx, input.organization_id, setup, of).await?;
        if let SetupWay::Hosted { url } = begun.way {
            confirmed.card_url = Some(url);
        }
    }
    Ok(confirmed)
}

/// One transaction: the customer, the draft and the state; or, with nothing to charge, the subscription.
async fn freeze(
    db: &PgPool,
    cx: &mut Context,
    input: &ConfirmCheckout,
) -> Result<Frozen, CheckoutError> {
    let (organization_id, checkout_id) = (input.organization_id, input.checkout_id);
    let mut tx = db.begin().await?;
    // The customer before the checkout, as everybody locks them.
    let seen =
        row::read(&mut tx, organization_id, checkout_id).await?.ok_or(CheckoutError::Unknown)?;
    let found = buyer::lock_customer(&mut tx, &seen).await?;
    let row =
        row::lock(&mut tx, organization_id, checkout_id).await?.ok_or(CheckoutError::Unknown)?;
    still_open(&row, cx)?;
    if (row.customer_id, &row.customer_email) != (seen.customer_id, &seen.customer_email) {
        return Err(CheckoutError::InProgress);
    }
    let quote = work_out(&row, cx.now)?;
    if input.expected.is_some_and(|expected| expected != quote.due_now.totals.total) {
        return Err(CheckoutError::invalid("amount", "amount_changed"));
    }
    let who = buyer::checked(&row, quote.needs_card)?;
    if quote.needs_card && row.payment_processor.is_none() {
        return Err(CheckoutError::NoProcessor);
    }
    let bought_by = CheckoutRow { customer_id: found.map(CustomerId::as_uuid), ..row.clone() };
    redemption::check(&mut tx, cx, &bought_by).await?;
    let (customer_id, matched) = buyer::resolve(&mut tx, cx, &row, &who, found).await?;
    let order_id =
        draft(&mut tx, cx, &row, (customer_id, matched), who.billing.as_ref(), &quote).await?;
    let is_again =
        row.state()? == CheckoutState::Confirmed && order_id.map(OrderId::as_uuid) == row.order_id;
    let revision = row.revision + i32::from(!is_again);
    sqlx::query!(
        "update checkout
         set state = 'confirmed', revision = $3, customer_id = $4, customer_match = $5, order_id = $6, decline_code = null,
            browser_hash = coalesce($7, browser_hash), modified_at = $8
         where organization_id = $1 and checkout_id = $2",
        organization_id.as_uuid(),
        checkout_id.as_uuid(),
        revision,
        customer_id.as_uuid(),
        matched.as_str(),
        order_id.map(OrderId::as_uuid),
        input.browser_hash.as_ref().map(<[u8; 32]>::as_slice),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let row =
        row::read(&mut tx, organization_id, checkout_id).await?.ok_or(CheckoutError::Unknown)?;
    if quote.needs_card {
        store::record(&mut tx, cx, &row, EventType::CheckoutUpdated).await?;
    } else {
        redemption::redeem(&mut tx, cx, &row).await?;
        complete(&mut tx, cx, &row, None, None).await?;
    }
    event::notify(&mut tx).await?;
    let frozen =
        Frozen { customer_id, customer_match: matched, revision, needs_card: quote.needs_card };
    cx.commit(tx, &frozen).await?;
    Ok(frozen)
}

/// The order that waits for its card; `None` when nothing is due now. The one that waits already stays when it comes to the same.
async fn draft(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
    (customer_id, matched): (CustomerId, CustomerMatch),
    billing: Option<&Billing>,
    quote: &CheckoutQuote,
) -> Result<Option<OrderId>, CheckoutError> {
    // The customer's own details are not replaced by what somebody typed: they stand on this order alone.
    let own = billing.filter(|_| !matched.is_proven());
    let totals = quote.due_now.totals;
    let is_same = row.order_subtotal_minor == Some(totals.subtotal.minor)
        && row.order_discount_minor == Some(totals.discount.minor)
        && row.order_tax_minor == Some(totals.tax.minor)
        && row.order_total_minor == Some(totals.total.minor)
        && row.customer_id == Some(customer_id.as_uuid());
    if let Some(order_id) = row.order_id.filter(|_| is_same) {
        return Ok(Some(order_id.into()));
    }
    store::void_draft(tx, cx, row).await?;
    if totals.total.is_zero() {
        return Ok(None);
    }
    let order = NewOrder {
        organization_id: row.organization(),
        customer_id,
        subscription_id: None,
        product_id: row.product_id.into(),
        price_id: row.price_id.into(),
        product_name: row.product_name.clone(),
        billing_reason: BillingReason::SubscriptionCreate,
        amounts: quote.due_now.clone(),
        discount_id: row.discount_id.filter(|_| !totals.discount.is_zero()).map(Into::into),
        seats: row.seats,
        period: Some(quote.facts.current_period),
        is_draft: true,
    };
    let order_id = insert_order(tx, cx, order).await?;
    sqlx::query!(
        "update orders set checkout_id = $3, metadata = $4, billing_name = $5, billing_address = $6
         where organization_id = $1 and order_id = $2",
        row.organization_id,
        order_id.as_uuid(),
        row.checkout_id,
        row.metadata,
        own.map(|billing| billing.name.as_str()),
        own.map(|billing| Json(&billing.address)) as _,
    )
    .execute(tx)
    .await?;
    Ok(Some(order_id))
}
