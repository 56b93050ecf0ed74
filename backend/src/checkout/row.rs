//! A checkout as the tables hold it, with all that decides what it comes to.

use domain::address::{Address, AddressInput};
use domain::checkout::{CheckoutState, CustomerMatch};
use domain::id::{CheckoutId, OrganizationId};
use domain::interval::{Interval, RecurringInterval};
use domain::money::Currency;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::InconsistencyError;

/// The columns of a checkout, its product and price, its discount, the seller, and the order that it has made.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub(crate) struct CheckoutRow {
    pub organization_id: Uuid,
    pub checkout_id: Uuid,
    pub state: String,
    pub revision: i32,
    pub product_ids: Vec<Uuid>,
    pub product_id: Uuid,
    pub price_id: Uuid,
    pub currency: String,
    pub seats: Option<i32>,
    pub min_seats: Option<i32>,
    pub max_seats: Option<i32>,
    pub discount_id: Option<Uuid>,
    pub allow_discount_codes: bool,
    pub allow_trial: bool,
    pub trial_interval: Option<String>,
    pub trial_interval_count: Option<i32>,
    pub require_billing_address: bool,
    pub customer_id: Option<Uuid>,
    pub customer_match: Option<String>,
    pub external_customer_id: Option<String>,
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub customer_ip_address: Option<String>,
    pub is_business_customer: bool,
    pub billing_name: Option<String>,
    pub billing_address: Option<Json<AddressInput>>,
    pub tax_id: Option<String>,
    pub customer_metadata: serde_json::Value,
    pub metadata: serde_json::Value,
    pub locale: Option<String>,
    pub success_url: Option<String>,
    pub return_url: Option<String>,
    pub embed_origin: Option<String>,
    pub order_id: Option<Uuid>,
    pub subscription_id: Option<Uuid>,
    pub decline_code: Option<String>,
    pub browser_hash: Option<Vec<u8>>,
    pub handed_over_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub expires_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
    pub product_name: String,
    pub recurring_interval: Option<String>,
    pub recurring_interval_count: Option<i32>,
    pub product_trial_interval: Option<String>,
    pub product_trial_interval_count: Option<i32>,
    pub amount_type: String,
    pub amount_minor: Option<i64>,
    pub seat_tiers: Option<serde_json::Value>,
    /// Of the price, else of the organization.
    pub tax_behavior: String,
    pub seller_address: Option<Json<Address>>,
    pub collects_eu_tax: bool,
    pub tax_countries: Vec<String>,
    pub payment_processor: Option<String>,
    /// Of a customer whom the organization named.
    pub is_tax_exempt: bool,
    pub discount_name: Option<String>,
    pub discount_type: Option<String>,
    pub discount_basis_points: Option<i32>,
    pub discount_amount_minor: Option<i64>,
    pub discount_duration: Option<String>,
    pub discount_duration_in_months: Option<i32>,
    /// Of the order: its lines' sum, what came off, the tax and the total.
    pub order_subtotal_minor: Option<i64>,
    pub order_discount_minor: Option<i64>,
    pub order_tax_minor: Option<i64>,
    pub order_total_minor: Option<i64>,
    /// A charge of the order has no answer yet, or waits for its approval.
    pub is_charged: bool,
    /// Where that approval is given.
    pub action_url: Option<String>,
}

/// The query of checkouts: the columns stand here once; a condition and its arguments are added.
macro_rules! checkout_rows {
    ($condition:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            $crate::checkout::row::CheckoutRow,
            r#"select k.organization_id, k.checkout_id, k.state, k.revision, k.product_ids, k.product_id, k.price_id, k.currency, k.seats,
                k.min_seats, k.max_seats, k.discount_id, k.allow_discount_codes, k.allow_trial, k.trial_interval, k.trial_interval_count,
                k.require_billing_address, k.customer_id, k.customer_match, k.external_customer_id, k.customer_email, k.customer_name,
                k.customer_ip_address, k.is_business_customer, k.billing_name, k.billing_address as "billing_address: _",
                k.tax_id, k.customer_metadata, k.metadata, k.locale, k.success_url, k.return_url, k.embed_origin, k.order_id,
                k.subscription_id, k.decline_code, k.browser_hash, k.handed_over_at, k.created_at, k.modified_at, k.expires_at, k.settled_at,
                p.name as product_name, p.recurring_interval, p.recurring_interval_count, p.trial_interval as product_trial_interval,
                p.trial_interval_count as product_trial_interval_count, r.amount_type, r.amount_minor, r.seat_tiers,
                coalesce(r.tax_behavior, o.tax_behavior) as "tax_behavior!", o.address as "seller_address: _",
                o.collects_eu_tax, o.tax_countries, o.payment_processor,
                coalesce(k.customer_match = 'named' and c.is_tax_exempt, false) as "is_tax_exempt!",
                d.name as "discount_name?", d.type as "discount_type?", d.basis_points as "discount_basis_points?",
                da.amount_minor as "discount_amount_minor?", d.duration as "discount_duration?",
                d.duration_in_months as "discount_duration_in_months?", bill.subtotal_minor as "order_subtotal_minor?",
                bill.discount_minor as "order_discount_minor?", bill.tax_minor as "order_tax_minor?", bill.total_minor as "order_total_minor?",
                (open.payment_attempt_id is not null) as "is_charged!", open.action_url as "action_url?"
             from checkout k
             join organization o on o.organization_id = k.organization_id
             join product p on p.organization_id = k.organization_id and p.product_id = k.product_id
             join price r on r.organization_id = k.organization_id and r.price_id = k.price_id
             left join customer c on c.organization_id = k.organization_id and c.customer_id = k.customer_id
             left join discount d on d.organization_id = k.organization_id and d.discount_id = k.discount_id
             left join discount_amount da
                on da.organization_id = k.organization_id and da.discount_id = k.discount_id and da.currency = k.currency
             left join orders bill on bill.organization_id = k.organization_id and bill.order_id = k.order_id
             left join payment_attempt open
                on open.organization_id = k.organization_id and open.order_id = k.order_id and open.settled_at is null "# + $condition,
            $($argument),*
        )
    };
}
pub(super) use checkout_rows;

