//! Changing what a benefit says, and to whom.

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
use crate::edit::Edit;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

/// What to change; what is missing stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateBenefit {
    pub organization_id: OrganizationId,
    pub benefit_id: BenefitId,
    /// What the customer reads: 3 to 42 characters.
    pub description: Option<String>,
    /// What customers read who have it.
    pub note: Edit<String>,
    pub visibility: Option<BenefitVisibility>,
    pub metadata: Option<Metadata>,
}

impl UpdateBenefit {
    /// A change of nothing, to be filled in.
    pub const fn of(organization_id: OrganizationId, benefit_id: BenefitId) -> Self {
        Self {
            organization_id,
            benefit_id,
            description: None,
            note: Edit::Keep,
            visibility: None,
            metadata: None,
        }
    }
}

#[derive(Debug, Error)]
pub enum UpdateBenefitError {
    #[error("the benefit has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such benefit")]
    Unknown,
    #[error("only the organization itself may change a benefit")]
    Forbidden(#[from] Forbidden),
    #[error("the benefit could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateBenefitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Changes a benefit.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateBenefit,
) -> Result<(), UpdateBenefitError> {
    cx.actor.staff(input.organization_id)?;
    let mut errors = FieldErrors::new();
    let description =
        input.description.as_deref().map(|text| check::description(&mut errors, text));
    let (keeps_note, note) = match &input.note {
        Edit::Keep => (true, None),
        Edit::Clear => (false, None),
        Edit::Set(text) => (false, check::note(&mut errors, Some(text))),
    };
    errors.result(()).map_err(UpdateBenefitError::Invalid)?;
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update benefit
         set description = coalesce($3, description), note = case when $4 then note else $5 end, visibility = coalesce($6, visibility),
            metadata = coalesce($7, metadata), modified_at = $8
         where organization_id = $1 and benefit_id = $2 and deleted_at is null",
        input.organization_id.as_uuid(),
        input.benefit_id.as_uuid(),
        description,
        keeps_note,
        note,
        input.visibility.map(BenefitVisibility::as_str),
        input.metadata.as_ref().map(Json) as _,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateBenefitError::Unknown);
    }
    let changed = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::BenefitUpdated,
        subject_kind: "benefit",
        subject_id: input.benefit_id.into(),
        customer_id: None,
        snapshot: json!({ "description": description, "visibility": input.visibility }),
    };
    event::record(&mut tx, cx, changed).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benefit::{CreateBenefit, create, get};
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn what_is_given_changes_and_the_rest_stays() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let noted = CreateBenefit {
            note: Some(" Call 1234 ".into()),
            ..CreateBenefit::of(organization_id, "Support by phone")
        };
        let benefit_id = create(&db.pool, &mut db.cx(), noted).await.unwrap();
        let nothing = UpdateBenefit::of(organization_id, benefit_id);
        let stored = async || get(&db.pool, organization_id, benefit_id).await.unwrap().unwrap();
        let hidden =
            UpdateBenefit { visibility: Some(BenefitVisibility::Private), ..nothing.clone() };
        update(&db.pool, &mut db.cx(), hidden).await.unwrap();
        let found = stored().await;
        assert_eq!(found.visibility, BenefitVisibility::Private);
        assert_eq!(found.note.as_deref(), Some("Call 1234"));
        assert_eq!(found.description, "Support by phone");
        for (note, expected) in
            [(Edit::Set("Call 5678".into()), Some("Call 5678")), (Edit::Clear, None)]
        {
            let input = UpdateBenefit { note, ..nothing.clone() };
            update(&db.pool, &mut db.cx(), input).await.unwrap();
            assert_eq!(stored().await.note.as_deref(), expected);
        }
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "benefit.updated");
    }

    #[tokio::test]
    async fn nothing_crosses_organizations_and_customers_change_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let input = CreateBenefit::of(organization_id, "Support by phone");
        let benefit_id = create(&db.pool, &mut db.cx(), input).await.unwrap();
        let elsewhere = UpdateBenefit::of(other, benefit_id);
        let elsewhere = update(&db.pool, &mut db.cx(), elsewhere).await;
        assert!(matches!(elsewhere, Err(UpdateBenefitError::Unknown)));
        let own = UpdateBenefit::of(organization_id, benefit_id);
        let forbidden = update(&db.pool, &mut db.cx_of(owner), own.clone()).await;
        assert!(matches!(forbidden, Err(UpdateBenefitError::Forbidden(_))));
        let short = UpdateBenefit { description: Some("ab".into()), ..own };
        let Err(UpdateBenefitError::Invalid(errors)) = update(&db.pool, &mut db.cx(), short).await
        else {
            panic!("refused")
        };
        assert_eq!(errors.first("description"), Some("too_short"));
    }
}
