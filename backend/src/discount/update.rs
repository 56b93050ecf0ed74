//! Changing a discount. How much it takes off and for how long stays once somebody has it.

use domain::discount::{DiscountAmount, DiscountDuration, RedemptionTerms};
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{DiscountId, OrganizationId, ProductId};
use domain::metadata::Metadata;
use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;

use super::check;
use super::detail::{DiscountDetail, records};
use super::parts::{self, Columns};
use crate::context::Context;
use crate::edit::Edit;
use crate::error::{DatabaseError, Forbidden, QueryError, violated_constraint};
use crate::event::{self, NewEvent};

/// What to change; what is missing stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateDiscount {
    pub organization_id: OrganizationId,
    pub discount_id: DiscountId,
    /// 1 to 128 characters.
    pub name: Option<String>,
    pub code: Edit<String>,
    pub amount: Option<DiscountAmount>,
    pub duration: Option<DiscountDuration>,
    pub starts_at: Edit<OffsetDateTime>,
    pub ends_at: Edit<OffsetDateTime>,
    pub max_redemptions: Edit<i32>,
    pub max_redemptions_per_customer: Edit<i32>,
    /// All products it is for; for every product when empty.
    pub product_ids: Option<Vec<ProductId>>,
    pub metadata: Option<Metadata>,
}

impl UpdateDiscount {
    /// A change of nothing, to be filled in.
    pub const fn of(organization_id: OrganizationId, discount_id: DiscountId) -> Self {
        Self {
            organization_id,
            discount_id,
            name: None,
            code: Edit::Keep,
            amount: None,
            duration: None,
            starts_at: Edit::Keep,
            ends_at: Edit::Keep,
            max_redemptions: Edit::Keep,
            max_redemptions_per_customer: Edit::Keep,
            product_ids: None,
            metadata: None,
        }
    }
}

#[derive(Debug, Error)]
pub enum UpdateDiscountError {
    #[error("the discount has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such discount")]
    Unknown,
    #[error("only the organization itself may change a discount")]
    Forbidden(#[from] Forbidden),
    #[error("the discount could not be read")]
    Query(#[from] QueryError),
    #[error("the discount could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateDiscountError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("discount_code_key") => Self::Invalid(FieldErrors::one("code", "code_taken")),
            _ => Self::Database(error.into()),
        }
    }
}

