//! Choosing what a subscription is charged with.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Chooses the payment method of a subscription; an empty `payment_method_id` is the customer's default.
#[server(prefix = "/api", endpoint = "subscription/payment-method")]
pub async fn choose_payment_method(
    organization: String,
    subscription_id: String,
    #[server(default)] payment_method_id: String,
) -> Result<Done, AppError> {
    page::choose(&organization, &subscription_id, &payment_method_id).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::payment_method::{
        ChooseMethodError, PaymentMethod, SubscriptionMethod, of_subscription, use_for_subscription,
    };
    use time::OffsetDateTime;

    use super::ChoosePaymentMethod;
    use crate::error::AppError;
    use crate::pages::method;
    use crate::pages::settings::payment_methods::default::refusal;
    use crate::pages::settings::payment_methods::list::{all, news_of_setup};
    use crate::pages::sheet::{Asked, Reader};
    use crate::pages::subscription::load::{parse_id, subscription_of};
    use crate::text::Text;
    use crate::ui::form::{Choice, Done, Field, action};
    use crate::ui::sheet::{Block, Body, Message, Sheet, SheetForm};
    use crate::ui::tone::Tone;
    use crate::urls::paths;

    /// `/{organization}/portal/subscriptions/{id}/payment-method`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let subscription = subscription_of(&reader, asked).await?;
        let (name, up) = (subscription.name(t), paths::subscription(slug, subscription.id));
        let mut sheet = Sheet::new(t.methods_choose_title(&name)).back(up.clone(), name.clone());
        if subscription.ended_at.is_some() {
            return Ok(sheet
                .lead(t.methods_choose_ended(&name))
                .status(409)
                .link(up, t.common_back()));
        }
        if !reader.organization.has_processor {
            let lead = t.methods_lead_direct(&reader.organization.name);
            return Ok(sheet.lead(lead).status(409).link(up, t.common_back()));
        }
        let methods = all(&reader).await?;
        let used = of_subscription(&reader.portal.db, &reader.actor(), subscription.id).await?;
        sheet = sheet.lead(used.as_ref().map_or_else(
            || t.methods_choose_lead_none(&name),
            |used| t.methods_choose_lead(&name, &method::name(t, &used.details)),
        ));
        let add = paths::payment_method_add_for_subscription(slug, subscription.id);
        let added = used.as_ref().filter(|_| asked.done.as_deref() == Some("added"));
        let news = match added {
            Some(used) => Some(Message {
                tone: Tone::Good,
                title: t.methods_choose_done(&name, &method::name(t, &used.details)),
                is_news: true,
                ..Message::default()
            }),
            None => news_of_setup(&reader, asked, add.clone()).await?,
        };
        if let Some(news) = news {
            sheet = sheet.block(Block { title: None, body: Body::Alert(news) });
        }
        if methods.is_empty() {
            return Ok(sheet.link(add, t.methods_add()));
        }
        let form = SheetForm::new(
            action::<ChoosePaymentMethod>(),
            t.methods_choose_submit(&name),
            t.methods_saving(),
        )
        .hidden("subscription_id", subscription.id.to_string())
        .field(field(t, &methods, used.as_ref(), reader.cx.now))
        .secondary(add, t.methods_choose_add());
        Ok(sheet.block(Block::list(vec![t.methods_default_overdue().to_owned()])).form(form))
    }

    /// The default first, which is what an empty value stands for; then each method.
    fn field(
        t: Text,
        methods: &[PaymentMethod],
        used: Option<&SubscriptionMethod>,
        now: OffsetDateTime,
    ) -> Field {
        let default = methods.iter().find(|method| method.is_default).map(|method| Choice {
            value: String::new(),
            label: t.methods_choose_default(&method::name(t, &method.details)),
            detail: Some(t.methods_choose_default_hint().to_owned()),
        });
        let each = methods.iter().map(|method| method::choice(t, method, now));
        let own = used.filter(|used| used.is_own);
        let value = own.map_or_else(String::new, |own| own.payment_method_id.to_string());
        Field::radio(
            "payment_method_id",
            t.methods_choose_legend(),
            default.into_iter().chain(each).collect(),
        )
        .value(value)
    }

    pub(super) async fn choose(
        organization: &str,
        subscription_id: &str,
        payment_method_id: &str,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = parse_id(subscription_id)?;
        let unknown = || AppError::field("payment_method_id", "pay_method");
        let method_id = Some(payment_method_id).filter(|text| !text.is_empty());
        let method_id = method_id.map(str::parse).transpose().map_err(|_| unknown())?;
        use_for_subscription(&reader.portal.db, &mut reader.cx, id, method_id).await.map_err(
            |error| match error {
                ChooseMethodError::Unknown if method_id.is_some() => unknown(),
                error => refusal(error),
            },
        )?;
        Ok(Done::at(format!("{}?done=method", paths::subscription(organization, id))))
    }

    #[cfg(test)]
    mod tests {
        use domain::locale::Locale;
        use time::macros::datetime;

        use super::*;
        use crate::pages::method::tests::visa;
        use crate::ui::form::Control;

        #[test]
        fn what_pays_now_is_chosen_already() {
            let (t, now) = (Text::of(Locale::En), datetime!(2026-05-01 10:00 UTC));
            let methods = [PaymentMethod { is_default: true, ..visa(2) }, visa(3)];
            let used = |is_own| SubscriptionMethod {
                payment_method_id: visa(3).payment_method_id,
                details: visa(3).details,
                is_own,
            };
            let shown = field(t, &methods, Some(&used(true)), now);
            assert_eq!(shown.value, visa(3).payment_method_id.to_string());
            let Control::Radio(choices) = shown.control else { panic!("no choices") };
            assert_eq!(choices.len(), 3);
            assert_eq!(choices[0].label, "The default (Visa ending in 4242)");
            assert_eq!(field(t, &methods, Some(&used(false)), now).value, "");
            assert_eq!(field(t, &methods, None, now).value, "");
        }
    }
}
