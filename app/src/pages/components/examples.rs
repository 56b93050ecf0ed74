//! The components, one after the other.

use domain::local_time::LocalDateTime;
use domain::money::{Currency, Money as Amount};
use domain::order::OrderStatus;
use leptos::prelude::*;
use leptos_meta::Title;
use time::Time;
use time::macros::date;

use super::{form_examples, sheet_examples};
use crate::pages::orders::status::OrderBadge;
use crate::text::use_text;
use crate::ui::alert::Alert;
use crate::ui::badge::Badge;
use crate::ui::button::{Button, ButtonKind, ButtonLink};
use crate::ui::card::{Card, CardActions};
use crate::ui::charge_lines::{ChargeLine, ChargeLines};
use crate::ui::date_time::{DateText, DateTimeText};
use crate::ui::empty_state::EmptyState;
use crate::ui::facts::{Fact, Facts};
use crate::ui::filter_links::{FilterLink, FilterLinks};
use crate::ui::icon::{Icon, IconName};
use crate::ui::money::Money;
use crate::ui::page_header::PageHeader;
use crate::ui::pagination::Pagination;
use crate::ui::section::Section;
use crate::ui::skeleton::Skeleton;
use crate::ui::table::{AmountCell, Cell, Column, RowHeading, Table, TableRow};
use crate::ui::tone::Tone;
use crate::ui::visually_hidden::VisuallyHidden;

const TONES: [(Tone, &str); 5] = [
    (Tone::Neutral, "Neutral"),
    (Tone::Good, "Good"),
    (Tone::Wait, "Wait"),
    (Tone::Bad, "Bad"),
    (Tone::Note, "Note"),
];

/// The whole page.
pub(super) fn all() -> AnyView {
    let t = use_text();
    view! {
        <Title text=t.components_title()/>
        <PageHeader
            title=t.components_title()
            lead=t.components_lead()
            back=("/components".to_owned(), "PageHeader: back".to_owned())
            badge=|| view! { <Badge tone=Tone::Good label="PageHeader: badge"/> }
        />
        {alerts()}
        {badges()}
        {buttons()}
        {form_examples::all()}
        {sheet_examples::all()}
        {amounts()}
        {lists()}
        {small()}
    }
    .into_any()
}

fn alerts() -> AnyView {
    let each: Vec<AnyView> = TONES
        .into_iter()
        .map(|(tone, name)| view! { <Alert tone=tone title=name><p>"What to do about it, in one sentence."</p></Alert> }.into_any())
        .collect();
    view! {
        <Section title="Alert">
            {each}
            <Alert
                tone=Tone::Wait
                title="Title and action only"
                action=|| view! { <ButtonLink kind=ButtonKind::Primary href="/components">"Next step"</ButtonLink> }
            />
        </Section>
    }
    .into_any()
}

fn badges() -> AnyView {
    let tones: Vec<AnyView> = TONES
        .into_iter()
        .map(|(tone, name)| view! { <Badge tone=tone label=name/> }.into_any())
        .collect();
    let orders: Vec<AnyView> = OrderStatus::ALL
        .iter()
        .map(|status| view! { <OrderBadge status=*status/> }.into_any())
        .collect();
    view! {
        <Section title="Badge">
            <div class="row">{tones}</div>
            <div class="row">{orders}</div>
        </Section>
    }
    .into_any()
}

fn buttons() -> AnyView {
    let kinds = [
        (ButtonKind::Primary, "Primary"),
        (ButtonKind::Secondary, "Secondary"),
        (ButtonKind::Danger, "Danger"),
        (ButtonKind::Link, "Link"),
    ];
    let links: Vec<AnyView> = kinds
        .into_iter()
        .map(|(kind, name)| {
            view! { <ButtonLink kind=kind href="/components">{name}</ButtonLink> }.into_any()
        })
        .collect();
    view! {
        <Section title="Button, ButtonLink">
            <div class="row">{links}</div>
            <div class="row">
                <Button>"Button"</Button>
                <Button is_small=true>"Small"</Button>
                <button type="button" class=ButtonKind::Primary.class() aria-disabled="true">"Pending…"</button>
            </div>
            <Card>
                <h3>"Card"</h3>
                <p class="quiet">"Something that can be acted on."</p>
                <CardActions>
                    <ButtonLink href="/components">"CardActions"</ButtonLink>
                </CardActions>
            </Card>
        </Section>
    }
    .into_any()
}

