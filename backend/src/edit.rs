//! What a change does to a value that may be missing.

/// Keeps a value, takes it away, or sets it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Edit<T> {
    /// The value afterwards.
    pub fn of(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeping_clearing_and_setting_are_three_things() {
        assert_eq!(Edit::Keep.of(Some(1)), Some(1));
        assert_eq!(Edit::Clear.of(Some(1)), None);
        assert_eq!(Edit::Set(2).of(Some(1)), Some(2));
        assert_eq!(Edit::Set(2).of(None), Some(2));
    }
}
