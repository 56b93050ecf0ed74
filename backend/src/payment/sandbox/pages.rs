//! What the sandbox's own pages read and write in its books.

use domain::money::{Currency, Money};
use domain::payment::DeclineCode;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::cards::EnteredCard;
use super::{Sandbox, lost};
use crate::payment::processor::NoAnswer;

/// Where a visitor of the sandbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxStep {
    /// A card is to be entered.
    EnterCard,
    /// The bank asks whether it is really its customer.
    Approve,
    /// Nothing is left to do here.
    Done,
}

/// A card that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxSetup {
    pub step: SandboxStep,
    /// Where the visitor came from and goes back to.
    pub return_url: String,
}

/// A charge that a bank asks its customer about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxPayment {
    pub step: SandboxStep,
    pub amount: Money,
    pub return_url: String,
}

impl Sandbox {
    /// The setup of a page's address; `None` when there is none.
    pub async fn find_setup(&self, id: &str) -> Result<Option<SandboxSetup>, NoAnswer> {
        find_setup(&self.books, id).await.map_err(lost)
    }

    /// Takes a card, and says what follows. A setup that is past that is left as it is.
    pub async fn enter_card(
        &self,
        id: &str,
        card: EnteredCard,
        now: OffsetDateTime,
    ) -> Result<Option<SandboxSetup>, NoAnswer> {
        enter_card(&self.books, id, card, now).await.map_err(lost)?;
        self.find_setup(id).await
    }

    /// What the customer answers its bank about a card. A setup that waits for no answer is left as it is.
    pub async fn answer_setup(&self, id: &str, approves: bool) -> Result<(), NoAnswer> {
        let code = (!approves).then_some(DeclineCode::AuthenticationRequired.as_str());
        sqlx::query!(
            "update sandbox.setup set state = case when $2 then 'succeeded' else 'failed' end, decline_code = $3
             where processor_setup_id = $1 and state = 'requires_action'",
            id,
            approves,
            code,
        )
        .execute(&self.books)
        .await
        .map_err(lost)?;
        Ok(())
    }

    /// The payment of a page's address; `None` when there is none.
    pub async fn find_payment(&self, id: &str) -> Result<Option<SandboxPayment>, NoAnswer> {
        find_payment(&self.books, id).await.map_err(lost)
    }

    /// What the customer answers its bank about a charge. A payment that waits for no answer is left as it is.
    pub async fn answer_payment(&self, id: &str, approves: bool) -> Result<(), NoAnswer> {
        let code = (!approves).then_some(DeclineCode::AuthenticationRequired.as_str());
        sqlx::query!(
            "update sandbox.payment set state = case when $2 then 'succeeded' else 'declined' end, decline_code = $3
             where processor_payment_id = $1 and state = 'requires_action'",
            id,
            approves,
            code,
        )
        .execute(&self.books)
        .await
        .map_err(lost)?;
        Ok(())
    }
}

async fn find_setup(db: &PgPool, id: &str) -> Result<Option<SandboxSetup>, sqlx::Error> {
    let row = sqlx::query!(
        "select state, return_url from sandbox.setup where processor_setup_id = $1",
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| SandboxSetup {
        step: match row.state.as_str() {
            "open" => SandboxStep::EnterCard,
            "requires_action" => SandboxStep::Approve,
            _ => SandboxStep::Done,
        },
        return_url: row.return_url,
    }))
}

