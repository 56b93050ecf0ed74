//! Making a customer, with the member that owns it.

use domain::address::{Address, AddressInput};
use domain::customer_type::CustomerType;
use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{MemberId, OrganizationId};
use domain::locale::Locale;
use domain::metadata::Metadata;
use domain::role::MemberRole;
use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::billing::Billing;
use super::find::Customer;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};
use crate::input;

/// A new customer.
#[derive(Debug, Clone)]
pub struct CreateCustomer {
    pub organization_id: OrganizationId,
    /// The customer's key in the company's own system; unique among live customers.
    pub external_id: Option<String>,
    /// Where it is written to; unique among live customers, without regard to case.
    pub email: EmailAddress,
    pub name: Option<String>,
    pub customer_type: CustomerType,
    /// The organization's locale when missing.
    pub locale: Option<Locale>,
    /// A name of the IANA time zone database; the organization's when missing.
    pub time_zone: Option<String>,
    /// The owner's address; the customer's own when missing.
    pub owner_email: Option<EmailAddress>,
    /// The owner's name; the customer's own when missing.
    pub owner_name: Option<String>,
    pub extras: CustomerExtras,
}

/// What can be told of a new customer besides.
#[derive(Debug, Clone, Default)]
pub struct CustomerExtras {
    pub metadata: Metadata,
    /// Stands on invoices, under the customer's name.
    pub billing_address: Option<AddressInput>,
    /// Checked by the rules of the address's country.
    pub tax_id: Option<String>,
    /// The owner's key in the company's own system.
    pub owner_external_id: Option<String>,
}

/// Why no customer was made.
#[derive(Debug, Error)]
pub enum CreateCustomerError {
    #[error("the customer's data are refused")]
    Invalid(#[source] FieldErrors),
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("only the organization's own side makes customers")]
    Forbidden(#[from] Forbidden),
    #[error("could not store the customer")]
    Database(#[source] sqlx::Error),
    #[error("could not record the customer")]
    Event(#[from] DatabaseError),
}

/// Makes a customer and its owner.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateCustomer,
) -> Result<Customer, CreateCustomerError> {
    cx.actor.staff(input.organization_id)?;
    let (input, billing) = checked(input).map_err(CreateCustomerError::Invalid)?;
    let customer = Customer {
        organization_id: input.organization_id,
        id: cx.new_id(),
        external_id: input.external_id,
        customer_type: input.customer_type,
        email: input.email,
        name: input.name,
        locale: input.locale,
        time_zone: input.time_zone,
        created_at: cx.now,
    };
    let owner_id: MemberId = cx.new_id();
    let owner_email = input.owner_email.unwrap_or_else(|| customer.email.clone());
    let owner_name = input.owner_name.or_else(|| customer.name.clone());
    let mut tx = db.begin().await?;
    let owner = Owner {
        member_id: owner_id,
        email: &owner_email,
        name: owner_name.as_deref(),
        external_id: input.extras.owner_external_id.as_deref(),
        metadata: &json!(input.extras.metadata),
    };
    let written = write(&mut tx, cx, &customer, &owner, &billing).await;
    written.map_err(|error| CreateCustomerError::from(error.0))?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &customer.id).await?;
    Ok(customer)
}

/// The member that owns a new customer, and what is told of both besides.
pub(crate) struct Owner<'a> {
    pub member_id: MemberId,
    pub email: &'a EmailAddress,
    pub name: Option<&'a str>,
    pub external_id: Option<&'a str>,
    /// The customer's; an object.
    pub metadata: &'a serde_json::Value,
}

/// Writes a customer with its owner, and that they were made; for every command that makes one.
pub(crate) async fn write(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &Customer,
    owner: &Owner<'_>,
    billing: &Billing,
) -> Result<(), DatabaseError> {
    insert(tx, customer, owner, billing).await?;
    record(tx, cx, customer, owner.member_id).await
}

