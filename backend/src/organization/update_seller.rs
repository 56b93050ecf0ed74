//! Saying who sells: the name, address and tax registrations that stand on an organization's invoices.

use domain::address::{Address, AddressInput};
use domain::country::Country;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::OrganizationId;
use domain::tax::TaxBehavior;
use domain::tax_id::TaxId;
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::{input, invoice};

/// More countries than anybody is registered in.
const TAX_COUNTRIES_MAX: usize = 64;

/// Who sells. All of it is replaced.
#[derive(Debug, Clone)]
pub struct UpdateSeller {
    pub organization_id: OrganizationId,
    pub legal_name: String,
    pub address: AddressInput,
    /// Empty when there is none.
    pub tax_id: String,
    /// Registered for VAT in the EU: at home and, through the one-stop shop, for every other member state.
    pub collects_eu_tax: bool,
    /// Countries outside the EU in which it is registered, as ISO 3166 codes.
    pub tax_countries: Vec<String>,
    /// Of prices that do not say themselves whether tax is in them.
    pub tax_behavior: TaxBehavior,
}

#[derive(Debug, Error)]
pub enum UpdateSellerError {
    #[error("the seller's data have mistakes")]
    Invalid(#[source] FieldErrors),
    #[error("there is no such organization")]
    Unknown,
    #[error("only the organization itself may say who sells")]
    Forbidden(#[from] Forbidden),
    #[error("the seller's data could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateSellerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Replaces who sells. It counts from the next order and invoice on; orders that waited for it are invoiced next.
pub async fn update_seller(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateSeller,
) -> Result<(), UpdateSellerError> {
    cx.actor.staff(input.organization_id)?;
    let seller = checked(&input).map_err(UpdateSellerError::Invalid)?;
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update organization
         set legal_name = $2, address = $3, tax_id = $4, collects_eu_tax = $5, tax_countries = $6, tax_behavior = $7, modified_at = $8
         where organization_id = $1 and deleted_at is null",
        input.organization_id.as_uuid(),
        seller.legal_name,
        Json(&seller.address) as _,
        seller.tax_id,
        input.collects_eu_tax,
        &seller.tax_countries,
        input.tax_behavior.as_str(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateSellerError::Unknown);
    }
    invoice::issue_waiting(&mut tx, cx.now, input.organization_id, None).await?;
    let changed = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::OrganizationSettingsUpdated,
        subject_kind: "organization",
        subject_id: input.organization_id.into(),
        customer_id: None,
        snapshot: json!({ "seller": {
            "country": seller.address.country,
            "collects_eu_tax": input.collects_eu_tax,
            "tax_countries": seller.tax_countries,
            "tax_behavior": input.tax_behavior,
        } }),
    };
    event::record(&mut tx, cx, changed).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

struct Checked {
    legal_name: String,
    address: Address,
    tax_id: Option<String>,
    tax_countries: Vec<String>,
}

fn checked(input: &UpdateSeller) -> Result<Checked, FieldErrors> {
    let mut errors = FieldErrors::new();
    let legal_name = input::required(&mut errors, "legal_name", &input.legal_name, 256);
    let address = Address::parse(&input.address).map_err(|wrong| errors.0.extend(wrong.0)).ok();
    let country = Country::parse(&input.address.country).ok();
    let tax_id = country
        .filter(|_| !input.tax_id.trim().is_empty())
        .and_then(|country| errors.take(TaxId::parse(country, &input.tax_id)))
        .map(|tax_id| tax_id.number);
    let mut tax_countries = Vec::new();
    for code in input.tax_countries.iter().take(TAX_COUNTRIES_MAX) {
        match Country::parse(code) {
            // Registrations in the EU are one, and said by another field.
            Ok(country) if country.is_eu() => errors.push("tax_countries", "country_in_eu"),
            Ok(country) => tax_countries.push(country.code().to_owned()),
            Err(error) => errors.0.push(error.at("tax_countries")),
        }
    }
    if input.tax_countries.len() > TAX_COUNTRIES_MAX {
        errors.push("tax_countries", "too_long");
    }
    match address {
        Some(address) if errors.is_empty() => {
            Ok(Checked { legal_name, address, tax_id, tax_countries })
        }
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::test_support::billing::german_seller_of;
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    #[tokio::test]
    async fn mistakes_are_named_all_at_once() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let bad = UpdateSeller {
            legal_name: String::new(),
            tax_id: "DE1".into(),
            tax_countries: vec!["FR".into(), "XX".into()],
            ..german_seller_of(organization_id)
        };
        let Err(UpdateSellerError::Invalid(errors)) =
            update_seller(&db.pool, &mut db.cx(), bad).await
        else {
            panic!("bad data were taken");
        };
        assert_eq!(
            errors.to_string(),
            "legal_name: required, tax_id: tax_id_invalid, tax_countries: country_in_eu, tax_countries: country_unknown"
        );
    }

    #[tokio::test]
    async fn only_the_organization_itself_says_who_sells() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let member = fixtures::member(&db, organization_id, "ada@example.com").await;
        let other =
            Actor::System { organization_id: Some(fixtures::organization(&db, "other").await) };
        for actor in [member.into(), other] {
            let refused =
                update_seller(&db.pool, &mut db.cx_of(actor), german_seller_of(organization_id))
                    .await;
            assert!(matches!(refused, Err(UpdateSellerError::Forbidden(_))));
        }
        let nowhere = german_seller_of(Uuid::from_u128(1).into());
        let unknown = update_seller(&db.pool, &mut db.cx(), nowhere).await;
        assert!(matches!(unknown, Err(UpdateSellerError::Unknown)));
    }
}
