//! How every page gets its data: once on the server, again when the reader comes from another page or something changed.

use std::future::Future;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::AppError;
use crate::frame::use_slug;
use crate::live::use_refresh;
use crate::pages::error::failure;
use crate::ui::skeleton::Skeleton;

/// Shows what `load` finds for the organization and the `id` of the address (empty where it has none).
///
/// While newer data is on its way the old stays; a failure shows what to do.
pub fn page_of<T, F>(load: fn(String, String) -> F, show: fn(T) -> AnyView) -> AnyView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    let (params, refresh) = (use_params_map(), use_refresh());
    let slug = use_slug();
    let source = move || {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        (slug.clone(), id, refresh.get())
    };
    loaded(Resource::new(source, move |(slug, id, _)| load(slug, id)), show)
}

/// Shows a resource.
pub fn loaded<T>(resource: Resource<Result<T, AppError>>, show: fn(T) -> AnyView) -> AnyView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    let content = move || {
        Suspend::new(async move {
            match resource.await {
                Ok(view) => show(view),
                Err(error) => failure(error),
            }
        })
    };
    view! { <Transition fallback=|| view! { <Skeleton lines=6/> }>{content}</Transition> }.into_any()
}
