//! Cancelling at the end of the period: what will happen and when, an optional reason, one button that says what it does.

use domain::subscription::CancellationReason;
use leptos::prelude::*;
use leptos_meta::Title;

use super::show::{LoadSubscription, ShowSubscription};
use super::view::{Standing, SubscriptionView};
use crate::error::AppError;
use crate::frame::use_slug;
use crate::pages::error::failure;
use crate::pages::load::page_of;
use crate::text::{Text, use_text};
use crate::ui::button::{ButtonKind, ButtonLink};
use crate::ui::form::{Choice, Done, Form, Hidden, RadioGroup, SubmitButton, TextArea, action};
use crate::ui::page_header::PageHeader;
use crate::urls::paths;

/// Cancels a subscription at the end of its period.
#[server(prefix = "/api", endpoint = "subscription/cancel")]
pub async fn cancel_subscription(
    organization: String,
    subscription_id: String,
    #[server(default)] reason: Option<String>,
    #[server(default)] comment: Option<String>,
) -> Result<Done, AppError> {
    super::load::cancel(&organization, &subscription_id, reason, comment).await
}

/// `/{organization}/portal/subscriptions/{id}/cancel`
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
    let (title, lead) = match subscription.standing() {
        Standing::Canceling => (t.cancel_already_title(), t.cancel_already_lead(&name, &date)),
        Standing::Ended | Standing::IncompleteExpired | Standing::Unpaid => {
            (t.cancel_ended_title(), t.cancel_ended_lead(&name, &date))
        }
        Standing::Incomplete | Standing::Paused => {
            (t.cancel_not_billable_title(), t.cancel_not_billable_lead(&name))
        }
        Standing::Active | Standing::Trialing | Standing::PastDue => return form(t, &subscription),
    };
    refused(t, &subscription, title, lead)
}

/// There is nothing to do: said with its status, and the way on.
pub(super) fn refused(
    t: Text,
    subscription: &SubscriptionView,
    title: &'static str,
    lead: String,
) -> AnyView {
    #[cfg(feature = "ssr")]
    crate::ssr::answer_with_status(409);
    let slug = use_slug();
    let keep = subscription.can_keep().then(|| {
        view! { <ButtonLink kind=ButtonKind::Primary href=paths::subscription_keep(&slug, subscription.id)>{t.subscription_keep()}</ButtonLink> }
    });
    let back = (paths::subscription(&slug, subscription.id), subscription.name(t));
    view! {
        <Title text=title/>
        <PageHeader title=title lead=lead back=back/>
        <div class="form-actions">{keep}</div>
    }
    .into_any()
}

fn form(t: Text, subscription: &SubscriptionView) -> AnyView {
    let slug = use_slug();
    let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
    let lead = if subscription.standing() == Standing::Trialing {
        t.cancel_trial_lead(&name, &date)
    } else {
        t.cancel_lead(&name, &date)
    };
    let up = paths::subscription(&slug, subscription.id);
    let title = t.cancel_title(&name);
    let choices = CancellationReason::ALL.iter().map(move |reason| Choice {
        value: reason.as_str().to_owned(),
        label: t.cancel_reason(reason.as_str()).unwrap_or_default().to_owned(),
        detail: None,
    });
    let (id, consequences) = (subscription.id.to_string(), consequences(t, subscription));
    view! {
        <Title text=title.clone()/>
        <PageHeader title=title lead=lead back=(up.clone(), name.clone())/>
        {consequences}
        <Form action={action::<CancelSubscription>()} organization=slug>
            <Hidden name="subscription_id" value=id/>
            <RadioGroup name="reason" legend=t.cancel_reason_legend() choices=choices.collect()/>
            <TextArea name="comment" label=t.cancel_comment_label() hint=t.cancel_comment_hint().to_owned()/>
            <div class="form-actions">
                <SubmitButton label=t.cancel_submit(&name, &date) pending=t.cancel_pending() class=ButtonKind::Danger.class()/>
                <ButtonLink href=up>{t.cancel_keep_instead()}</ButtonLink>
            </div>
        </Form>
    }
    .into_any()
}

fn consequences(t: Text, subscription: &SubscriptionView) -> AnyView {
    let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
    view! {
        <section class="prose">
            <h2>{t.cancel_consequences_title()}</h2>
            <ul>
                <li>{t.cancel_consequence_access(&name, &date)}</li>
                <li>{t.cancel_consequence_charge()}</li>
                <li>{t.cancel_consequence_open_orders()}</li>
                <li>{t.cancel_consequence_undo(&date)}</li>
                <li>{t.cancel_consequence_mail()}</li>
            </ul>
        </section>
    }
    .into_any()
}
