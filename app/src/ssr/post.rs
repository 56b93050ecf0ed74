//! Forms without script: a page's own path takes the POST, calls the form's server function and says what to answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;

use http::header::{HeaderMap, SET_COOKIE};
use http::request::Parts;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Portal, provide};
use crate::error::AppError;
use crate::pages::load::answer::write;
use crate::ui::form::{Done, FormState};
use crate::urls::{decode, paths, safe_return};

/// What to answer to a posted form.
#[derive(Debug)]
pub enum PostOutcome {
    /// 303 to `to`, with these cookies.
    Redirect { to: String, headers: HeaderMap },
    /// The page again, by its own GET: put `state` into the request's extensions, give the answer `status` and `headers`.
    Rerender { state: Box<FormState>, status: u16, headers: HeaderMap },
}

type Answer = Pin<Box<dyn Future<Output = Result<Done, AppError>> + Send>>;

/// A form by the path of its server function.
struct Entry {
    path: &'static str,
    run: fn(Vec<u8>) -> Answer,
}

fn entry<F>() -> Entry
where
    F: ServerFn<Output = Done, Error = AppError> + DeserializeOwned + Send,
{
    Entry { path: F::PATH, run: run::<F> }
}

fn run<F>(body: Vec<u8>) -> Answer
where
    F: ServerFn<Output = Done, Error = AppError> + DeserializeOwned + Send,
{
    Box::pin(async move { call::<F>(&body).await })
}

/// Calls a server function with the fields of a form's body.
async fn call<F>(body: &[u8]) -> Result<F::Output, AppError>
where
    F: ServerFn<Error = AppError> + DeserializeOwned + Send,
{
    let call: F = serde_qs::Config::new()
        .use_form_encoding(true)
        .deserialize_bytes(body)
        .map_err(|_| AppError::Outdated)?;
    call.run_body().await
}

/// Calls a server function that loads a page's view, in place; the answer as [`crate::pages::load`] reads it.
pub async fn answer<F>(question: String) -> String
where
    F: ServerFn<Error = AppError> + DeserializeOwned + Send,
    F::Output: Serialize,
{
    write(&call::<F>(question.as_bytes()).await)
}

/// Every form of the portal.
fn entries() -> Vec<Entry> {
    use crate::pages::settings::payment_methods;
    use crate::pages::{checkout, orders, pay_link, settings, sign_in, subscription};
    vec![
        entry::<sign_in::RequestCode>(),
        entry::<sign_in::VerifyCode>(),
        entry::<sign_in::UseLink>(),
        entry::<sign_in::ChooseCustomer>(),
        entry::<sign_in::ConfirmEmail>(),
        entry::<sign_in::SignOut>(),
        entry::<subscription::CancelSubscription>(),
        entry::<subscription::KeepSubscription>(),
        entry::<settings::SaveBilling>(),
        entry::<settings::ChangeEmail>(),
        entry::<orders::pay::PayOrder>(),
        entry::<pay_link::PayByLink>(),
        entry::<checkout::BuyByCheckout>(),
        entry::<orders::pay::GiveUpPayment>(),
        entry::<payment_methods::AddPaymentMethod>(),
        entry::<payment_methods::SetDefaultMethod>(),
        entry::<payment_methods::SetBackupMethod>(),
        entry::<payment_methods::RemovePaymentMethod>(),
        entry::<subscription::ChoosePaymentMethod>(),
        entry::<subscription::ConfirmChange>(),
        entry::<subscription::ChooseSeats>(),
        entry::<subscription::PauseSubscription>(),
        entry::<subscription::KeepRunning>(),
        entry::<subscription::UndoUpdate>(),
        entry::<settings::EndSession>(),
        entry::<settings::EndOtherSessions>(),
    ]
}

/// Fields that never come back to a page.
const SECRETS: [&str; 2] = ["code", "token"];
/// A form of the portal has a handful.
const FIELDS_MAX: usize = 50;

