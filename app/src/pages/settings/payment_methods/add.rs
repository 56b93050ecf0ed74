//! Adding a method: on the processor's page, or in its frame on ours where script runs.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::card_frame::FrameSetup;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Begins adding a method for the signed-in customer and leads to the processor's page.
#[server(prefix = "/api", endpoint = "payment-method/add")]
pub async fn add_payment_method(
    organization: String,
    #[server(default)] set_default: bool,
    #[server(default)] order: Option<String>,
    #[server(default)] subscription: Option<String>,
) -> Result<Done, AppError> {
    page::add(&organization, set_default, order, subscription).await
}

/// The same for the processor's frame.
#[server(prefix = "/api", endpoint = "frame/setup")]
pub async fn begin_frame_setup(
    organization: String,
    #[server(default)] set_default: bool,
    #[server(default)] order: Option<String>,
    #[server(default)] subscription: Option<String>,
) -> Result<FrameSetup, AppError> {
    page::begin_frame(&organization, set_default, order, subscription).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::order::{self, OrderSummary};
    use backend::payment::{SetupPresentation, SetupWay, return_path};
    use backend::payment_method::{BeginSetup, BeginSetupError, SetupBegun, begin_setup};
    use domain::format;
    use domain::id::{OrderId, SubscriptionId};
    use domain::order::OrderStatus;
    use leptos::server_fn::ServerFn;

    use super::{AddPaymentMethod, BeginFrameSetup};
    use crate::error::AppError;
    use crate::pages::method::processor_name;
    use crate::pages::settings::payment_methods::list::all;
    use crate::pages::sheet::{Asked, Reader};
    use crate::pages::subscription::load::{parse_id, subscription_by_id};
    use crate::ssr::internal;
    use crate::ui::card_frame::{CardFrame, FrameSetup};
    use crate::ui::form::{Done, Field, action};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
    use crate::urls::paths;

    /// What the method is for.
    #[derive(Clone, Copy, Debug, Default)]
    struct Purpose {
        order_id: Option<OrderId>,
        subscription_id: Option<SubscriptionId>,
    }

    impl Purpose {
        /// What is no id names nothing.
        fn parse(order: Option<&str>, subscription: Option<&str>) -> Result<Self, AppError> {
            let named =
                |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
            let order_id = named(order).map(|id| id.parse()).transpose();
            Ok(Self {
                order_id: order_id.map_err(|_| AppError::NotFound)?,
                subscription_id: named(subscription).map(|id| parse_id(&id)).transpose()?,
            })
        }

        /// Where the browser goes on afterwards: to the page that says what came of it.
        fn back(self, slug: &str) -> String {
            match self.order_id {
                Some(id) => paths::order(slug, id),
                None => self.up(slug),
            }
        }

        /// Where the step began.
        fn up(self, slug: &str) -> String {
            match (self.order_id, self.subscription_id) {
                (Some(id), _) => paths::order_pay(slug, id),
                (None, Some(id)) => paths::subscription_payment_method(slug, id),
                (None, None) => paths::payment_methods(slug),
            }
        }
    }

    /// `/{organization}/portal/settings/payment-methods/add?order=&subscription=`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let purpose = Purpose::parse(asked.order.as_deref(), asked.subscription.as_deref())?;
        let up = purpose.up(slug);
        let sheet = Sheet::new(t.methods_add()).back(up.clone(), t.common_back());
        let organization = &reader.organization;
        let Some(processor) = organization.payment_processor.as_deref() else {
            return Ok(sheet
                .lead(t.methods_lead_direct(&organization.name))
                .status(409)
                .link(up, t.common_back()));
        };
        let order = order_of(&reader, purpose).await?;
        if order.as_ref().is_some_and(|order| order.status != OrderStatus::Pending) {
            return Ok(sheet.lead(t.error_pay_not_open()).status(409).link(up, t.common_back()));
        }
        let (processor, hosted) = (
            processor_name(Some(processor)),
            t.methods_add_hosted(processor_name(Some(processor))),
        );
        let amount = order.as_ref().map(|order| format::money(order.total, t.locale()));
        let mut lead = order
            .as_ref()
            .zip(amount.as_ref())
            .map(|(order, amount)| t.methods_add_lead_order(amount, &order.product_name));
        if let Some(id) = purpose.subscription_id {
            let name = subscription_by_id(&reader, id).await?.name(t);
            lead = lead.or_else(|| Some(t.methods_add_lead_subscription(&name)));
        }
        let is_first = all(&reader).await?.is_empty();
        let mut form = SheetForm::new(
            action::<AddPaymentMethod>(),
            t.methods_add_submit(processor),
            t.methods_add_pending(),
        )
        .field(
            Field::check("set_default", t.methods_add_default_label(), is_first)
                .hint(t.methods_add_default_hint()),
        )
        .secondary(up, t.common_back());
        if let Some(id) = purpose.order_id {
            form = form.hidden("order", id.to_string());
        }
        if let Some(id) = purpose.subscription_id {
            form = form.hidden("subscription", id.to_string());
        }
        let currency = order.as_ref().map(|order| order.total.currency.to_string());
        form.frame = frame(&reader, currency, amount.as_deref(), hosted.clone());
        // With a frame the sentence stands in the form, since it changes when the frame is there.
        let has_frame = form.frame.is_some();
        let sheet = match lead {
            Some(lead) if has_frame => sheet.lead(lead),
            Some(lead) => sheet.lead(lead).block(Block::text(hosted)),
            None if has_frame => sheet,
            None => sheet.lead(hosted),
        };
        Ok(sheet.form(form))
    }

    /// Stripe's frame, where Stripe charges and this process has its keys.
    fn frame(
        reader: &Reader,
        currency: Option<String>,
        amount: Option<&str>,
        hosted: String,
    ) -> Option<CardFrame> {
        let t = reader.text;
        let processor = reader.organization.payment_processor.as_deref();
        let stripe = reader.portal.stripe.as_ref().filter(|_| processor == Some("stripe"))?;
        let name = processor_name(processor);
        Some(CardFrame {
            js_url: stripe.js_url.clone(),
            publishable_key: stripe.publishable_key.clone(),
            element: stripe.element.as_str().to_owned(),
            // A card pays in any; Stripe's script asks for one all the same.
            currency: currency.unwrap_or_else(|| "eur".to_owned()),
            begin: BeginFrameSetup::PATH.to_owned(),
            hosted,
            framed: t.methods_add_framed(name),
            label: t.methods_frame_label().to_owned(),
            submit: amount.map_or_else(
                || t.methods_frame_submit().to_owned(),
                |amount| t.methods_frame_submit_order(amount),
            ),
            refused: t.methods_frame_refused(name),
        })
    }

    async fn order_of(reader: &Reader, purpose: Purpose) -> Result<Option<OrderSummary>, AppError> {
        let Some(order_id) = purpose.order_id else { return Ok(None) };
        let found = order::get(&reader.portal.db, &reader.actor(), order_id).await?;
        found.map(|order| Some(order.summary)).ok_or(AppError::NotFound)
    }

    pub(super) async fn add(
        organization: &str,
        set_default: bool,
        order: Option<String>,
        subscription: Option<String>,
    ) -> Result<Done, AppError> {
        let purpose = Purpose::parse(order.as_deref(), subscription.as_deref())?;
        let (_, begun) =
            begin(organization, set_default, purpose, SetupPresentation::Hosted).await?;
        match begun.way {
            SetupWay::Hosted { url } => Done::leave(url),
            SetupWay::Embedded { .. } => Err(AppError::Outdated),
        }
    }

    pub(super) async fn begin_frame(
        organization: &str,
        set_default: bool,
        order: Option<String>,
        subscription: Option<String>,
    ) -> Result<FrameSetup, AppError> {
        let purpose = Purpose::parse(order.as_deref(), subscription.as_deref())?;
        let (reader, begun) =
            begin(organization, set_default, purpose, SetupPresentation::Embedded).await?;
        let SetupWay::Embedded { client_secret } = begun.way else {
            return Err(AppError::Outdated);
        };
        let back = return_path::of_setup(reader.organization.id, begun.payment_method_setup_id);
        Ok(FrameSetup { client_secret, return_url: reader.portal.urls.absolute(&back) })
    }

    async fn begin(
        organization: &str,
        set_default: bool,
        purpose: Purpose,
        presentation: SetupPresentation,
    ) -> Result<(Reader, SetupBegun), AppError> {
        let mut reader = Reader::of(organization).await?;
        let input = BeginSetup {
            customer_id: reader.person.actor.customer_id,
            set_default,
            is_kept: true,
            subscription_id: purpose.subscription_id,
            order_id: purpose.order_id,
            presentation,
            return_path: purpose.back(organization),
        };
        let (db, processors) = (&reader.portal.db, &reader.portal.processors);
        let begun = begin_setup(db, processors, &mut reader.cx, input).await.map_err(refusal)?;
        Ok((reader, begun))
    }

    fn refusal(error: BeginSetupError) -> AppError {
        match error {
            BeginSetupError::Unknown => AppError::NotFound,
            BeginSetupError::Forbidden(_) => AppError::Forbidden,
            BeginSetupError::NoProcessor => AppError::conflict("pay_not_charged"),
            BeginSetupError::OrderNotOpen => AppError::conflict("pay_not_open"),
            BeginSetupError::TooManyTries { retry_after_s } => {
                AppError::RateLimited { retry_after_s }
            }
            BeginSetupError::Unavailable => AppError::conflict("pay_unavailable"),
            error => internal(&error),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_way_back_follows_from_what_the_method_is_for() {
            let id = uuid::Uuid::from_u128(7).to_string();
            let up = |order, subscription| {
                Purpose::parse(order, subscription).map(|purpose| purpose.up("acme"))
            };
            assert_eq!(up(None, Some("")).unwrap(), "/acme/portal/settings/payment-methods");
            assert_eq!(up(Some(&id), None).unwrap(), format!("/acme/portal/orders/{id}/pay"));
            assert_eq!(
                up(None, Some(&id)).unwrap(),
                format!("/acme/portal/subscriptions/{id}/payment-method")
            );
            let purpose = Purpose::parse(Some(&id), None).unwrap();
            assert_eq!(purpose.back("acme"), format!("/acme/portal/orders/{id}"));
            assert_eq!(up(Some("//evil.example"), None).unwrap_err(), AppError::NotFound);
            assert_eq!(up(None, Some("x")).unwrap_err(), AppError::NotFound);
        }
    }
}
