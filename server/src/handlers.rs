//! The endpoints beside the portal's pages.

pub mod brand;
pub mod checkout;
pub mod dev_mailbox;
pub mod dev_mails;
pub mod docs;
pub mod events;
pub mod hand_over;
pub mod health;
pub mod metrics;
pub mod pages;
pub mod pay;
pub mod server_functions;
pub mod site;
pub mod stripe_webhook;
pub mod texts;
