//! The states that colour may mean.

use serde::{Deserialize, Serialize};

use super::icon::IconName;

/// What a badge or an alert says by its colour and, for those who do not see colours, by its icon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// Over, or of no concern.
    #[default]
    Neutral,
    /// As it should be.
    Good,
    /// Wants attention some day.
    Wait,
    /// Wants action now.
    Bad,
    /// Worth knowing.
    Note,
}

impl Tone {
    /// The icon that stands for the same.
    #[must_use]
    pub fn icon(self) -> IconName {
        match self {
            Self::Neutral => IconName::Dash,
            Self::Good => IconName::Check,
            Self::Wait => IconName::Clock,
            Self::Bad => IconName::Warning,
            Self::Note => IconName::Info,
        }
    }
}
