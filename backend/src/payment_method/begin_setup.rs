//! Beginning to add a method: written down first, then asked of the processor.

use domain::id::{
    CheckoutId, CustomerId, OrderId, OrganizationId, PaymentMethodSetupId, SubscriptionId,
};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::row::lock_customer;
use crate::actor::Actor;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::payment::{
    NewProcessorCustomer, NewSetup, NoAnswer, PaymentProcessor, Processors, SetupPresentation,
    SetupWay,
};
use crate::sign_in::safe_path;

/// Forms that one customer may open within an hour: whoever tests stolen cards opens more.
const PER_CUSTOMER_AND_HOUR: i64 = 10;
/// Forms for one order within a day.
const PER_ORDER_AND_DAY: i64 = 10;
/// After so long the worker asks what became of it.
pub(super) const FIRST_LOOK: Duration = Duration::minutes(5);

/// A method to be added, and what is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeginSetup {
    pub customer_id: CustomerId,
    /// Not regarded from whoever holds a pay link.
    pub set_default: bool,
    /// False: for the order only. It never becomes a default or a subscription's own then.
    pub is_kept: bool,
    /// Charged with it from now on. From whoever holds a pay link it is the order's own, whatever stands here.
    pub subscription_id: Option<SubscriptionId>,
    /// Paid with it at once.
    pub order_id: Option<OrderId>,
    pub presentation: SetupPresentation,
    /// Where the browser is led afterwards: a path on our own origin, of at most 500 bytes. Anything else leads to the root.
    pub return_path: String,
}

/// The checkout that goes on when the method is there, if it still has this revision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SetupOfCheckout {
    pub checkout_id: CheckoutId,
    pub checkout_revision: i32,
}

/// Where the customer enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupBegun {
    pub payment_method_setup_id: PaymentMethodSetupId,
    pub way: SetupWay,
}

