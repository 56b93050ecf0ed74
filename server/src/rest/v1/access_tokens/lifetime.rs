//! How long something lives, in a body.

use serde::{Deserialize, Deserializer, de::Error};
use time::Duration;

/// Longer than anything lives: a hundred years.
const MAX_SECONDS: i64 = 36_500 * 86_400;

/// A duration of ISO 8601 without years and months, such as `P90D` or `PT12H`: above nothing, at most a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(pub Duration);

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text).map(Self).ok_or_else(|| {
            D::Error::custom("this is no duration such as P90D or PT12H of up to 36500 days")
        })
    }
}

fn parse(text: &str) -> Option<Duration> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text.strip_prefix('P')?, ""),
    };
    let units = |text, units: &[(char, i64)]| sum(text, units);
    let seconds = units(date, &[('W', 7 * 86_400), ('D', 86_400)])?
        .checked_add(units(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    (1..=MAX_SECONDS).contains(&seconds).then(|| Duration::seconds(seconds))
}

/// Numbers each before a unit, units from large to small, each once.
fn sum(text: &str, mut units: &[(char, i64)]) -> Option<i64> {
    let (mut seconds, mut rest) = (0_i64, text);
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, tail) = rest.split_at(end);
        let unit = tail.chars().next()?;
        let place = units.iter().position(|(known, _)| *known == unit)?;
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(units[place].1)?)?;
        units = &units[place + 1..];
        rest = &tail[1..];
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_bounded() {
        for (text, seconds) in [
            ("P90D", 7_776_000),
            ("PT12H", 43_200),
            ("P1W2DT3H4M5S", 788_645),
            ("P36500D", MAX_SECONDS),
        ] {
            assert_eq!(parse(text), Some(Duration::seconds(seconds)), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "90D",
            "P1Y",
            "PT1D",
            "P1D2W",
            "P1D1D",
            "P-1D",
            "P0D",
            "P36501D",
            "PD",
            "P1",
            "PTM",
            "P99999999999999999999D",
            "P1Dé",
            "PT1H é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
