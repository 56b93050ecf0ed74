//! A method as the table holds it, and what its commands have in common.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrganizationId, PaymentMethodId};
use domain::payment_method::{CardExpiry, MethodDetails};
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::event::NewEvent;

/// A method, with what its customer uses it for.
#[derive(Debug, Clone)]
pub(super) struct MethodRow {
    pub organization_id: Uuid,
    pub payment_method_id: Uuid,
    pub customer_id: Uuid,
    pub processor: String,
    pub kind: String,
    pub brand: Option<String>,
    pub last4: Option<String>,
    pub exp_month: Option<i16>,
    pub exp_year: Option<i16>,
    pub wallet: Option<String>,
    pub created_at: OffsetDateTime,
    pub deleted_at: Option<OffsetDateTime>,
    pub is_default: bool,
    pub is_backup: bool,
}

/// The query of methods: the columns stand here once; a condition and its arguments are added.
macro_rules! method_rows {
    ($condition:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            $crate::payment_method::row::MethodRow,
            r#"select m.organization_id, m.payment_method_id, m.customer_id, m.processor, m.kind, m.brand, m.last4,
                m.exp_month, m.exp_year, m.wallet, m.created_at, m.deleted_at,
                coalesce(m.payment_method_id = c.default_payment_method_id, false) as "is_default!",
                coalesce(m.payment_method_id = c.backup_payment_method_id, false) as "is_backup!"
             from payment_method m
             join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id "# + $condition,
            $($argument),*
        )
    };
}
pub(super) use method_rows;

impl MethodRow {
    pub(super) fn id(&self) -> PaymentMethodId {
        self.payment_method_id.into()
    }

    /// What people may see of it.
    pub(super) fn details(&self) -> MethodDetails {
        MethodDetails {
            kind: self.kind.clone(),
            brand: self.brand.clone(),
            last4: self.last4.clone(),
            expiry: self
                .exp_year
                .zip(self.exp_month)
                .map(|(year, month)| CardExpiry { year, month }),
            wallet: self.wallet.clone(),
        }
    }

    /// The event of what happened to it: what it is, and what `facts` add.
    pub(super) fn event(&self, event_type: EventType, facts: Value) -> NewEvent {
        let mut snapshot = json!({
            "processor": self.processor,
            "kind": self.kind,
            "brand": self.brand,
            "last4": self.last4,
            "exp_month": self.exp_month,
            "exp_year": self.exp_year,
            "wallet": self.wallet,
        });
        if let (Some(snapshot), Value::Object(facts)) = (snapshot.as_object_mut(), facts) {
            snapshot.extend(facts);
        }
        NewEvent {
            organization_id: self.organization_id.into(),
            event_type,
            subject_kind: "payment_method",
            subject_id: self.payment_method_id,
            customer_id: Some(self.customer_id.into()),
            snapshot,
        }
    }
}

/// The customer's choices, its row held until the transaction ends: whoever changes methods holds it first, before setups, methods,
/// subscriptions and orders.
#[derive(Debug, Clone, Copy)]
pub(super) struct LockedCustomer {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub default_method: Option<Uuid>,
    pub backup_method: Option<Uuid>,
}

/// Locks a live customer.
pub(super) async fn lock_customer(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<Option<LockedCustomer>, sqlx::Error> {
    let row = sqlx::query!(
        "select default_payment_method_id, backup_payment_method_id from customer
         where organization_id = $1 and customer_id = $2 and deleted_at is null
         for no key update",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| LockedCustomer {
        organization_id,
        customer_id,
        default_method: row.default_payment_method_id,
        backup_method: row.backup_payment_method_id,
    }))
}

/// Locks the customer of a live method, then the method; `None` when there is none, or it is not `within`'s.
pub(super) async fn lock_method(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    within: Option<CustomerId>,
    payment_method_id: PaymentMethodId,
) -> Result<Option<(LockedCustomer, MethodRow)>, sqlx::Error> {
    let customer_id = sqlx::query_scalar!(
        "select customer_id from payment_method
         where organization_id = $1 and payment_method_id = $2 and ($3::uuid is null or customer_id = $3)",
        organization_id.as_uuid(),
        payment_method_id.as_uuid(),
        within.map(CustomerId::as_uuid),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(customer_id) = customer_id else { return Ok(None) };
    let Some(customer) = lock_customer(tx, organization_id, customer_id.into()).await? else {
        return Ok(None);
    };
    let row = method_rows!(
        "where m.organization_id = $1 and m.payment_method_id = $2 and m.deleted_at is null
         for no key update of m",
        organization_id.as_uuid(),
        payment_method_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (customer, row)))
}

/// Writes what the customer chose.
pub(super) async fn write_choice(
    tx: &mut PgConnection,
    customer: &LockedCustomer,
    default_id: Option<Uuid>,
    backup_id: Option<Uuid>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update customer set default_payment_method_id = $3, backup_payment_method_id = $4
         where organization_id = $1 and customer_id = $2",
        customer.organization_id.as_uuid(),
        customer.customer_id.as_uuid(),
        default_id,
        backup_id.filter(|backup_id| Some(*backup_id) != default_id),
    )
    .execute(tx)
    .await?;
    Ok(())
}