fn amounts() -> AnyView {
    let euro = |minor| Amount::new(minor, Currency::EUR);
    let lines = vec![
        ChargeLine {
            label: "Team".to_owned(),
            detail: Some("12 seats".to_owned()),
            amount: euro(240_000),
        },
        ChargeLine {
            label: "Storage, a name so long that it has to break on a phone's narrow screen"
                .to_owned(),
            detail: None,
            amount: euro(990),
        },
    ];
    let parts = vec![
        ("Subtotal".to_owned(), euro(240_990)),
        ("Discount".to_owned(), euro(-24_099)),
        ("Tax".to_owned(), euro(41_209)),
    ];
    let at = LocalDateTime {
        date: date!(2026 - 05 - 01),
        time: Time::MIDNIGHT,
        zone: "Europe/Berlin".to_owned(),
    };
    let yen =
        Currency::parse("jpy").map(|yen| view! { <p><Money amount=Amount::new(1_240, yen)/></p> });
    view! {
        <Section title="Money, ChargeLines">
            <p><Money amount=euro(123_456_789)/></p>
            <p><Money amount=euro(-990)/></p>
            {yen.ok()}
            <p><Money amount=Amount::new(24_000, Currency::USD) is_loud=true/></p>
            <ChargeLines lines=lines parts=parts total=("Total".to_owned(), euro(258_100))/>
        </Section>
        <Section title="DateText, DateTimeText">
            <p><DateText date=date!(2026-05-01)/></p>
            <p><DateTimeText at=at/></p>
        </Section>
    }
    .into_any()
}

fn lists() -> AnyView {
    let link = |label: &str, is_current| FilterLink {
        href: "/components".to_owned(),
        label: label.to_owned(),
        is_current,
    };
    let columns = vec![
        Column::text("Order"),
        Column::text("Date"),
        Column::text("Status"),
        Column::amount("Amount"),
    ];
    let row = |name: &'static str, minor: i64, status: OrderStatus| {
        view! {
            <TableRow>
                <RowHeading><a href="/components">{name}</a><span class="table-detail">"Renewal"</span></RowHeading>
                <Cell><DateText date=date!(2026-05-01)/></Cell>
                <Cell><OrderBadge status=status/></Cell>
                <AmountCell><Money amount=Amount::new(minor, Currency::EUR)/></AmountCell>
            </TableRow>
        }
    };
    view! {
        <Section title="FilterLinks, Table, Pagination" more=("/components".to_owned(), "Section: more".to_owned())>
            <FilterLinks label="FilterLinks" links=vec![link("All", true), link("Open", false), link("Paid", false)]/>
            <Table label="Table" columns=columns>
                {row("Team", 240_000, OrderStatus::Pending)}
                {row("Storage", 990, OrderStatus::Paid)}
            </Table>
            <Pagination place="Page 2 of 3" previous=Some("/components".to_owned()) next=Some("/components".to_owned())/>
            <Pagination place="Page 1 of 1" previous=None next=None/>
        </Section>
        <Section title="Facts">
            <Facts>
                <Fact name="Name">"Value"</Fact>
                <Fact name="Longer name of a fact">"A value so long that it may take two lines on a narrow screen"</Fact>
            </Facts>
        </Section>
    }
    .into_any()
}

fn small() -> AnyView {
    let icons: Vec<AnyView> =
        IconName::ALL.into_iter().map(|name| view! { <Icon name=name/> }.into_any()).collect();
    view! {
        <Section title="EmptyState">
            <EmptyState title="Nothing here yet" hint="What would fill it." link=Some(("/components".to_owned(), "The next step".to_owned()))/>
        </Section>
        <Section title="Skeleton">
            <Skeleton lines=4/>
        </Section>
        <Section title="Icon, VisuallyHidden">
            <p class="row">{icons}<VisuallyHidden>"Read aloud only"</VisuallyHidden></p>
        </Section>
    }
    .into_any()
}
