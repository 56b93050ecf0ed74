//! The processors that this process can reach.

use std::sync::Arc;

use super::processor::PaymentProcessor;

/// All of them, each under its name in `organization.payment_processor`.
#[derive(Debug, Clone, Default)]
pub struct Processors(Vec<Arc<dyn PaymentProcessor>>);

impl Processors {
    #[must_use]
    pub fn with(mut self, processor: impl PaymentProcessor + 'static) -> Self {
        self.0.push(Arc::new(processor));
        self
    }

    /// The one of that name; `None` when this process cannot reach it.
    pub fn get(&self, name: &str) -> Option<&dyn PaymentProcessor> {
        self.iter().find(|processor| processor.name() == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &dyn PaymentProcessor> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The origins of all their pages, see [`PaymentProcessor::origins`].
    pub fn origins(&self) -> Vec<String> {
        self.iter().flat_map(PaymentProcessor::origins).collect()
    }
}
