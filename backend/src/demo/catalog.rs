//! What the demo organization sells.

use std::collections::HashMap;

use domain::id::{OrganizationId, PriceId, ProductId};
use domain::interval::{Interval, RecurringInterval};
use domain::money::Currency;
use domain::price::PriceAmount;
use domain::seat_tiers::{SeatTier, SeatTierType, SeatTiers};
use sqlx::PgPool;

use super::seed::SeedError;
use crate::context::Context;
use crate::price::{self, CreatePrice};
use crate::product::{self, CreateProduct};

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

/// The ids of what is on sale.
pub(super) type Catalog = HashMap<(Plan, Currency), (ProductId, PriceId)>;

/// Creates all products, each with a price in euros and one in dollars.
pub(super) async fn create(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
) -> Result<Catalog, SeedError> {
    let mut catalog = Catalog::new();
    for plan in Plan::ALL {
        let (interval, count) = plan.every();
        let interval_of = |interval, count| {
            RecurringInterval::new(interval, count)
                .map_err(|error| SeedError::Catalog(error.into()))
        };
        let trial =
            if plan == Plan::Business { Some(interval_of(Interval::Day, 14)?) } else { None };
        let input = CreateProduct {
            organization_id,
            name: plan.name().to_owned(),
            description: Some(plan.description().to_owned()),
            recurring: Some(interval_of(interval, count)?),
            trial,
        };
        let product_id = product::create(db, cx, input).await?;
        for currency in [Currency::EUR, Currency::USD] {
            let input = CreatePrice {
                organization_id,
                product_id,
                amount: plan.amount()?,
                currency,
                tax_behavior: None,
            };
            let price_id = price::create(db, cx, input).await?;
            catalog.insert((plan, currency), (product_id, price_id));
        }
    }
    Ok(catalog)
}
