//! Changing the number of seats: what is sold and what is assigned, then what the new number costs.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Leads to the quote for a number of seats; what is not sold is refused beside the field.
#[server(prefix = "/api", endpoint = "subscription/seats")]
pub async fn choose_seats(
    organization: String,
    subscription_id: String,
    #[server(default)] seats: String,
) -> Result<Done, AppError> {
    page::choose(&organization, &subscription_id, &seats).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::quote::{OfferedPlan, Quote, QuoteRequest, offered_plans};
    use backend::seat;
    use domain::change::ChangeRefusal;
    use domain::format;
    use domain::money::Money;
    use domain::price::PriceAmount;
    use domain::seat_tiers::{SEATS_MAX, SeatTierType, SeatTiers};

    use super::ChooseSeats;
    use crate::error::AppError;
    use crate::pages::sheet::{Asked, Reader};
    use crate::pages::subscription::load::{parse_id, subscription_of};
    use crate::pages::subscription::quoted::{self, Course};
    use crate::pages::subscription::view::SubscriptionView;
    use crate::text::Text;
    use crate::ui::form::{Done, Field, action, message};
    use crate::ui::sheet::{Block, Body, Sheet, SheetForm, SheetTable};
    use crate::ui::tone::Tone;
    use crate::urls::paths;

    /// `/{organization}/portal/subscriptions/{id}/seats`, with `?seats=` the quote for that number.
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let mut reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let subscription = subscription_of(&reader, asked).await?;
        let off = (!reader.organization.settings.update_seats)
            .then_some(ChangeRefusal::SeatChangesOff)
            .or(subscription.seats.is_none().then_some(ChangeRefusal::NotSeatBased))
            .or(subscription.change_refusal());
        if let Some(refusal) = off {
            return Ok(quoted::not_possible(t, slug, &subscription, t.seats_title(), refusal));
        }
        let Some(text) = asked.seats.as_deref() else {
            return choose_page(&reader, slug, &subscription).await;
        };
        let Ok(seats) = parse(text) else {
            return Ok(refused(&reader, slug, &subscription, "seats_invalid").await?.status(422));
        };
        match quoted::ask(&mut reader, subscription.id, QuoteRequest::Seats { seats }).await? {
            Ok(quote) => Ok(offer(&reader, slug, &subscription, seats, &quote)),
            Err(refusal) if is_about_the_number(refusal) => {
                Ok(refused(&reader, slug, &subscription, refusal.code()).await?.status(422))
            }
            Err(refusal) => {
                Ok(quoted::not_possible(t, slug, &subscription, t.seats_title(), refusal))
            }
        }
    }

    pub(super) async fn choose(
        organization: &str,
        subscription_id: &str,
        seats: &str,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = parse_id(subscription_id)?;
        let number = parse(seats)?;
        match quoted::ask(&mut reader, id, QuoteRequest::Seats { seats: number }).await? {
            Ok(_) => Ok(Done::at(format!(
                "{}?seats={number}",
                paths::subscription_seats(organization, id)
            ))),
            Err(refusal) if is_about_the_number(refusal) => {
                Err(AppError::field("seats", refusal.code()))
            }
            Err(refusal) => Err(AppError::conflict(refusal.code())),
        }
    }

    fn parse(text: &str) -> Result<i32, AppError> {
        let number =
            text.trim().parse::<i32>().ok().filter(|seats| (1..=SEATS_MAX).contains(seats));
        number.ok_or_else(|| AppError::field("seats", "seats_invalid"))
    }

    fn is_about_the_number(refusal: ChangeRefusal) -> bool {
        matches!(
            refusal,
            ChangeRefusal::BelowMinimum { .. }
                | ChangeRefusal::AboveMaximum { .. }
                | ChangeRefusal::SeatsAssigned { .. }
                | ChangeRefusal::NothingChanges
        )
    }

    /// The number cannot be had: said above the form that takes another one.
    async fn refused(
        reader: &Reader,
        slug: &str,
        subscription: &SubscriptionView,
        code: &str,
    ) -> Result<Sheet, AppError> {
        let mut sheet = choose_page(reader, slug, subscription).await?;
        sheet.blocks.insert(0, Block::alert(Tone::Bad, message(reader.text, code), None));
        Ok(sheet)
    }

    async fn choose_page(
        reader: &Reader,
        slug: &str,
        subscription: &SubscriptionView,
    ) -> Result<Sheet, AppError> {
        let (t, actor) = (reader.text, reader.actor());
        let plans = offered_plans(&reader.portal.db, &actor, subscription.id).await?;
        let plan = plans.into_iter().flatten().find(|plan| plan.is_current);
        let tiers = plan.as_ref().and_then(|plan: &OfferedPlan| match &plan.price {
            PriceAmount::SeatBased { seat_tiers } => Some(seat_tiers),
            PriceAmount::Free | PriceAmount::Fixed { .. } => None,
        });
        let assigned = seat::assigned(&reader.portal.db, &actor, subscription.id).await?;
        let seats = subscription.seats.unwrap_or(1);
        let up = paths::subscription(slug, subscription.id);
        let count = |number: i32| format::count(number.into(), t.locale());
        let least = tiers.map_or(1, SeatTiers::minimum_seats).max(assigned);
        let most = tiers.and_then(SeatTiers::maximum_seats);
        let mut facts = vec![
            (t.seats_today().to_owned(), count(seats)),
            (t.seats_assigned().to_owned(), count(assigned)),
            (t.subscription_amount().to_owned(), subscription.price_interval(t)),
            (t.seats_minimum().to_owned(), count(least)),
        ];
        if let Some(most) = most {
            facts.push((t.seats_maximum().to_owned(), count(most)));
        }
        let hint = match most {
            Some(most) => t.seats_hint_range(&count(least), &count(most)),
            None => t.seats_hint_minimum(&count(least)),
        };
        let field = Field::number("seats", t.seats_label(), least.into(), most.map(i64::from))
            .value(seats.to_string())
            .hint(hint);
        let form =
            SheetForm::new(action::<ChooseSeats>(), t.seats_submit_quote(), t.seats_working_out())
                .hidden("subscription_id", subscription.id.to_string())
                .field(field)
                .secondary(up.clone(), t.common_back());
        let sheet = Sheet::new(t.seats_title())
            .lead(t.seats_lead(seats.into(), &subscription.plan))
            .back(up, subscription.name(t))
            .block(Block::new(t.seats_facts(), Body::Facts(facts)));
        let sheet = match tiers {
            Some(tiers) if tiers.tiers().len() > 1 => {
                tiers_blocks(t, subscription.amount, tiers).into_iter().fold(sheet, Sheet::block)
            }
            _ => sheet,
        };
        Ok(sheet.form(form))
    }

    fn tiers_blocks(t: Text, amount: Money, tiers: &SeatTiers) -> [Block; 2] {
        let count = |number: i32| format::count(number.into(), t.locale());
        let rows = tiers.tiers().iter().map(|tier| {
            let range = match tier.max_seats {
                Some(max) => t.seats_range(&count(tier.min_seats), &count(max)),
                None => t.seats_range_open(&count(tier.min_seats)),
            };
            let price = Money::new(tier.price_per_seat_minor, amount.currency);
            vec![range.into(), format::money(price, t.locale()).into()]
        });
        let table = SheetTable {
            label: t.seats_tiers_title().to_owned(),
            columns: vec![
                (t.seats_column_seats().to_owned(), false),
                (t.seats_column_price().to_owned(), true),
            ],
            rows: rows.collect(),
        };
        let note = match tiers.tier_type() {
            SeatTierType::Volume => t.seats_tiers_volume(),
            SeatTierType::Graduated => t.seats_tiers_graduated(),
        };
        [
            Block::new(t.seats_tiers_title(), Body::Table(table)),
            Block { title: None, body: Body::Note(note.to_owned()) },
        ]
    }

    fn offer(
        reader: &Reader,
        slug: &str,
        subscription: &SubscriptionView,
        seats: i32,
        quote: &Quote,
    ) -> Sheet {
        let t = reader.text;
        let name = quote.result.product_name.as_str();
        let (number, count) = (i64::from(seats), format::count(seats.into(), t.locale()));
        let (lead, submit) = match Course::of(reader, &quote.result) {
            Course::Pay(amount) => {
                (t.seats_quote_lead_pay(name, &count, &amount), t.seats_submit_pay(number, &amount))
            }
            Course::Now => (t.seats_quote_lead_now(name, &count), t.seats_submit_now(number)),
            Course::Later(date) => {
                (t.seats_quote_lead_later(name, &count, &date), t.seats_submit_later(number, &date))
            }
        };
        let other = paths::subscription_seats(slug, subscription.id);
        let sheet =
            Sheet::new(t.seats_quote_title(number)).lead(lead).back(other.clone(), t.seats_other());
        let form = quoted::form(quote, submit, t.plan_pending()).secondary(other, t.seats_other());
        Sheet { blocks: quoted::blocks(reader, quote), ..sheet }.form(form)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_number_of_seats_is_a_whole_number_that_is_sold() {
            assert_eq!(parse(" 12 "), Ok(12));
            for garbage in ["", "0", "-3", "1.5", "1,000", "100001", "99999999999999", "zwölf"] {
                assert_eq!(parse(garbage).unwrap_err().status(), 422, "{garbage}");
            }
        }
    }
}
