//! The simulation of failed renewals, small: `cargo run --release --package domain --example dunning_simulation` is the large one.

#[path = "../examples/dunning_simulation/model.rs"]
mod model;

use domain::payment::RetrySchedule;
use model::{Outcome, Paydays, Subscription};

fn play(paydays: Paydays, is_better: bool) -> Outcome {
    let mut outcome = Outcome::default();
    for number in 0..500 {
        let subscription = Subscription::draw(4, number, paydays);
        subscription.play(&RetrySchedule::default(), is_better, &mut outcome);
    }
    outcome
}

#[test]
fn better_moments_bring_as_many_back_and_sooner_within_the_limits() {
    let (ours, fixed) = (play(Paydays::Usual, true), play(Paydays::Usual, false));
    assert!(ours.recovery_rate() >= fixed.recovery_rate(), "{ours:?} {fixed:?}");
    assert!(ours.mean_days() < fixed.mean_days());
    assert!(ours.median_days() <= fixed.median_days());
    assert!((0.3..0.7).contains(&fixed.recovery_rate()), "{}", fixed.recovery_rate());
    assert!(ours.tries_per_subscription() <= 5.0 && fixed.tries_per_subscription() <= 4.0);
    assert_eq!((ours.beyond_limit, fixed.beyond_limit), (0, 0));
}

#[test]
fn where_paydays_are_unknown_nothing_is_lost() {
    let (ours, fixed) = (play(Paydays::AnyDay, true), play(Paydays::AnyDay, false));
    assert!(ours.recovery_rate() > fixed.recovery_rate() - 0.02);
    assert_eq!(ours.beyond_limit, 0);
}
