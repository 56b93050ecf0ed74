//! What stands around every page: the organization's name, the rooms, who is signed in, help, the language.

use std::sync::Arc;

use domain::locale::Locale;
use domain::role::MemberRole;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use crate::pages::notices::notices;
use crate::pages::sign_in::SignOut;
use crate::text::{Text, use_text};
use crate::ui::form::{Form, FormState, SubmitButton, action};
use crate::ui::icon::{Icon, IconName};
use crate::ui::nav::{Nav, NavItem};
use crate::urls::paths;

/// What the frame shows. Made once by the server; the browser reads the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub organization: Option<FrameOrganization>,
    pub person: Option<Person>,
    pub refused: Option<FormState>,
    /// Sign-in, invoices and the like: no navigation, no script.
    pub is_plain: bool,
}

/// The company whose portal this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameOrganization {
    pub slug: String,
    pub name: String,
    pub logo_url: Option<String>,
    pub support_email: Option<String>,
}

/// Who is signed in, for which customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub customer_name: String,
    pub role: MemberRole,
    /// The company's own application, where the visit began there.
    pub return_url: Option<String>,
}

/// The frame of the page being rendered, for pages that need a name from it.
#[must_use]
pub fn use_frame() -> Arc<Frame> {
    use_context::<Arc<Frame>>().unwrap_or_default()
}

/// The slug of the portal being shown; empty where there is none.
#[must_use]
pub fn use_slug() -> String {
    use_frame()
        .organization
        .as_ref()
        .map(|organization| organization.slug.clone())
        .unwrap_or_default()
}

#[cfg(feature = "ssr")]
impl Frame {
    /// Reads the request.
    pub fn of_request() -> Self {
        use crate::ssr::RequestInfo;
        let Some(request) = use_context::<RequestInfo>() else { return Self::default() };
        let Some(organization) = &request.organization else { return Self::default() };
        let path = use_context::<http::request::Parts>()
            .map(|parts| parts.uri.path().to_owned())
            .unwrap_or_default();
        let is_plain = crate::urls::is_way_in(&organization.slug, &path)
            || crate::urls::is_invoice(&organization.slug, &path);
        let signed_in = request.signed_in.get().and_then(Option::as_ref).filter(|_| !is_plain);
        Self {
            person: signed_in.map(|person| Person {
                name: person.member_name.clone().unwrap_or_else(|| person.member_email.clone()),
                email: person.member_email.clone(),
                customer_name: person
                    .customer_name
                    .clone()
                    .unwrap_or_else(|| person.member_email.clone()),
                role: person.actor.role,
                return_url: person.return_url.clone(),
            }),
            organization: Some(FrameOrganization {
                slug: organization.slug.clone(),
                name: organization.name.clone(),
                logo_url: organization.logo_url.clone(),
                support_email: organization.support_email.clone(),
            }),
            refused: use_context::<FormState>(),
            is_plain,
        }
    }
}

/// The frame around `page`.
pub fn framed(page: AnyView) -> AnyView {
    let (t, frame) = (use_text(), use_frame());
    let navigation = frame
        .person
        .as_ref()
        .zip(frame.organization.as_ref())
        .map(|(person, organization)| rooms(t, person, &organization.slug));
    let class = if navigation.is_some() { "frame" } else { "frame frame-bare" };
    // Pages that strangers and plain members see have none.
    let has_notices = frame.person.as_ref().is_some_and(|person| person.role.can_write_billing());
    view! {
        <div class=class>
            <a class="skip-link" href="#content" rel="external">{t.common_skip_to_content()}</a>
            {header(t, &frame)}
            {navigation}
            <main class="content" id="content" tabindex="-1">
                {has_notices.then(notices)}
                {page}
            </main>
            {footer(t, &frame)}
        </div>
    }
    .into_any()
}

