//! Organizations: the companies that run their portal here.

mod create;
mod find;

pub use create::{CreateOrganization, CreateOrganizationError, create};
pub use find::{OrganizationView, PortalSettings, find, find_by_slug};
