//! Rows that tests start from, made by the commands themselves.

use domain::customer_type::CustomerType;
use domain::email::EmailAddress;
use domain::id::OrganizationId;
use domain::locale::Locale;
use domain::role::MemberRole;
use domain::slug::Slug;
use uuid::Uuid;

use super::TestDb;
use crate::actor::MemberActor;
use crate::customer::{self, CreateCustomer, Customer, CustomerExtras};
use crate::member::{self, AddMember};
use crate::organization::{self, CreateOrganization};
use crate::session::{self, NewSession, StartSession};

/// An organization in Berlin that writes English.
///
/// # Panics
/// When it cannot be made.
pub async fn organization(db: &TestDb, slug: &str) -> OrganizationId {
    let input = CreateOrganization {
        slug: Slug::parse(slug).expect("a slug"),
        name: format!("{slug} Ltd"),
        default_locale: Locale::En,
        time_zone: "Europe/Berlin".into(),
        accent_color: None,
        support_email: EmailAddress::parse("support@example.com").ok(),
        website_url: None,
    };
    organization::create(&db.pool, &mut db.cx(), input).await.expect("an organization")
}

/// A customer.
///
/// # Panics
/// When it cannot be made.
pub async fn customer(
    db: &TestDb,
    organization_id: OrganizationId,
    email: &str,
    customer_type: CustomerType,
) -> Customer {
    let input = CreateCustomer {
        organization_id,
        external_id: None,
        email: EmailAddress::parse(email).expect("an address"),
        name: Some(email.split('@').next().unwrap_or_default().to_owned()),
        customer_type,
        locale: None,
        time_zone: None,
        owner_email: None,
        owner_name: None,
        extras: CustomerExtras::default(),
    };
    customer::create(&db.pool, &mut db.cx(), input).await.expect("a customer")
}

/// The owner of a new individual customer, as an actor (without a stored session).
///
/// # Panics
/// When it cannot be made.
pub async fn member(db: &TestDb, organization_id: OrganizationId, email: &str) -> MemberActor {
    owner_of(db, &customer(db, organization_id, email, CustomerType::Individual).await).await
}

/// The owner of a new team, as an actor (without a stored session).
///
/// # Panics
/// When it cannot be made.
pub async fn team_owner(db: &TestDb, organization_id: OrganizationId, email: &str) -> MemberActor {
    owner_of(db, &customer(db, organization_id, email, CustomerType::Team).await).await
}

/// A further member of a team, as an actor (without a stored session).
///
/// # Panics
/// When it cannot be added.
pub async fn colleague(
    db: &TestDb,
    owner: &MemberActor,
    email: &str,
    role: MemberRole,
) -> MemberActor {
    let input = AddMember {
        organization_id: owner.organization_id,
        customer_id: owner.customer_id,
        email: EmailAddress::parse(email).expect("an address"),
        name: None,
        role,
        external_id: None,
    };
    let member_id = member::add(&db.pool, &mut db.cx(), input).await.expect("a member");
    MemberActor { member_id, role, session_id: Uuid::nil().into(), ..owner.clone() }
}

async fn owner_of(db: &TestDb, customer: &Customer) -> MemberActor {
    let member_id: Uuid = sqlx::query_scalar(
        "select member_id from member where customer_id = $1 and role = 'owner'",
    )
    .bind(customer.id.as_uuid())
    .fetch_one(&db.pool)
    .await
    .expect("an owner");
    let is_charged: bool = sqlx::query_scalar(
        "select payment_processor is not null from organization where organization_id = $1",
    )
    .bind(customer.organization_id.as_uuid())
    .fetch_one(&db.pool)
    .await
    .expect("the organization");
    if is_charged {
        super::billing::card(db, customer.organization_id, customer.id).await;
    }
    MemberActor {
        organization_id: customer.organization_id,
        customer_id: customer.id,
        member_id: member_id.into(),
        role: MemberRole::Owner,
        session_id: Uuid::nil().into(),
    }
}

/// The types of all events, in the order they were recorded.
///
/// # Panics
/// When the database refuses.
pub async fn event_types(db: &TestDb) -> Vec<String> {
    sqlx::query_scalar("select type from event order by sequence")
        .fetch_all(&db.pool)
        .await
        .expect("the events")
}

/// A session of this member.
///
/// # Panics
/// When it cannot be started.
pub async fn session(db: &TestDb, member: &MemberActor) -> NewSession {
    let input = StartSession {
        organization_id: member.organization_id,
        customer_id: member.customer_id,
        member_id: member.member_id,
        role: member.role,
        user_agent: "Firefox/150".into(),
        return_to: None,
        return_url: None,
    };
    let mut tx = db.pool.begin().await.expect("a transaction");
    let session = session::start(&mut tx, &mut db.cx(), input).await.expect("a session");
    tx.commit().await.expect("a commit");
    session
}
