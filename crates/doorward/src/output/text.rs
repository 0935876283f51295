//! Text for people: cleaned of what could deceive them, with plural forms and times.

use doorward_core::{Grant, GrantKind, Object, Outcome, Skipped, Timestamp};

/// Takes out what a name from a directory must not do to a terminal or to a reader: control
/// characters, text direction changes, and characters without width. Line breaks and tabs become
/// spaces.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .filter_map(|character| match character {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
            _ if is_deceiving(character) => None,
            _ => Some(character),
        })
        .collect()
}

fn is_deceiving(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Text direction.
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            // Without width.
            | '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}'
            | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// `1 group`, `2 groups`: the count with the word in its right form.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `640 B`, `64 kB`, `1.6 MB`: how large something is.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// `2026-11-23 09:21 UTC`.
pub(crate) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2026-11-23 09:21:07 UTC`.
pub(crate) fn exact_moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `in 12 days`, `3 hours ago`: how far a time is from now, in its largest unit.
pub(crate) fn relative(time: Timestamp, now: Timestamp) -> String {
    let seconds = time.as_second().saturating_sub(now.as_second());
    let amount = seconds.unsigned_abs();
    let (number, one, many) = match amount {
        0..60 => return if seconds < 0 { "just now" } else { "in less than a minute" }.to_owned(),
        60..3_600 => (amount / 60, "minute", "minutes"),
        3_600..86_400 => (amount / 3_600, "hour", "hours"),
        _ => (amount / 86_400, "day", "days"),
    };
    let span = format!("{number} {}", if number == 1 { one } else { many });
    if seconds < 0 { format!("{span} ago") } else { format!("in {span}") }
}

/// The object's name with the name that it signs in with.
pub(crate) fn object_name(object: &Object) -> String {
    match object.login() {
        Some(login) if login != object.name() => format!("{} ({login})", object.name()),
        _ => object.name().to_owned(),
    }
}

/// `member`, or `eligible to be assigned`: what somebody is, or is given.
pub(crate) fn right(entitlement: &str, kind: GrantKind) -> String {
    match kind {
        GrantKind::Active => entitlement.to_owned(),
        GrantKind::Eligible => format!("eligible to be {entitlement}"),
    }
}

/// `Granted until 2026-11-23 17:00 UTC`: what happened, and when the access ends by itself.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    let label = outcome.kind.label();
    outcome
        .until
        .map_or_else(|| label.to_owned(), |until| format!("{label} until {}", moment(until)))
}

/// Until when a grant is held: empty when for good.
pub(crate) fn ends(grant: &Grant) -> String {
    match grant.ends {
        Some(end) => moment(end),
        None if grant.ends_unknown() => "unknown".to_owned(),
        None => String::new(),
    }
}

/// What could not be read, one line for each reason, with some of the objects that it holds for.
pub(crate) fn gaps(skipped: &[Skipped]) -> Vec<String> {
    let mut reasons: Vec<(&Skipped, Vec<String>)> = Vec::new();
    for gap in skipped {
        let objects = gap.object.iter().map(ToString::to_string);
        let same = |(known, _): &&mut (&Skipped, Vec<String>)| {
            (&known.code, &known.message) == (&gap.code, &gap.message)
        };
        match reasons.iter_mut().find(same) {
            Some((_, known)) => known.extend(objects),
            None => reasons.push((gap, objects.collect())),
        }
    }
    let line = |(gap, objects): &(&Skipped, Vec<String>)| {
        let more = match objects.len().checked_sub(SHOWN_OBJECTS) {
            Some(more) if more > 0 => format!(" and {more} more"),
            _ => String::new(),
        };
        let some: Vec<&str> = objects.iter().take(SHOWN_OBJECTS).map(String::as_str).collect();
        let of = match some.as_slice() {
            [] => String::new(),
            some => format!(" ({}{more})", some.join(", ")),
        };
        format!("incomplete: {} [{}]{of}", gap.message, gap.code)
    };
    reasons.iter().map(line).collect()
}

/// Objects that are named where one reason holds for many.
const SHOWN_OBJECTS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reason_for_many_objects_is_said_once() {
        let gap = |id: &str, code: &str| Skipped {
            object: (!id.is_empty()).then(|| doorward_core::ObjectRef::new("group", id)),
            code: code.to_owned(),
            message: "It is hidden.".to_owned(),
            attributes: Default::default(),
        };
        let some = ["1", "2", "3", "4", "5"].map(|id| gap(id, "hidden"));
        let lines = gaps(&[&some[..], &[gap("", "other")]].concat());
        let expect = [
            "incomplete: It is hidden. [hidden] (group:id=1, group:id=2, group:id=3 and 2 more)",
            "incomplete: It is hidden. [other]",
        ];
        assert_eq!(lines, expect);
    }

    #[test]
    fn nothing_that_deceives_gets_through() {
        let table = [
            ("Finance", "Finance"),
            ("Fin\u{1b}[31mance", "Fin[31mance"),
            ("one\r\ntwo\tthree", "one  two three"),
            ("abc\u{202e}exe.txt", "abcexe.txt"),
            ("\u{2066}a\u{2069}\u{200f}", "a"),
            ("Fin\u{200b}an\u{2060}ce\u{feff}", "Finance"),
            ("a\u{7f}\u{9b}b\0", "ab"),
            ("line\u{2028}two", "line two"),
            ("tag\u{e0041}", "tag"),
            ("Zoë Müller 東京 \u{1f600}", "Zoë Müller 東京 \u{1f600}"),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn plural_forms_are_right() {
        assert_eq!(count(0, "group", "groups"), "0 groups");
        assert_eq!(count(1, "group", "groups"), "1 group");
        assert_eq!(count(2, "person", "people"), "2 people");
    }

    #[test]
    fn times_are_told_in_their_largest_unit() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let table = [
            (100, 100, "in less than a minute"),
            (90, 100, "just now"),
            (160, 100, "in 1 minute"),
            (100, 7_300, "2 hours ago"),
            (86_500, 100, "in 1 day"),
            (200_000_000, 0, "in 2314 days"),
        ];
        for (time, now, expected) in table {
            assert_eq!(relative(at(time), at(now)), expected);
        }
        assert_eq!(moment(at(0)), "1970-01-01 00:00 UTC");
        assert_eq!(exact_moment(at(61)), "1970-01-01 00:01:01 UTC");
    }
}
