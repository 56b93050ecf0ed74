//! Billing details: what stands on invoices and decides the tax. The form shows every country's fields; what a country needs
//! of them, the answer says.
#![expect(clippy::too_many_arguments, reason = "a form's command has one for each field")]

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Replaces the billing details of the signed-in customer; leads to `to` where the portal has it, else back.
#[server(prefix = "/api", endpoint = "billing/save")]
pub async fn save_billing(
    organization: String,
    #[server(default)] name: String,
    #[server(default)] company: String,
    #[server(default)] country: String,
    #[server(default)] line1: String,
    #[server(default)] line2: String,
    #[server(default)] postal_code: String,
    #[server(default)] city: String,
    #[server(default)] state: String,
    #[server(default)] tax_id: String,
    #[server(default)] to: Option<String>,
) -> Result<Done, AppError> {
    use domain::address::AddressInput;
    let address = AddressInput { line1, line2, postal_code, city, state, country };
    let input = backend::customer::UpdateBillingDetails { name, company, address, tax_id };
    page::save(&organization, input, to).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::customer::{
        self, BillingDetails, UpdateBillingDetails, UpdateBillingDetailsError,
    };
    use domain::address::{
        ADDRESS_LINE_MAX_CHARS, AddressInput, CITY_MAX_CHARS, POSTAL_CODE_MAX_CHARS,
        STATE_MAX_CHARS,
    };
    use domain::country::Country;
    use domain::customer_type::CustomerType;
    use domain::tax_id::TAX_ID_MAX_CHARS;

    use super::SaveBilling;
    use crate::error::AppError;
    use crate::pages::sheet::{Asked, Reader};
    use crate::ssr::internal;
    use crate::text::Text;
    use crate::ui::form::{Choice, Control, Done, Field, Input, action};
    use crate::ui::sheet::{Block, Body, Message, Sheet, SheetForm};
    use crate::ui::tone::Tone;
    use crate::urls::{paths, safe_return};

    /// As in the table.
    const NAME_MAX_CHARS: usize = 256;

    pub(super) async fn save(
        organization: &str,
        input: UpdateBillingDetails,
        to: Option<String>,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let actor = &reader.person.actor;
        let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
        let db = &reader.portal.db;
        customer::update_billing_details(db, &mut reader.cx, organization_id, customer_id, input)
            .await
            .map_err(|error| match error {
                UpdateBillingDetailsError::Invalid(errors) => AppError::Invalid(errors),
                UpdateBillingDetailsError::Unknown => AppError::NotFound,
                UpdateBillingDetailsError::Forbidden(_) => AppError::Forbidden,
                UpdateBillingDetailsError::Database(_) => internal(&error),
            })?;
        let back = || format!("{}?done=saved", paths::billing(organization));
        Ok(Done::at(to.and_then(|to| safe_return(organization, &to)).unwrap_or_else(back)))
    }

    /// `/{organization}/portal/settings/billing`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let actor = &reader.person.actor;
        let details = customer::billing_details(
            &reader.portal.db,
            &reader.actor(),
            actor.organization_id,
            actor.customer_id,
        )
        .await?
        .ok_or(AppError::NotFound)?;
        let to = asked.to.as_deref().and_then(|to| safe_return(slug, to));
        let is_asked = to.is_some() && !details.is_complete();
        let mut sheet = Sheet::new(t.billing_title()).lead(if is_asked {
            t.billing_lead_asked()
        } else {
            t.billing_lead()
        });
        if asked.done.as_deref() == Some("saved") {
            sheet = sheet.block(saved(t));
        }
        if details.is_tax_exempt {
            sheet = sheet.block(Block::alert(Tone::Note, t.billing_exempt(), None));
        }
        let name = details.name.clone().or_else(|| reader.person.customer_name.clone());
        let consequences = vec![
            t.billing_counts_next().to_owned(),
            t.billing_counts_issued().to_owned(),
            t.billing_counts_waiting().to_owned(),
        ];
        let sheet = sheet
            .form(form(t, details, name.unwrap_or_default(), to))
            .block(Block::points(t.billing_counts_title(), consequences));
        let is_person = reader.person.customer_type == CustomerType::Individual;
        if !(is_person && reader.organization.settings.allow_email_change) {
            return Ok(sheet);
        }
        let email = Body::Text(t.email_lead(&reader.person.member_email));
        let change = Body::Links(vec![(paths::email(slug), t.email_change().to_owned())]);
        Ok(sheet
            .block(Block::new(t.email_title(), email))
            .block(Block { title: None, body: change }))
    }

    fn saved(t: Text) -> Block {
        let message = Message {
            tone: Tone::Good,
            title: t.billing_saved().to_owned(),
            is_news: true,
            ..Message::default()
        };
        Block { title: None, body: Body::Alert(message) }
    }

    fn form(t: Text, details: BillingDetails, name: String, to: Option<String>) -> SheetForm {
        let address = details.address.map(AddressInput::from).unwrap_or_default();
        let submit = if to.is_some() { t.billing_submit_and_go_on() } else { t.billing_submit() };
        let form = SheetForm::new(action::<SaveBilling>(), submit, t.billing_pending())
            .field(line("name", t.billing_name_label(), name, "name", NAME_MAX_CHARS))
            .field(line(
                "company",
                t.billing_company_label(),
                details.company.unwrap_or_default(),
                "organization",
                NAME_MAX_CHARS,
            ))
            .field(
                Field::select("country", t.billing_country_label(), countries(t))
                    .value(address.country),
            )
            .field(line(
                "line1",
                t.billing_line1_label(),
                address.line1,
                "address-line1",
                ADDRESS_LINE_MAX_CHARS,
            ))
            .field(line(
                "line2",
                t.billing_line2_label(),
                address.line2,
                "address-line2",
                ADDRESS_LINE_MAX_CHARS,
            ))
            .field(
                line(
                    "postal_code",
                    t.billing_postal_code_label(),
                    address.postal_code,
                    "postal-code",
                    POSTAL_CODE_MAX_CHARS,
                )
                .hint(t.billing_postal_code_hint()),
            )
            .field(line(
                "city",
                t.billing_city_label(),
                address.city,
                "address-level2",
                CITY_MAX_CHARS,
            ))
            .field(
                line(
                    "state",
                    t.billing_state_label(),
                    address.state,
                    "address-level1",
                    STATE_MAX_CHARS,
                )
                .hint(t.billing_state_hint()),
            )
            .field(
                line(
                    "tax_id",
                    t.billing_tax_id_label(),
                    details.tax_id.unwrap_or_default(),
                    "off",
                    TAX_ID_MAX_CHARS,
                )
                .hint(t.billing_tax_id_hint()),
            );
        match to {
            Some(to) => form.hidden("to", to.clone()).secondary(to, t.billing_back()),
            None => form,
        }
    }

    fn line(name: &str, label: &str, value: String, autocomplete: &str, max_chars: usize) -> Field {
        let input = Input {
            autocomplete: Some(autocomplete.to_owned()),
            maxlength: Some(max_chars.to_string()),
            ..Input::default()
        };
        Field::text(name, label).with(Control::Input(input)).value(value)
    }

    /// Every country in the order of its name in the reader's language.
    pub(crate) fn countries(t: Text) -> Vec<Choice> {
        let mut countries: Vec<Choice> = Country::all()
            .map(|country| Choice {
                value: country.code().to_owned(),
                label: country_name(t, country),
                detail: None,
            })
            .collect();
        countries.sort_by_key(|choice| sort_key(&choice.label));
        let none = Choice { label: t.billing_country_choose().to_owned(), ..Choice::default() };
        countries.insert(0, none);
        countries
    }

    /// A country's name in the reader's language.
    pub(crate) fn country_name(t: Text, country: Country) -> String {
        let name = t.country(&country.code().to_ascii_lowercase());
        name.unwrap_or(country.code()).to_owned()
    }

    /// Letters with marks stand where the plain ones do.
    fn sort_key(name: &str) -> String {
        let plain = |c: char| match c {
            'Ä' | 'Å' | 'ä' | 'å' | 'ã' | 'á' => 'a',
            'Ö' | 'ö' | 'ô' | 'ó' => 'o',
            'Ü' | 'ü' => 'u',
            'é' | 'è' => 'e',
            'í' => 'i',
            'ç' => 'c',
            'ñ' => 'n',
            c => c.to_ascii_lowercase(),
        };
        name.chars().map(plain).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use domain::locale::Locale;

        #[test]
        fn every_country_has_a_name_in_each_language_and_its_place() {
            for locale in Locale::ALL {
                let choices = countries(Text::of(locale));
                assert_eq!(choices.len(), Country::all().count() + 1);
                assert_eq!(choices[0].value, "");
                for choice in &choices[1..] {
                    assert_ne!(choice.label, choice.value, "{} in {locale:?}", choice.value);
                }
            }
            let german = countries(Text::of(Locale::De));
            let place = |code: &str| german.iter().position(|choice| choice.value == code).unwrap();
            assert!(place("EG") < place("AL"), "Ägypten stands before Albanien");
            assert!(place("AT") < place("PK"), "Österreich stands before Pakistan");
        }
    }
}

#[cfg(feature = "ssr")]
pub(crate) use page::{countries, country_name};
