//! How many failed renewals come back, and how soon, under our schedule and under one that keeps its days to the second.
//!
//! `cargo run --release --package domain --example dunning_simulation -- [SUBSCRIPTIONS] [SEED]`

mod model;

use domain::payment::RetrySchedule;
use model::{Outcome, Paydays, Subscription};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let subscriptions = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10_000_u32);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(4_u64);
    let schedule = RetrySchedule::default();
    println!("{subscriptions} failing subscriptions over 60 days, seed {seed}\n");
    println!(
        "| money comes | schedule | recovered | median days | mean days | tries each | beyond a limit |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|");
    for (paydays, name) in [(Paydays::Usual, "on usual days"), (Paydays::AnyDay, "on any day")] {
        for (is_better, schedule_name) in [(true, "ours"), (false, "fixed 2/5/7/7")] {
            let mut outcome = Outcome::default();
            for number in 0..subscriptions {
                Subscription::draw(seed, number, paydays).play(&schedule, is_better, &mut outcome);
            }
            println!(
                "| {name} | {schedule_name} | {:.2} % | {:.2} | {:.2} | {:.2} | {} |",
                outcome.recovery_rate() * 100.0,
                outcome.median_days(),
                outcome.mean_days(),
                outcome.tries_per_subscription(),
                outcome.beyond_limit,
            );
        }
    }
}
