//! What the demo organization sells.

use std::collections::HashMap;

use domain::discount::{DiscountAmount, DiscountDuration};
use domain::id::{BenefitId, DiscountId, OrganizationId, PriceId, ProductId};
use domain::interval::{Interval, RecurringInterval};
use domain::money::{Currency, Money};
use domain::price::PriceAmount;
use domain::product::ProductVisibility;
use domain::seat_tiers::{SeatTier, SeatTierType, SeatTiers};
use sqlx::PgPool;

use super::seed::SeedError;
use crate::benefit::{self, CreateBenefit};
use crate::context::Context;
use crate::discount::{self, CreateDiscount};
use crate::price::{self, CreatePrice};
use crate::product::{self, CreateProduct, UpdateProduct};

/// The plans, by which the cast names what it buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Plan {
    Free,
    Starter,
    StarterYearly,
    Pro,
    ProYearly,
    Business,
    Team,
    TeamYearly,
    LogArchive,
}

impl Plan {
    const ALL: [Self; 9] = [
        Self::Free,
        Self::Starter,
        Self::StarterYearly,
        Self::Pro,
        Self::ProYearly,
        Self::Business,
        Self::Team,
        Self::TeamYearly,
        Self::LogArchive,
    ];

    pub(super) const fn has_seats(self) -> bool {
        matches!(self, Self::Team | Self::TeamYearly)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Starter => "Starter",
            Self::StarterYearly => "Starter Yearly",
            Self::Pro => "Pro",
            Self::ProYearly => "Pro Yearly",
            Self::Business => "Business",
            Self::Team => "Team",
            Self::TeamYearly => "Team Yearly",
            Self::LogArchive => "Log Archive",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Free => "One small server, to find out whether you like us.",
            Self::Starter | Self::StarterYearly => "Three servers, daily backups, help by e-mail.",
            Self::Pro | Self::ProYearly => {
                "Twenty servers, hourly backups, help within four hours."
            }
            Self::Business => "Unlimited servers, audit log, help around the clock.",
            Self::Team | Self::TeamYearly => "Everything in Pro for a whole team, paid per seat.",
            Self::LogArchive => "Keeps your logs for seven years. Paid every three months.",
        }
    }

    /// What comes with it, by its place in [`BENEFITS`].
    const fn benefits(self) -> &'static [usize] {
        match self {
            Self::Free => &[0],
            Self::Starter | Self::StarterYearly => &[1, 4, 6],
            Self::Pro | Self::ProYearly => &[2, 5, 7],
            Self::Business => &[3, 5, 8, 9],
            Self::Team | Self::TeamYearly => &[2, 5, 7, 10],
            Self::LogArchive => &[11],
        }
    }

    /// Nobody changes from a plan to the archive: it is sold beside one.
    const fn visibility(self) -> ProductVisibility {
        match self {
            Self::LogArchive => ProductVisibility::Private,
            _ => ProductVisibility::Public,
        }
    }

    fn every(self) -> (Interval, i32) {
        match self {
            Self::StarterYearly | Self::ProYearly | Self::TeamYearly => (Interval::Year, 1),
            Self::LogArchive => (Interval::Month, 3),
            _ => (Interval::Month, 1),
        }
    }

    /// The same figures in euros and dollars.
    fn amount(self) -> Result<PriceAmount, SeedError> {
        let fixed = |amount_minor| {
            PriceAmount::fixed(amount_minor).map_err(|error| SeedError::Catalog(error.into()))
        };
        match self {
            Self::Free => Ok(PriceAmount::Free),
            Self::Starter => fixed(900),
            Self::StarterYearly => fixed(9_000),
            Self::Pro => fixed(2_900),
            Self::ProYearly => fixed(29_000),
            Self::Business => fixed(9_900),
            Self::LogArchive => fixed(4_500),
            Self::Team => seats(SeatTierType::Volume, [2_000, 1_800, 1_500]),
            Self::TeamYearly => seats(SeatTierType::Graduated, [20_000, 18_000, 15_000]),
        }
    }
}

