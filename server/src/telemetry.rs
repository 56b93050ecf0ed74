//! What the process says of itself: JSON lines on standard error.

use std::error::Error;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging by a filter such as `info` or `info,backend=debug`, and sends panics there too.
///
/// # Errors
/// When the filter is not valid.
pub fn start(filter: &str) -> Result<(), String> {
    let filter = check_filter(filter)?;
    // A test may have started it already.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(
            fmt::layer()
                .json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .with_writer(std::io::stderr),
        )
        .try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("");
        tracing::error!(place, message, "panic");
    }));
    Ok(())
}

/// # Errors
/// A sentence that says what to write instead.
pub fn check_filter(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(filter).map_err(|_| {
        "--log (FOYER_LOG) is not a filter: write a level such as `info`, or `info,backend=debug`".to_owned()
    })
}

/// Logs an error once, with all its causes.
pub fn log_error(what: &str, error: &dyn Error) {
    tracing::error!(error = chain(error), "{what}");
}

/// An error and its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_checked() {
        assert!(check_filter("info,backend=debug").is_ok());
        assert!(check_filter("backend=loud").unwrap_err().contains("--log"));
    }
}
