//! Products, prices and subscriptions that tests start from, made by the commands themselves.

use domain::id::{OrganizationId, PriceId, ProductId};
use domain::interval::{Interval, RecurringInterval};
use domain::money::Currency;
use domain::price::PriceAmount;
use domain::seat_tiers::{SeatTier, SeatTierType, SeatTiers};

use super::TestDb;
use crate::actor::MemberActor;
use crate::price::{self, CreatePrice};
use crate::product::{self, CreateProduct};
use crate::subscription::{self, StartSubscription, StartedSubscription};

/// What is sold, and for how much.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    pub organization_id: OrganizationId,
    pub product_id: ProductId,
    pub price_id: PriceId,
}

impl Offer {
    /// A product and its price in euros.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn new(
        db: &TestDb,
        organization_id: OrganizationId,
        amount: PriceAmount,
        recurring: Option<RecurringInterval>,
        trial_days: Option<i32>,
    ) -> Self {
        let trial =
            trial_days.map(|days| RecurringInterval::new(Interval::Day, days).expect("a trial"));
        let input = CreateProduct {
            organization_id,
            name: "Pro".into(),
            description: None,
            recurring,
            trial,
        };
        let product_id = product::create(&db.pool, &mut db.cx(), input).await.expect("a product");
        let input = CreatePrice { organization_id, product_id, amount, currency: Currency::EUR };
        let price_id = price::create(&db.pool, &mut db.cx(), input).await.expect("a price");
        Self { organization_id, product_id, price_id }
    }

    /// Pro at €29.00 a month.
    pub async fn monthly(db: &TestDb, organization_id: OrganizationId) -> Self {
        Self::new(
            db,
            organization_id,
            PriceAmount::Fixed { amount_minor: 2_900 },
            Some(RecurringInterval::MONTHLY),
            None,
        )
        .await
    }

    /// Pro at €29.00 a month, after a trial of 14 days.
    pub async fn with_trial(db: &TestDb, organization_id: OrganizationId) -> Self {
        Self::new(
            db,
            organization_id,
            PriceAmount::Fixed { amount_minor: 2_900 },
            Some(RecurringInterval::MONTHLY),
            Some(14),
        )
        .await
    }

    /// Pro at €10.00 per seat and month, 2 to 50 seats.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn per_seat(db: &TestDb, organization_id: OrganizationId) -> Self {
        let tier = SeatTier { min_seats: 2, max_seats: Some(50), price_per_seat_minor: 1_000 };
        let seat_tiers = SeatTiers::parse(SeatTierType::Volume, vec![tier]).expect("tiers");
        Self::new(
            db,
            organization_id,
            PriceAmount::SeatBased { seat_tiers },
            Some(RecurringInterval::MONTHLY),
            None,
        )
        .await
    }

    /// The input that subscribes the member's customer to it.
    pub fn start_for(&self, member: &MemberActor, seats: Option<i32>) -> StartSubscription {
        StartSubscription {
            organization_id: self.organization_id,
            customer_id: member.customer_id,
            product_id: self.product_id,
            price_id: self.price_id,
            seats,
        }
    }

    /// Subscribes the member's customer to it.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn subscribe(&self, db: &TestDb, member: &MemberActor) -> StartedSubscription {
        subscription::start(&db.pool, &mut db.cx(), self.start_for(member, None))
            .await
            .expect("a subscription")
    }
}

/// Pro at €29.00 a month for the member's customer.
///
/// # Panics
/// When that is refused.
pub async fn subscribed(db: &TestDb, member: &MemberActor) -> StartedSubscription {
    Offer::monthly(db, member.organization_id).await.subscribe(db, member).await
}
