//! The way in: the address, the code, the link, the choice of a customer. These pages ship no script, so the browser's half
//! holds nothing of them.

#[cfg(feature = "ssr")]
pub mod choose;
#[cfg(feature = "ssr")]
pub mod code;
#[cfg(feature = "ssr")]
pub mod email;
#[cfg(feature = "ssr")]
mod finish;
#[cfg(feature = "ssr")]
pub mod link;
mod sign_out;

#[cfg(feature = "ssr")]
pub use choose::ChooseCustomer;
#[cfg(feature = "ssr")]
pub use code::VerifyCode;
#[cfg(feature = "ssr")]
pub use email::RequestCode;
#[cfg(feature = "ssr")]
pub use link::UseLink;
pub use sign_out::SignOut;

use leptos::prelude::*;

#[cfg(not(feature = "ssr"))]
macro_rules! elsewhere {
    ($($page:ident)*) => {$(
        /// Lives on the server.
        pub mod $page {
            /// Asks the server for the page.
            pub fn page() -> leptos::prelude::AnyView {
                super::anew()
            }
        }
    )*};
}
#[cfg(not(feature = "ssr"))]
elsewhere! { choose code email link }

/// Leaves the running portal for a page of the server's.
#[cfg(not(feature = "ssr"))]
fn anew() -> AnyView {
    let _ = window().location().reload();
    ().into_any()
}

/// A page whose content waits for `content`.
#[cfg(feature = "ssr")]
fn awaited<F>(content: fn(String) -> F) -> AnyView
where
    F: Future<Output = Result<AnyView, crate::error::AppError>> + Send + 'static,
{
    use leptos_router::hooks::use_params_map;
    let slug = use_params_map().with_untracked(|params| params.get("organization")).unwrap_or_default();
    let content = move || {
        let slug = slug.clone();
        Suspend::new(async move {
            match content(slug).await {
                Ok(view) => view,
                Err(error) => crate::pages::error::failure(error),
            }
        })
    };
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}
