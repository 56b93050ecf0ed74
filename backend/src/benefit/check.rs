//! What the commands on benefits check.

use domain::field_errors::FieldErrors;

use crate::input;

const DESCRIPTION_CHARS: (usize, usize) = (3, 42);
const NOTE_MAX_CHARS: usize = 4_000;

/// What customers read, cleaned. Codes: `required`, `too_short`, `too_long`.
pub(super) fn description(errors: &mut FieldErrors, text: &str) -> String {
    input::named(errors, "description", text, DESCRIPTION_CHARS.0, DESCRIPTION_CHARS.1)
}

/// What those read who have it, cleaned; nothing when empty. Code: `too_long`.
pub(super) fn note(errors: &mut FieldErrors, text: Option<&str>) -> Option<String> {
    let text = text.map(|text| text.replace('\0', ""));
    input::optional(errors, "note", text.as_deref(), NOTE_MAX_CHARS)
}
