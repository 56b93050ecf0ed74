//! A page as data: what the server says in the reader's language, shown by one component.
//!
//! The pages of a customer's steps (changing, pausing, cancelling, billing details) are made by the server as a [`Sheet`]: they
//! add no code of their own to the download. A page that lives on while it is read, such as a list, is a component instead.
//!
//! ```ignore
//! Sheet::new(t.pause_title(&plan))
//!     .lead(t.pause_lead(&plan, &date))
//!     .back(paths::subscription(slug, id), plan)
//!     .block(Block::points(t.pause_consequences(), vec![…]))
//!     .form(SheetForm::new(action::<PauseSubscription>(), t.pause_submit(&date), t.pause_pending())
//!         .hidden("subscription_id", id.to_string())
//!         .field(Field::date("resumes_on", t.pause_resumes_label(), tomorrow, in_a_year))
//!         .secondary(up, t.common_back()))
//! ```

use domain::money::Money;
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::badge::Badge;
use super::button::{ButtonKind, ButtonLink};
use super::card::CardActions;
use super::card_frame::{CardFrame, card_frame};
use super::charge_lines::{ChargeLine, ChargeLines};
use super::empty_state::EmptyState;
use super::facts::{Fact, Facts};
use super::form::{Field, Form, FormAction, Hidden, SubmitButton, field};
use super::icon::Icon;
use super::page_header::PageHeader;
use super::section::Section;
use super::table::{AmountCell, Cell, Column, RowHeading, Table, TableRow};
use super::tone::Tone;
use crate::frame::use_slug;

/// An address and what it is called.
pub type Link = (String, String);

/// One page. Every text is in the reader's language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    pub title: String,
    /// The page in one sentence.
    pub lead: String,
    /// The page above this one.
    pub back: Option<Link>,
    /// The state in one word, beside the title.
    pub badge: Option<(Tone, String)>,
    /// The HTTP status where it is not 200: 409 for a page that only says why something is impossible.
    pub status: Option<u16>,
    pub blocks: Vec<Block>,
    pub form: Option<SheetForm>,
    /// The ways on, where there is no form: the first stands out.
    pub links: Vec<Link>,
}

/// A part of a sheet, under a heading where it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub title: Option<String>,
    pub body: Body,
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// A paragraph.
    Text(String),
    /// A quiet remark.
    Note(String),
    /// Short sentences, each a point.
    Points(Vec<String>),
    Facts(Vec<(String, String)>),
    Charge(Charge),
    /// Lists that stand beside one another.
    Columns(Vec<List>),
    Alert(Message),
    /// Things to choose from, each with its link.
    Cards(Vec<SheetCard>),
    Table(SheetTable),
    /// Steps, one beside the other.
    Links(Vec<Link>),
    /// What is missing and what would fill it.
    Empty(String, String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Points(Vec::new())
    }
}

/// What a charge is made of; see [`ChargeLines`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// A quiet sentence above the lines, such as when it is due.
    pub note: Option<String>,
    pub lines: Vec<ChargeLine>,
    /// Subtotal, discount, tax.
    pub parts: Vec<(String, Money)>,
    pub total: (String, Money),
}

/// A list with a name and a sign before each entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    pub title: String,
    pub tone: Tone,
    pub items: Vec<String>,
}

/// See [`Alert`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub tone: Tone,
    pub title: String,
    pub text: Option<String>,
    pub link: Option<Link>,
    /// It has just happened: read aloud when it appears.
    pub is_news: bool,
}

/// Something to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetCard {
    pub title: String,
    /// Words beside the title, such as "Current plan".
    pub badges: Vec<(Tone, String)>,
    /// A price, loud.
    pub price: Option<String>,
    pub text: Option<String>,
    pub items: Vec<String>,
    pub links: Vec<Link>,
}

/// See [`Table`]. The first entry of a row names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetTable {
    pub label: String,
    /// A column's name, and whether it holds amounts.
    pub columns: Vec<(String, bool)>,
    pub rows: Vec<Vec<SheetCell>>,
}

/// One cell of a table: `"€12.00".to_owned().into()` where it is a text and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetCell {
    pub text: String,
    /// Where the text leads.
    pub href: Option<String>,
    /// The text is a state: shown as a badge.
    pub tone: Option<Tone>,
    /// Quiet, below the text.
    pub detail: Option<String>,
}

impl From<String> for SheetCell {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

/// The form of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetForm {
    pub action: FormAction,
    pub hidden: Vec<(String, String)>,
    pub fields: Vec<Field>,
    /// The processor's own fields for the card, where script runs.
    pub frame: Option<CardFrame>,
    /// What the button does, in numbers.
    pub submit: String,
    pub pending: String,
    pub kind: ButtonKind,
    /// The way out, beside the button.
    pub secondary: Option<Link>,
}

impl Sheet {
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    #[must_use]
    pub fn lead(self, lead: impl Into<String>) -> Self {
        Self { lead: lead.into(), ..self }
    }

    #[must_use]
    pub fn back(self, href: String, label: impl Into<String>) -> Self {
        Self { back: Some((href, label.into())), ..self }
    }

