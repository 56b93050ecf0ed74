//! Organizations on the wire: as their customers see them, and as they see themselves.

use std::collections::BTreeMap;

use backend::organization::{OrganizationDetail, PortalSettings, PublicOrganization};
use domain::{change::ProrationBehavior, id::OrganizationId, tax::TaxBehavior};
use serde::{Deserialize, Serialize};
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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CustomerPortalSettings {
    pub usage: UsageSettings,
    pub subscription: SubscriptionSettings,
    #[serde(default)]
    pub customer: CustomerSettings,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UsageSettings {
    pub show: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionSettings {
    pub update_seats: bool,
    pub update_plan: bool,
    #[serde(default)]
    pub pause: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct CustomerSettings {
    #[serde(default)]
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
            customer_portal_settings: settings.into(),
            organization_features: CustomerOrganizationFeatures {
                member_model_enabled: true,
                checkout_localization_enabled: false,
            },
        }
    }
}

impl From<PortalSettings> for CustomerPortalSettings {
    fn from(settings: PortalSettings) -> Self {
        Self {
            usage: UsageSettings { show: settings.show_usage },
            subscription: SubscriptionSettings {
                update_seats: settings.update_seats,
                update_plan: settings.update_plan,
                pause: settings.pause,
            },
            customer: CustomerSettings { allow_email_change: settings.allow_email_change },
        }
    }
}

/// Your organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Organization {
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub id: OrganizationId,
    pub name: String,
    /// The first part of the portal's address. It never changes.
    #[schema(example = "acme")]
    pub slug: String,
    pub avatar_url: Option<String>,
    /// How a change within a period is billed: `invoice`, `prorate` or `next_period`.
    #[schema(value_type = String, example = "prorate")]
    pub proration_behavior: ProrationBehavior,
    /// Whether customers change their plan themselves.
    pub allow_customer_updates: bool,
    /// Where customers write to.
    pub email: Option<String>,
    pub website: Option<String>,
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    pub socials: Vec<()>,
    /// Always `active`.
    pub status: &'static str,
    pub details_submitted_at: Option<Timestamp>,
    /// Always null: nobody reviews organizations here.
    pub onboarding_resubmission_requested_at: Option<Timestamp>,
    pub sso_enforced: bool,
    /// Of the first price; `usd` while there is none.
    #[schema(example = "eur")]
    pub default_presentment_currency: String,
    /// Of prices that do not say themselves whether tax is in them: `exclusive` or `inclusive`.
    #[schema(value_type = String, example = "exclusive")]
    pub default_tax_behavior: TaxBehavior,
    pub feature_settings: OrganizationFeatureSettings,
    pub subscription_settings: OrganizationSubscriptionSettings,
    pub customer_email_settings: OrganizationCustomerEmailSettings,
    pub customer_portal_settings: CustomerPortalSettings,
    pub dispute_settings: OrganizationDisputeSettings,
    /// Always empty: checkouts are not embedded into other pages.
    pub embed_hosts: Vec<String>,
    /// Of the seller.
    #[schema(example = "DE")]
    pub country: Option<String>,
    /// Always null: money goes to your own account at the processor.
    pub account_id: Option<String>,
    pub payout_account_id: Option<String>,
    pub capabilities: OrganizationCapabilities,
}

/// Disputes are answered at the processor.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct OrganizationDisputeSettings {
    /// Always null.
    pub auto_accept_below_amount: Option<i64>,
}

/// What this server can do for an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's independent switches")]
pub struct OrganizationFeatureSettings {
    pub issue_funding_enabled: bool,
    pub seat_based_pricing_enabled: bool,
    pub wallets_enabled: bool,
    pub member_model_enabled: bool,
    pub checkout_localization_enabled: bool,
}

impl OrganizationFeatureSettings {
    /// Seats and members are always there; the rest is not.
    pub const ALL: Self = Self {
        issue_funding_enabled: false,
        seat_based_pricing_enabled: true,
        wallets_enabled: false,
        member_model_enabled: true,
        checkout_localization_enabled: false,
    };
}

/// How subscriptions behave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganizationSubscriptionSettings {
    /// Always true: a customer may have several.
    pub allow_multiple_subscriptions: bool,
    /// How a change within a period is billed: `invoice`, `prorate` or `next_period`.
    #[schema(value_type = String, example = "prorate")]
    pub proration_behavior: ProrationBehavior,
    /// So many days benefits stay after a subscription became past due: 0 to 60.
    #[schema(minimum = 0, maximum = 60)]
    pub benefit_revocation_grace_period: i16,
    /// Always false.
    pub prevent_trial_abuse: bool,
    /// The same as `update_plan` of the portal's settings, which changes it.
    pub allow_customer_updates: bool,
}

