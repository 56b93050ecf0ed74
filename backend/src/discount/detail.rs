//! Discounts with all that the API shows of them.

use std::collections::HashMap;

use domain::discount::{DiscountAmount, DiscountDuration, RedemptionTerms};
use domain::id::{DiscountId, OrganizationId, ProductId};
use domain::metadata::Metadata;
use domain::money::{Currency, Money};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};

/// A price reduction, and who may redeem it.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscountDetail {
    pub organization_id: OrganizationId,
    pub discount_id: DiscountId,
    pub name: String,
    /// What customers type; `None`: only the organization gives it.
    pub code: Option<String>,
    pub amount: DiscountAmount,
    pub duration: DiscountDuration,
    pub terms: RedemptionTerms,
    /// How often it was redeemed; renewals do not count.
    pub redemptions_count: i32,
    pub metadata: Metadata,
    pub is_deleted: bool,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// These discounts of an organization, deleted ones included, in one statement.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn records(
    db: impl PgExecutor<'_>,
    organization_id: OrganizationId,
    discount_ids: &[DiscountId],
) -> Result<HashMap<DiscountId, DiscountDetail>, QueryError> {
    if discount_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = discount_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select d.discount_id, d.name, d.code, d.type as kind, d.basis_points, d.duration, d.duration_in_months, d.starts_at, d.ends_at,
            d.max_redemptions, d.max_redemptions_per_customer, d.redemptions_count, d.metadata as "metadata: Json<Metadata>",
            d.deleted_at is not null as "is_deleted!", d.created_at, d.modified_at,
            array (select currency from discount_amount a
                where a.organization_id = d.organization_id and a.discount_id = d.discount_id order by currency) as "currencies!",
            array (select amount_minor from discount_amount a
                where a.organization_id = d.organization_id and a.discount_id = d.discount_id order by currency) as "minors!",
            array (select product_id from discount_product p
                where p.organization_id = d.organization_id and p.discount_id = d.discount_id order by product_id) as "product_ids!"
         from discount d where d.organization_id = $1 and d.discount_id = any ($2)"#,
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    let detailed = |row: Row| Ok((row.discount_id.into(), row.detail(organization_id)?));
    rows.into_iter().map(detailed).collect()
}

/// The live discount with this id.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn get(
    db: &PgPool,
    organization_id: OrganizationId,
    discount_id: DiscountId,
) -> Result<Option<DiscountDetail>, QueryError> {
    let found = records(db, organization_id, &[discount_id]).await?.remove(&discount_id);
    Ok(found.filter(|discount| !discount.is_deleted))
}

/// The live discount that customers get for this code, in capitals or not. Whether it can be redeemed now is for
/// [`super::redeem`] to say, and before that for [`RedemptionTerms::check`].
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn find_by_code(
    db: &PgPool,
    organization_id: OrganizationId,
    code: &str,
) -> Result<Option<DiscountDetail>, QueryError> {
    let code = code.trim();
    if !domain::discount::is_code(code) {
        return Ok(None);
    }
    let found = sqlx::query_scalar!(
        "select discount_id from discount where organization_id = $1 and lower(code) = lower($2) and deleted_at is null",
        organization_id.as_uuid(),
        code,
    )
    .fetch_optional(db)
    .await?;
    match found {
        Some(discount_id) => get(db, organization_id, discount_id.into()).await,
        None => Ok(None),
    }
}

struct Row {
    discount_id: Uuid,
    name: String,
    code: Option<String>,
    kind: String,
    basis_points: Option<i32>,
    duration: String,
    duration_in_months: Option<i32>,
    starts_at: Option<OffsetDateTime>,
    ends_at: Option<OffsetDateTime>,
    max_redemptions: Option<i32>,
    max_redemptions_per_customer: Option<i32>,
    redemptions_count: i32,
    metadata: Json<Metadata>,
    is_deleted: bool,
    created_at: OffsetDateTime,
    modified_at: Option<OffsetDateTime>,
    currencies: Vec<String>,
    minors: Vec<i64>,
    product_ids: Vec<Uuid>,
}

impl Row {
    fn detail(self, organization_id: OrganizationId) -> Result<DiscountDetail, InconsistencyError> {
        let discount_id = self.discount_id;
        let bad = |column| InconsistencyError::new("discount", column, discount_id);
        let amount = match (self.kind.as_str(), self.basis_points) {
            ("percentage", Some(basis_points)) => DiscountAmount::Percentage { basis_points },
            ("fixed", None) => {
                let pairs = self.currencies.iter().zip(&self.minors);
                let money = |(currency, minor): (&String, &i64)| {
                    let bad =
                        |_| InconsistencyError::new("discount_amount", "currency", discount_id);
                    Ok(Money::new(*minor, Currency::parse(currency).map_err(bad)?))
                };
                DiscountAmount::Fixed { amounts: pairs.map(money).collect::<Result<_, _>>()? }
            }
            _ => return Err(bad("type")),
        };
        let duration = match (self.duration.as_str(), self.duration_in_months) {
            ("once", None) => DiscountDuration::Once,
            ("forever", None) => DiscountDuration::Forever,
            ("repeating", Some(months)) => DiscountDuration::Repeating { months },
            _ => return Err(bad("duration")),
        };
        Ok(DiscountDetail {
            organization_id,
            discount_id: discount_id.into(),
            name: self.name,
            code: self.code,
            amount,
            duration,
            terms: RedemptionTerms {
                starts_at: self.starts_at,
                ends_at: self.ends_at,
                max_redemptions: self.max_redemptions,
                max_redemptions_per_customer: self.max_redemptions_per_customer,
                product_ids: self.product_ids.into_iter().map(ProductId::from).collect(),
            },
            redemptions_count: self.redemptions_count,
            metadata: self.metadata.0,
            is_deleted: self.is_deleted,
            created_at: self.created_at,
            modified_at: self.modified_at,
        })
    }
}
