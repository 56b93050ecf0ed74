//! Figures for Prometheus.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the request histogram, in seconds.
const BUCKETS_S: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Reads the process's figures. There is one recorder per process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Metrics")
    }
}

impl Metrics {
    /// Starts counting; a second call reads the same figures.
    ///
    /// # Errors
    /// When another recorder was installed before.
    pub fn start() -> Result<Self, String> {
        static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
        HANDLE.get_or_init(install).clone().map(Self)
    }

    /// All figures as text.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }

    /// Folds the histograms' samples together; without it memory grows until somebody asks.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn install() -> Result<PrometheusHandle, String> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full("http_request_duration_seconds".to_owned()),
            &BUCKETS_S,
        )
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| error.to_string())?;
    metrics::describe_counter!(
        "http_requests_total",
        "Requests answered, by method, route and status"
    );
    metrics::describe_histogram!(
        "http_request_duration_seconds",
        metrics::Unit::Seconds,
        "Time until the head of the answer"
    );
    metrics::describe_counter!("panics_total", "Requests that ended in a panic");
    metrics::describe_counter!("mails_sent_total", "Mails handed over, by template");
    metrics::describe_counter!(
        "mails_failed_total",
        "Tries to send a mail that failed and will be repeated, by template"
    );
    metrics::describe_counter!("mails_dropped_total", "Mails given up, by reason");
    metrics::describe_counter!(
        "subscriptions_run_total",
        "Subscriptions that came due and were handled"
    );
    metrics::describe_counter!("invoices_issued_total", "Orders whose invoice was due and handled");
    metrics::describe_counter!("stripe_events_total", "Messages of Stripe's, by what they came to");
    metrics::describe_gauge!(
        "worker_due_lag_seconds",
        metrics::Unit::Seconds,
        "How long the oldest due row has waited, by table"
    );
    metrics::describe_gauge!("live_streams", "Open event streams");
    metrics::describe_gauge!("database_connections", "Connections of this process, by state");
    Ok(handle)
}
