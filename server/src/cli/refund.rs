//! `foyer refund`

use anyhow::Context as _;
use backend::{
    chance::Chance,
    clock::Clock,
    context::Context,
    order,
    payment::{self, RefundOrder, RefundOrderError},
};
use clap::Args;
use domain::{
    format,
    id::OrderId,
    locale::Locale,
    money::{Currency, Money},
    payment::RefundReason,
};

use super::{Failure, checked, find_organization, mistake};
use crate::{
    config::{DatabaseSettings, Mistakes},
    demo_clock::DemoClock,
};

/// What a person may give as the reason; the others are Foyer's own.
const REASONS: [RefundReason; 7] = [
    RefundReason::CustomerRequest,
    RefundReason::Duplicate,
    RefundReason::Fraudulent,
    RefundReason::ServiceDisruption,
    RefundReason::SatisfactionGuarantee,
    RefundReason::DisputePrevention,
    RefundReason::Other,
];

/// Give the money of a paid order back, all of it or a part, with its tax in proportion
///
/// The worker asks the processor for it within seconds, and the customer gets a mail.
#[derive(Args, Debug)]
pub struct Refund {
    /// The order's id, as in the address of its page
    #[arg(value_name = "ORDER-ID")]
    order: String,
    /// The organization's slug
    #[arg(long, value_name = "SLUG")]
    organization: String,
    /// How much, tax included, such as 12.34; all that is left when left out
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// Why
    #[arg(long, value_name = "REASON", value_parser = parse_reason)]
    reason: RefundReason,
    /// A note for yourself; customers do not see it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Refund {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let order_id = mistakes.take(self.order.parse::<OrderId>().map_err(|_| {
            "ORDER-ID is no id: take it from the address of the order's page".to_owned()
        }));
        let (database, order_id) = checked(mistakes, database.zip(order_id))?;
        let db = database.pool().context("could not open the database")?;
        let organization = find_organization(&db, &self.organization).await?;
        let clock = DemoClock::default();
        clock.refresh(&db).await.context("could not read the clock")?;
        let mut cx = Context::system_for(organization.id, clock.now(), Chance::os().rng());
        let order = order::get(&db, &cx.actor, order_id)
            .await
            .context("could not read the order")?
            .ok_or_else(|| unknown(&self.organization))?;
        let currency = order.summary.total.currency;
        let amount_minor = match &self.amount {
            Some(text) => Some(parse_amount(text, currency).map_err(mistake)?),
            None => None,
        };
        let input = RefundOrder {
            organization_id: organization.id,
            order_id,
            amount_minor,
            reason: self.reason,
            comment: self.comment,
        };
        let id = payment::refund_order(&db, &mut cx, input)
            .await
            .map_err(|error| refused(error, &self.organization))?;
        let told = amount_minor.map_or_else(
            || "All that is left".to_owned(),
            |minor| format::money(Money::new(minor, currency), Locale::En),
        );
        println!("{told} of the order goes back: refund {id}");
        Ok(())
    }
}

fn unknown(slug: &str) -> Failure {
    mistake(format!(
        "ORDER-ID: `{slug}` has no such order; its id stands in the address of its page"
    ))
}

fn refused(error: RefundOrderError, slug: &str) -> Failure {
    match error {
        RefundOrderError::Invalid(errors) => super::field_mistakes(&errors),
        RefundOrderError::Unknown => unknown(slug),
        RefundOrderError::NotPaid => mistake("ORDER-ID: the order is not paid"),
        RefundOrderError::AllGivenBack => {
            mistake("ORDER-ID: all of the order was given back already, or is about to be")
        }
        RefundOrderError::TooMuch { left } => mistake(format!(
            "--amount: only {} are left of the order; give that or less",
            format::money(left, Locale::En)
        )),
        other => Failure::Other(anyhow::Error::new(other).context("could not give money back")),
    }
}

fn parse_reason(text: &str) -> Result<RefundReason, String> {
    let wanted = text.replace('-', "_");
    REASONS.into_iter().find(|reason| reason.as_str() == wanted).ok_or_else(|| {
        let names: Vec<String> =
            REASONS.iter().map(|reason| reason.as_str().replace('_', "-")).collect();
        format!("choose one of {}", names.join(", "))
    })
}

/// Reads `12`, `12.3` or `12.34` in units of the currency; at most as many decimals as it has.
fn parse_amount(text: &str, currency: Currency) -> Result<i64, String> {
    let decimals = usize::from(currency.exponent());
    let wrong =
        || format!("--amount must be a number with at most {decimals} decimals, such as 12.34");
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > decimals {
        return Err(wrong());
    }
    let minor: i64 = format!("{whole}{part:0<decimals$}").parse().map_err(|_| wrong())?;
    if minor == 0 { Err("--amount must be more than nothing".to_owned()) } else { Ok(minor) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_their_currency() {
        let yen = Currency::parse("jpy").unwrap();
        for (text, currency, minor) in [
            ("12.34", Currency::EUR, 1234),
            ("12.3", Currency::EUR, 1230),
            ("12", Currency::EUR, 1200),
            (" 0.05 ", Currency::EUR, 5),
            ("500", yen, 500),
        ] {
            assert_eq!(parse_amount(text, currency), Ok(minor), "{text}");
        }
        for text in ["", "12.345", "-1", "1,5", ".5", "0", "0.00", "99999999999999999999", "1.2.3"]
        {
            assert!(parse_amount(text, Currency::EUR).is_err(), "{text}");
        }
        assert!(parse_amount("1.5", yen).is_err());
    }

    #[test]
    fn only_a_persons_reasons_are_taken() {
        assert_eq!(parse_reason("customer-request"), Ok(RefundReason::CustomerRequest));
        assert!(parse_reason("order-void").unwrap_err().contains("duplicate"));
    }
}
