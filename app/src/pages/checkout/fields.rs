//! The fields of a checkout's form.

use backend::checkout::CheckoutRecord;
use backend::product::{self, ProductDetail};
use domain::address::{
    ADDRESS_LINE_MAX_CHARS, AddressInput, CITY_MAX_CHARS, POSTAL_CODE_MAX_CHARS, STATE_MAX_CHARS,
};
use domain::checkout::{CHECKOUT_SEATS_MAX, CustomerMatch};
use domain::money::Money;
use domain::price::PriceAmount;
use domain::tax_id::TAX_ID_MAX_CHARS;

use crate::error::AppError;
use crate::pages::settings::billing::countries;
use crate::pages::subscription::view::price_interval;
use crate::ssr::{Portal, internal};
use crate::text::Text;
use crate::ui::form::{Choice, Control, Field, Input};
use crate::ui::sheet::SheetForm;

/// As in the table.
const NAME_MAX_CHARS: usize = 256;

/// The products to choose from, with their prices; empty when there is only one.
pub(super) async fn products(
    t: Text,
    portal: &Portal,
    record: &CheckoutRecord,
) -> Result<Vec<Choice>, AppError> {
    if record.product_ids.len() < 2 {
        return Ok(vec![]);
    }
    let (db, organization_id) = (&portal.db, record.organization_id);
    let found = product::details(db, organization_id, &record.product_ids, &[])
        .await
        .map_err(|error| internal(&error))?;
    let choice = |product: &ProductDetail| Choice {
        value: product.product_id.to_string(),
        label: product.name.clone(),
        detail: price(t, record, product),
    };
    Ok(record.product_ids.iter().filter_map(|id| found.get(id)).map(choice).collect())
}

/// What a product costs: one with seats for as many as are chosen, else for the fewest that it is sold for.
fn price(t: Text, record: &CheckoutRecord, product: &ProductDetail) -> Option<String> {
    let mut on_sale = product.prices.iter().filter(|price| !price.is_archived);
    let price = on_sale.find(|price| price.currency == record.currency)?;
    let of = |seats| price.amount.amount_minor(seats).ok().map(|minor| (minor, seats));
    let (minor, seats) = match &price.amount {
        PriceAmount::SeatBased { seat_tiers } => {
            let fewest = seat_tiers.minimum_seats().max(record.min_seats.unwrap_or(1));
            record.seats.and_then(|seats| of(Some(seats))).or_else(|| of(Some(fewest)))?
        }
        PriceAmount::Free | PriceAmount::Fixed { .. } => of(None)?,
    };
    let amount = Money::new(minor, record.currency);
    let each = product.recurring.map(|interval| price_interval(t, amount, interval))?;
    Some(match seats {
        Some(seats) => format!("{} · {each}", t.charge_seats(seats.into())),
        None => each,
    })
}

/// Puts them into the form: what is bought, who buys, where the invoice goes.
pub(super) fn fill(
    t: Text,
    mut form: SheetForm,
    record: &CheckoutRecord,
    products: Vec<Choice>,
) -> SheetForm {
    if !products.is_empty() {
        let chosen = record.product_id.to_string();
        form = form
            .field(Field::radio("product_id", t.checkout_product_label(), products).value(chosen));
    }
    if let (PriceAmount::SeatBased { seat_tiers }, Some(seats)) = (&record.price, record.seats) {
        let fewest = seat_tiers.minimum_seats().max(record.min_seats.unwrap_or(1));
        let most = seat_tiers.maximum_seats().unwrap_or(CHECKOUT_SEATS_MAX);
        let most = most.min(record.max_seats.unwrap_or(CHECKOUT_SEATS_MAX));
        let field =
            Field::number("seats", t.checkout_seats_label(), fewest.into(), Some(most.into()));
        form = form.field(field.value(seats.to_string()));
    }
    if record.customer_match != Some(CustomerMatch::Named) {
        let email = record.customer_email.clone().unwrap_or_default();
        let input = Input {
            kind: "email".to_owned(),
            autocomplete: Some("email".to_owned()),
            autocapitalize: Some("none".to_owned()),
            ..Input::default()
        };
        let field = Field::text("email", t.checkout_email_label()).with(Control::Input(input));
        form = form.field(field.value(email).hint(t.checkout_email_hint()));
    }
    form = if record.quote.needs_card {
        billing(t, form, record)
    } else {
        let name = record.customer_name.clone().unwrap_or_default();
        form.field(line("name", t.checkout_name_label(), name, "name", NAME_MAX_CHARS))
    };
    if record.allow_discount_codes && !record.quote.is_free {
        let hint = record.discount_name.as_ref().map(|name| t.checkout_discount_has(name));
        let label = t.checkout_discount_label();
        let field = line("discount_code", label, String::new(), "off", NAME_MAX_CHARS);
        form = form.field(match hint {
            Some(hint) => field.hint(hint),
            None => field,
        });
        if record.discount_name.is_some() {
            form = form.field(Field::check("no_discount", t.checkout_discount_remove(), false));
        }
    }
    form
}

fn billing(t: Text, form: SheetForm, record: &CheckoutRecord) -> SheetForm {
    let address = record.billing_address.clone().unwrap_or_default();
    let AddressInput { line1, line2, postal_code, city, state, country } = address;
    let name = record.billing_name.clone().or_else(|| record.customer_name.clone());
    let tax_id = record.tax_id.clone().unwrap_or_default();
    let lines = ADDRESS_LINE_MAX_CHARS;
    form.field(line(
        "billing_name",
        t.checkout_billing_name_label(),
        name.unwrap_or_default(),
        "name",
        NAME_MAX_CHARS,
    ))
    .field(Field::select("country", t.billing_country_label(), countries(t)).value(country))
    .field(line("line1", t.billing_line1_label(), line1, "address-line1", lines))
    .field(line("line2", t.billing_line2_label(), line2, "address-line2", lines))
    .field(
        line(
            "postal_code",
            t.billing_postal_code_label(),
            postal_code,
            "postal-code",
            POSTAL_CODE_MAX_CHARS,
        )
        .hint(t.billing_postal_code_hint()),
    )
    .field(line("city", t.billing_city_label(), city, "address-level2", CITY_MAX_CHARS))
    .field(
        line("state", t.billing_state_label(), state, "address-level1", STATE_MAX_CHARS)
            .hint(t.billing_state_hint()),
    )
    .field(
        line("tax_id", t.billing_tax_id_label(), tax_id, "off", TAX_ID_MAX_CHARS)
            .hint(t.billing_tax_id_hint()),
    )
}

fn line(name: &str, label: &str, value: String, autocomplete: &str, max_chars: usize) -> Field {
    let input = Input {
        autocomplete: Some(autocomplete.to_owned()),
        maxlength: Some(max_chars.to_string()),
        ..Input::default()
    };
    Field::text(name, label).with(Control::Input(input)).value(value)
}
