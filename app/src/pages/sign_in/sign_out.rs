//! Ending the own session, from every page's header.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

/// Ends the session and forgets its cookie. Without a session there is nothing to end, and that is as good.
#[server(prefix = "/api", endpoint = "sign-out")]
pub async fn sign_out(organization: String) -> Result<Done, AppError> {
    use crate::ssr::{
        CookieKind, clear_cookie, internal, organization as known, portal, request_info, signed_in,
    };
    use backend::session;

    let (portal, found) = (portal()?, known(&organization).await?);
    match signed_in(&organization).await {
        Ok((_, person)) => {
            let mut cx = portal.context(person.actor, &request_info()?);
            session::sign_out(&portal.db, &mut cx).await.map_err(|error| internal(&error))?;
        }
        Err(AppError::Unauthenticated) => {}
        Err(error) => return Err(error),
    }
    clear_cookie(&portal.urls, CookieKind::Session, found.id);
    Ok(Done::at(format!("{}?ended=1", crate::urls::paths::sign_in(&organization))))
}
