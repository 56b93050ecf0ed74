//! Putting a product on sale.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{OrganizationId, ProductId};
use domain::interval::RecurringInterval;
use domain::metadata::Metadata;
use domain::product::ProductVisibility;
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use super::check::{check_prices, description, name};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};
use crate::price::{self, NewPrice};

/// A product to create. Without an interval it is sold once; a trial is for subscriptions only.
#[derive(Debug, Clone)]
pub struct CreateProduct {
    pub organization_id: OrganizationId,
    /// 3 to 64 characters.
    pub name: String,
    pub description: Option<String>,
    pub recurring: Option<RecurringInterval>,
    pub trial: Option<RecurringInterval>,
    pub visibility: ProductVisibility,
    pub metadata: Metadata,
    /// One for each currency; more can be added later.
    pub prices: Vec<NewPrice>,
}

impl CreateProduct {
    /// Something sold once to everybody, to be filled in.
    pub fn of(organization_id: OrganizationId, name: impl Into<String>) -> Self {
        Self {
            organization_id,
            name: name.into(),
            description: None,
            recurring: None,
            trial: None,
            visibility: ProductVisibility::Public,
            metadata: Metadata::default(),
            prices: vec![],
        }
    }
}

#[derive(Debug, Error)]
pub enum CreateProductError {
    #[error("the product has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("only the organization itself may create a product")]
    Forbidden(#[from] Forbidden),
    #[error("the product could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CreateProductError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Creates a product with its prices.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateProduct,
) -> Result<ProductId, CreateProductError> {
    cx.actor.staff(input.organization_id)?;
    let input = checked(input).map_err(CreateProductError::Invalid)?;
    let product_id: ProductId = cx.new_id();
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into product
            (organization_id, product_id, name, description, recurring_interval, recurring_interval_count, trial_interval, trial_interval_count, created_at,
             visibility, metadata)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        input.organization_id.as_uuid(),
        product_id.as_uuid(),
        input.name,
        input.description,
        input.recurring.map(|every| every.interval().as_str()),
        input.recurring.map(|every| i32::from(every.count())),
        input.trial.map(|trial| trial.interval().as_str()),
        input.trial.map(|trial| i32::from(trial.count())),
        cx.now,
        input.visibility.as_str(),
        Json(&input.metadata) as _,
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| match violated_constraint(&error) {
        Some("product_organization_fkey") => CreateProductError::UnknownOrganization,
        _ => error.into(),
    })?;
    let price_ids = price::new_ids(cx, input.prices.len());
    for (price_id, price) in price_ids.into_iter().zip(&input.prices) {
        price::insert(&mut tx, cx, input.organization_id, product_id, price_id, price).await?;
    }
    let created = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::ProductCreated,
        subject_kind: "product",
        subject_id: product_id.into(),
        customer_id: None,
        snapshot: json!({ "name": input.name, "recurring": input.recurring, "trial": input.trial, "prices": input.prices }),
    };
    event::record(&mut tx, cx, created).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &product_id).await?;
    Ok(product_id)
}

fn checked(input: CreateProduct) -> Result<CreateProduct, FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = name(&mut errors, &input.name);
    let description = description(&mut errors, input.description.as_deref());
    if input.trial.is_some() && input.recurring.is_none() {
        errors.push("trial", "trial_needs_subscription");
    }
    check_prices(&mut errors, &input.prices.iter().collect::<Vec<_>>(), &[]);
    errors.result(CreateProduct { name, description, ..input })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    fn monthly(organization_id: OrganizationId) -> CreateProduct {
        CreateProduct {
            description: Some(" ".into()),
            recurring: Some(RecurringInterval::MONTHLY),
            ..CreateProduct::of(organization_id, "  Pro\0 ")
        }
    }

    #[tokio::test]
    async fn a_product_is_stored_clean_with_its_event() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        create(&db.pool, &mut db.cx(), monthly(organization_id)).await.unwrap();
        let (name, description, interval): (String, Option<String>, String) =
            sqlx::query_as("select name, description, recurring_interval from product")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        assert_eq!((name.as_str(), description, interval.as_str()), ("Pro", None, "month"));
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "product.created");
    }

    #[tokio::test]
    async fn mistakes_are_told_together() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let input = CreateProduct {
            name: " ".into(),
            recurring: None,
            trial: Some(RecurringInterval::MONTHLY),
            ..monthly(organization_id)
        };
        let Err(CreateProductError::Invalid(errors)) = create(&db.pool, &mut db.cx(), input).await
        else {
            panic!("refused")
        };
        assert_eq!(
            (errors.first("name"), errors.first("trial")),
            (Some("required"), Some("trial_needs_subscription"))
        );
    }

    #[tokio::test]
    async fn only_the_organization_itself_creates_products() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let other =
            Actor::System { organization_id: Some(fixtures::organization(&db, "other").await) };
        for actor in [Actor::Member(owner), other] {
            let refused = create(&db.pool, &mut db.cx_of(actor), monthly(organization_id)).await;
            assert!(matches!(refused, Err(CreateProductError::Forbidden(_))));
        }
        let unknown = create(&db.pool, &mut db.cx(), monthly(Uuid::nil().into())).await;
        assert!(matches!(unknown, Err(CreateProductError::UnknownOrganization)));
        assert_eq!(
            sqlx::query_scalar::<_, i64>("select count(*) from product")
                .fetch_one(&db.pool)
                .await
                .unwrap(),
            0
        );
    }
}
