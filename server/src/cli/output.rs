//! Progress that a person can follow: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// The progress of one long step.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    told_percent: u64,
}

impl Progress {
    /// Starts a step. On a terminal a bar shows it; elsewhere a line every ten percent.
    pub fn start(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
                bar.set_style(style);
            }
            bar.set_message(what);
            bar
        });
        if bar.is_none() {
            eprintln!("{what} …");
        }
        Self { bar, what, told_percent: 0 }
    }

    pub fn set(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            return;
        }
        let percent = (done * 100).checked_div(total).unwrap_or(100);
        if percent >= self.told_percent + 10 {
            self.told_percent = percent - percent % 10;
            eprintln!("{}: {} %", self.what, self.told_percent);
        }
    }

    pub fn finish(self) {
        match self.bar {
            Some(bar) => bar.finish_and_clear(),
            None => eprintln!("{}: done", self.what),
        }
    }
}