    #[must_use]
    pub fn badge(self, badge: (Tone, String)) -> Self {
        Self { badge: Some(badge), ..self }
    }

    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    #[must_use]
    pub fn form(self, form: SheetForm) -> Self {
        Self { form: Some(form), ..self }
    }

    #[must_use]
    pub fn link(mut self, href: String, label: impl Into<String>) -> Self {
        self.links.push((href, label.into()));
        self
    }
}

impl Block {
    #[must_use]
    pub fn new(title: impl Into<String>, body: Body) -> Self {
        Self { title: Some(title.into()), body }
    }

    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { title: None, body: Body::Text(text.into()) }
    }

    /// Points without a heading.
    #[must_use]
    pub fn list(points: Vec<String>) -> Self {
        Self { title: None, body: Body::Points(points) }
    }

    #[must_use]
    pub fn points(title: impl Into<String>, points: Vec<String>) -> Self {
        Self::new(title, Body::Points(points))
    }

    #[must_use]
    pub fn alert(tone: Tone, title: impl Into<String>, text: Option<String>) -> Self {
        let message = Message { tone, title: title.into(), text, ..Message::default() };
        Self { title: None, body: Body::Alert(message) }
    }
}

impl SheetForm {
    /// A form that calls the server function of `action`. `submit` is what its button says.
    #[must_use]
    pub fn new(action: FormAction, submit: impl Into<String>, pending: impl Into<String>) -> Self {
        Self {
            action,
            hidden: Vec::new(),
            fields: Vec::new(),
            frame: None,
            submit: submit.into(),
            pending: pending.into(),
            kind: ButtonKind::Primary,
            secondary: None,
        }
    }

