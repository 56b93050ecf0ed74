//! Days and moments, in words for people and in numbers for programs.

use domain::format;
use domain::local_time::{LocalDateTime, date_string};
use leptos::prelude::*;
use time::Date;

use crate::text::use_text;

/// A day, as in "1 May 2026".
///
/// ```ignore
/// view! { <DateText date=order.date /> }
/// ```
#[component]
pub fn DateText(date: Date) -> impl IntoView {
    let shown = format::date(date, use_text().locale());
    view! { <time datetime=date_string(date)>{shown}</time> }
}

/// A moment with its time zone, as in "1 May 2026, 14:03 (Europe/Berlin)". In a list the zone is said once, by
/// [`ZoneNote`], and left out of the entries.
///
/// ```ignore
/// view! { <DateTimeText at=entry.at without_zone=true /> }
/// ```
#[component]
pub fn DateTimeText(at: LocalDateTime, #[prop(optional)] without_zone: bool) -> impl IntoView {
    let locale = use_text().locale();
    let shown = if without_zone {
        format!("{}, {}", format::date(at.date, locale), format::time(at.time))
    } else {
        format::date_time(&at, locale)
    };
    // A program reads the local time; the zone's offset is not known here, and leaving it out is valid.
    let machine = format!("{}T{:02}:{:02}", date_string(at.date), at.time.hour(), at.time.minute());
    view! { <time datetime=machine>{shown}</time> }
}

/// In which zone the times of a list are.
///
/// ```ignore
/// view! { <ZoneNote zone=zone /> }
/// ```
#[component]
pub fn ZoneNote(#[prop(into)] zone: String) -> impl IntoView {
    view! { <p class="quiet small">{use_text().common_time_zone(&zone)}</p> }
}
