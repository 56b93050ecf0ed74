//! Describing what comes with a product.

use domain::benefit::BenefitVisibility;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{BenefitId, OrganizationId};
use domain::metadata::Metadata;
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use super::check;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};

/// A benefit to create. It comes with the products that name it ([`crate::product::update`]).
#[derive(Debug, Clone)]
pub struct CreateBenefit {
    pub organization_id: OrganizationId,
    /// What the customer reads: 3 to 42 characters.
    pub description: String,
    /// What customers read who have it.
    pub note: Option<String>,
    pub visibility: BenefitVisibility,
    pub metadata: Metadata,
}

impl CreateBenefit {
    /// One that customers are shown, to be filled in.
    pub fn of(organization_id: OrganizationId, description: impl Into<String>) -> Self {
        Self {
            organization_id,
            description: description.into(),
            note: None,
            visibility: BenefitVisibility::Public,
            metadata: Metadata::default(),
        }
    }
}

#[derive(Debug, Error)]
pub enum CreateBenefitError {
    #[error("the benefit has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("only the organization itself may create a benefit")]
    Forbidden(#[from] Forbidden),
    #[error("the benefit could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CreateBenefitError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("benefit_organization_fkey") => Self::UnknownOrganization,
            _ => Self::Database(error.into()),
        }
    }
}

/// Creates a benefit.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateBenefit,
) -> Result<BenefitId, CreateBenefitError> {
    cx.actor.staff(input.organization_id)?;
    let mut errors = FieldErrors::new();
    let description = check::description(&mut errors, &input.description);
    let note = check::note(&mut errors, input.note.as_deref());
    errors.result(()).map_err(CreateBenefitError::Invalid)?;
    let benefit_id: BenefitId = cx.new_id();
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into benefit (organization_id, benefit_id, type, description, created_at, note, visibility, metadata)
         values ($1, $2, 'custom', $3, $4, $5, $6, $7)",
        input.organization_id.as_uuid(),
        benefit_id.as_uuid(),
        description,
        cx.now,
        note,
        input.visibility.as_str(),
        Json(&input.metadata) as _,
    )
    .execute(&mut *tx)
    .await?;
    let created = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::BenefitCreated,
        subject_kind: "benefit",
        subject_id: benefit_id.into(),
        customer_id: None,
        snapshot: json!({ "description": description }),
    };
    event::record(&mut tx, cx, created).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &benefit_id).await?;
    Ok(benefit_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    fn support(organization_id: OrganizationId) -> CreateBenefit {
        CreateBenefit::of(organization_id, " Support by phone ")
    }

    #[tokio::test]
    async fn a_benefit_is_stored_with_its_event() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        create(&db.pool, &mut db.cx(), support(organization_id)).await.unwrap();
        let stored: Vec<String> = sqlx::query_scalar("select description from benefit")
            .fetch_all(&db.pool)
            .await
            .unwrap();
        assert_eq!(stored, ["Support by phone"]);
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "benefit.created");
    }

    #[tokio::test]
    async fn it_needs_words_an_organization_and_its_own_side() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        for (description, code) in [(" ".to_owned(), "required"), ("x".repeat(129), "too_long")] {
            let input = CreateBenefit::of(organization_id, description);
            let Err(CreateBenefitError::Invalid(errors)) =
                create(&db.pool, &mut db.cx(), input).await
            else {
                panic!("refused")
            };
            assert_eq!(errors.first("description"), Some(code));
        }
        let forbidden = create(&db.pool, &mut db.cx_of(owner), support(organization_id)).await;
        assert!(matches!(forbidden, Err(CreateBenefitError::Forbidden(_))));
        let unknown = create(&db.pool, &mut db.cx(), support(Uuid::nil().into())).await;
        assert!(matches!(unknown, Err(CreateBenefitError::UnknownOrganization)));
    }
}