    #[must_use]
    pub fn hidden(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// The button takes something away.
    #[must_use]
    pub fn danger(self) -> Self {
        Self { kind: ButtonKind::Danger, ..self }
    }

    #[must_use]
    pub fn secondary(self, href: String, label: impl Into<String>) -> Self {
        Self { secondary: Some((href, label.into())), ..self }
    }
}

/// Shows a sheet, and gives the answer its status.
pub fn show(mut sheet: Sheet) -> AnyView {
    #[cfg(feature = "ssr")]
    if let Some(status) = sheet.status {
        crate::ssr::answer_with_status(status);
    }
    let (title, lead) = (std::mem::take(&mut sheet.title), std::mem::take(&mut sheet.lead));
    let (back, badge) = (sheet.back.take(), sheet.badge.take());
    let badge = move || {
        badge.clone().map(|(tone, label)| view! { <Badge tone=tone label=label/> }.into_any())
    };
    view! {
        <Title text=title.clone()/>
        <PageHeader title=title lead=lead back=back badge=badge/>
        {parts(sheet)}
    }
    .into_any()
}

/// What a sheet holds below its head.
pub(crate) fn parts(sheet: Sheet) -> AnyView {
    let blocks: Vec<AnyView> = sheet.blocks.into_iter().map(block).collect();
    let form = sheet.form.map(form_view);
    let links = (!sheet.links.is_empty()).then(|| link_row(sheet.links, ButtonKind::Primary));
    view! {
        {blocks}
        {form}
        {links}
    }
    .into_any()
}

fn block(block: Block) -> AnyView {
    let body = body(block.body);
    match block.title {
        Some(title) => view! { <Section title=title>{body}</Section> }.into_any(),
        None => body,
    }
}

/// What a block holds, without its heading.
pub fn body(body: Body) -> AnyView {
    match body {
        Body::Text(text) => view! { <p>{text}</p> }.into_any(),
        Body::Note(text) => view! { <p class="quiet small">{text}</p> }.into_any(),
        Body::Points(points) => {
            view! { <ul class="points">{entries(points, None)}</ul> }.into_any()
        }
        Body::Facts(facts) => {
            let facts: Vec<AnyView> = facts
                .into_iter()
                .map(|(name, value)| view! { <Fact name=name>{value}</Fact> }.into_any())
                .collect();
            view! { <Facts>{facts}</Facts> }.into_any()
        }
        Body::Charge(charge) => {
            let note = charge.note.map(|note| view! { <p class="quiet">{note}</p> }.into_any());
            view! {
                {note}
                <ChargeLines lines=charge.lines parts=charge.parts total=charge.total/>
            }
            .into_any()
        }
        Body::Columns(lists) => {
            let lists: Vec<AnyView> = lists.into_iter().map(list).collect();
            view! { <div class="columns">{lists}</div> }.into_any()
        }
        Body::Alert(message) => alert(message),
        Body::Cards(cards) => {
            let cards: Vec<AnyView> = cards.into_iter().map(card).collect();
            view! { <div class="card-grid">{cards}</div> }.into_any()
        }
        Body::Table(table) => table_view(table),
        Body::Links(links) => link_row(links, ButtonKind::Secondary),
        Body::Empty(title, hint) => view! { <EmptyState title=title hint=hint/> }.into_any(),
    }
}

fn entries(items: Vec<String>, tone: Option<Tone>) -> Vec<AnyView> {
    items
        .into_iter()
        .map(|item| {
            let icon = tone.map(|tone| view! { <Icon name=tone.icon()/> }.into_any());
            view! { <li>{icon}{item}</li> }.into_any()
        })
        .collect()
}

fn list(list: List) -> AnyView {
    view! {
        <div class="column">
            <h3>{list.title}</h3>
            <ul class="signs">{entries(list.items, Some(list.tone))}</ul>
        </div>
    }
    .into_any()
}

/// Shows a message.
pub fn alert(message: Message) -> AnyView {
    let Message { tone, title, text, link, is_news } = message;
    let action = move || {
        link.clone().map(|(href, label)| {
            view! { <ButtonLink href=href is_small=true>{label}</ButtonLink> }.into_any()
        })
    };
    view! { <Alert tone=tone title=title announce=is_news action=action>{text.map(|text| view! { <p>{text}</p> })}</Alert> }.into_any()
}

fn card(card: SheetCard) -> AnyView {
    let badges: Vec<AnyView> = card
        .badges
        .into_iter()
        .map(|(tone, label)| view! { <Badge tone=tone label=label/> }.into_any())
        .collect();
    let badges = (!badges.is_empty())
        .then(|| view! { <span class="card-badges">{badges}</span> }.into_any());
    let price = card.price.map(|price| view! { <p class="card-price">{price}</p> }.into_any());
    let text = card.text.map(|text| view! { <p class="quiet">{text}</p> }.into_any());
    let items = (!card.items.is_empty()).then(|| {
        view! { <ul class="signs">{entries(card.items, Some(Tone::Good))}</ul> }.into_any()
    });
    // "Choose" alone would read alike in every card.
    let links: Vec<AnyView> = card
        .links
        .into_iter()
        .map(|(href, label)| {
            let name = format!("{label}: {}", card.title);
            view! { <a class="button" href=href aria-label=name>{label}</a> }.into_any()
        })
        .collect();
    let links =
        (!links.is_empty()).then(|| view! { <CardActions>{links}</CardActions> }.into_any());
    view! {
        <article class="card">
            <div class="card-header">
                <h3>{card.title}</h3>
                {badges}
            </div>
            {price}
            {text}
            {items}
            {links}
        </article>
    }
    .into_any()
}

fn table_view(table: SheetTable) -> AnyView {
    let kinds: Vec<bool> = table.columns.iter().map(|(_, is_amount)| *is_amount).collect();
    let columns =
        table.columns.into_iter().map(|(name, is_amount)| Column { name, is_amount }).collect();
    let row = |cells: Vec<SheetCell>| {
        let cells: Vec<AnyView> = cells
            .into_iter()
            .enumerate()
            .map(|(at, cell)| match (at, kinds.get(at), cell_content(cell)) {
                (0, _, content) => view! { <RowHeading>{content}</RowHeading> }.into_any(),
                (_, Some(true), content) => view! { <AmountCell>{content}</AmountCell> }.into_any(),
                (_, _, content) => view! { <Cell>{content}</Cell> }.into_any(),
            })
            .collect();
        view! { <TableRow>{cells}</TableRow> }.into_any()
    };
    let rows: Vec<AnyView> = table.rows.into_iter().map(row).collect();
    view! { <Table label=table.label columns=columns>{rows}</Table> }.into_any()
}

fn cell_content(cell: SheetCell) -> AnyView {
    let SheetCell { text, href, tone, detail } = cell;
    let text = match (href, tone) {
        (Some(href), _) => view! { <a href=href>{text}</a> }.into_any(),
        (None, Some(tone)) => view! { <Badge tone=tone label=text/> }.into_any(),
        (None, None) => text.into_any(),
    };
    let detail = detail.map(|detail| view! { <span class="table-detail">{detail}</span> });
    view! {
        {text}
        {detail}
    }
    .into_any()
}

fn form_view(form: SheetForm) -> AnyView {
    let hidden: Vec<AnyView> = form
        .hidden
        .into_iter()
        .map(|(name, value)| view! { <Hidden name=name value=value/> }.into_any())
        .collect();
    let (fields, class) = (form.fields, form.kind.class());
    let (submit, pending, secondary) = (form.submit, form.pending, form.secondary);
    view! {
        <Form action=form.action organization=use_slug()>
            {hidden}
            {form.frame.map(card_frame)}
            {fields.into_iter().map(field).collect::<Vec<_>>()}
            <div class="form-actions">
                <SubmitButton label=submit pending=pending class=class/>
                {secondary.map(|(href, label)| view! { <ButtonLink href=href>{label}</ButtonLink> })}
            </div>
        </Form>
    }
    .into_any()
}

/// `first` is how loud the first one is.
fn link_row(links: Vec<Link>, first: ButtonKind) -> AnyView {
    let links: Vec<AnyView> = links
        .into_iter()
        .enumerate()
        .map(|(at, (href, label))| {
            let kind = if at == 0 { first } else { ButtonKind::Secondary };
            view! { <ButtonLink kind=kind href=href>{label}</ButtonLink> }.into_any()
        })
        .collect();
    view! { <div class="form-actions">{links}</div> }.into_any()
}
