//! Checks of plain texts that several commands take.

use domain::field_errors::FieldErrors;

use crate::local_time::is_zone;

/// A required text: trimmed, not empty, at most `max_chars` characters. Codes: `required`, `too_long`.
pub(crate) fn required(
    errors: &mut FieldErrors,
    field: &str,
    text: &str,
    max_chars: usize,
) -> String {
    let text = text.trim();
    if text.is_empty() {
        errors.push(field, "required");
    }
    bounded(errors, field, text, max_chars)
}

/// A required text of at least `min_chars` characters, without NUL. Codes: `required`, `too_short`, `too_long`.
pub(crate) fn named(
    errors: &mut FieldErrors,
    field: &str,
    text: &str,
    min_chars: usize,
    max_chars: usize,
) -> String {
    let text = required(errors, field, &text.replace('\0', ""), max_chars);
    if (1..min_chars).contains(&text.chars().count()) {
        errors.push(field, "too_short");
    }
    text
}

/// An optional text: trimmed, nothing when empty, at most `max_chars` characters. Code: `too_long`.
pub(crate) fn optional(
    errors: &mut FieldErrors,
    field: &str,
    text: Option<&str>,
    max_chars: usize,
) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    Some(bounded(errors, field, text, max_chars))
}

/// The name of a time zone of the IANA database. Code: `time_zone_unknown`.
pub(crate) fn time_zone(errors: &mut FieldErrors, field: &str, zone: &str) {
    if !is_zone(zone) {
        errors.push(field, "time_zone_unknown");
    }
}

fn bounded(errors: &mut FieldErrors, field: &str, text: &str, max_chars: usize) -> String {
    if text.chars().count() > max_chars {
        errors.push(field, "too_long");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_bounded_in_characters() {
        let mut errors = FieldErrors::default();
        assert_eq!(required(&mut errors, "name", " Ä ", 1), "Ä");
        assert_eq!(optional(&mut errors, "note", Some("  "), 1), None);
        assert!(errors.is_empty());
        required(&mut errors, "name", "", 1);
        optional(&mut errors, "note", Some("two"), 2);
        time_zone(&mut errors, "time_zone", "Nowhere");
        assert_eq!(errors.first("name"), Some("required"));
        assert_eq!(errors.first("note"), Some("too_long"));
        assert_eq!(errors.first("time_zone"), Some("time_zone_unknown"));
    }
}