/// Which mails customers get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's independent switches")]
pub struct OrganizationCustomerEmailSettings {
    pub order_confirmation: bool,
    /// On when it is left out, as the client 0.49.0 does, which does not know it.
    #[serde(default = "on")]
    #[schema(required)]
    pub payment_method_expiration_reminder: bool,
    pub subscription_cancellation: bool,
    pub subscription_confirmation: bool,
    pub subscription_cycled: bool,
    pub subscription_cycled_after_trial: bool,
    pub subscription_past_due: bool,
    pub subscription_paused: bool,
    pub subscription_resumed: bool,
    pub subscription_renewal_reminder: bool,
    pub subscription_revoked: bool,
    pub subscription_trial_conversion_reminder: bool,
    pub subscription_uncanceled: bool,
    pub subscription_updated: bool,
}

const fn on() -> bool {
    true
}

/// What the organization can do now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the wire's independent switches")]
pub struct OrganizationCapabilities {
    pub checkout_payments: bool,
    pub subscription_renewals: bool,
    pub payouts: bool,
    pub refunds: bool,
    pub api_access: bool,
    pub dashboard_access: bool,
}

impl OrganizationCapabilities {
    /// Whoever runs the server decides himself.
    const ALL: Self = Self {
        checkout_payments: true,
        subscription_renewals: true,
        payouts: true,
        refunds: true,
        api_access: true,
        dashboard_access: true,
    };
}

impl From<OrganizationDetail> for Organization {
    fn from(organization: OrganizationDetail) -> Self {
        let mails = OrganizationCustomerEmailSettings::of(&organization.mail_switches);
        Self {
            created_at: organization.created_at.into(),
            modified_at: organization.modified_at.map(Into::into),
            id: organization.organization_id,
            name: organization.name,
            slug: organization.slug,
            avatar_url: organization.logo_url,
            proration_behavior: organization.proration,
            allow_customer_updates: organization.settings.update_plan,
            email: organization.support_email,
            website: organization.website_url,
            socials: vec![],
            status: "active",
            details_submitted_at: None,
            onboarding_resubmission_requested_at: None,
            sso_enforced: false,
            default_presentment_currency: organization.currency.unwrap_or_else(|| "usd".into()),
            default_tax_behavior: organization.tax_behavior,
            feature_settings: OrganizationFeatureSettings::ALL,
            subscription_settings: OrganizationSubscriptionSettings {
                allow_multiple_subscriptions: true,
                proration_behavior: organization.proration,
                benefit_revocation_grace_period: organization.benefit_grace_days,
                prevent_trial_abuse: false,
                allow_customer_updates: organization.settings.update_plan,
            },
            customer_email_settings: mails,
            customer_portal_settings: organization.settings.into(),
            dispute_settings: OrganizationDisputeSettings { auto_accept_below_amount: None },
            embed_hosts: vec![],
            country: organization.country,
            account_id: None,
            payout_account_id: None,
            capabilities: OrganizationCapabilities::ALL,
        }
    }
}

impl OrganizationCustomerEmailSettings {
    /// The switch of each mail beside its template.
    pub const fn templates(&self) -> [(&'static str, bool); 14] {
        [
            ("order_confirmation", self.order_confirmation),
            ("card_expiring", self.payment_method_expiration_reminder),
            ("subscription_cancellation", self.subscription_cancellation),
            ("subscription_confirmation", self.subscription_confirmation),
            ("subscription_cycled", self.subscription_cycled),
            ("subscription_cycled_after_trial", self.subscription_cycled_after_trial),
            ("subscription_past_due", self.subscription_past_due),
            ("subscription_paused", self.subscription_paused),
            ("subscription_resumed", self.subscription_resumed),
            ("subscription_renewal_reminder", self.subscription_renewal_reminder),
            ("subscription_revoked", self.subscription_revoked),
            ("subscription_trial_conversion_reminder", self.subscription_trial_conversion_reminder),
            ("subscription_uncanceled", self.subscription_uncanceled),
            ("subscription_updated", self.subscription_updated),
        ]
    }

    fn of(switches: &BTreeMap<String, bool>) -> Self {
        let is_on = |template: &str| switches.get(template).copied().unwrap_or(true);
        Self {
            order_confirmation: is_on("order_confirmation"),
            payment_method_expiration_reminder: is_on("card_expiring"),
            subscription_cancellation: is_on("subscription_cancellation"),
            subscription_confirmation: is_on("subscription_confirmation"),
            subscription_cycled: is_on("subscription_cycled"),
            subscription_cycled_after_trial: is_on("subscription_cycled_after_trial"),
            subscription_past_due: is_on("subscription_past_due"),
            subscription_paused: is_on("subscription_paused"),
            subscription_resumed: is_on("subscription_resumed"),
            subscription_renewal_reminder: is_on("subscription_renewal_reminder"),
            subscription_revoked: is_on("subscription_revoked"),
            subscription_trial_conversion_reminder: is_on("subscription_trial_conversion_reminder"),
            subscription_uncanceled: is_on("subscription_uncanceled"),
            subscription_updated: is_on("subscription_updated"),
        }
    }
}
