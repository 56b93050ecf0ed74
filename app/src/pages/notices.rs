//! What stands above every page for who looks after the billing: what is overdue, and a card that ends soon. Made by the server
//! as a sheet without a title, so that it adds next to nothing to the download.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::load::quiet;
use super::sheet::LoadSheet;
use crate::ui::sheet::{Sheet, parts};

/// The notices, but where they are acted on.
pub(crate) fn notices() -> AnyView {
    let path = use_location().pathname;
    let is_elsewhere = Memo::new(move |_| {
        path.with(|path| !(path.contains("/portal/orders/") && path.ends_with("/pay")))
    });
    let shown = quiet::<LoadSheet>("notices", show);
    view! { <div class="notices" hidden=move || !is_elsewhere.get()>{shown}</div> }.into_any()
}

fn show(sheet: Sheet) -> AnyView {
    if sheet.blocks.is_empty() {
        return ().into_any();
    }
    let label = sheet.title.clone();
    view! { <section class="stack stack-tight" aria-label=label>{parts(sheet)}</section> }
        .into_any()
}

#[cfg(feature = "ssr")]
pub(crate) mod load {
    use backend::payment::{ExpiringCard, attention};
    use domain::format;
    use time::Duration;

    use crate::error::AppError;
    use crate::pages::method::{self, Validity};
    use crate::pages::orders::overdue;
    use crate::pages::sheet::{Asked, Reader};
    use crate::ui::sheet::{Block, Body, Message, Sheet};
    use crate::ui::tone::Tone;
    use crate::urls::paths;

    /// The notices of the signed-in person; none for who may do nothing about them.
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let sheet = Sheet::new(t.pay_banner_label());
        if reader.may_write_billing().is_err() {
            return Ok(sheet);
        }
        let (zone, now) = (reader.person.time_zone.as_str(), reader.cx.now);
        let found = attention(&reader.portal.db, &reader.person.actor, now).await?;
        let overdue = found.overdue.iter().map(|one| overdue::message(t, slug, zone, now, one));
        let card = found.expiring.map(|card| expiring(&reader, slug, &card));
        let messages = overdue.chain(card);
        Ok(messages.fold(sheet, |sheet, message| {
            sheet.block(Block { title: None, body: Body::Alert(message) })
        }))
    }

    fn expiring(reader: &Reader, slug: &str, card: &ExpiringCard) -> Message {
        let t = reader.text;
        let name = method::name(t, &card.details);
        let products = card.product_names.join(", ");
        let validity = method::validity(card.details.expiry, reader.cx.now);
        let end = card.details.expiry.and_then(domain::payment_method::CardExpiry::ends_at);
        let (tone, title) = match (validity, end) {
            (Validity::Expired, _) | (_, None) => (Tone::Bad, t.pay_card_expired(&name, &products)),
            (_, Some(end)) => {
                // The last day on which it is good.
                let last = (end - Duration::SECOND).date();
                let last = format::date(last, t.locale());
                (Tone::Wait, t.pay_card_expires(&name, &last, &products))
            }
        };
        Message {
            tone,
            title,
            link: Some((paths::payment_method_add(slug), t.pay_card_update().to_owned())),
            ..Message::default()
        }
    }
}
