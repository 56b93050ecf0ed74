//! Whom one order is billed to, where that is not as its customer's own details say.

use domain::address::{Address, AddressInput};
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, OrderId};
use domain::invoice::InvoiceParty;
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::input;
use crate::invoice;

const NAME_CHARS_MAX: usize = 256;

/// What changes. `None`: it stays. `Some(None)`: as the customer's own details say.
#[derive(Debug, Clone)]
pub struct UpdateOrderBilling {
    pub order_id: OrderId,
    pub name: Option<Option<String>>,
    pub address: Option<Option<AddressInput>>,
}

#[derive(Debug, Error)]
pub enum UpdateOrderBillingError {
    #[error("the billing details have mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such order")]
    Unknown,
    #[error("the tax was worked out for another country")]
    CountryIsFixed,
    #[error("the tax was worked out for another state")]
    StateIsFixed,
    #[error("this role may not change billing details")]
    Forbidden(#[from] Forbidden),
    #[error("the billing details could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateOrderBillingError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Changes whom an order is billed to. Its invoice is made out to them; one that was issued already stays as it is. The country, and
/// the state, are those for which the tax was worked out.
///
/// # Errors
/// `Invalid` names `name` and the fields of the address.
pub async fn update_billing(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateOrderBilling,
) -> Result<(), UpdateOrderBillingError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let (name, address) = checked(&input).map_err(UpdateOrderBillingError::Invalid)?;
    let mut tx = db.begin().await?;
    let order = sqlx::query!(
        r#"select o.customer_id, o.billing_name, o.billing_address as "own: Json<Address>",
            i.snapshot -> 'buyer' as "buyer?: Json<InvoiceParty>", c.billing_address as "customers: Json<Address>"
         from orders o
         join customer c on c.organization_id = o.organization_id and c.customer_id = o.customer_id
         left join invoice i on i.organization_id = o.organization_id and i.order_id = o.order_id
         where o.organization_id = $1 and o.order_id = $2 and o.status <> 'draft' and ($3::uuid is null or o.customer_id = $3)
         for no key update of o"#,
        organization_id.as_uuid(),
        input.order_id.as_uuid(),
        cx.actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(UpdateOrderBillingError::Unknown)?;
    let own = order.own.map(|Json(address)| address);
    let taxed = own
        .clone()
        .or_else(|| order.buyer.map(|Json(buyer)| buyer.address))
        .or_else(|| order.customers.map(|Json(address)| address));
    if let (Some(Some(address)), Some(taxed)) = (&address, taxed) {
        if address.country != taxed.country {
            return Err(UpdateOrderBillingError::CountryIsFixed);
        }
        if address.state != taxed.state {
            return Err(UpdateOrderBillingError::StateIsFixed);
        }
    }
    let name = name.unwrap_or_else(|| order.billing_name.clone());
    let address = address.unwrap_or_else(|| own.clone());
    let (name_changed, address_changed) = (name != order.billing_name, address != own);
    sqlx::query!(
        "update orders set billing_name = $3, billing_address = $4, modified_at = $5 where organization_id = $1 and order_id = $2",
        organization_id.as_uuid(),
        input.order_id.as_uuid(),
        name,
        address.as_ref().map(Json) as _,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let customer_id = order.customer_id.into();
    invoice::issue_waiting(&mut tx, cx.now, organization_id, Some(customer_id)).await?;
    // The values are personal and stand on the order alone.
    let updated = NewEvent {
        organization_id,
        event_type: EventType::OrderUpdated,
        subject_kind: "order",
        subject_id: input.order_id.into(),
        customer_id: Some(customer_id),
        snapshot: json!({ "name_changed": name_changed, "address_changed": address_changed }),
    };
    event::record(&mut tx, cx, updated).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

type Checked = (Option<Option<String>>, Option<Option<Address>>);

fn checked(input: &UpdateOrderBilling) -> Result<Checked, FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = input
        .name
        .as_ref()
        .map(|name| input::optional(&mut errors, "name", name.as_deref(), NAME_CHARS_MAX));
    let address = match &input.address {
        None => None,
        Some(None) => Some(None),
        Some(Some(typed)) => match Address::parse(typed) {
            Ok(address) => Some(Some(address)),
            Err(wrong) => {
                errors.0.extend(wrong.0);
                None
            }
        },
    };
    errors.result((name, address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, MemberActor};
    use crate::order::{OrderRecord, records};
    use crate::test_support::billing::{Offer, german_buyer};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;

    fn typed(line1: &str, country: &str) -> AddressInput {
        AddressInput {
            line1: line1.into(),
            postal_code: if country.eq_ignore_ascii_case("DE") {
                "10115".into()
            } else {
                "1010".into()
            },
            city: "Town".into(),
            country: country.into(),
            ..AddressInput::default()
        }
    }

    #[expect(clippy::option_option, reason = "null is a value as well")]
    async fn update(
        db: &TestDb,
        actor: impl Into<Actor>,
        order_id: OrderId,
        name: Option<Option<&str>>,
        address: Option<Option<AddressInput>>,
    ) -> Result<(), UpdateOrderBillingError> {
        let name = name.map(|name| name.map(str::to_owned));
        let input = UpdateOrderBilling { order_id, name, address };
        let result = update_billing(&db.pool, &mut db.cx_of(actor.into()), input).await;
        db.settled().await;
        result
    }

    async fn read(db: &TestDb, owner: &MemberActor, id: OrderId) -> OrderRecord {
        records(&db.pool, owner.organization_id, &[id]).await.unwrap().remove(&id).unwrap()
    }

    #[tokio::test]
    async fn an_order_is_billed_elsewhere_but_not_to_another_country() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let plain = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let eve = fixtures::member(&db, organization_id, "eve@example.com").await;
        german_buyer(&db, &owner).await;
        let id = Offer::monthly(&db, organization_id).await.subscribe(&db, &owner).await.order_id;
        let before = read(&db, &owner, id).await;

        update(&db, owner.clone(), id, Some(Some(" Ada Ltd ")), None).await.unwrap();
        let named = read(&db, &owner, id).await;
        assert_eq!(named.billing_name.as_deref(), Some("Ada Ltd"));
        assert_eq!(named.billing_address, before.billing_address);
        let staff = Actor::System { organization_id: Some(organization_id) };
        update(&db, staff, id, None, Some(Some(typed("Hof 2", "de")))).await.unwrap();
        let moved = read(&db, &owner, id).await;
        assert_eq!(moved.billing_address.unwrap().line1, "Hof 2");
        assert_eq!(moved.billing_name.as_deref(), Some("Ada Ltd"));

        let abroad = update(&db, owner.clone(), id, None, Some(Some(typed("Ring 1", "AT")))).await;
        assert!(matches!(abroad, Err(UpdateOrderBillingError::CountryIsFixed)));
        let nowhere = update(&db, owner.clone(), id, None, Some(Some(typed("", "DE")))).await;
        assert!(
            matches!(nowhere, Err(UpdateOrderBillingError::Invalid(errors)) if errors.first("line1") == Some("required"))
        );
        let long = "x".repeat(257);
        let long = update(&db, owner.clone(), id, Some(Some(&long)), None).await;
        assert!(matches!(long, Err(UpdateOrderBillingError::Invalid(_))));
        let refused = update(&db, plain, id, Some(None), None).await;
        assert!(matches!(refused, Err(UpdateOrderBillingError::Forbidden(_))));
        let foreign = update(&db, eve, id, Some(None), None).await;
        assert!(matches!(foreign, Err(UpdateOrderBillingError::Unknown)));

        update(&db, owner.clone(), id, Some(None), Some(None)).await.unwrap();
        let cleared = read(&db, &owner, id).await;
        assert_eq!(
            (cleared.billing_name, cleared.billing_address),
            (before.billing_name, before.billing_address)
        );
        let events = fixtures::event_types(&db).await;
        assert_eq!(events.iter().filter(|name| *name == "order.updated").count(), 3);
    }
}