/// Changes a discount. What was redeemed runs on.
///
/// # Errors
/// `Invalid`: as when it is created; `discount_in_use` on `amount` and `duration`.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateDiscount,
) -> Result<(), UpdateDiscountError> {
    cx.actor.staff(input.organization_id)?;
    let (organization_id, discount_id) = (input.organization_id, input.discount_id);
    let mut tx = db.begin().await?;
    let is_held = sqlx::query_scalar!(
        r#"select exists (select from subscription s where s.organization_id = d.organization_id and s.discount_id = d.discount_id) as "held!"
         from discount d where d.organization_id = $1 and d.discount_id = $2 and d.deleted_at is null for update of d"#,
        organization_id.as_uuid(),
        discount_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(UpdateDiscountError::Unknown)?;
    let before = records(&mut *tx, organization_id, &[discount_id]).await?.remove(&discount_id);
    let before = before.ok_or(UpdateDiscountError::Unknown)?;
    let products = input.product_ids.clone();
    let after = changed(before.clone(), input, is_held).map_err(UpdateDiscountError::Invalid)?;
    write(&mut tx, cx, &before, &after).await?;
    if let Some(products) = products {
        sqlx::query!(
            "delete from discount_product where organization_id = $1 and discount_id = $2",
            organization_id.as_uuid(),
            discount_id.as_uuid(),
        )
        .execute(&mut *tx)
        .await?;
        if !parts::insert_products(&mut tx, organization_id, discount_id, &products).await? {
            let errors = FieldErrors::one("products", "product_unknown");
            return Err(UpdateDiscountError::Invalid(errors));
        }
    }
    let happened = NewEvent {
        organization_id,
        event_type: EventType::DiscountUpdated,
        subject_kind: "discount",
        subject_id: discount_id.into(),
        customer_id: None,
        snapshot: json!({ "name": after.name, "amount": after.amount, "duration": after.duration, "terms": after.terms }),
    };
    event::record(&mut tx, cx, happened).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// The discount afterwards, when nothing is wrong with it.
fn changed(
    before: DiscountDetail,
    input: UpdateDiscount,
    is_held: bool,
) -> Result<DiscountDetail, FieldErrors> {
    let mut errors = FieldErrors::new();
    let is_used = is_held || before.redemptions_count > 0;
    let name = match input.name {
        Some(name) => check::name(&mut errors, &name),
        None => before.name,
    };
    let code = match input.code {
        Edit::Set(code) => check::code(&mut errors, &code),
        Edit::Clear => None,
        Edit::Keep => before.code,
    };
    let amount = input.amount.unwrap_or_else(|| before.amount.clone());
    if amount != before.amount {
        check::amount(&mut errors, &amount);
        if is_used {
            errors.push("amount", "discount_in_use");
        }
    }
    let duration = input.duration.unwrap_or(before.duration);
    if duration != before.duration {
        check::duration(&mut errors, duration);
        if is_used {
            errors.push("duration", "discount_in_use");
        }
    }
    let terms = RedemptionTerms {
        starts_at: input.starts_at.of(before.terms.starts_at),
        ends_at: input.ends_at.of(before.terms.ends_at),
        max_redemptions: input.max_redemptions.of(before.terms.max_redemptions),
        max_redemptions_per_customer: input
            .max_redemptions_per_customer
            .of(before.terms.max_redemptions_per_customer),
        product_ids: input.product_ids.unwrap_or(before.terms.product_ids),
    };
    check::terms(&mut errors, &terms);
    let metadata = input.metadata.unwrap_or(before.metadata);
    errors.result(DiscountDetail { name, code, amount, duration, terms, metadata, ..before })
}

async fn write(
    tx: &mut PgConnection,
    cx: &Context,
    before: &DiscountDetail,
    after: &DiscountDetail,
) -> Result<(), sqlx::Error> {
    let (organization_id, discount_id) = (after.organization_id, after.discount_id);
    let columns = Columns::of(&after.amount, after.duration);
    sqlx::query!(
        "update discount
         set name = $3, code = $4, type = $5, basis_points = $6, duration = $7, duration_in_months = $8, starts_at = $9, ends_at = $10,
            max_redemptions = $11, max_redemptions_per_customer = $12, metadata = $13, modified_at = $14
         where organization_id = $1 and discount_id = $2",
        organization_id.as_uuid(),
        discount_id.as_uuid(),
        after.name,
        after.code,
        columns.kind,
        columns.basis_points,
        columns.duration,
        columns.duration_in_months,
        after.terms.starts_at,
        after.terms.ends_at,
        after.terms.max_redemptions,
        after.terms.max_redemptions_per_customer,
        Json(&after.metadata) as _,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if after.amount != before.amount {
        sqlx::query!(
            "delete from discount_amount where organization_id = $1 and discount_id = $2",
            organization_id.as_uuid(),
            discount_id.as_uuid(),
        )
        .execute(&mut *tx)
        .await?;
        parts::insert_amounts(tx, organization_id, discount_id, columns.amounts).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discount::{CreateDiscount, create, get, redeem};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use domain::money::{Currency, Money};
    use time::Duration;

    async fn spring(db: &TestDb, organization_id: OrganizationId) -> DiscountId {
        let amount = DiscountAmount::Percentage { basis_points: 2_500 };
        let input = CreateDiscount {
            code: Some("SPRING".into()),
            ..CreateDiscount::of(organization_id, "Spring", amount, DiscountDuration::Once)
        };
        create(&db.pool, &mut db.cx(), input).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_given_changes_and_the_rest_stays() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let offer = Offer::monthly(&db, organization_id).await;
        let discount_id = spring(&db, organization_id).await;
        let nothing = UpdateDiscount::of(organization_id, discount_id);
        let ends_at = db.now() + Duration::days(1);
        let amounts = vec![Money::new(500, Currency::EUR), Money::new(600, Currency::USD)];
        let input = UpdateDiscount {
            amount: Some(DiscountAmount::Fixed { amounts: amounts.clone() }),
            duration: Some(DiscountDuration::Repeating { months: 3 }),
            ends_at: Edit::Set(ends_at),
            max_redemptions: Edit::Set(10),
            product_ids: Some(vec![offer.product_id]),
            ..nothing.clone()
        };
        update(&db.pool, &mut db.cx(), input).await.unwrap();
        let stored = async || get(&db.pool, organization_id, discount_id).await.unwrap().unwrap();
        let found = stored().await;
        assert_eq!((found.name.as_str(), found.code.as_deref()), ("Spring", Some("SPRING")));
        assert_eq!(found.amount, DiscountAmount::Fixed { amounts });
        assert_eq!(found.duration, DiscountDuration::Repeating { months: 3 });
        assert_eq!(found.terms.product_ids, [offer.product_id]);
        assert_eq!((found.terms.ends_at, found.terms.max_redemptions), (Some(ends_at), Some(10)));
        let input = UpdateDiscount {
            code: Edit::Clear,
            ends_at: Edit::Clear,
            product_ids: Some(vec![]),
            ..nothing
        };
        update(&db.pool, &mut db.cx(), input).await.unwrap();
        let found = stored().await;
        assert_eq!((found.code, found.terms.ends_at), (None, None));
        assert_eq!((found.terms.product_ids, found.terms.max_redemptions), (vec![], Some(10)));
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "discount.updated");
    }

    #[tokio::test]
    async fn what_somebody_has_takes_off_the_same_ever_after() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let organization_id = owner.organization_id;
        let offer = Offer::monthly(&db, organization_id).await;
        let discount_id = spring(&db, organization_id).await;
        let mut tx = db.pool.begin().await.unwrap();
        let (customer_id, product_id) = (owner.customer_id, offer.product_id);
        redeem(&mut tx, &mut db.cx(), organization_id, discount_id, customer_id, product_id)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let nothing = UpdateDiscount::of(organization_id, discount_id);
        let same = UpdateDiscount {
            name: Some("Summer".into()),
            amount: Some(DiscountAmount::Percentage { basis_points: 2_500 }),
            duration: Some(DiscountDuration::Once),
            ..nothing.clone()
        };
        update(&db.pool, &mut db.cx(), same).await.unwrap();
        let other = UpdateDiscount {
            amount: Some(DiscountAmount::Percentage { basis_points: 5_000 }),
            duration: Some(DiscountDuration::Forever),
            ..nothing
        };
        let Err(UpdateDiscountError::Invalid(errors)) = update(&db.pool, &mut db.cx(), other).await
        else {
            panic!("refused")
        };
        assert_eq!(errors.to_string(), "amount: discount_in_use, duration: discount_in_use");
    }

    #[tokio::test]
    async fn nothing_crosses_organizations_and_customers_change_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let discount_id = spring(&db, organization_id).await;
        let elsewhere = UpdateDiscount::of(other, discount_id);
        let elsewhere = update(&db.pool, &mut db.cx(), elsewhere).await;
        assert!(matches!(elsewhere, Err(UpdateDiscountError::Unknown)));
        let own = UpdateDiscount::of(organization_id, discount_id);
        let forbidden = update(&db.pool, &mut db.cx_of(owner), own).await;
        assert!(matches!(forbidden, Err(UpdateDiscountError::Forbidden(_))));
    }
}
