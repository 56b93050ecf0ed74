//! How every page gets its data: once on the server, again when the reader comes from another page or something changed.
//!
//! A page names the server function that loads its view. The server calls it in place, the browser by HTTP. What travels is
//! its answer as text, so that everything here but the last reading of it is made once for all pages: a page adds a few
//! kilobytes less to the download.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::server::codee::string::FromToStringCodec;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::AppError;
use crate::frame::use_slug;
use crate::pages::error::failure;
use crate::ui::skeleton::Skeleton;
use crate::urls::encode;

/// Shows what `F` finds for the organization and the `id` of the address; a failure says what to do.
pub fn page_of<F>(show: fn(F::Output) -> AnyView) -> AnyView
where
    F: ServerFn<Error = AppError> + DeserializeOwned + Send + 'static,
    F::Output: Serialize + DeserializeOwned + Send + 'static,
{
    page_with::<F>(&[], show, |error| failure(error))
}

/// The same for one of several pages that one server function loads: `name` is handed on as `sheet`, and of the address's query
/// the parameters named.
pub fn named_page<F>(
    name: &'static str,
    query: &'static [&'static str],
    show: fn(F::Output) -> AnyView,
) -> AnyView
where
    F: ServerFn<Error = AppError> + DeserializeOwned + Send + 'static,
    F::Output: Serialize + DeserializeOwned + Send + 'static,
{
    page_asking::<F>(asked(name, query), show, |error| failure(error))
}

/// The same for a page whose address has a query: the parameters named are handed on. `refused` shows why there is nothing.
pub fn page_with<F>(
    query: &'static [&'static str],
    show: fn(F::Output) -> AnyView,
    refused: fn(&AppError) -> AnyView,
) -> AnyView
where
    F: ServerFn<Error = AppError> + DeserializeOwned + Send + 'static,
    F::Output: Serialize + DeserializeOwned + Send + 'static,
{
    page_asking::<F>(asked("", query), show, refused)
}

/// What stands beside a page, whatever its address: nothing while it is asked for, and nothing where it is refused.
pub(crate) fn quiet<F>(name: &'static str, show: fn(F::Output) -> AnyView) -> AnyView
where
    F: ServerFn<Error = AppError> + DeserializeOwned + Send + 'static,
    F::Output: Serialize + DeserializeOwned + Send + 'static,
{
    let slug = use_slug();
    let asked = move || format!("organization={}&sheet={name}", encode(&slug));
    #[cfg(feature = "ssr")]
    let answer = Resource::new_str(asked, crate::ssr::answer::<F>);
    #[cfg(not(feature = "ssr"))]
    let answer = follow::resource(F::PATH, asked);
    let content = move || {
        Suspend::new(async move {
            answer::read::<F::Output>(&answer.await).map_or_else(|_| ().into_any(), show)
        })
    };
    view! { <Transition fallback=|| ()>{content}</Transition> }.into_any()
}

fn page_asking<F>(
    asked: impl Fn() -> String + Clone + Send + Sync + 'static,
    show: fn(F::Output) -> AnyView,
    refused: fn(&AppError) -> AnyView,
) -> AnyView
where
    F: ServerFn<Error = AppError> + DeserializeOwned + Send + 'static,
    F::Output: Serialize + DeserializeOwned + Send + 'static,
{
    let shown = move |answer: &str| match answer::read::<F::Output>(answer) {
        Ok(view) => show(view),
        Err(error) => refused(&error),
    };
    #[cfg(feature = "ssr")]
    let answer = Resource::new_str(asked, crate::ssr::answer::<F>);
    #[cfg(not(feature = "ssr"))]
    let answer = follow::resource(F::PATH, asked);
    page(answer, Arc::new(shown))
}

type Answer = Resource<String, FromToStringCodec>;

/// What the address asks for, as a form's body.
fn asked(
    sheet: &'static str,
    names: &'static [&'static str],
) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    let (params, query, slug) = (use_params_map(), use_query_map(), use_slug());
    move || {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        let mut question = format!("organization={}&id={}", encode(&slug), encode(&id));
        if !sheet.is_empty() {
            question.push_str("&sheet=");
            question.push_str(sheet);
        }
        for name in names {
            if let Some(value) =
                query.with(|query| query.get(name)).filter(|value| !value.is_empty())
            {
                for part in ["&", *name, "=", &encode(&value)] {
                    question.push_str(part);
                }
            }
        }
        question
    }
}

