//! Products with all that the API shows of them: prices and benefits.

use std::collections::{HashMap, HashSet};

use domain::id::{OrganizationId, PriceId, ProductId};
use domain::interval::{Interval, RecurringInterval};
use domain::metadata::Metadata;
use domain::money::Currency;
use domain::price::PriceAmount;
use domain::product::ProductVisibility;
use domain::tax::TaxBehavior;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::benefit::{BenefitDetail, BenefitRow};
use crate::error::{InconsistencyError, QueryError};
use crate::price::price_amount;

/// No more products are shown at once.
const PRODUCTS_MAX: i64 = 500;
/// No more prices, nor benefits, of the products asked for.
const PARTS_MAX: i64 = 5_000;

/// A product.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductDetail {
    pub organization_id: OrganizationId,
    pub product_id: ProductId,
    pub name: String,
    pub description: Option<String>,
    pub visibility: ProductVisibility,
    /// `None`: sold once.
    pub recurring: Option<RecurringInterval>,
    pub trial: Option<RecurringInterval>,
    pub is_archived: bool,
    pub metadata: Metadata,
    pub is_deleted: bool,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    /// Those on sale, oldest first, and among them those asked for.
    pub prices: Vec<PriceDetail>,
    /// In the product's order.
    pub benefits: Vec<BenefitDetail>,
}

/// A way to pay for a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceDetail {
    pub price_id: PriceId,
    pub product_id: ProductId,
    pub amount: PriceAmount,
    pub currency: Currency,
    /// `None`: as the organization's.
    pub tax_behavior: Option<TaxBehavior>,
    pub is_archived: bool,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// These products of an organization, deleted ones included, with the prices on sale and those named besides, which may be archived. One statement, however
/// many are asked for.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn details(
    db: &PgPool,
    organization_id: OrganizationId,
    product_ids: &[ProductId],
    prices_also: &[PriceId],
) -> Result<HashMap<ProductId, ProductDetail>, QueryError> {
    if product_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = product_ids.iter().map(|id| id.as_uuid()).collect();
    let also: Vec<Uuid> = prices_also.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"select product_id, name, description, visibility, recurring_interval, recurring_interval_count, trial_interval,
            trial_interval_count, is_archived, metadata as "metadata: Json<Metadata>", deleted_at is not null as "is_deleted!",
            created_at, modified_at,
            (select coalesce(json_agg(of_product order by of_product.created_at, of_product.price_id), '[]') from (
                select price_id, amount_type, currency, amount_minor, seat_tiers, is_archived, created_at, modified_at, tax_behavior
                from price where organization_id = p.organization_id and product_id = p.product_id
                    and (not is_archived or price_id = any ($3))
                order by created_at, price_id limit $4) of_product) as "prices!: Json<Vec<PriceRow>>",
            (select coalesce(json_agg(of_product order by of_product.position), '[]') from (
                select b.benefit_id, b.type as kind, b.description, b.note, b.visibility, b.metadata, false as is_deleted,
                    b.created_at, b.modified_at, a.position
                from product_benefit a
                join benefit b on b.organization_id = a.organization_id and b.benefit_id = a.benefit_id and b.deleted_at is null
                where a.organization_id = p.organization_id and a.product_id = p.product_id
                order by a.position limit $4) of_product) as "benefits!: Json<Vec<BenefitRow>>"
         from product p where organization_id = $1 and product_id = any ($2) limit $5"#,
        organization_id.as_uuid(),
        &ids,
        &also,
        PARTS_MAX,
        PRODUCTS_MAX,
    )
    .fetch_all(db)
    .await?;
    let mut products = HashMap::with_capacity(rows.len());
    for row in rows {
        let bad = |column| InconsistencyError::new("product", column, row.product_id);
        let every = |column, interval: Option<String>, count: Option<i32>| {
            interval
                .zip(count)
                .map(|(interval, count)| {
                    let interval = Interval::parse(&interval).ok_or_else(|| bad(column))?;
                    RecurringInterval::new(interval, count).map_err(|_| bad(column))
                })
                .transpose()
        };
        let product_id = row.product_id.into();
        let product = ProductDetail {
            organization_id,
            product_id,
            visibility: ProductVisibility::parse(&row.visibility)
                .ok_or_else(|| bad("visibility"))?,
            recurring: every(
                "recurring_interval",
                row.recurring_interval,
                row.recurring_interval_count,
            )?,
            trial: every("trial_interval", row.trial_interval, row.trial_interval_count)?,
            name: row.name,
            description: row.description,
            is_archived: row.is_archived,
            metadata: row.metadata.0,
            is_deleted: row.is_deleted,
            created_at: row.created_at,
            modified_at: row.modified_at,
            prices: row
                .prices
                .0
                .into_iter()
                .map(|price| price.detail(product_id))
                .collect::<Result<_, _>>()?,
            benefits: row
                .benefits
                .0
                .into_iter()
                .map(|benefit| benefit.detail(organization_id))
                .collect::<Result<_, _>>()?,
        };
        products.insert(product_id, product);
    }
    Ok(products)
}

