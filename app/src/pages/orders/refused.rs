//! Orders that are not shown, and why.

use leptos::prelude::*;

use crate::error::AppError;
use crate::frame::{use_frame, use_slug};
use crate::pages::error::{Failure, describe, failure, failure_page};
use crate::text::use_text;
use crate::urls::paths;

/// In place of orders: who can see them, which pages there are; else as everywhere.
pub(super) fn refused(error: &AppError) -> AnyView {
    let (t, frame) = (use_text(), use_frame());
    match error {
        AppError::Forbidden => {
            let customer = frame
                .person
                .as_ref()
                .map(|person| person.customer_name.clone())
                .unwrap_or_default();
            let (title, text) = (
                t.failure_forbidden_orders_title().to_owned(),
                t.failure_forbidden_orders_text(&customer),
            );
            failure_page(error, Failure { title, text, ..describe(t, error) })
        }
        AppError::Invalid(errors) if errors.first("page").is_some() => {
            let (title, text) = (
                t.failure_invalid_page_title().to_owned(),
                t.failure_invalid_page_text().to_owned(),
            );
            let next = Some((paths::orders(&use_slug()), t.failure_to_first_page().to_owned()));
            failure_page(error, Failure { title, text, next, ..describe(t, error) })
        }
        _ => failure(error),
    }
}
