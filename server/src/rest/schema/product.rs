//! Products on the wire, with prices and benefits.

use backend::product::{BenefitDetail, PriceDetail, ProductDetail};
use domain::{
    benefit::BenefitVisibility,
    id::{BenefitId, OrganizationId, PriceId, ProductId},
    interval::{Interval, RecurringInterval},
    metadata::Metadata,
    price::PriceAmount as DomainAmount,
    product::ProductVisibility,
    seat_tiers::{SeatTierType, SeatTiers as DomainTiers},
    tax::TaxBehavior,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{benefit::Benefit, organization::CustomerOrganization};
use crate::rest::timestamp::Timestamp;

/// What an organization sells.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerProduct {
    #[schema(value_type = Uuid)]
    pub id: ProductId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    pub trial_interval: Option<Interval>,
    pub trial_interval_count: Option<u16>,
    pub name: String,
    pub description: Option<String>,
    #[schema(value_type = String, example = "public")]
    pub visibility: ProductVisibility,
    /// `day`, `week`, `month` or `year`; null when it is sold once.
    #[schema(value_type = Option<String>)]
    pub recurring_interval: Option<Interval>,
    pub recurring_interval_count: Option<u16>,
    #[schema(value_type = Option<String>)]
    pub meter_interval: Option<Interval>,
    pub meter_interval_count: Option<u16>,
    pub is_recurring: bool,
    pub is_archived: bool,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    pub prices: Vec<ProductPrice>,
    pub benefits: Vec<BenefitPublic>,
    /// Pictures.
    pub medias: Vec<ProductMedia>,
}

/// A product as the organization itself sees it, without what belongs to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductBase {
    #[schema(value_type = Uuid)]
    pub id: ProductId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    pub trial_interval: Option<Interval>,
    pub trial_interval_count: Option<u16>,
    pub name: String,
    pub description: Option<String>,
    #[schema(value_type = String, example = "public")]
    pub visibility: ProductVisibility,
    /// `day`, `week`, `month` or `year`; null when it is sold once.
    #[schema(value_type = Option<String>)]
    pub recurring_interval: Option<Interval>,
    pub recurring_interval_count: Option<u16>,
    #[schema(value_type = Option<String>)]
    pub meter_interval: Option<Interval>,
    pub meter_interval_count: Option<u16>,
    pub is_recurring: bool,
    pub is_archived: bool,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    /// What you note at it.
    #[schema(value_type = Object)]
    pub metadata: Metadata,
}

/// What you sell.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Product {
    #[serde(flatten)]
    pub base: ProductBase,
    /// Those on sale, oldest first.
    pub prices: Vec<ProductPrice>,
    pub benefits: Vec<Benefit>,
    /// Pictures; always empty.
    pub medias: Vec<ProductMedia>,
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    pub attached_custom_fields: Vec<()>,
    /// Nothing refers to it.
    pub is_deletable: bool,
}

impl Product {
    /// `is_deletable`: no subscription and no order refers to it.
    pub fn of(product: &ProductDetail, is_deletable: bool) -> Self {
        Self {
            base: product.into(),
            prices: product
                .prices
                .iter()
                .filter(|price| !price.is_archived)
                .map(Into::into)
                .collect(),
            benefits: product.benefits.iter().map(Into::into).collect(),
            medias: vec![],
            attached_custom_fields: vec![],
            is_deletable,
        }
    }
}

impl From<&ProductDetail> for ProductBase {
    fn from(product: &ProductDetail) -> Self {
        Self {
            id: product.product_id,
            created_at: product.created_at.into(),
            modified_at: product.modified_at.map(Into::into),
            trial_interval: product.trial.map(RecurringInterval::interval),
            trial_interval_count: product.trial.map(RecurringInterval::count),
            name: product.name.clone(),
            description: product.description.clone(),
            visibility: product.visibility,
            recurring_interval: product.recurring.map(RecurringInterval::interval),
            recurring_interval_count: product.recurring.map(RecurringInterval::count),
            meter_interval: None,
            meter_interval_count: None,
            is_recurring: product.recurring.is_some(),
            is_archived: product.is_archived,
            organization_id: product.organization_id,
            metadata: product.metadata.clone(),
        }
    }
}

/// A product with its organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerProductOfOrganization {
    #[serde(flatten)]
    pub product: CustomerProduct,
    pub organization: CustomerOrganization,
}

/// A picture of a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductMedia {
    pub public_url: String,
}