/// Up to 4 seats, 5 to 19, from 20 on.
fn seats(tier_type: SeatTierType, [few, some, many]: [i64; 3]) -> Result<PriceAmount, SeedError> {
    let tiers = vec![
        SeatTier { min_seats: 1, max_seats: Some(4), price_per_seat_minor: few },
        SeatTier { min_seats: 5, max_seats: Some(19), price_per_seat_minor: some },
        SeatTier { min_seats: 20, max_seats: None, price_per_seat_minor: many },
    ];
    let seat_tiers = SeatTiers::parse(tier_type, tiers).map_err(SeedError::Catalog)?;
    Ok(PriceAmount::SeatBased { seat_tiers })
}

const BENEFITS: [&str; 12] = [
    "One small server",
    "Three servers",
    "Twenty servers",
    "Unlimited servers",
    "Daily backups",
    "Hourly backups",
    "Help by e-mail",
    "Help within four hours",
    "Help around the clock",
    "Audit log",
    "A workspace for the team",
    "Seven years of logs",
];

/// The discounts that are given, by which the cast names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rebate {
    /// A fifth off the first three months.
    Welcome,
    /// Ten off the first period.
    FirstTime,
    /// A tenth off, for ever.
    Loyal,
}

impl Rebate {
    const ALL: [Self; 3] = [Self::Welcome, Self::FirstTime, Self::Loyal];

    fn terms(self) -> (&'static str, DiscountAmount, DiscountDuration) {
        match self {
            Self::Welcome => (
                "Welcome",
                DiscountAmount::Percentage { basis_points: 2_000 },
                DiscountDuration::Repeating { months: 3 },
            ),
            Self::FirstTime => (
                "First time",
                DiscountAmount::Fixed {
                    amounts: [Currency::EUR, Currency::USD].map(|c| Money::new(1_000, c)).to_vec(),
                },
                DiscountDuration::Once,
            ),
            Self::Loyal => (
                "Loyalty",
                DiscountAmount::Percentage { basis_points: 1_000 },
                DiscountDuration::Forever,
            ),
        }
    }
}

/// The ids of what is on sale, and of what comes off.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub prices: HashMap<(Plan, Currency), (ProductId, PriceId)>,
    pub rebates: HashMap<Rebate, DiscountId>,
}

/// Creates all products with what comes with them, each with a price in euros and one in dollars, and the discounts.
pub(super) async fn create(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
) -> Result<Catalog, SeedError> {
    let mut catalog = Catalog::default();
    let mut benefits = Vec::new();
    for description in BENEFITS {
        let input = CreateBenefit::of(organization_id, description);
        benefits.push(benefit::create(db, cx, input).await?);
    }
    for plan in Plan::ALL {
        let product_id = create_product(db, cx, organization_id, plan, &benefits).await?;
        for currency in [Currency::EUR, Currency::USD] {
            let input = CreatePrice {
                organization_id,
                product_id,
                amount: plan.amount()?,
                currency,
                tax_behavior: None,
            };
            let price_id = price::create(db, cx, input).await?;
            catalog.prices.insert((plan, currency), (product_id, price_id));
        }
    }
    for rebate in Rebate::ALL {
        let (name, amount, duration) = rebate.terms();
        let input = CreateDiscount::of(organization_id, name, amount, duration);
        catalog.rebates.insert(rebate, discount::create(db, cx, input).await?);
    }
    Ok(catalog)
}

async fn create_product(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    plan: Plan,
    benefits: &[BenefitId],
) -> Result<ProductId, SeedError> {
    let (interval, count) = plan.every();
    let interval_of = |interval, count| {
        RecurringInterval::new(interval, count).map_err(|error| SeedError::Catalog(error.into()))
    };
    let trial = if plan == Plan::Business { Some(interval_of(Interval::Day, 14)?) } else { None };
    let input = CreateProduct {
        description: Some(plan.description().to_owned()),
        recurring: Some(interval_of(interval, count)?),
        trial,
        ..CreateProduct::of(organization_id, plan.name())
    };
    let product_id = product::create(db, cx, input).await?;
    let update = UpdateProduct {
        visibility: Some(plan.visibility()),
        benefits: Some(plan.benefits().iter().map(|place| benefits[*place]).collect()),
        ..UpdateProduct::of(organization_id, product_id)
    };
    product::update(db, cx, update).await?;
    Ok(product_id)
}
