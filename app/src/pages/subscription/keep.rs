//! Taking a cancellation back.

use leptos::prelude::*;
use leptos_meta::Title;

use super::cancel::refused;
use super::show::{LoadSubscription, ShowSubscription};
use super::view::{Standing, SubscriptionView};
use crate::error::AppError;
use crate::frame::use_slug;
use crate::pages::error::failure;
use crate::pages::load::page_of;
use crate::text::{Text, use_text};
use crate::ui::button::ButtonLink;
use crate::ui::form::{Done, Form, Hidden, SubmitButton, action};
use crate::ui::page_header::PageHeader;
use crate::urls::paths;

/// Takes back the cancellation of a subscription.
#[server(prefix = "/api", endpoint = "subscription/keep")]
pub async fn keep_subscription(
    organization: String,
    subscription_id: String,
) -> Result<Done, AppError> {
    super::load::keep(&organization, &subscription_id).await
}

/// `/{organization}/portal/subscriptions/{id}/keep`
pub fn page() -> AnyView {
    page_of::<LoadSubscription>(show)
}

fn show(view: ShowSubscription) -> AnyView {
    let t = use_text();
    if !view.can_write {
        return failure(AppError::Forbidden);
    }
    let subscription = view.subscription;
    let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
    match subscription.standing() {
        Standing::Canceling => form(t, &subscription),
        Standing::Ended | Standing::IncompleteExpired | Standing::Unpaid => refused(
            t,
            &subscription,
            t.cancel_ended_title(),
            t.subscription_sentence_ended(&name, &date),
        ),
        _ => refused(
            t,
            &subscription,
            t.keep_not_scheduled_title(),
            t.keep_not_scheduled_lead(&name),
        ),
    }
}

fn form(t: Text, subscription: &SubscriptionView) -> AnyView {
    let slug = use_slug();
    let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
    let renews = if subscription.amount.is_zero() {
        t.keep_renews_free(&date)
    } else {
        t.keep_renews(&date, &subscription.price(t))
    };
    let up = paths::subscription(&slug, subscription.id);
    let title = t.keep_title(&name);
    let id = subscription.id.to_string();
    view! {
        <Title text=title.clone()/>
        <PageHeader title=title lead=t.keep_lead(&name, &date) back=(up.clone(), name.clone())/>
        <section class="prose">
            <ul>
                <li>{renews}</li>
                <li>{t.keep_unchanged()}</li>
            </ul>
        </section>
        <Form action={action::<KeepSubscription>()} organization=slug>
            <Hidden name="subscription_id" value=id/>
            <div class="form-actions">
                <SubmitButton label=t.keep_submit(&name) pending=t.keep_pending()/>
                <ButtonLink href=up>{t.common_back()}</ButtonLink>
            </div>
        </Form>
    }
    .into_any()
}
