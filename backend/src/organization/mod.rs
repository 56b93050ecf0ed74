//! Organizations: the companies that run their portal here.

mod create;
mod detail;
mod find;
mod public;
mod update;
mod update_api_sign_in;
mod update_portal_settings;
mod update_seller;

pub use create::{CreateOrganization, CreateOrganizationError, create};
pub use detail::{OrganizationDetail, detail};
pub use find::{OrganizationView, PortalSettings, find, find_by_slug};
pub use public::{PublicOrganization, public};
pub use update::{
    PortalSwitches, SubscriptionSwitches, UpdateOrganization, UpdateOrganizationError, update,
};
pub use update_api_sign_in::{UpdateApiSignInError, update_api_sign_in};
pub use update_portal_settings::{
    UpdatePortalSettings, UpdatePortalSettingsError, update_portal_settings,
};
pub use update_seller::{UpdateSeller, UpdateSellerError, update_seller};