/// Reads one checkout.
pub(super) async fn read(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
) -> Result<Option<CheckoutRow>, sqlx::Error> {
    checkout_rows!(
        "where k.organization_id = $1 and k.checkout_id = $2",
        organization_id.as_uuid(),
        checkout_id.as_uuid(),
    )
    .fetch_optional(connection)
    .await
}

/// Locks and reads one checkout. Whoever also locks its customer does that first, and its order afterwards.
pub(super) async fn lock(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
) -> Result<Option<CheckoutRow>, sqlx::Error> {
    // Read by a statement of its own: one that had to wait for the lock would see the order as it was before.
    sqlx::query!(
        "select 1 as one from checkout where organization_id = $1 and checkout_id = $2 for no key update",
        organization_id.as_uuid(),
        checkout_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    read(tx, organization_id, checkout_id).await
}

impl CheckoutRow {
    pub(super) fn id(&self) -> CheckoutId {
        self.checkout_id.into()
    }

    pub(super) fn organization(&self) -> OrganizationId {
        self.organization_id.into()
    }

    pub(super) fn bad(&self, column: &'static str) -> InconsistencyError {
        InconsistencyError::new("checkout", column, self.checkout_id)
    }

    pub(super) fn state(&self) -> Result<CheckoutState, InconsistencyError> {
        CheckoutState::parse(&self.state).ok_or_else(|| self.bad("state"))
    }

    pub(super) fn customer_match(&self) -> Result<Option<CustomerMatch>, InconsistencyError> {
        let parse =
            |text: &str| CustomerMatch::parse(text).ok_or_else(|| self.bad("customer_match"));
        self.customer_match.as_deref().map(parse).transpose()
    }

    pub(super) fn currency(&self) -> Result<Currency, InconsistencyError> {
        Currency::parse(&self.currency).map_err(|_| self.bad("currency"))
    }

    /// How often the product is charged.
    pub(super) fn every(&self) -> Result<RecurringInterval, InconsistencyError> {
        interval(self.recurring_interval.as_deref(), self.recurring_interval_count)
            .flatten()
            .ok_or_else(|| {
                InconsistencyError::new("product", "recurring_interval", self.product_id)
            })
    }

    /// The trial that the checkout would begin with: its own, else the product's, unless it allows none.
    pub(super) fn trial(&self) -> Result<Option<RecurringInterval>, InconsistencyError> {
        if !self.allow_trial {
            return Ok(None);
        }
        let own = interval(self.trial_interval.as_deref(), self.trial_interval_count)
            .ok_or_else(|| self.bad("trial_interval"))?;
        let of_product = || {
            let unit = self.product_trial_interval.as_deref();
            interval(unit, self.product_trial_interval_count).ok_or_else(|| {
                InconsistencyError::new("product", "trial_interval", self.product_id)
            })
        };
        own.map_or_else(of_product, |own| Ok(Some(own)))
    }
}

/// The interval in two columns, if there is one; `None` when they break a rule.
#[expect(clippy::option_option, reason = "none is a value as well")]
fn interval(unit: Option<&str>, count: Option<i32>) -> Option<Option<RecurringInterval>> {
    match (unit, count) {
        (None, None) => Some(None),
        (Some(unit), Some(count)) => {
            RecurringInterval::new(Interval::parse(unit)?, count).ok().map(Some)
        }
        _ => None,
    }
}