async fn insert(
    tx: &mut PgConnection,
    customer: &Customer,
    owner: &Owner<'_>,
    billing: &Billing,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with customer as (
            insert into customer
                (organization_id, customer_id, external_id, type, email, name, locale, time_zone, created_at,
                 metadata, billing_address, tax_id, billing_name)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $15, $16, $17, case when $16::jsonb is null then null else $6 end)
            returning organization_id, customer_id)
         insert into member (organization_id, member_id, customer_id, role, email, name, external_id, created_at)
         select organization_id, $10, customer_id, $11, $12, $13, $14, $9 from customer",
        customer.organization_id.as_uuid(),
        customer.id.as_uuid(),
        customer.external_id,
        customer.customer_type.as_str(),
        customer.email.as_str(),
        customer.name,
        customer.locale.map(Locale::tag),
        customer.time_zone,
        customer.created_at,
        owner.member_id.as_uuid(),
        MemberRole::Owner.as_str(),
        owner.email.as_str(),
        owner.name,
        owner.external_id,
        owner.metadata,
        billing.address.as_ref().map(Json) as _,
        billing.tax_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn record(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &Customer,
    owner_id: MemberId,
) -> Result<(), DatabaseError> {
    let created = NewEvent {
        organization_id: customer.organization_id,
        event_type: EventType::CustomerCreated,
        subject_kind: "customer",
        subject_id: customer.id.as_uuid(),
        customer_id: Some(customer.id),
        snapshot: json!({ "external_id": customer.external_id, "type": customer.customer_type.as_str() }),
    };
    event::record(tx, cx, created).await?;
    let owner = NewEvent {
        organization_id: customer.organization_id,
        event_type: EventType::MemberCreated,
        subject_kind: "member",
        subject_id: owner_id.as_uuid(),
        customer_id: Some(customer.id),
        snapshot: json!({ "role": MemberRole::Owner.as_str() }),
    };
    event::record(tx, cx, owner).await?;
    Ok(())
}

fn checked(mut input: CreateCustomer) -> Result<(CreateCustomer, Billing), FieldErrors> {
    let mut errors = FieldErrors::default();
    input.external_id =
        input::optional(&mut errors, "external_id", input.external_id.as_deref(), 256);
    input.name = input::optional(&mut errors, "name", input.name.as_deref(), 256);
    input.owner_name = input::optional(&mut errors, "owner_name", input.owner_name.as_deref(), 256);
    if let Some(zone) = &input.time_zone {
        input::time_zone(&mut errors, "time_zone", zone);
    }
    let extras = &mut input.extras;
    extras.owner_external_id =
        input::optional(&mut errors, "owner_external_id", extras.owner_external_id.as_deref(), 256);
    let address = extras
        .billing_address
        .as_ref()
        .and_then(|address| Address::parse(address).map_err(|wrong| errors.0.extend(wrong.0)).ok());
    let tax_id = extras.tax_id.as_deref().filter(|tax_id| !tax_id.trim().is_empty());
    let billing = Billing::checked(&mut errors, address, tax_id);
    errors.result((input, billing))
}

