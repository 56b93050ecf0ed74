//! Putting a product on sale.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{OrganizationId, ProductId};
use domain::interval::RecurringInterval;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};

const NAME_MAX_CHARS: usize = 128;
const DESCRIPTION_MAX_CHARS: usize = 4_000;

/// A product to create. Without an interval it is sold once; a trial is for subscriptions only.
#[derive(Debug, Clone)]
pub struct CreateProduct {
    pub organization_id: OrganizationId,
    pub name: String,
    pub description: Option<String>,
    pub recurring: Option<RecurringInterval>,
    pub trial: Option<RecurringInterval>,
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

/// Creates a product, without prices.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateProduct,
) -> Result<ProductId, CreateProductError> {
    cx.actor.staff(input.organization_id)?;
    let input = checked(&input).map_err(CreateProductError::Invalid)?;
    let product_id: ProductId = cx.new_id();
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into product
            (organization_id, product_id, name, description, recurring_interval, recurring_interval_count, trial_interval, trial_interval_count, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        input.organization_id.as_uuid(),
        product_id.as_uuid(),
        input.name,
        input.description,
        input.recurring.map(|every| every.interval().as_str()),
        input.recurring.map(|every| i32::from(every.count())),
        input.trial.map(|trial| trial.interval().as_str()),
        input.trial.map(|trial| i32::from(trial.count())),
        cx.now,
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| match violated_constraint(&error) {
        Some("product_organization_fkey") => CreateProductError::UnknownOrganization,
        _ => error.into(),
    })?;
    let created = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::ProductCreated,
        subject_kind: "product",
        subject_id: product_id.into(),
        customer_id: None,
        snapshot: json!({ "name": input.name, "recurring": input.recurring, "trial": input.trial }),
    };
    event::record(&mut tx, cx, created).await?;
    tx.commit().await?;
    Ok(product_id)
}

fn checked(input: &CreateProduct) -> Result<CreateProduct, FieldErrors> {
    let mut errors = FieldErrors::new();
    let clean = |text: &str| text.trim().replace('\0', "");
    let name = clean(&input.name);
    if name.is_empty() {
        errors.push("name", "required");
    } else if name.chars().count() > NAME_MAX_CHARS {
        errors.push("name", "too_long");
    }
    let description = input.description.as_deref().map(clean).filter(|text| !text.is_empty());
    if description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_MAX_CHARS) {
        errors.push("description", "too_long");
    }
    if input.trial.is_some() && input.recurring.is_none() {
        errors.push("trial", "trial_needs_subscription");
    }
    errors.result(CreateProduct { name, description, ..input.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    fn monthly(organization_id: OrganizationId) -> CreateProduct {
        CreateProduct {
            organization_id,
            name: "  Pro\0 ".into(),
            description: Some(" ".into()),
            recurring: Some(RecurringInterval::MONTHLY),
            trial: None,
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
