//! Changing what stands on a customer's invoices.

use domain::address::{Address, AddressInput};
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, OrganizationId};
use domain::tax_id::TaxId;
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use super::BillingDetails;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::input;
use crate::invoice;

/// Billing details as they were typed. All of them are replaced.
#[derive(Debug, Clone)]
pub struct UpdateBillingDetails {
    pub name: String,
    /// Empty for a person.
    pub company: String,
    pub address: AddressInput,
    /// Empty when there is none.
    pub tax_id: String,
}

#[derive(Debug, Error)]
pub enum UpdateBillingDetailsError {
    #[error("the billing details have mistakes")]
    Invalid(#[source] FieldErrors),
    #[error("there is no such customer")]
    Unknown,
    #[error("this role may not change billing details")]
    Forbidden(#[from] Forbidden),
    #[error("the billing details could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateBillingDetailsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Replaces a customer's billing details. They count from the next order on; orders that wait for them are invoiced next.
///
/// # Errors
/// `Invalid` names the fields `name`, `company`, `tax_id` and those of the address.
pub async fn update_billing_details(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    input: UpdateBillingDetails,
) -> Result<BillingDetails, UpdateBillingDetailsError> {
    cx.actor.billing_writer(organization_id)?;
    if cx.actor.customer_id().is_some_and(|own| own != customer_id) {
        return Err(UpdateBillingDetailsError::Unknown);
    }
    let details = checked(&input).map_err(UpdateBillingDetailsError::Invalid)?;
    let mut tx = db.begin().await?;
    let before = sqlx::query!(
        r#"select billing_name, company, billing_address as "address: Json<Address>", tax_id, is_tax_exempt
         from customer where organization_id = $1 and customer_id = $2 and deleted_at is null
         for no key update"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(UpdateBillingDetailsError::Unknown)?;
    let before = BillingDetails {
        name: before.billing_name,
        company: before.company,
        address: before.address.map(|Json(address)| address),
        tax_id: before.tax_id,
        is_tax_exempt: before.is_tax_exempt,
    };
    let details = BillingDetails { is_tax_exempt: before.is_tax_exempt, ..details };
    if details == before {
        return Ok(details);
    }
    sqlx::query!(
        "update customer set billing_name = $3, company = $4, billing_address = $5, tax_id = $6, modified_at = $7
         where organization_id = $1 and customer_id = $2",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        details.name,
        details.company,
        details.address.as_ref().map(Json) as _,
        details.tax_id,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    invoice::issue_waiting(&mut tx, cx.now, organization_id, Some(customer_id)).await?;
    // Which of them changed; the values are personal and stand on the customer alone.
    let updated = NewEvent {
        organization_id,
        event_type: EventType::CustomerBillingUpdated,
        subject_kind: "customer",
        subject_id: customer_id.into(),
        customer_id: Some(customer_id),
        snapshot: json!({
            "name_changed": details.name != before.name,
            "company_changed": details.company != before.company,
            "address_changed": details.address != before.address,
            "tax_id_changed": details.tax_id != before.tax_id,
        }),
    };
    event::record(&mut tx, cx, updated).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(details)
}

fn checked(input: &UpdateBillingDetails) -> Result<BillingDetails, FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = input::required(&mut errors, "name", &input.name, 256);
    let company = input::optional(&mut errors, "company", Some(&input.company), 256);
    let address = Address::parse(&input.address).map_err(|wrong| errors.0.extend(wrong.0)).ok();
    let country = domain::country::Country::parse(&input.address.country).ok();
    let tax_id = country
        .filter(|_| !input.tax_id.trim().is_empty())
        .and_then(|country| errors.take(TaxId::parse(country, &input.tax_id)))
        .map(|tax_id| tax_id.number);
    errors.result(BillingDetails {
        name: Some(name),
        company,
        address,
        tax_id,
        is_tax_exempt: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::billing_details;
    use crate::test_support::billing::{german_buyer, german_details};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;

    #[tokio::test]
    async fn details_are_kept_in_their_countrys_form_and_the_event_has_no_value() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let mut input = german_details();
        (input.company, input.tax_id) = (" Ada GmbH ".into(), "de 149 858 308".into());
        let saved = update_billing_details(
            &db.pool,
            &mut db.cx_of(owner.clone()),
            owner.organization_id,
            owner.customer_id,
            input.clone(),
        )
        .await
        .unwrap();
        assert_eq!(
            (saved.company.as_deref(), saved.tax_id.as_deref()),
            (Some("Ada GmbH"), Some("DE149858308"))
        );
        let read = billing_details(
            &db.pool,
            &owner.clone().into(),
            owner.organization_id,
            owner.customer_id,
        )
        .await
        .unwrap()
        .unwrap();
        assert_eq!(read, saved);
        assert!(read.is_complete());
        // Saving the same again is no event.
        update_billing_details(
            &db.pool,
            &mut db.cx_of(owner.clone()),
            owner.organization_id,
            owner.customer_id,
            input,
        )
        .await
        .unwrap();
        let events: Vec<String> = sqlx::query_scalar(
            "select snapshot::text from event where type = 'customer.billing_updated'",
        )
        .fetch_all(&db.pool)
        .await
        .unwrap();
        assert_eq!(events.len(), 1);
        assert!(!events[0].contains("Ada") && !events[0].contains("149858308"), "{}", events[0]);
    }

    #[tokio::test]
    async fn every_mistake_is_named_and_nothing_is_kept() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let mut input = german_details();
        (input.name, input.tax_id) = (" ".into(), "DE149858309".into());
        input.address.postal_code = "1234".into();
        let refused = update_billing_details(
            &db.pool,
            &mut db.cx_of(owner.clone()),
            owner.organization_id,
            owner.customer_id,
            input,
        )
        .await;
        let Err(UpdateBillingDetailsError::Invalid(errors)) = refused else { panic!("taken") };
        assert_eq!(
            errors.to_string(),
            "name: required, postal_code: postal_code_invalid, tax_id: tax_id_invalid"
        );
        let read = billing_details(
            &db.pool,
            &owner.clone().into(),
            owner.organization_id,
            owner.customer_id,
        )
        .await
        .unwrap()
        .unwrap();
        assert_eq!(read, BillingDetails::default());
    }

    #[tokio::test]
    async fn others_are_refused_or_find_nothing() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let colleague =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        german_buyer(&db, &owner).await;
        for (actor, is_forbidden) in [(colleague, true), (neighbour, false)] {
            let written = update_billing_details(
                &db.pool,
                &mut db.cx_of(actor.clone()),
                owner.organization_id,
                owner.customer_id,
                german_details(),
            )
            .await;
            let read =
                billing_details(&db.pool, &actor.into(), owner.organization_id, owner.customer_id)
                    .await;
            if is_forbidden {
                assert!(matches!(written, Err(UpdateBillingDetailsError::Forbidden(_))));
                assert!(read.is_err());
            } else {
                assert!(matches!(written, Err(UpdateBillingDetailsError::Unknown)));
                assert_eq!(read.unwrap(), None);
            }
        }
    }
}
