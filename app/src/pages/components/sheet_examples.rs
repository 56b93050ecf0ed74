//! A page made of data, with every kind of block and of field.

use domain::money::{Currency, Money};
use leptos::prelude::*;

use crate::ui::charge_lines::ChargeLine;
use crate::ui::form::{Choice, Field, FormAction};
use crate::ui::sheet::{
    Block, Body, Charge, List, Message, Sheet, SheetCard, SheetCell, SheetForm, SheetTable, parts,
};
use crate::ui::tone::Tone;

/// Its parts without its head: this page has one.
pub(super) fn all() -> AnyView {
    parts(sheet())
}

fn sheet() -> Sheet {
    let euro = |minor| Money::new(minor, Currency::EUR);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let link = |label: &str| Some(("/components".to_owned(), label.to_owned()));
    let charge = Charge {
        note: Some("Charge: a note".to_owned()),
        lines: vec![
            ChargeLine {
                label: "Business".to_owned(),
                detail: Some("1 to 31 May 2026".to_owned()),
                amount: euro(7_900),
            },
            ChargeLine {
                label: "Unused time of Pro".to_owned(),
                detail: None,
                amount: euro(-2_970),
            },
        ],
        parts: vec![("Subtotal".to_owned(), euro(4_930)), ("VAT 19 %".to_owned(), euro(937))],
        total: ("Due now".to_owned(), euro(5_867)),
    };
    let list = |title: &str, tone| List {
        title: title.to_owned(),
        tone,
        items: words(&["One benefit", "Another benefit with a longer description"]),
    };
    let card = |title: &str, badge: Option<&str>| SheetCard {
        title: title.to_owned(),
        badges: badge.map(|badge| (Tone::Note, badge.to_owned())).into_iter().collect(),
        price: Some("€79.00 every month".to_owned()),
        text: Some("For whom it is.".to_owned()),
        items: words(&["One benefit", "Another benefit"]),
        links: if badge.is_some() { Vec::new() } else { link("Choose").into_iter().collect() },
    };
    let message = Message {
        tone: Tone::Wait,
        title: "Alert".to_owned(),
        text: Some("What to do about it.".to_owned()),
        link: link("Next step"),
        is_news: false,
    };
    let row = |seats: &str, tone, price: &str| {
        let seats = SheetCell {
            text: seats.to_owned(),
            href: Some("/components".to_owned()),
            detail: Some("A quiet remark below.".to_owned()),
            ..SheetCell::default()
        };
        let state =
            SheetCell { text: "State".to_owned(), tone: Some(tone), ..SheetCell::default() };
        vec![seats, state, price.to_owned().into()]
    };
    let table = SheetTable {
        label: "Table".to_owned(),
        columns: vec![
            ("Seats".to_owned(), false),
            ("State".to_owned(), false),
            ("Price per seat".to_owned(), true),
        ],
        rows: vec![
            row("1 to 9", Tone::Good, "€12.00"),
            row("10 and more", Tone::Neutral, "€10.00"),
        ],
    };
    Sheet::default()
        .block(Block::new("Sheet: text", Body::Text("A paragraph.".to_owned())))
        .block(Block { title: None, body: Body::Note("A quiet remark.".to_owned()) })
        .block(Block::points("Sheet: points", words(&["One point.", "Another point."])))
        .block(Block::new(
            "Sheet: facts",
            Body::Facts(vec![("Fact".to_owned(), "Value".to_owned())]),
        ))
        .block(Block::new("Sheet: charge", Body::Charge(charge)))
        .block(Block::new(
            "Sheet: columns",
            Body::Columns(vec![list("Gained", Tone::Good), list("Lost", Tone::Neutral)]),
        ))
        .block(Block { title: None, body: Body::Alert(message) })
        .block(Block::new(
            "Sheet: cards",
            Body::Cards(vec![card("Pro", Some("Current plan")), card("Business", None)]),
        ))
        .block(Block::new("Sheet: table", Body::Table(table)))
        .block(Block::new(
            "Sheet: empty",
            Body::Empty("Nothing yet".to_owned(), "What would fill it.".to_owned()),
        ))
        .form(form())
        .link("/components".to_owned(), "Link")
        .link("/components".to_owned(), "Another link")
}

fn form() -> SheetForm {
    let choice = |value: &str| Choice {
        value: value.to_owned(),
        label: format!("Choice {value}"),
        detail: None,
    };
    let action = FormAction("/api/example/sheet".to_owned());
    SheetForm::new(action, "Pay €58.67 and change to Business", "Pending…")
        .field(Field::number("sheet-number", "Number", 1, Some(100)).value("12").hint("A hint."))
        .field(Field::date("sheet-date", "Date", "2026-05-01".to_owned(), "2027-05-01".to_owned()))
        .field(Field::select("sheet-select", "Select", vec![choice("1"), choice("2")]).value("2"))
        .field(Field::radio("sheet-radio", "Radio", vec![choice("1"), choice("2")]).value("1"))
        .field(Field::check("sheet-check", "Check", true).hint("A hint."))
        .secondary("/components".to_owned(), "Back")
}
