//! Times and durations as the schema writes them: narrower than what most parsers take.

use jiff::fmt::temporal::SpanParser;
use jiff::{Span, Timestamp};

/// An `Edm.DateTimeOffset`: `2026-11-23T08:00:00Z`, with an offset in place of the `Z` or not.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let plain = |letter: char| letter.is_ascii_digit() || "-+:.TZ".contains(letter);
    let place = |place: usize, letter: u8| text.as_bytes().get(place) == Some(&letter);
    let fits = place(10, b'T') && place(13, b':') && text.chars().all(plain);
    if fits { text.parse().ok() } else { None }
}

/// An `Edm.Duration`: days and what is shorter, `P1DT8H30M`.
pub(super) fn duration(text: &str) -> Option<Span> {
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (text.strip_prefix('P')?, None),
    };
    let number = days.strip_suffix('D');
    let digits = |number: &str| number.chars().all(|letter| letter.is_ascii_digit());
    let days_fit = days.is_empty() || number.is_some_and(digits);
    let plain = |letter: char| letter.is_ascii_digit() || "HMS.".contains(letter);
    let time_fits = time.is_none_or(|time| !time.is_empty() && time.chars().all(plain));
    if !(days_fit && time_fits) {
        return None;
    }
    SpanParser::new().parse_span(text).ok()
}
