//! What a pay link opens: one order, paid by whoever holds the link, without signing in and without script. The page tells
//! the amount and the company, and nothing about the customer.

use std::sync::Arc;

use backend::organization::OrganizationView;
use backend::payment::{
    self, PayError, PayLink, PayLinkState, SetupPresentation, SetupWay, pay_link,
};
use backend::payment_method::{self, BeginSetup, BeginSetupError};
use backend::rate_limit::{self, CheckError, Limits};
use domain::format;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use time::Duration;

use crate::error::AppError;
use crate::pages::sign_in::awaited;
use crate::pages::{decline, method};
use crate::ssr::{self, internal, portal, request_info};
use crate::text::{Text, use_text};
use crate::ui::form::{Done, Field, action};
use crate::ui::sheet::{Block, Body, Message, Sheet, SheetForm, show};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// Who pays an order needs a few tries; who tries links or cards needs many.
const LIMITS: Limits = Limits { per_minute: 10, per_hour: 40, wait: Duration::minutes(10) };

/// Leads to where a card for the link's order is entered. A payment that waits for approval is given up first.
#[server(prefix = "/api", endpoint = "pay-link")]
pub async fn pay_by_link(
    organization: String,
    token: String,
    /// The card is charged for the subscription's next payments too.
    #[server(default)]
    keep: bool,
) -> Result<Done, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&organization).await?;
    let (db, now) = (&portal.db, portal.clock.now());
    rate_limit::check(db, organization.id, "pay_link", &request.client, now, LIMITS)
        .await
        .map_err(|error| match error {
            CheckError::Limited(limited) => {
                AppError::RateLimited { retry_after_s: limited.retry_after_s }
            }
            CheckError::Database(_) => internal(&error),
        })?;
    let link = open(&organization, &token).await?.ok_or(AppError::NotFound)?;
    let here = paths::pay_link(&organization.slug, &token);
    let PayLinkState::Open { keeps_method_possible, action_url, .. } = &link.state else {
        return Ok(Done::at(here));
    };
    let mut cx = portal.context(link.actor.clone(), &request);
    if action_url.is_some() {
        let given_up =
            payment::give_up_action(db, &portal.processors, &mut cx, link.order_id).await;
        match given_up {
            Ok(()) => {}
            Err(PayError::NotOpen) => return Ok(Done::at(here)),
            Err(error) => return Err(crate::pages::orders::pay::refusal(error)),
        }
    }
    let input = BeginSetup {
        customer_id: link.actor.customer_id().ok_or(AppError::NotFound)?,
        set_default: false,
        is_kept: keep && *keeps_method_possible,
        subscription_id: None,
        order_id: Some(link.order_id),
        presentation: SetupPresentation::Hosted,
        return_path: here.clone(),
    };
    match payment_method::begin_setup(db, &portal.processors, &mut cx, input).await {
        Ok(begun) => match begun.way {
            SetupWay::Hosted { url } => Done::leave(url),
            SetupWay::Embedded { .. } => Err(AppError::conflict("pay_unavailable")),
        },
        Err(BeginSetupError::OrderNotOpen) => Ok(Done::at(here)),
        Err(error) => Err(refusal(error)),
    }
}

fn refusal(error: BeginSetupError) -> AppError {
    match error {
        BeginSetupError::Unknown => AppError::NotFound,
        BeginSetupError::Forbidden(_) => AppError::Forbidden,
        BeginSetupError::NoProcessor => AppError::conflict("pay_not_charged"),
        BeginSetupError::OrderNotOpen => AppError::conflict("pay_not_open"),
        BeginSetupError::TooManyTries { retry_after_s } => AppError::RateLimited { retry_after_s },
        BeginSetupError::Unavailable => AppError::conflict("pay_unavailable"),
        error => internal(&error),
    }
}

/// What a token opens; `None` for one that is not ours.
async fn open(organization: &OrganizationView, token: &str) -> Result<Option<PayLink>, AppError> {
    let portal = portal()?;
    Ok(pay_link::open(&portal.db, &portal.secret, organization.id, token).await?)
}

/// `/{organization}/portal/pay/{token}`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let t = use_text();
    let token = use_params_map().with_untracked(|params| params.get("token")).unwrap_or_default();
    let done = use_query_map().with_untracked(|query| query.get("done")).unwrap_or_default();
    let organization = ssr::organization(&slug).await?;
    let sheet = match open(&organization, &token).await? {
        Some(link) => describe(t, &organization, &link, &token, &done),
        None => unknown(t, &organization),
    };
    Ok(show(sheet))
}

fn unknown(t: Text, organization: &OrganizationView) -> Sheet {
    Sheet::new(t.pay_link_unknown_title())
        .lead(t.pay_link_unknown_text(&organization.name))
        .status(404)
        .link(paths::sign_in(&organization.slug), t.pay_link_sign_in())
}