#[derive(Debug, Error)]
pub enum BeginSetupError {
    #[error("there is no such customer, subscription or order")]
    Unknown,
    #[error("this role may not add payment methods")]
    Forbidden(#[from] Forbidden),
    #[error("nobody charges the organization's customers")]
    NoProcessor,
    #[error("the order is not to be paid")]
    OrderNotOpen,
    #[error("too many forms were opened; the next is possible in {retry_after_s} s")]
    TooManyTries {
        /// Whole seconds, at least 1.
        retry_after_s: u32,
    },
    #[error("the payment processor cannot be reached")]
    Unavailable,
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the setup could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for BeginSetupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Begins adding a method and answers where it is entered. The row is written before the processor is asked; when that does not answer,
/// nothing is half done, and the worker closes the row.
///
/// # Errors
/// `TooManyTries` after 10 forms of a customer within an hour, or 10 for one order within a day.
pub async fn begin_setup(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    input: BeginSetup,
) -> Result<SetupBegun, BeginSetupError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    authorize(cx, organization_id, &input)?;
    begin(db, processors, cx, organization_id, input, None).await
}

/// The same for whoever confirmed a checkout; the caller has authorized it.
pub(crate) async fn begin_setup_of_checkout(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    organization_id: OrganizationId,
    input: BeginSetup,
    checkout: SetupOfCheckout,
) -> Result<SetupBegun, BeginSetupError> {
    begin(db, processors, cx, organization_id, input, Some(checkout)).await
}

async fn begin(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    organization_id: OrganizationId,
    input: BeginSetup,
    checkout: Option<SetupOfCheckout>,
) -> Result<SetupBegun, BeginSetupError> {
    let written = write(db, cx, organization_id, &input, checkout).await?;
    let processor = processors.get(&written.processor).ok_or(BeginSetupError::Unavailable)?;
    let processor_customer_id = match &written.processor_customer_id {
        Some(known) => known.clone(),
        None => know_customer(db, processor, cx, &written).await?,
    };
    let setup = NewSetup {
        payment_method_setup_id: written.payment_method_setup_id,
        organization_id,
        processor_customer_id,
        presentation: input.presentation,
    };
    let started =
        processor.create_setup(&setup, cx.now).await.map_err(|error| unavailable(&error))?;
    let opened = sqlx::query!(
        "update payment_method_setup set state = 'open', processor_setup_id = $3, due_at = $4
         where organization_id = $1 and payment_method_setup_id = $2 and state = 'prepared'",
        organization_id.as_uuid(),
        written.payment_method_setup_id.as_uuid(),
        started.processor_setup_id,
        cx.now + FIRST_LOOK,
    )
    .execute(db)
    .await?;
    if opened.rows_affected() == 0 {
        // It took so long that the worker has closed it.
        return Err(BeginSetupError::Unavailable);
    }
    Ok(SetupBegun { payment_method_setup_id: written.payment_method_setup_id, way: started.way })
}

/// Billing writers for their own customer, the organization for any, and who holds a pay link for its order.
fn authorize(
    cx: &Context,
    organization_id: OrganizationId,
    input: &BeginSetup,
) -> Result<(), BeginSetupError> {
    match (&cx.actor, input.order_id) {
        (Actor::Payer { .. }, Some(order_id)) => cx.actor.payer(organization_id, order_id)?,
        _ => cx.actor.billing_writer(organization_id)?,
    }
    match cx.actor.customer_id() {
        Some(own) if own != input.customer_id => Err(BeginSetupError::Unknown),
        _ => Ok(()),
    }
}

/// The longest path that the table takes.
const RETURN_PATH_BYTES_MAX: usize = 500;

/// Nobody is led to another origin: what is no path of ours becomes the site's root.
fn return_path(wanted: &str) -> String {
    safe_path(Some(wanted.to_owned()))
        .filter(|path| path.len() <= RETURN_PATH_BYTES_MAX)
        .unwrap_or_else(|| "/".to_owned())
}

/// A setup that stands in the table.
struct Written {
    payment_method_setup_id: PaymentMethodSetupId,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    processor: String,
    processor_customer_id: Option<String>,
    email: String,
    name: Option<String>,
}

async fn write(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    input: &BeginSetup,
    checkout: Option<SetupOfCheckout>,
) -> Result<Written, BeginSetupError> {
    let mut tx = db.begin().await?;
    let customer_id = input.customer_id;
    lock_customer(&mut tx, organization_id, customer_id).await?.ok_or(BeginSetupError::Unknown)?;
    let used_for = check_targets(&mut tx, cx, organization_id, input).await?;
    let facts = sqlx::query!(
        r#"select o.payment_processor, c.email, c.name, k.processor_customer_id as "processor_customer_id?"
         from organization o
         join customer c on c.organization_id = o.organization_id and c.customer_id = $2
         left join processor_customer k on k.organization_id = c.organization_id and k.customer_id = c.customer_id
            and k.processor = o.payment_processor
         where o.organization_id = $1"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_one(&mut *tx)
    .await?;
    let processor = facts.payment_processor.ok_or(BeginSetupError::NoProcessor)?;
    check_tries(&mut tx, cx.now, organization_id, input).await?;
    let payment_method_setup_id: PaymentMethodSetupId = cx.new_id();
    sqlx::query!(
        "insert into payment_method_setup
            (organization_id, payment_method_setup_id, customer_id, processor, state, set_default, is_kept, subscription_id, order_id,
             return_path, due_at, created_at, checkout_id, checkout_revision)
         values ($1, $2, $3, $4, 'prepared', $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
        customer_id.as_uuid(),
        processor,
        used_for.set_default,
        input.is_kept,
        used_for.subscription_id,
        input.order_id.map(OrderId::as_uuid),
        return_path(&input.return_path),
        cx.now + FIRST_LOOK,
        cx.now,
        checkout.map(|checkout| checkout.checkout_id.as_uuid()),
        checkout.map(|checkout| checkout.checkout_revision),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Written {
        payment_method_setup_id,
        organization_id,
        customer_id,
        processor,
        processor_customer_id: facts.processor_customer_id,
        email: facts.email,
        name: facts.name,
    })
}

/// What the method will be used for besides paying the order.
#[derive(Default)]
struct UsedFor {
    set_default: bool,
    subscription_id: Option<Uuid>,
}

/// The subscription and the order are the customer's; the order is to be paid. Whoever holds a pay link decides about nothing but the
/// order's own subscription.
async fn check_targets(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    input: &BeginSetup,
) -> Result<UsedFor, BeginSetupError> {
    let found = sqlx::query!(
        r#"select
            (select subscription_id from subscription
             where organization_id = $1 and customer_id = $2 and subscription_id = $3 and ended_at is null) as subscription_id,
            o.status as "order_status?", s.subscription_id as "of_order?"
         from organization
         left join orders o on o.organization_id = $1 and o.customer_id = $2 and o.order_id = $4 and o.status <> 'draft'
         left join subscription s on s.organization_id = $1 and s.subscription_id = o.subscription_id and s.ended_at is null
         where organization.organization_id = $1"#,
        organization_id.as_uuid(),
        input.customer_id.as_uuid(),
        input.subscription_id.map(SubscriptionId::as_uuid),
        input.order_id.map(OrderId::as_uuid),
    )
    .fetch_one(tx)
    .await?;
    match (input.order_id, found.order_status.as_deref()) {
        (None, _) | (Some(_), Some("pending")) => {}
        (Some(_), Some(_)) => return Err(BeginSetupError::OrderNotOpen),
        (Some(_), None) => return Err(BeginSetupError::Unknown),
    }
    if !input.is_kept {
        return Ok(UsedFor::default());
    }
    if matches!(cx.actor, Actor::Payer { .. }) {
        return Ok(UsedFor { set_default: false, subscription_id: found.of_order });
    }
    if input.subscription_id.is_some() && found.subscription_id.is_none() {
        return Err(BeginSetupError::Unknown);
    }
    Ok(UsedFor { set_default: input.set_default, subscription_id: found.subscription_id })
}

/// Counts what stands in the table, failures included; the customer's row is held, so that none is counted twice.
async fn check_tries(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    organization_id: OrganizationId,
    input: &BeginSetup,
) -> Result<(), BeginSetupError> {
    let (hour, day) = (Duration::hours(1), Duration::days(1));
    let tries = sqlx::query!(
        r#"select
            (select count(*) from payment_method_setup
             where organization_id = $1 and customer_id = $2 and created_at > $3) as "of_customer!",
            (select min(created_at) from payment_method_setup
             where organization_id = $1 and customer_id = $2 and created_at > $3) as customer_since,
            (select count(*) from payment_method_setup
             where organization_id = $1 and order_id = $4 and created_at > $5) as "of_order!",
            (select min(created_at) from payment_method_setup
             where organization_id = $1 and order_id = $4 and created_at > $5) as order_since"#,
        organization_id.as_uuid(),
        input.customer_id.as_uuid(),
        now - hour,
        input.order_id.map(OrderId::as_uuid),
        now - day,
    )
    .fetch_one(tx)
    .await?;
    let until = |is_over: bool, since: Option<OffsetDateTime>, window: Duration| {
        since.filter(|_| is_over).map(|since| since + window)
    };
    let customer = until(tries.of_customer >= PER_CUSTOMER_AND_HOUR, tries.customer_since, hour);
    let order = until(tries.of_order >= PER_ORDER_AND_DAY, tries.order_since, day);
    match customer.max(order) {
        Some(until) => Err(BeginSetupError::TooManyTries {
            retry_after_s: u32::try_from((until - now).whole_seconds()).unwrap_or(u32::MAX).max(1),
        }),
        None => Ok(()),
    }
}

/// Makes the customer known to the processor. Two at once end with one: the key is the same, and the first id that is stored stays.
async fn know_customer(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    cx: &Context,
    written: &Written,
) -> Result<String, BeginSetupError> {
    let customer = NewProcessorCustomer {
        organization_id: written.organization_id,
        customer_id: written.customer_id,
        email: written.email.clone(),
        name: written.name.clone(),
    };
    let id =
        processor.create_customer(&customer, cx.now).await.map_err(|error| unavailable(&error))?;
    let stored = sqlx::query_scalar!(
        "insert into processor_customer (organization_id, customer_id, processor, processor_customer_id, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict on constraint processor_customer_pkey
            do update set processor_customer_id = processor_customer.processor_customer_id
         returning processor_customer_id",
        written.organization_id.as_uuid(),
        written.customer_id.as_uuid(),
        written.processor,
        id,
        cx.now,
    )
    .fetch_one(db)
    .await?;
    Ok(stored)
}

fn unavailable(error: &NoAnswer) -> BeginSetupError {
    tracing::warn!(error = error as &dyn std::error::Error, "no method can be added now");
    BeginSetupError::Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{ProcessorChoice, SandboxBehavior, choose_processor};
    use crate::payment_method::test_helpers::Case;
    use crate::test_support::fixtures;
    use domain::role::MemberRole;

    #[tokio::test]
    async fn the_processor_knows_the_customer_once_and_says_where_to_go() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let (one, two) = tokio::join!(case.begin(case.input()), case.begin(case.input()));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_ne!(one.payment_method_setup_id, two.payment_method_setup_id);
        let SetupWay::Hosted { url } = one.way else { panic!("{:?}", one.way) };
        let id = one.payment_method_setup_id.as_uuid().simple();
        assert_eq!(url, format!("/setups/sandbox_setup_{id}"));
        assert_eq!(case.count("select count(*) from processor_customer").await, 1);
        let open = "select count(*) from payment_method_setup where state = 'open' and processor_setup_id is not null";
        assert_eq!(case.count(open).await, 2);
    }

    #[tokio::test]
    async fn others_are_refused_or_find_nothing() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let reader = MemberActorOf(&case, MemberRole::Member);
        let refused = begin_setup(
            &case.db.pool,
            &case.processors(),
            &mut case.db.cx_of(reader.actor()),
            case.input(),
        )
        .await;
        assert!(matches!(refused, Err(BeginSetupError::Forbidden(_))), "{refused:?}");
        let neighbour = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let theirs = BeginSetup { customer_id: neighbour.customer_id, ..case.input() };
        assert!(matches!(case.begin(theirs).await, Err(BeginSetupError::Unknown)));
        let mut cx = case.db.cx_of(neighbour.clone());
        for (subscription_id, order_id) in [
            (Some(case.subscription.subscription_id), None),
            (None, Some(case.subscription.order_id)),
        ] {
            let customer_id = neighbour.customer_id;
            let input = BeginSetup { customer_id, subscription_id, order_id, ..case.input() };
            let answer = begin_setup(&case.db.pool, &case.processors(), &mut cx, input).await;
            assert!(matches!(answer, Err(BeginSetupError::Unknown)), "{answer:?}");
        }
        assert_eq!(case.count("select count(*) from payment_method_setup").await, 0);
    }

    /// The owner in another role.
    struct MemberActorOf<'a>(&'a Case, MemberRole);