/// The live product with this id.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn get(
    db: &PgPool,
    organization_id: OrganizationId,
    product_id: ProductId,
) -> Result<Option<ProductDetail>, QueryError> {
    let found = details(db, organization_id, &[product_id], &[]).await?.remove(&product_id);
    Ok(found.filter(|product| !product.is_deleted))
}

/// Those of these products to which a subscription or an order refers: they can be archived, but not deleted.
///
/// # Errors
/// When the database does not answer.
pub async fn referred(
    db: impl PgExecutor<'_>,
    organization_id: OrganizationId,
    product_ids: &[ProductId],
) -> Result<HashSet<ProductId>, sqlx::Error> {
    let ids: Vec<Uuid> = product_ids.iter().map(|id| id.as_uuid()).collect();
    let referred = sqlx::query_scalar!(
        "select product_id from product p
         where p.organization_id = $1 and p.product_id = any ($2) and (
            exists (select from subscription s where s.organization_id = p.organization_id and s.product_id = p.product_id)
            or exists (select from orders o where o.organization_id = p.organization_id and o.product_id = p.product_id))",
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(referred.into_iter().map(Into::into).collect())
}

/// What an organization offers everybody, by name; at most 500.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn on_offer(
    db: &PgPool,
    organization_id: OrganizationId,
) -> Result<Vec<ProductDetail>, QueryError> {
    let ids: Vec<ProductId> = sqlx::query_scalar!(
        "select product_id from product
         where organization_id = $1 and deleted_at is null and not is_archived and visibility = 'public'
         order by name, product_id limit $2",
        organization_id.as_uuid(),
        PRODUCTS_MAX,
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(Into::into)
    .collect();
    let mut found = details(db, organization_id, &ids, &[]).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

#[derive(Debug, Deserialize)]
struct PriceRow {
    price_id: Uuid,
    amount_type: String,
    currency: String,
    amount_minor: Option<i64>,
    seat_tiers: Option<serde_json::Value>,
    is_archived: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    modified_at: Option<OffsetDateTime>,
    tax_behavior: Option<String>,
}

impl PriceRow {
    fn detail(self, product_id: ProductId) -> Result<PriceDetail, InconsistencyError> {
        let bad = |column| InconsistencyError::new("price", column, self.price_id);
        let tax_behavior = self
            .tax_behavior
            .map(|text| TaxBehavior::parse(&text).ok_or_else(|| bad("tax_behavior")))
            .transpose()?;
        Ok(PriceDetail {
            price_id: self.price_id.into(),
            product_id,
            amount: price_amount(
                self.price_id,
                &self.amount_type,
                self.amount_minor,
                self.seat_tiers,
            )?,
            currency: Currency::parse(&self.currency).map_err(|_| bad("currency"))?,
            tax_behavior,
            is_archived: self.is_archived,
            created_at: self.created_at,
            modified_at: self.modified_at,
        })
    }
}
