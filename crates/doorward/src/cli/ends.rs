//! Times to come, as people write them.

use doorward_core::{Error, ErrorKind, Timestamp};
use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A length of time: `8h`, `1h 30m`, `2d`, `PT8H`. A day has 24 hours.
///
/// # Errors
/// What is none, is none at all, or would have to be counted in months.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a number and a unit, e.g. 8h, 30m, 2d or 1h 30m".to_owned();
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration.is_positive() { Ok(duration) } else { Err(wrong()) }
}

/// An instant, with its place on earth: `2026-12-01T17:00:00Z`, `2026-12-01 17:00+01:00`.
///
/// # Errors
/// What is none, or does not say where.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    text.trim()
        .parse()
        .map_err(|_| "write date, time and offset, e.g. 2026-12-01T17:00:00Z".to_owned())
}

/// So long from now.
///
/// # Errors
/// `InvalidRequest` when that is beyond all time.
pub(crate) fn after(now: Timestamp, length: SignedDuration) -> Result<Timestamp, Error> {
    now.checked_add(length).map_err(|_| {
        Error::new(
            ErrorKind::InvalidRequest,
            "end-too-far",
            "The access would end beyond all time.",
        )
        .remedy("Name a shorter time, or `--permanent` if access for good is meant.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        let minutes = |text: &str| duration(text).ok().map(|length| length.as_mins());
        let table = [
            ("8h", Some(480)),
            ("30m", Some(30)),
            ("1h 30m", Some(90)),
            (" 2 days ", Some(2_880)),
            ("1w", Some(10_080)),
            ("PT8H", Some(480)),
            ("0h", None),
            ("-1h", None),
            ("8", None),
            ("1 month", None),
            ("1y", None),
            ("for ever", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(minutes(text), expected, "{text}");
        }
    }

    #[test]
    fn an_instant_says_where_it_is() {
        let table = [
            ("2026-12-01T17:00:00Z", Some("2026-12-01T17:00:00Z")),
            ("2026-12-01 17:00+01:00", Some("2026-12-01T16:00:00Z")),
            ("2026-12-01T17:00:00", None),
            ("17:00", None),
            ("tomorrow", None),
        ];
        for (text, expected) in table {
            assert_eq!(
                instant(text).ok().map(|time| time.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