impl From<sqlx::Error> for CreateCustomerError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("customer_email_key") => Self::Invalid(FieldErrors::one("email", "email_taken")),
            Some("customer_external_id_key") => {
                Self::Invalid(FieldErrors::one("external_id", "external_id_taken"))
            }
            Some("customer_organization_fkey") => Self::UnknownOrganization,
            _ => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::test_support::billing::german_details;
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    fn input(organization_id: OrganizationId, email: &str) -> CreateCustomer {
        CreateCustomer {
            organization_id,
            external_id: Some("user-1".into()),
            email: EmailAddress::parse(email).unwrap(),
            name: Some("Ada".into()),
            customer_type: CustomerType::Individual,
            locale: None,
            time_zone: None,
            owner_email: None,
            owner_name: None,
            extras: CustomerExtras::default(),
        }
    }

    #[tokio::test]
    async fn has_an_owner_and_two_events() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let customer = create(&db.pool, &mut db.cx(), input(organization_id, "Ada@example.com"))
            .await
            .unwrap();
        let owners: Vec<(String, String)> =
            sqlx::query_as("select role, email from member where customer_id = $1")
                .bind(customer.id.as_uuid())
                .fetch_all(&db.pool)
                .await
                .unwrap();
        assert_eq!(owners, [("owner".to_owned(), "Ada@example.com".to_owned())]);
        assert_eq!(fixtures::event_types(&db).await[1..], ["customer.created", "member.created"]);
    }

    #[tokio::test]
    async fn an_address_and_a_key_are_given_once_per_organization() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        create(&db.pool, &mut db.cx(), input(organization_id, "ada@example.com")).await.unwrap();
        let taken = create(&db.pool, &mut db.cx(), input(organization_id, "ADA@example.com")).await;
        assert!(
            matches!(taken, Err(CreateCustomerError::Invalid(errors)) if errors.first("email") == Some("email_taken"))
        );
        let taken = create(&db.pool, &mut db.cx(), input(organization_id, "b@example.com")).await;
        assert!(
            matches!(taken, Err(CreateCustomerError::Invalid(errors)) if errors.first("external_id") == Some("external_id_taken"))
        );
        create(&db.pool, &mut db.cx(), input(other, "ada@example.com")).await.unwrap();
    }

    #[tokio::test]
    async fn what_stands_on_invoices_is_read_by_the_countrys_rules() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let mut told = input(organization_id, "ada@example.com");
        told.extras.billing_address = Some(german_details().address);
        told.extras.tax_id = Some("de 129 273 398".into());
        let made = create(&db.pool, &mut db.cx(), told.clone()).await.unwrap();
        let records = crate::customer::records(&db.pool, organization_id, &[made.id]).await;
        let record = records.unwrap().remove(&made.id).unwrap();
        assert_eq!(record.tax_id.as_deref(), Some("DE129273398"));
        assert_eq!(record.billing_name.as_deref(), Some("Ada"));
        told.extras.billing_address = None;
        (told.email, told.external_id) = (EmailAddress::parse("b@example.com").unwrap(), None);
        let Err(CreateCustomerError::Invalid(errors)) =
            create(&db.pool, &mut db.cx(), told.clone()).await
        else {
            panic!("a tax number without a country")
        };
        assert_eq!(errors.to_string(), "billing_address: required");
        told.extras.billing_address = Some(german_details().address);
        told.extras.tax_id = Some("DE1".into());
        let wrong = create(&db.pool, &mut db.cx(), told).await;
        assert!(
            matches!(wrong, Err(CreateCustomerError::Invalid(errors)) if errors.first("tax_id") == Some("tax_id_invalid"))
        );
    }

    #[tokio::test]
    async fn two_at_once_make_one() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let (mut one, mut two) = (db.cx(), db.cx());
        let (one, two) = tokio::join!(
            create(&db.pool, &mut one, input(organization_id, "a@example.com")),
            create(&db.pool, &mut two, input(organization_id, "a@example.com")),
        );
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
    }

    #[tokio::test]
    async fn nobody_makes_one_for_another_organization_or_for_none() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let mut cx = db.cx_of(Actor::System { organization_id: Some(other) });
        let refused = create(&db.pool, &mut cx, input(organization_id, "a@example.com")).await;
        assert!(matches!(refused, Err(CreateCustomerError::Forbidden(_))));
        let member = fixtures::member(&db, organization_id, "o@example.com").await;
        let refused =
            create(&db.pool, &mut db.cx_of(member), input(organization_id, "a@example.com")).await;
        assert!(matches!(refused, Err(CreateCustomerError::Forbidden(_))));
        let nowhere =
            create(&db.pool, &mut db.cx(), input(Uuid::from_u128(1).into(), "a@example.com")).await;
        assert!(matches!(nowhere, Err(CreateCustomerError::UnknownOrganization)));
    }
}