fn describe(
    t: Text,
    organization: &Arc<OrganizationView>,
    link: &PayLink,
    token: &str,
    done: &str,
) -> Sheet {
    let amount = format::money(link.amount, t.locale());
    let company = organization.name.as_str();
    let PayLinkState::Open {
        keeps_method_possible,
        decline_code,
        action_url,
        is_running,
        tries_left,
    } = &link.state
    else {
        return if link.state == PayLinkState::Paid {
            Sheet::new(t.pay_link_paid_title()).lead(t.pay_link_paid_text(&amount, company))
        } else {
            Sheet::new(t.pay_link_void_title()).lead(t.pay_link_void_text(company))
        };
    };
    let mut sheet =
        Sheet::new(t.pay_link_title(&amount, company)).lead(t.pay_link_lead(company, &amount));
    if !organization.has_processor {
        return Sheet { lead: t.error_pay_not_charged().to_owned(), ..sheet };
    }
    if *is_running {
        let here = paths::pay_link(&organization.slug, token);
        return sheet
            .block(Block::alert(
                Tone::Wait,
                t.pay_done_waiting(),
                Some(t.pay_link_running_text().to_owned()),
            ))
            .link(here, t.pay_link_running_refresh());
    }
    let alert = match (action_url, decline_code) {
        (Some(url), _) => Some(Message {
            tone: Tone::Wait,
            title: t.pay_link_action().to_owned(),
            text: Some(t.pay_action_text().to_owned()),
            link: Some((url.clone(), t.pay_action_link().to_owned())),
            ..Message::default()
        }),
        (None, _) if done == "failed" => Some(Message {
            tone: Tone::Bad,
            title: t.pay_link_failed().to_owned(),
            ..Message::default()
        }),
        (None, Some(code)) => Some(Message {
            tone: Tone::Bad,
            title: t.pay_declined_because(decline::reason(t, *code)),
            text: Some(t.pay_link_decline_advice().to_owned()),
            ..Message::default()
        }),
        (None, None) => None,
    };
    if let Some(alert) = alert {
        sheet = sheet.block(Block { title: None, body: Body::Alert(alert) });
    }
    if *tries_left <= 0 && action_url.is_none() {
        return sheet
            .block(Block::alert(
                Tone::Bad,
                t.pay_link_tries_used(),
                Some(t.pay_link_tries_used_text(company)),
            ))
            .link(paths::sign_in(&organization.slug), t.pay_link_sign_in());
    }
    let processor = method::processor_name(organization.payment_processor.as_deref());
    let submit = match action_url {
        Some(_) => t.pay_give_up_submit().to_owned(),
        None => t.pay_link_submit(processor),
    };
    let mut form =
        SheetForm::new(action::<PayByLink>(), submit, t.pay_link_pending()).hidden("token", token);
    if *keeps_method_possible {
        form = form.field(Field::check("keep", t.pay_link_keep(), false));
    }
    sheet.block(Block::text(t.pay_link_how(processor))).form(form)
}

#[cfg(test)]
mod tests {
    use backend::actor::Actor;
    use domain::locale::Locale;
    use domain::money::{Currency, Money};
    use domain::payment::DeclineCode;
    use uuid::Uuid;

    use super::*;

    fn organization() -> Arc<OrganizationView> {
        Arc::new(ssr::tests::organization(Some("sandbox")))
    }

    fn link(state: PayLinkState) -> PayLink {
        let id = Uuid::from_u128;
        PayLink {
            actor: Actor::Payer {
                organization_id: id(1).into(),
                customer_id: id(2).into(),
                order_id: id(3).into(),
            },
            order_id: id(3).into(),
            amount: Money::new(2_900, Currency::EUR),
            state,
        }
    }

    fn open_state() -> PayLinkState {
        PayLinkState::Open {
            keeps_method_possible: true,
            decline_code: Some(DeclineCode::ExpiredCard),
            action_url: None,
            is_running: false,
            tries_left: 5,
        }
    }

    fn made(state: PayLinkState) -> Sheet {
        describe(Text::of(Locale::En), &organization(), &link(state), "the-token", "")
    }

    #[test]
    fn an_open_order_has_a_form_whose_box_is_not_ticked() {
        let sheet = made(open_state());
        assert_eq!(sheet.title, "€29.00 to Acme & Co");
        let form = sheet.form.expect("a form");
        assert_eq!(form.hidden, [("token".to_owned(), "the-token".to_owned())]);
        assert_eq!(form.fields[0].name, "keep");
        assert_eq!(form.fields[0].value, "");
        let alert = format!("{:?}", sheet.blocks);
        assert!(alert.contains("the card has expired"), "{alert}");
    }

    #[test]
    fn what_is_settled_has_no_form() {
        for state in [PayLinkState::Paid, PayLinkState::Void] {
            let sheet = made(state);
            assert!(sheet.form.is_none() && sheet.links.is_empty(), "{sheet:?}");
        }
    }

    #[test]
    fn five_tries_are_enough_and_a_running_payment_is_waited_for() {
        let with = |running: bool, left: i64| PayLinkState::Open {
            keeps_method_possible: false,
            decline_code: None,
            action_url: None,
            is_running: running,
            tries_left: left,
        };
        assert!(made(with(false, 0)).form.is_none());
        assert!(made(with(true, 4)).form.is_none());
        assert!(made(with(false, 1)).form.expect("a form").fields.is_empty());
    }

    #[test]
    fn a_token_that_is_not_ours_is_told_what_to_do() {
        let sheet = unknown(Text::of(Locale::De), &organization());
        assert_eq!(sheet.status, Some(404));
        assert_eq!(sheet.links.len(), 1);
    }
}
