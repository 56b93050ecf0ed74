//! Changing a product: how it is offered, at which prices, and what comes with it.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{BenefitId, OrganizationId, PriceId, ProductId};
use domain::interval::RecurringInterval;
use domain::metadata::Metadata;
use domain::product::ProductVisibility;
use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use uuid::Uuid;

use super::{check, replace_prices::replace_prices};
use crate::context::Context;
use crate::edit::Edit;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, violated_constraint};
use crate::event::{self, NewEvent};
use crate::price::NewPrice;

const BENEFITS_MAX: usize = 64;

/// What to change; what is missing stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateProduct {
    pub organization_id: OrganizationId,
    pub product_id: ProductId,
    /// 3 to 64 characters.
    pub name: Option<String>,
    pub description: Edit<String>,
    /// Of subscriptions that begin from now on.
    pub trial: Edit<RecurringInterval>,
    pub visibility: Option<ProductVisibility>,
    /// An archived product is no longer sold; its subscriptions run on.
    pub is_archived: Option<bool>,
    pub metadata: Option<Metadata>,
    /// All prices at which it is sold from now on. Others are archived: subscriptions keep them.
    pub prices: Option<Vec<OfferedPrice>>,
    /// All of its benefits, in the order they are shown.
    pub benefits: Option<Vec<BenefitId>>,
}

/// A price at which a product is sold from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferedPrice {
    /// One of those it has.
    Existing(PriceId),
    New(NewPrice),
}

impl UpdateProduct {
    /// A change of nothing, to be filled in.
    pub const fn of(organization_id: OrganizationId, product_id: ProductId) -> Self {
        Self {
            organization_id,
            product_id,
            name: None,
            description: Edit::Keep,
            trial: Edit::Keep,
            visibility: None,
            is_archived: None,
            metadata: None,
            prices: None,
            benefits: None,
        }
    }
}

#[derive(Debug, Error)]
pub enum UpdateProductError {
    #[error("the product has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such product")]
    Unknown,
    #[error("there is no such benefit")]
    UnknownBenefit,
    #[error("only the organization itself may change a product")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the product could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateProductError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("product_benefit_benefit_fkey") => Self::UnknownBenefit,
            _ => Self::Database(error.into()),
        }
    }
}

