//! Changing a member: its name, its address, its role.

use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, MemberId, OrganizationId};
use domain::role::MemberRole;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, violated_constraint};
use crate::event::{self, NewEvent};
use crate::input;

/// What changes of a member; what is not named stays.
#[derive(Debug, Clone)]
pub struct UpdateMember {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub member_id: MemberId,
    /// Empty: as it was.
    pub name: Option<String>,
    /// Only the organization's own side changes it.
    pub email: Option<EmailAddress>,
    /// A new owner makes the former one a billing manager.
    pub role: Option<MemberRole>,
}

/// Why the member stays as it was.
#[derive(Debug, Error)]
pub enum UpdateMemberError {
    #[error("the member's data are refused")]
    Invalid(#[source] FieldErrors),
    #[error("there is no such member")]
    Unknown,
    #[error("nobody changes an own role")]
    OwnRole,
    #[error("only the owner names another one")]
    OnlyOwner,
    #[error("a customer has an owner")]
    LastOwner,
    #[error("this role may not change members")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateMemberError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("member_email_key") => Self::Invalid(FieldErrors::one("email", "email_taken")),
            _ => Self::Database(error.into()),
        }
    }
}

/// Changes a member. Owners and billing managers may, and the organization; nobody changes an own role, and only the owner (or the
/// organization) names another owner.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateMember,
) -> Result<(), UpdateMemberError> {
    cx.actor.billing_writer(input.organization_id)?;
    if cx.actor.customer_id().is_some_and(|own| own != input.customer_id) {
        return Err(UpdateMemberError::Unknown);
    }
    if input.email.is_some() {
        cx.actor.staff(input.organization_id)?;
    }
    let mut errors = FieldErrors::new();
    let name = input::optional(&mut errors, "name", input.name.as_deref(), 256);
    errors.result(()).map_err(UpdateMemberError::Invalid)?;
    let mut tx = db.begin().await?;
    let before = lock(&mut tx, &input).await?.ok_or(UpdateMemberError::Unknown)?;
    let role = role_after(cx, &input, before.role)?;
    let name = name.or_else(|| before.name.clone());
    let email =
        input.email.as_ref().map_or_else(|| before.email.clone(), |email| email.as_str().into());
    if (role, &name, &email) == (before.role, &before.name, &before.email) {
        cx.commit(tx, &()).await?;
        return Ok(());
    }
    if role == MemberRole::Owner && before.role != role {
        step_down(&mut tx, cx, &input).await?;
    }
    sqlx::query!(
        "update member set name = $3, email = $4, role = $5, modified_at = $6 where organization_id = $1 and member_id = $2",
        input.organization_id.as_uuid(),
        input.member_id.as_uuid(),
        name,
        email,
        role.as_str(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let facts = Facts {
        role,
        previous: before.role,
        email_changed: email != before.email,
        name_changed: name != before.name,
    };
    record(&mut tx, cx, &input, input.member_id, &facts).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

struct Before {
    name: Option<String>,
    email: String,
    role: MemberRole,
}

/// The customer's row is held, so that two changes of its owner come one after the other.
async fn lock(
    tx: &mut PgConnection,
    input: &UpdateMember,
) -> Result<Option<Before>, UpdateMemberError> {
    let customer = sqlx::query_scalar!(
        "select customer_id from customer where organization_id = $1 and customer_id = $2 and deleted_at is null for no key update",
        input.organization_id.as_uuid(),
        input.customer_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    if customer.is_none() {
        return Ok(None);
    }
    let row = sqlx::query!(
        "select name, email, role from member
         where organization_id = $1 and customer_id = $2 and member_id = $3 and deleted_at is null
         for no key update",
        input.organization_id.as_uuid(),
        input.customer_id.as_uuid(),
        input.member_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let role = MemberRole::parse(&row.role)
        .ok_or_else(|| InconsistencyError::new("member", "role", input.member_id))?;
    Ok(Some(Before { name: row.name, email: row.email, role }))
}

fn role_after(
    cx: &Context,
    input: &UpdateMember,
    before: MemberRole,
) -> Result<MemberRole, UpdateMemberError> {
    let Some(role) = input.role.filter(|role| *role != before) else { return Ok(before) };
    if let Some(actor) = cx.actor.member() {
        if actor.member_id == input.member_id {
            return Err(UpdateMemberError::OwnRole);
        }
        if role == MemberRole::Owner && actor.role != MemberRole::Owner {
            return Err(UpdateMemberError::OnlyOwner);
        }
    }
    if before == MemberRole::Owner {
        return Err(UpdateMemberError::LastOwner);
    }
    Ok(role)
}

/// The former owner becomes a billing manager.
async fn step_down(
    tx: &mut PgConnection,
    cx: &mut Context,
    input: &UpdateMember,
) -> Result<(), UpdateMemberError> {
    let former = sqlx::query_scalar!(
        "update member set role = 'billing_manager', modified_at = $3
         where organization_id = $1 and customer_id = $2 and role = 'owner' and deleted_at is null
         returning member_id",
        input.organization_id.as_uuid(),
        input.customer_id.as_uuid(),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(former) = former else { return Ok(()) };
    let facts = Facts {
        role: MemberRole::BillingManager,
        previous: MemberRole::Owner,
        email_changed: false,
        name_changed: false,
    };
    record(tx, cx, input, former.into(), &facts).await
}

struct Facts {
    role: MemberRole,
    previous: MemberRole,
    email_changed: bool,
    name_changed: bool,
}

async fn record(
    tx: &mut PgConnection,
    cx: &mut Context,
    input: &UpdateMember,
    member_id: MemberId,
    facts: &Facts,
) -> Result<(), UpdateMemberError> {
    let updated = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::MemberUpdated,
        subject_kind: "member",
        subject_id: member_id.into(),
        customer_id: Some(input.customer_id),
        snapshot: json!({
            "role": facts.role.as_str(),
            "previous": { "role": facts.previous.as_str() },
            "email_changed": facts.email_changed,
            "name_changed": facts.name_changed,
        }),
    };
    event::record(tx, cx, updated).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, MemberActor};
    use crate::test_support::{TestDb, fixtures};

    struct Team {
        db: TestDb,
        owner: MemberActor,
        manager: MemberActor,
        plain: MemberActor,
    }

    impl Team {
        async fn new() -> Self {
            let db = TestDb::new().await;
            let organization_id = fixtures::organization(&db, "acme").await;
            let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
            let manager =
                fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::BillingManager)
                    .await;
            let plain =
                fixtures::colleague(&db, &owner, "cleo@example.com", MemberRole::Member).await;
            Self { db, owner, manager, plain }
        }

        fn of(&self, member: &MemberActor) -> UpdateMember {
            UpdateMember {
                organization_id: self.owner.organization_id,
                customer_id: self.owner.customer_id,
                member_id: member.member_id,
                name: None,
                email: None,
                role: None,
            }
        }

        async fn change(
            &self,
            actor: impl Into<Actor>,
            of: &MemberActor,
            role: MemberRole,
        ) -> Result<(), UpdateMemberError> {
            let input = UpdateMember { role: Some(role), ..self.of(of) };
            update(&self.db.pool, &mut self.db.cx_of(actor), input).await
        }

        async fn roles(&self) -> String {
            sqlx::query_scalar("select string_agg(role, ' ' order by email) from member")
                .fetch_one(&self.db.pool)
                .await
                .unwrap()
        }
    }

    #[tokio::test]
    async fn the_owner_hands_over_and_is_a_billing_manager_then() {
        let team = Team::new().await;
        let (owner, manager) = (team.owner.clone(), team.manager.clone());
        let refused = team.change(manager.clone(), &team.plain, MemberRole::Owner).await;
        assert!(matches!(refused, Err(UpdateMemberError::OnlyOwner)));
        let refused = team.change(owner.clone(), &team.owner, MemberRole::Member).await;
        assert!(matches!(refused, Err(UpdateMemberError::OwnRole)));
        let refused = team.change(manager.clone(), &team.owner, MemberRole::Member).await;
        assert!(matches!(refused, Err(UpdateMemberError::LastOwner)));
        team.change(owner.clone(), &team.owner, MemberRole::Owner).await.unwrap();
        team.change(owner, &team.plain, MemberRole::Owner).await.unwrap();
        assert_eq!(team.roles().await, "billing_manager billing_manager owner");
        let staff = Actor::System { organization_id: None };
        team.change(staff, &team.manager, MemberRole::Owner).await.unwrap();
        assert_eq!(team.roles().await, "billing_manager owner billing_manager");
        team.change(manager, &team.plain, MemberRole::Member).await.unwrap();
        let events = fixtures::event_types(&team.db).await;
        assert_eq!(events.iter().filter(|name| *name == "member.updated").count(), 5);
    }

    #[tokio::test]
    async fn two_new_owners_at_once_leave_one() {
        let team = Team::new().await;
        let (one, two) = tokio::join!(
            team.change(team.owner.clone(), &team.plain, MemberRole::Owner),
            team.change(team.owner.clone(), &team.manager, MemberRole::Owner),
        );
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        assert_eq!(team.roles().await.matches("owner").count(), 1);
    }

    #[tokio::test]
    async fn names_change_and_addresses_only_by_the_organization() {
        let team = Team::new().await;
        let named = UpdateMember { name: Some(" Cleo ".into()), ..team.of(&team.plain) };
        let db = &team.db;
        update(&db.pool, &mut db.cx_of(team.manager.clone()), named.clone()).await.unwrap();
        let before = fixtures::event_types(db).await.len();
        update(&db.pool, &mut db.cx_of(team.manager.clone()), named).await.unwrap();
        assert_eq!(fixtures::event_types(db).await.len(), before, "the same once more");
        let email = |text: &str| Some(EmailAddress::parse(text).unwrap());
        let moved = UpdateMember { email: email("new@example.com"), ..team.of(&team.plain) };
        let refused = update(&db.pool, &mut db.cx_of(team.owner.clone()), moved.clone()).await;
        assert!(matches!(refused, Err(UpdateMemberError::Forbidden(_))));
        update(&db.pool, &mut db.cx(), moved).await.unwrap();
        let seen: (String, String) =
            sqlx::query_as("select name, email from member where member_id = $1")
                .bind(team.plain.member_id.as_uuid())
                .fetch_one(&db.pool)
                .await
                .unwrap();
        assert_eq!(seen, ("Cleo".to_owned(), "new@example.com".to_owned()));
        let taken = UpdateMember { email: email("ADA@example.com"), ..team.of(&team.plain) };
        let taken = update(&db.pool, &mut db.cx(), taken).await;
        assert!(
            matches!(taken, Err(UpdateMemberError::Invalid(errors)) if errors.first("email") == Some("email_taken"))
        );
    }

    #[tokio::test]
    async fn others_are_refused_or_find_nothing() {
        let team = Team::new().await;
        let eve =
            fixtures::team_owner(&team.db, team.owner.organization_id, "eve@example.com").await;
        let refused = team.change(team.plain.clone(), &team.manager, MemberRole::Member).await;
        assert!(matches!(refused, Err(UpdateMemberError::Forbidden(_))));
        let refused = team.change(eve.clone(), &team.plain, MemberRole::BillingManager).await;
        assert!(matches!(refused, Err(UpdateMemberError::Unknown)));
        let foreign = team.change(team.owner.clone(), &eve, MemberRole::Member).await;
        assert!(matches!(foreign, Err(UpdateMemberError::Unknown)));
    }
}
