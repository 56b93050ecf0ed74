//! Changing how a product is offered and what comes with it.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{BenefitId, OrganizationId, ProductId};
use domain::product::ProductVisibility;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use uuid::Uuid;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};

const BENEFITS_MAX: usize = 64;

/// What to change; what is missing stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateProduct {
    pub organization_id: OrganizationId,
    pub product_id: ProductId,
    pub visibility: Option<ProductVisibility>,
    /// An archived product is no longer sold; its subscriptions run on.
    pub is_archived: Option<bool>,
    /// All of its benefits, in the order they are shown.
    pub benefits: Option<Vec<BenefitId>>,
}

impl UpdateProduct {
    /// A change of nothing, to be filled in.
    pub const fn of(organization_id: OrganizationId, product_id: ProductId) -> Self {
        Self { organization_id, product_id, visibility: None, is_archived: None, benefits: None }
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
    check_benefits(input.benefits.as_deref()).map_err(UpdateProductError::Invalid)?;
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update product
         set visibility = coalesce($3, visibility), is_archived = coalesce($4, is_archived), modified_at = $5
         where organization_id = $1 and product_id = $2 and deleted_at is null",
        input.organization_id.as_uuid(),
        input.product_id.as_uuid(),
        input.visibility.map(ProductVisibility::as_str),
        input.is_archived,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateProductError::Unknown);
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
        snapshot: json!({ "visibility": input.visibility, "is_archived": input.is_archived, "benefits": input.benefits }),
    };
    event::record(&mut tx, cx, changed).await?;
    tx.commit().await?;
    Ok(())
}

fn check_benefits(benefits: Option<&[BenefitId]>) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut ids = benefits.unwrap_or_default().to_vec();
    if ids.len() > BENEFITS_MAX {
        errors.push("benefits", "too_many");
    }
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        errors.push("benefits", "benefit_twice");
    }
    errors.result(())
}

async fn replace_benefits(
    tx: &mut PgConnection,
    input: &UpdateProduct,
    benefits: &[BenefitId],
) -> Result<(), sqlx::Error> {
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
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benefit::{self, CreateBenefit};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};

    async fn benefit(db: &TestDb, organization_id: OrganizationId, words: &str) -> BenefitId {
        let input = CreateBenefit { organization_id, description: words.into() };
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