async fn enter_card(
    db: &PgPool,
    id: &str,
    entered: EnteredCard,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    let open = sqlx::query!(
        "select processor_customer_id, idempotency_key from sandbox.setup
         where processor_setup_id = $1 and state = 'open' for update",
        id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(open) = open else { return Ok(()) };
    // A setup adds one method at most.
    let processor_method_id = format!("sandbox_method_{}", open.idempotency_key.simple());
    let (_, last4) = entered.card.number.split_at(entered.card.number.len() - 4);
    sqlx::query!(
        "insert into sandbox.method (processor_method_id, processor_customer_id, brand, last4, exp_month, exp_year, behavior, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        processor_method_id,
        open.processor_customer_id,
        entered.card.brand,
        last4,
        entered.expiry.month,
        entered.expiry.year,
        entered.card.charged.as_str(),
        now,
    )
    .execute(&mut *tx)
    .await?;
    let state = match entered {
        EnteredCard { refused: Some(_), .. } => "failed",
        EnteredCard { card, .. } if card.asks_when_entered => "requires_action",
        EnteredCard { .. } => "succeeded",
    };
    sqlx::query!(
        "update sandbox.setup set state = $2, decline_code = $3, processor_method_id = $4 where processor_setup_id = $1",
        id,
        state,
        entered.refused.map(DeclineCode::as_str),
        processor_method_id,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

async fn find_payment(db: &PgPool, id: &str) -> Result<Option<SandboxPayment>, sqlx::Error> {
    let row = sqlx::query!(
        "select state, amount_minor, currency, return_url from sandbox.payment where processor_payment_id = $1",
        id,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some((currency, return_url)) = Currency::parse(&row.currency).ok().zip(row.return_url)
    else {
        return Ok(None);
    };
    let waits = row.state == "requires_action";
    Ok(Some(SandboxPayment {
        step: if waits { SandboxStep::Approve } else { SandboxStep::Done },
        amount: Money::new(row.amount_minor, currency),
        return_url,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::SandboxBehavior;
    use super::super::cards::{REFUSING_CVC, check_card};
    use super::*;
    use crate::payment::processor::{
        NewSetup, PaymentProcessor, SetupPresentation, SetupReading, SetupWay,
    };
    use crate::payment::test_helpers::Case;
    use crate::test_support::TestDb;
    use domain::payment::PaymentOutcome;
    use uuid::Uuid;

    async fn begun(db: &TestDb, sandbox: &Sandbox) -> String {
        let setup = NewSetup {
            payment_method_setup_id: db.cx().new_id(),
            organization_id: Uuid::nil().into(),
            processor_customer_id: "sandbox_customer_1".to_owned(),
            presentation: SetupPresentation::Hosted,
        };
        let started = sandbox.create_setup(&setup, db.now()).await.unwrap();
        let id = started.processor_setup_id;
        let url = format!("http://localhost:3001/setups/{id}");
        assert_eq!(started.way, SetupWay::Hosted { url });
        id
    }

    async fn with_pages() -> (TestDb, Sandbox) {
        let db = TestDb::new().await;
        let sandbox = Sandbox::new(db.pool.clone())
            .with_pages("http://localhost:3001", "http://127.0.0.1:3000");
        (db, sandbox)
    }

    #[tokio::test]
    async fn a_card_is_saved_refused_or_approved() {
        let (db, sandbox) = with_pages().await;
        for (number, cvc, answer, expected) in [
            ("5555555555554444", "123", None, Ok("mastercard")),
            ("4000000000009987", "123", None, Ok("visa")),
            ("4000000000009987", REFUSING_CVC, None, Err(DeclineCode::LostCard)),
            ("4000002500003155", "123", Some(true), Ok("visa")),
            ("4000002500003155", "123", Some(false), Err(DeclineCode::AuthenticationRequired)),
        ] {
            let id = begun(&db, &sandbox).await;
            assert_eq!(sandbox.read_setup(&id, db.now()).await.unwrap(), SetupReading::Open);
            let card = check_card(number, "12/39", cvc, db.now()).unwrap();
            let next = sandbox.enter_card(&id, card, db.now()).await.unwrap().unwrap();
            if let Some(approves) = answer {
                assert_eq!(next.step, SandboxStep::Approve);
                assert_eq!(sandbox.read_setup(&id, db.now()).await.unwrap(), SetupReading::Open);
                sandbox.answer_setup(&id, approves).await.unwrap();
            }
            let setup = sandbox.find_setup(&id).await.unwrap().unwrap();
            assert_eq!(setup.step, SandboxStep::Done);
            assert!(setup.return_url.starts_with("http://127.0.0.1:3000/pay/setups/"));
            let read = match sandbox.read_setup(&id, db.now()).await.unwrap() {
                SetupReading::Succeeded { details, .. } => {
                    assert_eq!(details.last4.as_deref(), Some(&number[number.len() - 4..]));
                    Ok(details.brand.unwrap())
                }
                SetupReading::Failed { code } => Err(code),
                other => panic!("{other:?}"),
            };
            assert_eq!(read, expected.map(str::to_owned), "{number}");
            // Sent twice, or answered when nobody asks: nothing more happens.
            sandbox.enter_card(&id, card, db.now()).await.unwrap();
            sandbox.answer_setup(&id, true).await.unwrap();
            assert_eq!(sandbox.find_setup(&id).await.unwrap(), Some(setup));
        }
        assert_eq!(sandbox.find_setup("sandbox_setup_0").await.unwrap(), None);
        assert_eq!(sandbox.find_payment("sandbox_0").await.unwrap(), None);
    }

    #[tokio::test]
    async fn no_number_is_kept() {
        let (db, sandbox) = with_pages().await;
        let id = begun(&db, &sandbox).await;
        let card = check_card("4242424242424242", "12/39", "123", db.now()).unwrap();
        sandbox.enter_card(&id, card, db.now()).await.unwrap();
        let books: String =
            sqlx::query_scalar("select (select json_agg(m) from sandbox.method m)::text || (select json_agg(s) from sandbox.setup s)::text")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        assert!(books.contains("\"4242\"") && !books.contains("42424242"), "{books}");
    }

    #[tokio::test]
    async fn a_charge_is_approved_once() {
        let case = Case::new(SandboxBehavior::RequiresAction).await;
        let PaymentOutcome::RequiresAction { url } = case.run_attempt().await else {
            panic!("no action");
        };
        let id = url.rsplit('/').next().unwrap();
        let waiting = case.sandbox.find_payment(id).await.unwrap().unwrap();
        assert_eq!((waiting.step, waiting.amount.minor), (SandboxStep::Approve, 2900));
        case.sandbox.answer_payment(id, true).await.unwrap();
        case.sandbox.answer_payment(id, false).await.unwrap();
        let done = case.sandbox.find_payment(id).await.unwrap().unwrap();
        assert_eq!(done.step, SandboxStep::Done);
        assert_eq!(case.text("select state from sandbox.payment").await, "succeeded");
    }
}