/// A way to pay for a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductPrice {
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub id: PriceId,
    /// Always `catalog`.
    pub source: &'static str,
    #[schema(example = "eur")]
    pub price_currency: String,
    /// Null: as the organization's.
    #[schema(value_type = Option<String>)]
    pub tax_behavior: Option<TaxBehavior>,
    pub is_archived: bool,
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    #[serde(flatten)]
    pub amount: PriceAmount,
}

/// What a price charges for one period, in minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "amount_type", rename_all = "snake_case")]
pub enum PriceAmount {
    /// The same each time; 0 when it is free.
    Fixed {
        price_amount: i64,
    },
    SeatBased {
        seat_tiers: SeatTiers,
    },
}

/// Prices per seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatTiers {
    #[schema(value_type = String, example = "volume")]
    pub seat_tier_type: SeatTierType,
    pub tiers: Vec<SeatTier>,
    pub minimum_seats: i32,
    pub maximum_seats: Option<i32>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatTier {
    pub min_seats: i32,
    /// Included; null in the last tier: without end.
    pub max_seats: Option<i32>,
    pub price_per_seat: i64,
}

/// What comes with a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BenefitPublic {
    #[schema(value_type = Uuid)]
    pub id: BenefitId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[serde(rename = "type")]
    #[schema(example = "custom")]
    pub kind: String,
    pub description: String,
    pub selectable: bool,
    pub deletable: bool,
    pub is_deleted: bool,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
}

impl From<&ProductDetail> for CustomerProduct {
    fn from(product: &ProductDetail) -> Self {
        Self {
            id: product.product_id,
            created_at: product.created_at.into(),
            modified_at: product.modified_at.map(Into::into),
            trial_interval: product.trial.map(RecurringInterval::interval),
            trial_interval_count: product.trial.map(RecurringInterval::count),
            name: product.name.clone(),
            description: product.description.clone(),
            visibility: product.visibility,
            recurring_interval: product.recurring.map(RecurringInterval::interval),
            recurring_interval_count: product.recurring.map(RecurringInterval::count),
            meter_interval: None,
            meter_interval_count: None,
            is_recurring: product.recurring.is_some(),
            is_archived: product.is_archived,
            organization_id: product.organization_id,
            prices: product
                .prices
                .iter()
                .filter(|price| !price.is_archived)
                .map(Into::into)
                .collect(),
            benefits: product
                .benefits
                .iter()
                .filter(|benefit| benefit.visibility == BenefitVisibility::Public)
                .map(Into::into)
                .collect(),
            medias: vec![],
        }
    }
}

impl From<&PriceDetail> for ProductPrice {
    fn from(price: &PriceDetail) -> Self {
        Self {
            created_at: price.created_at.into(),
            modified_at: price.modified_at.map(Into::into),
            id: price.price_id,
            source: "catalog",
            price_currency: price.currency.as_str().to_owned(),
            tax_behavior: price.tax_behavior,
            is_archived: price.is_archived,
            product_id: price.product_id,
            amount: (&price.amount).into(),
        }
    }
}

impl From<&DomainAmount> for PriceAmount {
    fn from(amount: &DomainAmount) -> Self {
        match amount {
            // Clients know no price of nothing.
            DomainAmount::Free => Self::Fixed { price_amount: 0 },
            DomainAmount::Fixed { amount_minor } => Self::Fixed { price_amount: *amount_minor },
            DomainAmount::SeatBased { seat_tiers } => {
                Self::SeatBased { seat_tiers: seat_tiers.into() }
            }
        }
    }
}

impl From<&DomainTiers> for SeatTiers {
    fn from(tiers: &DomainTiers) -> Self {
        Self {
            seat_tier_type: tiers.tier_type(),
            tiers: tiers
                .tiers()
                .iter()
                .map(|tier| SeatTier {
                    min_seats: tier.min_seats,
                    max_seats: tier.max_seats,
                    price_per_seat: tier.price_per_seat_minor,
                })
                .collect(),
            minimum_seats: tiers.minimum_seats(),
            maximum_seats: tiers.maximum_seats(),
        }
    }
}

impl From<&BenefitDetail> for BenefitPublic {
    fn from(benefit: &BenefitDetail) -> Self {
        Self {
            id: benefit.benefit_id,
            created_at: benefit.created_at.into(),
            modified_at: benefit.modified_at.map(Into::into),
            kind: benefit.kind.clone(),
            description: benefit.description.clone(),
            selectable: true,
            deletable: true,
            is_deleted: false,
            organization_id: benefit.organization_id,
        }
    }
}
