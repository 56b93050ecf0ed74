//! Adding a person to a team.

use domain::customer_type::CustomerType;
use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, MemberId, OrganizationId};
use domain::role::MemberRole;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};
use crate::input;

/// A person who shall act for a team.
#[derive(Debug, Clone)]
pub struct AddMember {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub email: EmailAddress,
    pub name: Option<String>,
    /// Not the owner: each customer has one from its start.
    pub role: MemberRole,
    /// The person's key in the company's own system; only its own side gives one.
    pub external_id: Option<String>,
}

/// Why nobody was added.
#[derive(Debug, Error)]
pub enum AddMemberError {
    #[error("the member's data are refused")]
    Invalid(#[source] FieldErrors),
    #[error("there is no such customer")]
    UnknownCustomer,
    #[error("the customer is one person, not a team")]
    NotATeam,
    #[error("the customer has an owner already")]
    OwnerExists,
    #[error("this role may not add members")]
    Forbidden(#[from] Forbidden),
    #[error("could not store the member")]
    Database(#[source] sqlx::Error),
    #[error("could not record the member")]
    Event(#[from] DatabaseError),
}

/// Adds a member to a team. Owners and billing managers may, and the organization.
pub async fn add(
    db: &PgPool,
    cx: &mut Context,
    input: AddMember,
) -> Result<MemberId, AddMemberError> {
    cx.actor.billing_writer(input.organization_id)?;
    if cx.actor.customer_id().is_some_and(|own| own != input.customer_id) {
        return Err(AddMemberError::UnknownCustomer);
    }
    let mut errors = FieldErrors::default();
    let name = input::optional(&mut errors, "name", input.name.as_deref(), 256);
    let external_id =
        input::optional(&mut errors, "external_id", input.external_id.as_deref(), 256);
    errors.result(()).map_err(AddMemberError::Invalid)?;
    let member_id: MemberId = cx.new_id();
    let mut tx = db.begin().await?;
    let customer_type = sqlx::query_scalar!(
        "select type from customer where organization_id = $1 and customer_id = $2 and deleted_at is null for share",
        input.organization_id.as_uuid(),
        input.customer_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AddMemberError::UnknownCustomer)?;
    if customer_type != CustomerType::Team.as_str() {
        return Err(AddMemberError::NotATeam);
    }
    sqlx::query!(
        "insert into member (organization_id, member_id, customer_id, role, email, name, created_at, external_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        input.organization_id.as_uuid(),
        member_id.as_uuid(),
        input.customer_id.as_uuid(),
        input.role.as_str(),
        input.email.as_str(),
        name,
        cx.now,
        external_id,
    )
    .execute(&mut *tx)
    .await?;
    let event = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::MemberCreated,
        subject_kind: "member",
        subject_id: member_id.as_uuid(),
        customer_id: Some(input.customer_id),
        snapshot: json!({ "role": input.role.as_str() }),
    };
    event::record(&mut tx, cx, event).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &member_id).await?;
    Ok(member_id)
}

impl From<sqlx::Error> for AddMemberError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("member_email_key") => Self::Invalid(FieldErrors::one("email", "email_taken")),
            Some("member_external_id_key") => {
                Self::Invalid(FieldErrors::one("external_id", "external_id_taken"))
            }
            Some("member_owner_key") => Self::OwnerExists,
            _ => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::test_support::{TestDb, fixtures};

    fn input(
        organization_id: OrganizationId,
        customer_id: CustomerId,
        role: MemberRole,
    ) -> AddMember {
        AddMember {
            organization_id,
            customer_id,
            email: EmailAddress::parse("m@example.com").unwrap(),
            name: None,
            role,
            external_id: None,
        }
    }

    #[tokio::test]
    async fn a_team_takes_members_once_each_and_no_second_owner() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "team@example.com").await;
        add(&db.pool, &mut db.cx(), input(organization_id, owner.customer_id, MemberRole::Member))
            .await
            .unwrap();
        let again = add(
            &db.pool,
            &mut db.cx(),
            input(organization_id, owner.customer_id, MemberRole::Member),
        )
        .await;
        assert!(
            matches!(again, Err(AddMemberError::Invalid(errors)) if errors.first("email") == Some("email_taken"))
        );
        let mut second = input(organization_id, owner.customer_id, MemberRole::Owner);
        second.email = EmailAddress::parse("second@example.com").unwrap();
        assert!(matches!(
            add(&db.pool, &mut db.cx(), second).await,
            Err(AddMemberError::OwnerExists)
        ));
    }

    #[tokio::test]
    async fn individuals_foreign_customers_and_members_are_refused() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let role = MemberRole::Member;
        let refused =
            add(&db.pool, &mut db.cx(), input(organization_id, ada.customer_id, role)).await;
        assert!(matches!(refused, Err(AddMemberError::NotATeam)));
        let refused = add(&db.pool, &mut db.cx(), input(other, ada.customer_id, role)).await;
        assert!(matches!(refused, Err(AddMemberError::UnknownCustomer)));
        let team = fixtures::team_owner(&db, organization_id, "team@example.com").await;
        let plain = fixtures::colleague(&db, &team, "bob@example.com", role).await;
        let as_who = async |actor: MemberActor| {
            add(&db.pool, &mut db.cx_of(actor), input(organization_id, team.customer_id, role))
                .await
        };
        assert!(matches!(as_who(plain).await, Err(AddMemberError::Forbidden(_))));
        assert!(matches!(as_who(ada).await, Err(AddMemberError::UnknownCustomer)));
        as_who(team.clone()).await.unwrap();
    }
}
