//! Making a price reduction.

use domain::discount::{DiscountAmount, DiscountDuration, RedemptionTerms};
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{DiscountId, OrganizationId};
use domain::metadata::Metadata;
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use thiserror::Error;

use super::check;
use super::parts::{self, Columns};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};

/// A discount to create.
#[derive(Debug, Clone)]
pub struct CreateDiscount {
    pub organization_id: OrganizationId,
    /// What the customer reads beside the amount: 1 to 128 characters.
    pub name: String,
    pub amount: DiscountAmount,
    pub duration: DiscountDuration,
    /// What customers type: 3 to 256 letters and digits, in capitals or not. Without one only the organization gives it.
    pub code: Option<String>,
    pub terms: RedemptionTerms,
    pub metadata: Metadata,
}

impl CreateDiscount {
    /// One that the organization gives to whom it likes.
    pub fn of(
        organization_id: OrganizationId,
        name: impl Into<String>,
        amount: DiscountAmount,
        duration: DiscountDuration,
    ) -> Self {
        Self {
            organization_id,
            name: name.into(),
            amount,
            duration,
            code: None,
            terms: RedemptionTerms::default(),
            metadata: Metadata::default(),
        }
    }
}

#[derive(Debug, Error)]
pub enum CreateDiscountError {
    #[error("the discount has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("only the organization itself may create a discount")]
    Forbidden(#[from] Forbidden),
    #[error("the discount could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CreateDiscountError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("discount_organization_fkey") => Self::UnknownOrganization,
            Some("discount_code_key") => Self::Invalid(FieldErrors::one("code", "code_taken")),
            _ => Self::Database(error.into()),
        }
    }
}

/// Creates a discount.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateDiscount,
) -> Result<DiscountId, CreateDiscountError> {
    cx.actor.staff(input.organization_id)?;
    let input = checked(input).map_err(CreateDiscountError::Invalid)?;
    let discount_id: DiscountId = cx.new_id();
    let columns = Columns::of(&input.amount, input.duration);
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into discount (organization_id, discount_id, name, type, basis_points, duration, duration_in_months, created_at, code,
            starts_at, ends_at, max_redemptions, max_redemptions_per_customer, metadata)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        input.organization_id.as_uuid(),
        discount_id.as_uuid(),
        input.name,
        columns.kind,
        columns.basis_points,
        columns.duration,
        columns.duration_in_months,
        cx.now,
        input.code,
        input.terms.starts_at,
        input.terms.ends_at,
        input.terms.max_redemptions,
        input.terms.max_redemptions_per_customer,
        Json(&input.metadata) as _,
    )
    .execute(&mut *tx)
    .await?;
    let organization_id = input.organization_id;
    parts::insert_amounts(&mut tx, organization_id, discount_id, columns.amounts).await?;
    let products = &input.terms.product_ids;
    if !parts::insert_products(&mut tx, organization_id, discount_id, products).await? {
        let errors = FieldErrors::one("products", "product_unknown");
        return Err(CreateDiscountError::Invalid(errors));
    }
    let created = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::DiscountCreated,
        subject_kind: "discount",
        subject_id: discount_id.into(),
        customer_id: None,
        snapshot: json!({ "name": input.name, "amount": input.amount, "duration": input.duration }),
    };
    event::record(&mut tx, cx, created).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &discount_id).await?;
    Ok(discount_id)
}

