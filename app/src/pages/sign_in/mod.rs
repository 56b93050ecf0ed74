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
pub mod verify_email;

#[cfg(feature = "ssr")]
pub use choose::ChooseCustomer;
#[cfg(feature = "ssr")]
pub use code::VerifyCode;
#[cfg(feature = "ssr")]
pub use email::RequestCode;
#[cfg(feature = "ssr")]
pub use link::UseLink;
pub use sign_out::SignOut;
#[cfg(feature = "ssr")]
pub use verify_email::ConfirmEmail;

#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// A page whose content waits for `content`, which is worked out once: also one that writes something down is safe.
#[cfg(feature = "ssr")]
pub(crate) fn awaited<F>(content: fn(String) -> F) -> AnyView
where
    F: Future<Output = Result<AnyView, crate::error::AppError>> + Send + 'static,
{
    use leptos_router::hooks::use_params_map;
    let slug =
        use_params_map().with_untracked(|params| params.get("organization")).unwrap_or_default();
    let content = move || {
        let slug = slug.clone();
        Suspend::new(async move {
            // `Suspense` first looks what its children wait for: it makes them, asks each once, and drops them. Whatever is ready at
            // once would be done then, and half of it twice.
            tokio::task::yield_now().await;
            match content(slug).await {
                Ok(view) => view,
                Err(error) => crate::pages::error::failure(error),
            }
        })
    };
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}
