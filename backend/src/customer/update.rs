//! Changing a customer, by the company's backend.

use domain::address::{Address, AddressInput};
use domain::customer_type::CustomerType;
use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, OrganizationId};
use domain::locale::Locale;
use domain::metadata::Metadata;
use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::billing::Billing;
use super::follow_owner::{self, follow_owner};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, violated_constraint};
use crate::event::{self, NewEvent};
use crate::{input, invoice};

/// What is to be done with a value that may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    To(T),
}

/// What changes of a customer; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct UpdateCustomer {
    pub metadata: Option<Metadata>,
    /// The owner's address follows; it is to be proved anew.
    pub email: Option<EmailAddress>,
    pub name: Change<String>,
    pub billing_address: Option<AddressInput>,
    pub tax_id: Change<String>,
    pub locale: Change<Locale>,
    /// Can be given once, and never changed.
    pub external_id: Change<String>,
    /// A person can become a team, not the other way round.
    pub customer_type: Option<CustomerType>,
}

#[derive(Debug, Error)]
pub enum UpdateCustomerError {
    #[error("the customer's data are refused")]
    Invalid(#[source] FieldErrors),
    #[error("there is no such customer")]
    Unknown,
    #[error("only the organization's own side changes customers")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateCustomerError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("customer_email_key" | "member_email_key") => {
                Self::Invalid(FieldErrors::one("email", "email_taken"))
            }
            Some("customer_external_id_key") => {
                Self::Invalid(FieldErrors::one("external_id", "external_id_taken"))
            }
            _ => Self::Database(error.into()),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    r#type: String,
    external_id: Option<String>,
    email: String,
    name: Option<String>,
    billing_name: Option<String>,
    billing_address: Option<Json<Address>>,
    tax_id: Option<String>,
    locale: Option<String>,
    metadata: serde_json::Value,
}

/// Changes a customer. A new address or tax number counts from the next order on; orders that wait for it are invoiced next.
///
/// # Errors
/// `Invalid` names `email`, `name`, `external_id`, `type`, `billing_address`, `tax_id` and the address's own fields.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    input: UpdateCustomer,
) -> Result<(), UpdateCustomerError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let before =
        lock(&mut tx, organization_id, customer_id).await?.ok_or(UpdateCustomerError::Unknown)?;
    let after = changed(&before, &input).map_err(UpdateCustomerError::Invalid)?;
    if after == before {
        cx.commit(tx, &()).await?;
        return Ok(());
    }
    write(&mut tx, cx, (organization_id, customer_id), &after, after.email == before.email).await?;
    if after.email != before.email {
        let change = follow_owner::EmailChange {
            organization_id,
            customer_id,
            is_individual: after.r#type == CustomerType::Individual.as_str(),
            from: &before.email,
            to: &after.email,
        };
        follow_owner(&mut tx, cx, &change).await?;
    }
    let is_billing_changed = (&after.billing_name, &after.billing_address, &after.tax_id)
        != (&before.billing_name, &before.billing_address, &before.tax_id);
    if is_billing_changed {
        invoice::issue_waiting(&mut tx, cx.now, organization_id, Some(customer_id)).await?;
    }
    // Which of them changed; the values are personal and stand on the customer alone.
    let updated = NewEvent {
        organization_id,
        event_type: EventType::CustomerUpdated,
        subject_kind: "customer",
        subject_id: customer_id.into(),
        customer_id: Some(customer_id),
        snapshot: json!({
            "type": after.r#type,
            "email_changed": after.email != before.email,
            "name_changed": after.name != before.name,
            "billing_changed": is_billing_changed,
            "external_id_changed": after.external_id != before.external_id,
            "metadata_changed": after.metadata != before.metadata,
        }),
    };
    event::record(&mut tx, cx, updated).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

async fn lock(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"select type, external_id, email, name, billing_name, billing_address as "billing_address: Json<Address>", tax_id, locale, metadata
         from customer where organization_id = $1 and customer_id = $2 and deleted_at is null
         for no key update"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await
}