fn checked(input: CreateDiscount) -> Result<CreateDiscount, FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = check::name(&mut errors, &input.name);
    check::amount(&mut errors, &input.amount);
    check::duration(&mut errors, input.duration);
    check::terms(&mut errors, &input.terms);
    let code = input.code.and_then(|code| check::code(&mut errors, &code));
    errors.result(CreateDiscount { name, code, ..input })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use domain::money::{Currency, Money};
    use uuid::Uuid;

    fn quarter_off(organization_id: OrganizationId) -> CreateDiscount {
        let amount = DiscountAmount::Percentage { basis_points: 2_500 };
        let duration = DiscountDuration::Repeating { months: 3 };
        CreateDiscount::of(organization_id, " Spring ", amount, duration)
    }

    #[tokio::test]
    async fn a_percentage_is_stored_with_its_event() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        create(&db.pool, &mut db.cx(), quarter_off(organization_id)).await.unwrap();
        let stored: (String, String, Option<i32>, String, Option<i32>) = sqlx::query_as(
            "select name, type, basis_points, duration, duration_in_months from discount",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(
            stored,
            ("Spring".into(), "percentage".into(), Some(2_500), "repeating".into(), Some(3))
        );
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "discount.created");
    }

    #[tokio::test]
    async fn a_fixed_one_has_an_amount_for_each_currency() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let amounts = vec![Money::new(500, Currency::EUR), Money::new(600, Currency::USD)];
        let input = CreateDiscount {
            amount: DiscountAmount::Fixed { amounts },
            duration: DiscountDuration::Once,
            ..quarter_off(organization_id)
        };
        create(&db.pool, &mut db.cx(), input).await.unwrap();
        let stored: Vec<(String, i64)> =
            sqlx::query_as("select currency, amount_minor from discount_amount order by currency")
                .fetch_all(&db.pool)
                .await
                .unwrap();
        assert_eq!(stored, [("eur".into(), 500), ("usd".into(), 600)]);
    }

    #[tokio::test]
    async fn mistakes_are_told_by_field() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let fixed = |amounts: &[i64]| DiscountAmount::Fixed {
            amounts: amounts.iter().map(|minor| Money::new(*minor, Currency::EUR)).collect(),
        };
        for (amount, field, code) in [
            (DiscountAmount::Percentage { basis_points: 0 }, "basis_points", "basis_points_range"),
            (
                DiscountAmount::Percentage { basis_points: 10_001 },
                "basis_points",
                "basis_points_range",
            ),
            (fixed(&[]), "amounts", "required"),
            (fixed(&[0]), "amounts", "amount_range"),
            (fixed(&[1, 2]), "amounts", "currency_twice"),
        ] {
            let input = CreateDiscount {
                name: " ".into(),
                amount,
                duration: DiscountDuration::Repeating { months: 0 },
                ..quarter_off(organization_id)
            };
            let Err(CreateDiscountError::Invalid(errors)) =
                create(&db.pool, &mut db.cx(), input).await
            else {
                panic!("refused")
            };
            assert_eq!(
                (errors.first("name"), errors.first(field), errors.first("duration_in_months")),
                (Some("required"), Some(code), Some("duration_range"))
            );
        }
    }

    #[tokio::test]
    async fn only_the_organization_itself_creates_discounts() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let refused = create(&db.pool, &mut db.cx_of(owner), quarter_off(organization_id)).await;
        assert!(matches!(refused, Err(CreateDiscountError::Forbidden(_))));
        let unknown = create(&db.pool, &mut db.cx(), quarter_off(Uuid::nil().into())).await;
        assert!(matches!(unknown, Err(CreateDiscountError::UnknownOrganization)));
    }

    #[tokio::test]
    async fn a_code_belongs_to_one_live_discount() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let coded = |organization_id, code: &str| CreateDiscount {
            code: Some(code.into()),
            ..quarter_off(organization_id)
        };
        create(&db.pool, &mut db.cx(), coded(organization_id, " Spring26 ")).await.unwrap();
        create(&db.pool, &mut db.cx(), coded(other, "SPRING26")).await.unwrap();
        for (code, expected) in [("SPRING26", "code_taken"), ("ab", "code_invalid")] {
            let refused = create(&db.pool, &mut db.cx(), coded(organization_id, code)).await;
            let Err(CreateDiscountError::Invalid(errors)) = refused else { panic!("{code}") };
            assert_eq!(errors.first("code"), Some(expected));
        }
        let found = crate::discount::find_by_code(&db.pool, organization_id, "spring26 ").await;
        assert_eq!(found.unwrap().unwrap().code.as_deref(), Some("Spring26"));
        for nothing in ["autumn", "", "\0", "' or true --"] {
            let found = crate::discount::find_by_code(&db.pool, organization_id, nothing).await;
            assert_eq!(found.unwrap(), None, "{nothing:?}");
        }
    }

    #[tokio::test]
    async fn terms_are_checked_and_products_are_the_organizations_own() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let foreign = crate::test_support::billing::Offer::monthly(&db, other).await;
        let terms = |terms| CreateDiscount { terms, ..quarter_off(organization_id) };
        let some = RedemptionTerms::default;
        for (terms, field, code) in [
            (
                RedemptionTerms { starts_at: Some(db.now()), ends_at: Some(db.now()), ..some() },
                "ends_at",
                "ends_before_start",
            ),
            (
                RedemptionTerms { max_redemptions: Some(0), ..some() },
                "max_redemptions",
                "at_least_1",
            ),
            (
                RedemptionTerms { max_redemptions_per_customer: Some(-1), ..some() },
                "max_redemptions_per_customer",
                "at_least_1",
            ),
            (
                RedemptionTerms { product_ids: vec![foreign.product_id], ..some() },
                "products",
                "product_unknown",
            ),
        ]
        .map(|(given, field, code)| (terms(given), field, code))
        {
            let refused = create(&db.pool, &mut db.cx(), terms).await;
            let Err(CreateDiscountError::Invalid(errors)) = refused else { panic!("{field}") };
            assert_eq!(errors.first(field), Some(code));
        }
    }
}