/// The browser's half: asking, and asking again when something changed elsewhere.
#[cfg(not(feature = "ssr"))]
mod follow {
    use leptos::prelude::*;
    use wasm_bindgen_futures::spawn_local;

    use super::{Answer, answer};
    use crate::call::ask;
    use crate::error::AppError;
    use crate::live::use_refresh;
    use crate::ui::form::is_being_filled_in;

    pub(super) fn resource(
        path: &'static str,
        asked: impl Fn() -> String + Clone + Send + Sync + 'static,
    ) -> Answer {
        let shown = Resource::new_str(asked.clone(), move |question| ask(path, question));
        let refresh = use_refresh();
        Effect::new(move |before: Option<u32>| {
            let now = refresh.get();
            if before.is_some_and(|before| before != now) {
                let (asked, question) = (asked.clone(), untrack(&asked));
                spawn_local(async move {
                    let newer = ask(path, question.clone()).await;
                    // Before writing: that makes the resource forget what it waits for, be it the page the reader went to.
                    if !shown.is_disposed() && untrack(asked) == question {
                        show(shown, newer);
                    }
                });
            }
            now
        });
        shown
    }

    /// Shows a newer answer where it says something new: what a reader is typing is not taken from under the fingers, and
    /// a page that is there is not given up for a moment without network.
    fn show(shown: Answer, newer: String) {
        if is_being_filled_in() || newer == answer::refused(&AppError::Transport) {
            return;
        }
        let Some(mut current) = shown.try_write_untracked() else { return };
        if current.as_deref() != Some(newer.as_str()) {
            *current = Some(newer);
            drop(current);
            shown.notify();
        }
    }
}

/// While newer data is on its way the old stays.
fn page(answer: Answer, shown: Arc<dyn Fn(&str) -> AnyView + Send + Sync>) -> AnyView {
    let content = move || {
        let shown = Arc::clone(&shown);
        Suspend::new(async move { shown(&answer.await) })
    };
    view! { <Transition fallback=|| view! { <Skeleton lines=6/> }>{content}</Transition> }
        .into_any()
}

/// An answer as text: a sign, then JSON.
pub(crate) mod answer {
    use serde::de::DeserializeOwned;

    use crate::error::AppError;

    const FOUND: char = '+';
    const REFUSED: char = '-';

    /// The answer of a server function.
    #[cfg(feature = "ssr")]
    pub(crate) fn write<T: serde::Serialize>(answer: &Result<T, AppError>) -> String {
        match answer {
            Ok(view) => match serde_json::to_string(view) {
                Ok(json) => found(&json),
                Err(error) => refused(&crate::ssr::internal(&error)),
            },
            Err(error) => refused(error),
        }
    }

    /// An answer from the JSON of what was found.
    pub(crate) fn found(json: &str) -> String {
        format!("{FOUND}{json}")
    }

    /// An answer from a refusal.
    pub(crate) fn refused(error: &AppError) -> String {
        format!("{REFUSED}{}", serde_json::to_string(error).unwrap_or_default())
    }

    pub(crate) fn read<T: DeserializeOwned>(answer: &str) -> Result<T, AppError> {
        if let Some(json) = answer.strip_prefix(FOUND) {
            return serde_json::from_str(json).map_err(|_| AppError::Outdated);
        }
        Err(answer
            .strip_prefix(REFUSED)
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or(AppError::Outdated))
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::answer::{read, write};
    use crate::error::AppError;

    #[test]
    fn answers_are_read_as_they_were_written() {
        assert_eq!(read::<Vec<i64>>(&write(&Ok(vec![1, 2]))), Ok(vec![1, 2]));
        let refusal = AppError::field("page", "page_invalid");
        assert_eq!(read::<i64>(&write::<i64>(&Err(refusal.clone()))), Err(refusal));
        assert_eq!(read::<i64>("<html>"), Err(AppError::Outdated));
        assert_eq!(read::<i64>("+[]"), Err(AppError::Outdated));
    }
}
