//! Organizations on the wire, as their customers see them.

use backend::organization::PublicOrganization;
use domain::{change::ProrationBehavior, id::OrganizationId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::timestamp::Timestamp;

/// The organization that sells.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerOrganization {
    #[schema(value_type = Uuid)]
    pub id: OrganizationId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    pub name: String,
    pub slug: String,
    pub avatar_url: Option<String>,
    /// How a change within a period is billed: `invoice`, `prorate` or `next_period`.
    #[schema(value_type = String, example = "prorate")]
    pub proration_behavior: ProrationBehavior,
    /// Whether customers change their plan themselves.
    pub allow_customer_updates: bool,
    pub customer_portal_settings: CustomerPortalSettings,
    pub organization_features: CustomerOrganizationFeatures,
}

/// What customers may do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerPortalSettings {
    pub usage: UsageSettings,
    pub subscription: SubscriptionSettings,
    pub customer: CustomerSettings,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UsageSettings {
    pub show: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionSettings {
    pub update_seats: bool,
    pub update_plan: bool,
    pub pause: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerSettings {
    pub allow_email_change: bool,
}

/// What the organization's portal can do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerOrganizationFeatures {
    /// Always: each customer has members.
    pub member_model_enabled: bool,
    pub checkout_localization_enabled: bool,
}

impl From<PublicOrganization> for CustomerOrganization {
    fn from(organization: PublicOrganization) -> Self {
        let settings = organization.settings;
        Self {
            id: organization.organization_id,
            created_at: organization.created_at.into(),
            modified_at: organization.modified_at.map(Into::into),
            name: organization.name,
            slug: organization.slug,
            avatar_url: organization.logo_url,
            proration_behavior: organization.proration,
            allow_customer_updates: settings.update_plan,
            customer_portal_settings: CustomerPortalSettings {
                usage: UsageSettings { show: settings.show_usage },
                subscription: SubscriptionSettings {
                    update_seats: settings.update_seats,
                    update_plan: settings.update_plan,
                    pause: settings.pause,
                },
                customer: CustomerSettings { allow_email_change: settings.allow_email_change },
            },
            organization_features: CustomerOrganizationFeatures {
                member_model_enabled: true,
                checkout_localization_enabled: false,
            },
        }
    }
}