async fn write(
    tx: &mut PgConnection,
    cx: &Context,
    (organization_id, customer_id): (OrganizationId, CustomerId),
    after: &Row,
    keeps_email: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update customer set type = $3, external_id = $4, email = $5, name = $6, billing_name = $7, billing_address = $8, tax_id = $9,
            locale = $10, metadata = $11, modified_at = $12, email_verified_at = case when $13 then email_verified_at end
         where organization_id = $1 and customer_id = $2",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        after.r#type,
        after.external_id,
        after.email,
        after.name,
        after.billing_name,
        after.billing_address.as_ref() as _,
        after.tax_id,
        after.locale,
        after.metadata,
        cx.now,
        keeps_email,
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn changed(before: &Row, input: &UpdateCustomer) -> Result<Row, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut after = before.clone();
    if let Some(metadata) = &input.metadata {
        after.metadata = json!(metadata);
    }
    if let Some(email) = &input.email {
        email.as_str().clone_into(&mut after.email);
    }
    after.name = match &input.name {
        Change::Keep => after.name,
        Change::Clear => None,
        Change::To(name) => input::optional(&mut errors, "name", Some(name), 256),
    };
    after.locale = match input.locale {
        Change::Keep => after.locale,
        Change::Clear => None,
        Change::To(locale) => Some(locale.tag().to_owned()),
    };
    let external_id = match &input.external_id {
        Change::Keep => before.external_id.clone(),
        Change::Clear => None,
        Change::To(id) => input::optional(&mut errors, "external_id", Some(id), 256),
    };
    if before.external_id.is_some() && external_id != before.external_id {
        errors.push("external_id", "external_id_fixed");
    }
    after.external_id = external_id;
    match input.customer_type {
        Some(CustomerType::Individual) if before.r#type == CustomerType::Team.as_str() => {
            errors.push("type", "team_stays_team");
        }
        Some(customer_type) => customer_type.as_str().clone_into(&mut after.r#type),
        None => {}
    }
    change_billing(&mut errors, &mut after, input);
    errors.result(after)
}

