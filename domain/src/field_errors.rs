//! What is wrong with an input, field by field: the same codes in the browser and on the server.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing wrong with one field. `code` is `snake_case`; the portal has a text `error.<code>` for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub code: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into() }
    }

    /// The same error, told of another field: a rule names its usual field, a form may call it otherwise.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.code)
    }
}

impl std::error::Error for FieldError {}

/// All that is wrong with an input. Collected: a form shows every message at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    pub fn one(field: impl Into<String>, code: impl Into<String>) -> Self {
        Self(vec![FieldError::new(field, code)])
    }

    pub fn push(&mut self, field: impl Into<String>, code: impl Into<String>) {
        self.0.push(FieldError::new(field, code));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// The first code told of `field`.
    pub fn first(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.code.as_str())
    }

    /// Keeps the value, or notes its error and goes on.
    pub fn take<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push(error);
                None
            }
        }
    }

    /// `value` when nothing was wrong.
    ///
    /// # Errors
    /// Everything collected so far.
    pub fn result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a FieldErrors {
    type Item = &'a FieldError;
    type IntoIter = std::slice::Iter<'a, FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(", ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collects_and_does_not_stop_at_the_first() {
        let mut errors = FieldErrors::new();
        assert_eq!(errors.take(Ok(1)), Some(1));
        assert_eq!(errors.take::<i32>(Err(FieldError::new("email", "email_invalid"))), None);
        errors.push("name", "required");
        errors.push("name", "too_long");
        assert_eq!(errors.first("name"), Some("required"));
        assert_eq!(errors.first("other"), None);
        assert_eq!(errors.to_string(), "email: email_invalid, name: required, name: too_long");
        assert_eq!(errors.clone().result(()), Err(errors));
    }

    #[test]
    fn travels_as_a_list() {
        let errors = FieldErrors::one("code", "code_invalid");
        let json = serde_json::to_string(&errors).unwrap();
        assert_eq!(json, r#"[{"field":"code","code":"code_invalid"}]"#);
        assert_eq!(serde_json::from_str::<FieldErrors>(&json).unwrap(), errors);
    }
}