fn header(t: Text, frame: &Frame) -> AnyView {
    let Some(organization) = frame.organization.clone() else {
        return view! { <header class="frame-header"></header> }.into_any();
    };
    let initial: String = organization.name.chars().take(1).collect();
    let mark = match organization.logo_url {
        Some(url) => view! { <img class="brand-logo" src=url alt="" height="28"/> }.into_any(),
        None => view! { <span class="brand-mark" aria-hidden="true">{initial}</span> }.into_any(),
    };
    let back = frame.person.as_ref().and_then(|person| person.return_url.clone()).map(|url| {
        view! {
            <a href=url rel="external">
                <Icon name=IconName::Back/>
                {t.common_back_to(&organization.name)}
            </a>
        }
    });
    let person = frame.person.as_ref().map(|person| {
        // Any page takes its forms; the overview is one that always exists.
        let path = paths::overview(&organization.slug);
        view! {
            <span>{t.nav_signed_in_as(&person.name)}</span>
            <Form action={action::<SignOut>()} organization=organization.slug.clone() path=path class="form-inline">
                <SubmitButton label=t.nav_sign_out() pending=t.nav_sign_out() class="button button-link"/>
            </Form>
        }
    });
    view! {
        <header class="frame-header">
            <a class="brand" href=paths::overview(&organization.slug)>{mark}<span>{organization.name.clone()}</span></a>
            <div class="frame-header-end">{back}{person}</div>
        </header>
    }
    .into_any()
}

fn rooms(t: Text, person: &Person, slug: &str) -> AnyView {
    let overview = paths::overview(slug);
    let mut items = vec![NavItem {
        below: vec![format!("{overview}/subscriptions")],
        href: overview.clone(),
        label: t.nav_overview().to_owned(),
        icon: IconName::Overview,
    }];
    if person.role.can_read_billing() {
        let orders = paths::orders(slug);
        items.push(NavItem {
            below: vec![orders.clone()],
            href: orders,
            label: t.nav_orders().to_owned(),
            icon: IconName::Orders,
        });
    }
    if person.role.can_write_billing() {
        let billing = paths::billing(slug);
        let methods = paths::payment_methods(slug);
        items.push(NavItem {
            below: vec![methods.clone(), paths::payments(slug)],
            href: methods,
            label: t.nav_payment_methods().to_owned(),
            icon: IconName::Card,
        });
        items.push(NavItem {
            below: vec![billing.clone()],
            href: billing,
            label: t.nav_billing().to_owned(),
            icon: IconName::Settings,
        });
    }
    let activity = paths::activity(slug);
    items.push(NavItem {
        below: vec![activity.clone()],
        href: activity,
        label: t.nav_activity().to_owned(),
        icon: IconName::Activity,
    });
    let sessions = paths::sessions(slug);
    items.push(NavItem {
        below: vec![sessions.clone()],
        href: sessions,
        label: t.nav_sessions().to_owned(),
        icon: IconName::Device,
    });
    view! { <Nav label=t.nav_label() items=items/> }.into_any()
}

fn footer(t: Text, frame: &Frame) -> AnyView {
    let help = frame.organization.as_ref().map(|organization| match &organization.support_email {
        Some(email) => {
            // The address is a link; the sentence around it comes from the language.
            let sentence = t.common_help_text("\u{1}");
            let (before, after) = sentence.split_once('\u{1}').unwrap_or((&sentence, ""));
            let (before, after) = (before.to_owned(), after.to_owned());
            view! { <p>{before}<a href=format!("mailto:{email}")>{email.clone()}</a>{after}</p> }
                .into_any()
        }
        None => view! { <p>{t.common_help_text_no_email(&organization.name)}</p> }.into_any(),
    });
    let path = use_location().pathname;
    let languages: Vec<AnyView> = Locale::ALL
        .into_iter()
        .map(|locale| {
            let current = (locale == t.locale()).then_some("true");
            let href = move || format!("{}?locale={}", path.get(), locale.tag());
            view! { <a href=href lang=locale.tag() hreflang=locale.tag() rel="external" aria-current=current>{locale.own_name()}</a> }.into_any()
        })
        .collect();
    view! {
        <footer class="frame-footer">
            {help}
            <nav class="language-links" aria-label=t.common_language()>{languages}</nav>
        </footer>
    }
    .into_any()
}
