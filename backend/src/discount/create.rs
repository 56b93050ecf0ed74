//! Making a price reduction.

use domain::discount::{DiscountAmount, DiscountDuration};
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{DiscountId, OrganizationId};
use domain::money::Money;
use domain::price::AMOUNT_MAX_MINOR;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};
use crate::input;

const NAME_MAX_CHARS: usize = 128;
const CURRENCIES_MAX: usize = 32;

/// A discount to create.
#[derive(Debug, Clone)]
pub struct CreateDiscount {
    pub organization_id: OrganizationId,
    /// What the customer reads beside the amount: 1 to 128 characters.
    pub name: String,
    pub amount: DiscountAmount,
    pub duration: DiscountDuration,
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
    let name = checked(&input).map_err(CreateDiscountError::Invalid)?;
    let discount_id: DiscountId = cx.new_id();
    let (kind, basis_points, amounts) = match &input.amount {
        DiscountAmount::Percentage { basis_points } => ("percentage", Some(*basis_points), &[][..]),
        DiscountAmount::Fixed { amounts } => ("fixed", None, &amounts[..]),
    };
    let (duration, months) = match input.duration {
        DiscountDuration::Once => ("once", None),
        DiscountDuration::Repeating { months } => ("repeating", Some(months)),
        DiscountDuration::Forever => ("forever", None),
    };
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into discount (organization_id, discount_id, name, type, basis_points, duration, duration_in_months, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        input.organization_id.as_uuid(),
        discount_id.as_uuid(),
        name,
        kind,
        basis_points,
        duration,
        months,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let (currencies, minors): (Vec<String>, Vec<i64>) =
        amounts.iter().map(|amount| (amount.currency.as_str().to_owned(), amount.minor)).unzip();
    sqlx::query!(
        "insert into discount_amount (organization_id, discount_id, currency, amount_minor)
         select $1, $2, currency, amount_minor from unnest($3::text[], $4::bigint[]) as given (currency, amount_minor)",
        input.organization_id.as_uuid(),
        discount_id.as_uuid(),
        &currencies,
        &minors,
    )
    .execute(&mut *tx)
    .await?;
    let created = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::DiscountCreated,
        subject_kind: "discount",
        subject_id: discount_id.into(),
        customer_id: None,
        snapshot: json!({ "name": name, "amount": input.amount, "duration": input.duration }),
    };
    event::record(&mut tx, cx, created).await?;
    tx.commit().await?;
    Ok(discount_id)
}

/// The name, cleaned, when nothing is wrong.
fn checked(input: &CreateDiscount) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = input::required(&mut errors, "name", &input.name, NAME_MAX_CHARS).replace('\0', "");
    match &input.amount {
        DiscountAmount::Percentage { basis_points } => {
            if !(1..=10_000).contains(basis_points) {
                errors.push("basis_points", "basis_points_range");
            }
        }
        DiscountAmount::Fixed { amounts } => check_amounts(&mut errors, amounts),
    }
    if let DiscountDuration::Repeating { months } = input.duration
        && !(1..=999).contains(&months)
    {
        errors.push("duration_in_months", "duration_range");
    }
    errors.result(name)
}

fn check_amounts(errors: &mut FieldErrors, amounts: &[Money]) {
    if amounts.is_empty() {
        errors.push("amounts", "required");
    }
    if amounts.len() > CURRENCIES_MAX {
        errors.push("amounts", "too_many");
    }
    if amounts.iter().any(|amount| !(1..=AMOUNT_MAX_MINOR).contains(&amount.minor)) {
        errors.push("amounts", "amount_range");
    }
    let mut currencies: Vec<_> = amounts.iter().map(|amount| amount.currency).collect();
    currencies.sort_unstable();
    if currencies.windows(2).any(|pair| pair[0] == pair[1]) {
        errors.push("amounts", "currency_twice");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use domain::money::Currency;
    use uuid::Uuid;

    fn quarter_off(organization_id: OrganizationId) -> CreateDiscount {
        CreateDiscount {
            organization_id,
            name: " Spring ".into(),
            amount: DiscountAmount::Percentage { basis_points: 2_500 },
            duration: DiscountDuration::Repeating { months: 3 },
        }
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
}