/// Changes a product. Running subscriptions keep their price; their benefits are the product's.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateProduct,
) -> Result<(), UpdateProductError> {
    cx.actor.staff(input.organization_id)?;
    let input = checked(input).map_err(UpdateProductError::Invalid)?;
    let mut tx = db.begin().await?;
    let before = sqlx::query!(
        "select recurring_interval from product where organization_id = $1 and product_id = $2 and deleted_at is null for update",
        input.organization_id.as_uuid(),
        input.product_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(UpdateProductError::Unknown)?;
    if before.recurring_interval.is_none() && matches!(input.trial, Edit::Set(_)) {
        let errors = FieldErrors::one("trial", "trial_needs_subscription");
        return Err(UpdateProductError::Invalid(errors));
    }
    write(&mut tx, cx, &input).await?;
    if let Some(prices) = &input.prices {
        replace_prices(&mut tx, cx, &input, prices).await?;
    }
    if let Some(benefits) = &input.benefits {
        replace_benefits(&mut tx, &input, benefits).await?;
    }
    let changed = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::ProductUpdated,
        subject_kind: "product",
        subject_id: input.product_id.into(),
        customer_id: None,
        snapshot: json!({ "name": input.name, "visibility": input.visibility, "is_archived": input.is_archived, "benefits": input.benefits }),
    };
    event::record(&mut tx, cx, changed).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

async fn write(
    tx: &mut PgConnection,
    cx: &Context,
    input: &UpdateProduct,
) -> Result<(), sqlx::Error> {
    let description = match &input.description {
        Edit::Set(text) => Some(text.as_str()),
        Edit::Keep | Edit::Clear => None,
    };
    let trial = match input.trial {
        Edit::Set(trial) => Some(trial),
        Edit::Keep | Edit::Clear => None,
    };
    sqlx::query!(
        "update product
         set visibility = coalesce($3, visibility), is_archived = coalesce($4, is_archived), modified_at = $5, name = coalesce($6, name),
            description = case when $7 then description else $8 end,
            trial_interval = case when $9 then trial_interval else $10 end,
            trial_interval_count = case when $9 then trial_interval_count else $11 end,
            metadata = coalesce($12, metadata)
         where organization_id = $1 and product_id = $2",
        input.organization_id.as_uuid(),
        input.product_id.as_uuid(),
        input.visibility.map(ProductVisibility::as_str),
        input.is_archived,
        cx.now,
        input.name,
        input.description == Edit::Keep,
        description,
        input.trial == Edit::Keep,
        trial.map(|trial| trial.interval().as_str()),
        trial.map(|trial| i32::from(trial.count())),
        input.metadata.as_ref().map(Json) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The input with cleaned texts, when nothing is wrong with it by itself.
fn checked(input: UpdateProduct) -> Result<UpdateProduct, FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = input.name.as_deref().map(|text| check::name(&mut errors, text));
    let description = match input.description {
        Edit::Set(text) => {
            check::description(&mut errors, Some(&text)).map_or(Edit::Clear, Edit::Set)
        }
        other => other,
    };
    check_benefits(&mut errors, input.benefits.as_deref());
    if input.prices.as_ref().is_some_and(Vec::is_empty) {
        errors.push("prices", "required");
    }
    errors.result(UpdateProduct { name, description, ..input })
}

fn check_benefits(errors: &mut FieldErrors, benefits: Option<&[BenefitId]>) {
    let mut ids = benefits.unwrap_or_default().to_vec();
    if ids.len() > BENEFITS_MAX {
        errors.push("benefits", "too_many");
    }
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        errors.push("benefits", "benefit_twice");
    }
}

async fn replace_benefits(
    tx: &mut PgConnection,
    input: &UpdateProduct,
    benefits: &[BenefitId],
) -> Result<(), UpdateProductError> {
    let (organization_id, product_id) =
        (input.organization_id.as_uuid(), input.product_id.as_uuid());
    let benefit_ids: Vec<Uuid> = benefits.iter().map(|id| id.as_uuid()).collect();
    sqlx::query!(
        "delete from product_benefit where organization_id = $1 and product_id = $2",
        organization_id,
        product_id,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into product_benefit (organization_id, product_id, benefit_id, position)
         select $1, $2, benefit_id, position::smallint from unnest($3::uuid[]) with ordinality as given (benefit_id, position)",
        organization_id,
        product_id,
        &benefit_ids,
    )
    .execute(&mut *tx)
    .await?;
    let deleted = sqlx::query_scalar!(
        r#"select exists (select from benefit where organization_id = $1 and benefit_id = any ($2) and deleted_at is not null) as "any!""#,
        organization_id,
        &benefit_ids,
    )
    .fetch_one(tx)
    .await?;
    if deleted { Err(UpdateProductError::UnknownBenefit) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benefit::{self, CreateBenefit};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};

    async fn benefit(db: &TestDb, organization_id: OrganizationId, words: &str) -> BenefitId {
        let input = CreateBenefit::of(organization_id, words);
        benefit::create(&db.pool, &mut db.cx(), input).await.unwrap()
    }

    async fn stored(db: &TestDb) -> (String, bool, Vec<String>) {
        sqlx::query_as(
            "select visibility, is_archived, array(
                select b.description from product_benefit pb join benefit b using (organization_id, benefit_id)
                where pb.product_id = p.product_id order by pb.position)
             from product p",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn what_is_given_changes_and_the_rest_stays() {
        let db = TestDb::new().await;
        let offer = Offer::monthly(&db, fixtures::organization(&db, "acme").await).await;
        let phone = benefit(&db, offer.organization_id, "Support by phone").await;
        let storage = benefit(&db, offer.organization_id, "100 GB").await;
        let nothing = UpdateProduct::of(offer.organization_id, offer.product_id);
        for (change, expected) in [
            (
                UpdateProduct { benefits: Some(vec![storage, phone]), ..nothing.clone() },
                ("public", false, vec!["100 GB", "Support by phone"]),
            ),
            (
                UpdateProduct {
                    visibility: Some(ProductVisibility::Private),
                    is_archived: Some(true),
                    ..nothing.clone()
                },
                ("private", true, vec!["100 GB", "Support by phone"]),
            ),
            (
                UpdateProduct { benefits: Some(vec![phone]), ..nothing.clone() },
                ("private", true, vec!["Support by phone"]),
            ),
        ] {
            update(&db.pool, &mut db.cx(), change).await.unwrap();
            let (visibility, is_archived, benefits) = stored(&db).await;
            assert_eq!((visibility.as_str(), is_archived), (expected.0, expected.1));
            assert_eq!(benefits, expected.2);
            assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "product.updated");
        }
    }

    #[tokio::test]
    async fn nothing_crosses_organizations_and_customers_change_nothing() {
        let db = TestDb::new().await;
        let offer = Offer::monthly(&db, fixtures::organization(&db, "acme").await).await;
        let other = fixtures::organization(&db, "other").await;
        let foreign = benefit(&db, other, "Not yours").await;
        let owner = fixtures::member(&db, offer.organization_id, "ada@example.com").await;
        let nothing = UpdateProduct::of(offer.organization_id, offer.product_id);
        let with = |benefits: Vec<BenefitId>| UpdateProduct {
            benefits: Some(benefits),
            is_archived: Some(true),
            ..nothing.clone()
        };
        let twice = update(&db.pool, &mut db.cx(), with(vec![foreign, foreign])).await;
        let Err(UpdateProductError::Invalid(errors)) = twice else { panic!("refused") };
        assert_eq!(errors.first("benefits"), Some("benefit_twice"));
        let unknown = update(&db.pool, &mut db.cx(), with(vec![foreign])).await;
        assert!(matches!(unknown, Err(UpdateProductError::UnknownBenefit)));
        let elsewhere = UpdateProduct { organization_id: other, ..with(vec![]) };
        let elsewhere = update(&db.pool, &mut db.cx(), elsewhere).await;
        assert!(matches!(elsewhere, Err(UpdateProductError::Unknown)));
        let forbidden = update(&db.pool, &mut db.cx_of(owner), with(vec![])).await;
        assert!(matches!(forbidden, Err(UpdateProductError::Forbidden(_))));
        assert_eq!(stored(&db).await, ("public".into(), false, vec![]));
    }
}
