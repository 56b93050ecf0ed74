//! Which steps exist for a subscription now, and where they are.

use backend::organization::PortalSettings;
use domain::change::ChangeRefusal;

use super::view::{Standing, SubscriptionView};
use crate::text::Text;
use crate::ui::sheet::Link;
use crate::urls::paths;

impl SubscriptionView {
    /// The steps that are possible, the most likely one first.
    pub fn steps(&self, t: Text, slug: &str, settings: PortalSettings) -> Vec<Link> {
        let id = self.id;
        let can_change = self.change_refusal().is_none();
        let steps = [
            (self.owes(), paths::orders_open(slug), t.subscription_see_orders()),
            (self.can_keep(), paths::subscription_keep(slug, id), t.subscription_keep()),
            (self.can_resume(), paths::subscription_resume(slug, id), t.subscription_resume()),
            (
                self.can_keep_running(),
                paths::subscription_keep_running(slug, id),
                t.subscription_keep_running(),
            ),
            (
                self.can_undo_update(),
                paths::subscription_update_undo(slug, id),
                t.subscription_undo_update(),
            ),
            (
                can_change && settings.update_plan,
                paths::subscription_plan(slug, id),
                t.subscription_change_plan(),
            ),
            (
                can_change && settings.update_seats && self.seats.is_some(),
                paths::subscription_seats(slug, id),
                t.subscription_change_seats(),
            ),
            (
                self.can_pause() && settings.pause,
                paths::subscription_pause(slug, id),
                t.subscription_pause(),
            ),
            (
                self.can_resubscribe(),
                paths::subscription_resubscribe(slug, id),
                t.subscription_resubscribe(),
            ),
            (self.can_cancel(), paths::subscription_cancel(slug, id), t.subscription_cancel()),
        ];
        steps
            .into_iter()
            .filter(|(is_possible, ..)| *is_possible)
            .map(|(_, href, label)| (href, label.to_owned()))
            .collect()
    }

    /// The step that a list offers, in a word.
    pub fn short_steps(&self, t: Text, slug: &str) -> Vec<Link> {
        let id = self.id;
        let step = if self.can_keep() {
            (paths::subscription_keep(slug, id), t.overview_action_keep())
        } else if self.can_resume() {
            (paths::subscription_resume(slug, id), t.subscription_resume())
        } else if self.can_resubscribe() {
            (paths::subscription_resubscribe(slug, id), t.subscription_resubscribe())
        } else if self.can_cancel() {
            (paths::subscription_cancel(slug, id), t.overview_action_cancel())
        } else {
            return Vec::new();
        };
        vec![(step.0, step.1.to_owned())]
    }

    /// Why its plan and seats cannot be changed, as far as its state says; the quote says the rest.
    pub fn change_refusal(&self) -> Option<ChangeRefusal> {
        let refusal = match self.standing() {
            Standing::Ended | Standing::IncompleteExpired | Standing::Unpaid => {
                ChangeRefusal::Ended
            }
            _ if self.open_change.is_some() => ChangeRefusal::ChangePending,
            Standing::Active | Standing::Trialing => return None,
            Standing::Canceling => ChangeRefusal::Canceling,
            Standing::Pausing => ChangeRefusal::PauseScheduled,
            Standing::Paused => ChangeRefusal::Paused,
            Standing::PastDue => ChangeRefusal::PastDue,
            Standing::Incomplete => ChangeRefusal::NotRunning,
        };
        Some(refusal)
    }

    /// Money is missing that the customer can bring.
    pub fn owes(&self) -> bool {
        matches!(self.standing(), Standing::PastDue | Standing::Unpaid)
    }

    /// Whether cancelling is a step that exists for it.
    pub fn can_cancel(&self) -> bool {
        let standing = self.standing();
        self.open_change.is_none()
            && matches!(
                standing,
                Standing::Active
                    | Standing::Trialing
                    | Standing::PastDue
                    | Standing::Pausing
                    | Standing::Paused
            )
    }

    /// Whether its cancellation can be taken back.
    pub fn can_keep(&self) -> bool {
        self.open_change.is_none() && self.standing() == Standing::Canceling
    }

    pub fn can_pause(&self) -> bool {
        self.open_change.is_none() && self.standing() == Standing::Active
    }

    /// Whether a pause that has not begun can be taken back.
    pub fn can_keep_running(&self) -> bool {
        self.open_change.is_none() && self.standing() == Standing::Pausing
    }

    pub fn can_resume(&self) -> bool {
        self.open_change.is_none() && self.standing() == Standing::Paused
    }

    pub fn can_resubscribe(&self) -> bool {
        self.open_change.is_none() && self.standing() == Standing::Ended
    }

    /// Whether a scheduled change can be taken back.
    pub fn can_undo_update(&self) -> bool {
        self.open_change.is_none() && self.scheduled.is_some() && self.ended_at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;
    use domain::subscription::SubscriptionStatus;
    use time::macros::date;

    use super::super::view::OpenChangeView;
    use super::super::view::tests::{at, team};
    use super::*;

    const ALL: PortalSettings = PortalSettings {
        show_usage: true,
        update_plan: true,
        update_seats: true,
        pause: true,
        cancel_now: true,
        allow_email_change: true,
    };

    fn steps(subscription: &SubscriptionView, settings: PortalSettings) -> Vec<String> {
        let links = subscription.steps(Text::of(Locale::En), "acme", settings);
        let last = |href: String| href.rsplit('/').next().unwrap_or_default().to_owned();
        links.into_iter().map(|(href, _)| last(href)).collect()
    }

    #[test]
    fn only_what_is_possible_is_offered() {
        assert_eq!(steps(&team(), ALL), ["plan", "seats", "pause", "cancel"]);
        let none = PortalSettings { update_plan: false, update_seats: false, pause: false, ..ALL };
        assert_eq!(steps(&team(), none), ["cancel"], "cancelling has no switch");
        let paused = SubscriptionView { status: SubscriptionStatus::Paused, ..team() };
        assert_eq!(steps(&paused, ALL), ["resume", "cancel"]);
        let pausing = SubscriptionView { is_pausing: true, ..team() };
        assert_eq!(steps(&pausing, ALL), ["keep-running", "cancel"]);
        let canceling = SubscriptionView { ends_at: Some(at(date!(2026 - 05 - 01))), ..team() };
        assert_eq!(steps(&canceling, ALL), ["keep"]);
        let ended = SubscriptionView { ended_at: Some(at(date!(2026 - 05 - 01))), ..team() };
        assert_eq!(steps(&ended, ALL), ["resubscribe"]);
    }

    #[test]
    fn everything_waits_for_a_change_on_its_way() {
        let since = at(date!(2026 - 04 - 12));
        let open_change = Some(OpenChangeView { since, action_url: None });
        for status in SubscriptionStatus::ALL {
            let waiting =
                SubscriptionView { status: *status, open_change: open_change.clone(), ..team() };
            let rest: Vec<String> = steps(&waiting, ALL);
            assert!(rest.iter().all(|step| step.starts_with("orders")), "{status}: {rest:?}");
        }
    }
}