/// Runs the form that a POST to a page names. `parts` are the request's, with the extensions that a GET has.
pub async fn handle(portal: Portal, parts: Parts, body: Vec<u8>) -> PostOutcome {
    let page = parts.uri.path_and_query().map(|page| page.as_str().to_owned()).unwrap_or_default();
    let owner = Owner::new();
    let response = ResponseOptions::default();
    let outcome = owner
        .with(|| {
            provide_context(parts);
            provide_context(response.clone());
            provide(&portal);
            ScopedFuture::new(run_form(body))
        })
        .await;
    let headers =
        std::mem::take(&mut response.0.write().unwrap_or_else(PoisonError::into_inner).headers);
    owner.unset_with_forced_cleanup();
    match outcome {
        Ok(done) => PostOutcome::Redirect { to: done.to, headers: only_cookies(&headers) },
        // The session ended while the form was being filled in: sign in, then back to this step.
        Err(FormState { error: AppError::Unauthenticated, .. }) => {
            PostOutcome::Redirect { to: sign_in(&page), headers: only_cookies(&headers) }
        }
        Err(state) => {
            PostOutcome::Rerender { status: state.error.status(), state: Box::new(state), headers }
        }
    }
}

async fn run_form(body: Vec<u8>) -> Result<Done, FormState> {
    let fields = fields(&body);
    let form = fields
        .iter()
        .find(|(name, _)| name == "_form")
        .map(|(_, value)| value.clone())
        .unwrap_or_default();
    let found =
        entries().into_iter().find(|entry| entry.path.strip_prefix("/api/") == Some(form.as_str()));
    let outcome = match found {
        Some(entry) => (entry.run)(body).await,
        None => Err(AppError::Outdated),
    };
    outcome.map_err(|error| {
        super::answer_with(&error);
        let values = fields
            .into_iter()
            .filter(|(name, _)| !name.starts_with('_') && !SECRETS.contains(&name.as_str()))
            .collect();
        FormState { form, values, error }
    })
}

fn sign_in(page: &str) -> String {
    let organization = page.split('/').nth(1).unwrap_or_default();
    match safe_return(organization, page) {
        Some(to) => paths::sign_in_to(organization, &to),
        None => paths::sign_in(organization),
    }
}

fn only_cookies(headers: &HeaderMap) -> HeaderMap {
    headers
        .iter()
        .filter(|(name, _)| *name == SET_COOKIE)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The name-value pairs of a form's body.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).take(FIELDS_MAX);
    pairs
        .map(|pair| {
            let (name, value) =
                pair.split_at(pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len()));
            (decode(name), decode(value.strip_prefix(b"=").unwrap_or_default()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_bounded() {
        let expected = [
            ("a".to_owned(), "x y&".to_owned()),
            ("b".to_owned(), String::new()),
            ("%zz".to_owned(), "ü".to_owned()),
        ];
        assert_eq!(fields(b"a=x+y%26&b&%zz=%C3%BC"), expected);
        assert_eq!(fields("a=1&".repeat(1_000).as_bytes()).len(), FIELDS_MAX);
    }

    #[test]
    fn an_ended_session_leads_back_to_the_step() {
        assert_eq!(
            sign_in("/acme/portal/subscriptions/7/cancel"),
            "/acme/portal/sign-in?to=/acme/portal/subscriptions/7/cancel"
        );
        assert_eq!(sign_in("/acme/portal/sign-in"), "/acme/portal/sign-in");
    }

    #[test]
    fn every_server_function_that_ends_a_form_is_a_form() {
        // The ones that only read a page's view are named `view/…`, those that a processor's frame calls `frame/…`.
        let listed: Vec<&str> = entries().iter().map(|entry| entry.path).collect();
        let mut names = listed.clone();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), listed.len());
        let posted = server_fn::axum::server_fn_paths()
            .map(|(path, _)| path)
            .filter(|path| !path.contains("/view/") && !path.contains("/frame/"));
        let missing: Vec<&str> = posted.filter(|path| !listed.contains(path)).collect();
        assert_eq!(missing, Vec::<&str>::new());
        assert!(server_fn::axum::server_fn_paths().count() > listed.len());
    }
}