    impl MemberActorOf<'_> {
        fn actor(&self) -> Actor {
            let mut member = self.0.owner.clone();
            member.role = self.1;
            member.into()
        }
    }

    #[tokio::test]
    async fn a_paid_order_takes_no_card_and_without_a_processor_there_is_none() {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        let input = BeginSetup { order_id: Some(case.subscription.order_id), ..case.input() };
        assert!(matches!(case.begin(input).await, Err(BeginSetupError::OrderNotOpen)));
        let (db, organization_id) = (&case.db, case.organization_id);
        choose_processor(&db.pool, &mut db.cx(), organization_id, ProcessorChoice::None)
            .await
            .unwrap();
        let refused = case.begin(case.input()).await;
        assert!(matches!(refused, Err(BeginSetupError::NoProcessor)), "{refused:?}");
    }

    #[tokio::test]
    async fn ten_forms_an_hour_and_ten_a_day_for_an_order() {
        let case = Case::new(SandboxBehavior::Approve).await;
        for _ in 0..10 {
            case.begin(case.input()).await.unwrap();
        }
        case.db.clock.advance(Duration::minutes(59));
        let refused = case.begin(case.input()).await;
        assert!(
            matches!(refused, Err(BeginSetupError::TooManyTries { retry_after_s: 60 })),
            "{refused:?}"
        );
        case.db.clock.advance(Duration::minutes(1));
        let order = BeginSetup { order_id: Some(case.subscription.order_id), ..case.input() };
        for _ in 0..10 {
            case.begin(order.clone()).await.unwrap();
            case.db.clock.advance(Duration::hours(1));
        }
        let refused = case.begin(order.clone()).await;
        assert!(
            matches!(refused, Err(BeginSetupError::TooManyTries { retry_after_s: 50_400 })),
            "{refused:?}"
        );
        case.begin(case.input()).await.unwrap();
    }

    #[tokio::test]
    async fn tries_at_once_are_all_counted() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let begins: Vec<_> = (0..16).map(|_| case.begin(case.input())).collect();
        let begun = futures::future::join_all(begins).await;
        assert_eq!(begun.iter().filter(|begun| begun.is_ok()).count(), 10);
    }

    #[tokio::test]
    async fn a_processor_that_is_away_leaves_nothing_half_done() {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        for nobody in [Processors::default(), case.away().await] {
            let answer = begin_setup(&case.db.pool, &nobody, &mut case.cx(), case.input()).await;
            assert!(matches!(answer, Err(BeginSetupError::Unavailable)), "{answer:?}");
        }
        let sent = "select count(*) from payment_method_setup where state <> 'prepared' or processor_setup_id is not null";
        assert_eq!(case.count(sent).await, 0);
        assert_eq!(case.after(Duration::minutes(5)).await, 2);
        let expired =
            "select count(*) from payment_method_setup where state = 'expired' and due_at is null";
        assert_eq!(case.count(expired).await, 2);
        case.begin(case.input()).await.unwrap();
    }

    #[tokio::test]
    async fn nobody_is_led_to_another_origin() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let long = format!("/{}", "x".repeat(500));
        for return_path in ["//evil.example", "https://evil.example", "/\\evil.example", "", &long]
        {
            let input = BeginSetup { return_path: return_path.into(), ..case.input() };
            let begun = case.begin(input).await.unwrap();
            assert_eq!(case.finish(&begun).await.return_path, "/");
        }
    }

    #[tokio::test]
    async fn a_pay_link_adds_for_its_order_and_decides_about_nothing_else() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let payer = Actor::Payer {
            organization_id: case.organization_id,
            customer_id: case.customer_id,
            order_id: case.subscription.order_id,
        };
        let begin = async |input: BeginSetup| {
            let mut cx = case.db.cx_of(payer.clone());
            begin_setup(&case.db.pool, &case.processors(), &mut cx, input).await
        };
        let refused = begin(case.input()).await;
        assert!(matches!(refused, Err(BeginSetupError::Forbidden(_))), "{refused:?}");
        let order_id = Some(case.subscription.order_id);
        begin(BeginSetup { order_id, set_default: true, ..case.input() }).await.unwrap();
        let written =
            "select concat_ws(' ', set_default, is_kept, s.subscription_id = o.subscription_id)
            from payment_method_setup s join orders o using (order_id)";
        assert_eq!(case.texts(written).await, "f t t");
    }
}