/// A number that stands already is read again by the rules of a new country.
fn change_billing(errors: &mut FieldErrors, after: &mut Row, input: &UpdateCustomer) {
    if input.billing_address.is_none() && input.tax_id == Change::Keep {
        return;
    }
    let stored = after.billing_address.take().map(|Json(address)| address);
    let address = match &input.billing_address {
        Some(typed) => Address::parse(typed).map_err(|wrong| errors.0.extend(wrong.0)).ok(),
        None => stored,
    };
    let tax_id = match &input.tax_id {
        Change::Keep => after.tax_id.take(),
        Change::Clear => None,
        Change::To(typed) => Some(typed.clone()).filter(|typed| !typed.trim().is_empty()),
    };
    let billing = Billing::checked(errors, address, tax_id.as_deref());
    after.billing_address = billing.address.map(Json);
    after.tax_id = billing.tax_id;
    if after.billing_address.is_some() && after.billing_name.is_none() {
        after.billing_name.clone_from(&after.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{CustomerRecord, records};
    use crate::test_support::billing::german_details;
    use crate::test_support::{TestDb, fixtures};

    async fn record(db: &TestDb, of: &crate::actor::MemberActor) -> CustomerRecord {
        let ids = [of.customer_id];
        records(&db.pool, of.organization_id, &ids).await.unwrap().remove(&of.customer_id).unwrap()
    }

    async fn try_update(
        db: &TestDb,
        of: &crate::actor::MemberActor,
        input: UpdateCustomer,
    ) -> Result<(), String> {
        match update(&db.pool, &mut db.cx(), of.organization_id, of.customer_id, input).await {
            Ok(()) => Ok(()),
            Err(UpdateCustomerError::Invalid(errors)) => Err(errors.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn email(text: &str) -> UpdateCustomer {
        let email = Some(EmailAddress::parse(text).unwrap());
        UpdateCustomer { email, ..UpdateCustomer::default() }
    }

    #[tokio::test]
    async fn a_new_address_is_the_owners_too_and_is_proved_anew() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        fixtures::member(&db, organization_id, "bob@example.com").await;
        sqlx::query("update customer set email_verified_at = created_at")
            .execute(&db.pool)
            .await
            .unwrap();
        try_update(&db, &ada, email("Ada@new.example.com")).await.unwrap();
        let seen = record(&db, &ada).await;
        assert_eq!((seen.email.as_str(), seen.is_email_verified), ("Ada@new.example.com", false));
        let owner: String = sqlx::query_scalar("select email from member where member_id = $1")
            .bind(ada.member_id.as_uuid())
            .fetch_one(&db.pool)
            .await
            .unwrap();
        assert_eq!(owner, "Ada@new.example.com");
        assert_eq!(
            try_update(&db, &ada, email("BOB@example.com")).await,
            Err("email: email_taken".into())
        );
        let before = fixtures::event_types(&db).await;
        try_update(&db, &ada, email("Ada@new.example.com")).await.unwrap();
        assert_eq!(fixtures::event_types(&db).await, before, "nothing changed, nothing happened");
        assert_eq!(before[before.len() - 2..], ["member.updated", "customer.updated"]);
    }

    #[tokio::test]
    async fn what_is_not_named_stays_and_some_things_are_said_once() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let nothing = UpdateCustomer::default;
        let details = UpdateCustomer {
            name: Change::To("Ada Ltd".into()),
            billing_address: Some(german_details().address),
            tax_id: Change::To("DE129273398".into()),
            external_id: Change::To("a-1".into()),
            ..nothing()
        };
        try_update(&db, &ada, details).await.unwrap();
        let seen = record(&db, &ada).await;
        assert_eq!(seen.billing_name.as_deref(), Some("Ada Ltd"));
        assert_eq!(seen.tax_id.as_deref(), Some("DE129273398"));
        for (input, refusal) in [
            (
                UpdateCustomer { external_id: Change::To("a-2".into()), ..nothing() },
                "external_id: external_id_fixed",
            ),
            (
                UpdateCustomer { external_id: Change::Clear, ..nothing() },
                "external_id: external_id_fixed",
            ),
            (
                UpdateCustomer { customer_type: Some(CustomerType::Individual), ..nothing() },
                "type: team_stays_team",
            ),
            (
                UpdateCustomer { tax_id: Change::To("DE1".into()), ..nothing() },
                "tax_id: tax_id_invalid",
            ),
        ] {
            assert_eq!(try_update(&db, &ada, input).await, Err(refusal.into()));
        }
        try_update(&db, &ada, UpdateCustomer { tax_id: Change::Clear, ..nothing() }).await.unwrap();
        let after = record(&db, &ada).await;
        assert_eq!((after.tax_id, after.billing_address), (None, seen.billing_address));
        let tax_id = UpdateCustomer { tax_id: Change::To("DE129273398".into()), ..nothing() };
        let eve = fixtures::member(&db, organization_id, "eve@example.com").await;
        assert_eq!(try_update(&db, &eve, tax_id).await, Err("billing_address: required".into()));
    }

    #[tokio::test]
    async fn others_are_refused_or_find_nothing() {
        let db = TestDb::new().await;
        let ada =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let other = fixtures::organization(&db, "other").await;
        let (pool, id, input) = (&db.pool, ada.customer_id, email("eve@example.com"));
        let foreign = update(pool, &mut db.cx(), other, id, input.clone()).await;
        assert!(matches!(foreign, Err(UpdateCustomerError::Unknown)));
        let organization_id = ada.organization_id;
        let own = update(pool, &mut db.cx_of(ada), organization_id, id, input).await;
        assert!(matches!(own, Err(UpdateCustomerError::Forbidden(_))));
    }
}
