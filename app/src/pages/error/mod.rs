//! Pages that say why there is no other: what happened, and what to do next.

use std::borrow::Borrow;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::error::AppError;
use crate::frame::use_frame;
use crate::text::{Text, use_text};
use crate::ui::button::{ButtonKind, ButtonLink};
use crate::ui::page_header::PageHeader;
use crate::urls::paths;

/// What such a page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub title: String,
    pub text: String,
    /// A second sentence: the request's id.
    pub hint: Option<String>,
    /// Where to go on, and what that is called.
    pub next: Option<(String, String)>,
}

/// For an address that is no page. Answers 404.
pub fn not_found() -> AnyView {
    failure(&AppError::NotFound)
}

/// In place of a page that could not be loaded. Gives the answer the error's status; without a session it leads to sign-in.
pub fn failure(error: impl Borrow<AppError>) -> AnyView {
    let error = error.borrow();
    failure_page(error, describe(use_text(), error))
}

/// The same in words of the page's own.
pub fn failure_page(error: &AppError, failure: Failure) -> AnyView {
    #[cfg(feature = "ssr")]
    crate::ssr::answer_with(error);
    #[cfg(feature = "hydrate")]
    if *error == AppError::Unauthenticated {
        crate::visit::sign_in();
    }
    view! {
        <Title text=failure.title.clone()/>
        <PageHeader title=failure.title lead=failure.text/>
        {failure.hint.map(|hint| view! { <p class="quiet">{hint}</p> })}
        {failure.next.map(|(href, label)| view! {
            <div class="row">
                <ButtonLink kind=ButtonKind::Primary href=href>{label}</ButtonLink>
            </div>
        })}
    }
    .into_any()
}

/// An error in words.
#[must_use]
pub fn describe(t: Text, error: &AppError) -> Failure {
    let frame = use_frame();
    let customer =
        frame.person.as_ref().map(|person| person.customer_name.clone()).unwrap_or_default();
    let overview = frame.organization.as_ref().map(|organization| {
        (paths::overview(&organization.slug), t.failure_to_overview().to_owned())
    });
    let sign_in = frame.organization.as_ref().map(|organization| {
        (paths::sign_in(&organization.slug), t.failure_to_sign_in().to_owned())
    });
    let forward = if frame.person.is_some() { overview } else { sign_in.clone() };
    let say = |title: &str, text: &str| Failure {
        title: title.to_owned(),
        text: text.to_owned(),
        hint: None,
        next: forward.clone(),
    };
    match error {
        AppError::Unauthenticated => Failure {
            next: sign_in,
            ..say(t.failure_unauthenticated_title(), t.failure_unauthenticated_text())
        },
        AppError::Forbidden => {
            say(t.failure_forbidden_title(), &t.failure_forbidden_text(&customer))
        }
        AppError::NotFound if frame.organization.is_none() => {
            say(t.failure_unknown_organization_title(), t.failure_unknown_organization_text())
        }
        AppError::NotFound => say(t.failure_not_found_title(), t.failure_not_found_text()),
        AppError::Invalid(_) => say(t.failure_invalid_title(), t.failure_invalid_text()),
        AppError::Conflict { code } | AppError::Declined { code } => say(
            t.failure_conflict_title(),
            t.error(code).unwrap_or_else(|| t.failure_conflict_text()),
        ),
        AppError::RateLimited { retry_after_s } => say(
            t.failure_limited_title(),
            &t.failure_limited_text(i64::from(retry_after_s.div_ceil(60))),
        ),
        AppError::Internal { request_id } => Failure {
            hint: Some(t.failure_internal_hint(request_id)),
            ..say(t.failure_internal_title(), t.failure_internal_text())
        },
        AppError::Outdated => say(t.failure_reload_title(), t.failure_reload_text()),
        AppError::Transport => say(t.failure_network_title(), t.failure_network_text()),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use std::sync::Arc;

    use domain::locale::Locale;

    use super::*;
    use crate::frame::{Frame, FrameOrganization};

    fn said(error: &AppError, organization: Option<&str>) -> Failure {
        Owner::new().with(|| {
            let organization = organization.map(|slug| FrameOrganization {
                slug: slug.to_owned(),
                name: "Acme".to_owned(),
                logo_url: None,
                support_email: None,
            });
            provide_context(Arc::new(Frame { organization, ..Frame::default() }));
            describe(Text::of(Locale::En), error)
        })
    }

    #[test]
    fn an_internal_error_gives_its_number_and_a_way_on() {
        let failure = said(&AppError::Internal { request_id: "r-1".to_owned() }, Some("acme"));
        assert!(failure.hint.is_some_and(|hint| hint.contains("r-1")));
        assert_eq!(failure.next.map(|(href, _)| href).as_deref(), Some("/acme/portal/sign-in"));
    }

    #[test]
    fn an_unknown_portal_is_another_matter_than_an_unknown_page() {
        assert_ne!(
            said(&AppError::NotFound, None).title,
            said(&AppError::NotFound, Some("acme")).title
        );
        assert_eq!(said(&AppError::NotFound, None).next, None);
    }

    #[test]
    fn a_wait_is_told_in_full_minutes() {
        assert!(
            said(&AppError::RateLimited { retry_after_s: 61 }, Some("acme"))
                .text
                .contains("2 minutes")
        );
        assert!(
            said(&AppError::RateLimited { retry_after_s: 1 }, Some("acme"))
                .text
                .contains("1 minute,")
        );
    }
}
