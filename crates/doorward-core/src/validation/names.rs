//! Which property somebody meant.

use super::schema::Field;

/// Names are alike from here on.
const ALIKE: f64 = 0.72;

/// Longer names are not compared: they are no misspelling, and comparing is quadratic.
const LONGEST: usize = 64;

/// The field that a name means: the same but for case and separators, a known other name, or a
/// misspelling.
pub(super) fn guess<'a>(name: &str, fields: &'a [Field]) -> Option<&'a Field> {
    if name.len() > LONGEST {
        return None;
    }
    let name = normalise(name);
    let names = || {
        fields.iter().flat_map(|field| {
            std::iter::once(&field.name)
                .chain(&field.aliases)
                .map(move |known| (field, normalise(known)))
        })
    };
    names()
        .find(|(_, known)| *known == name)
        .or_else(|| best(&name, names()))
        .map(|(field, _)| field)
}

/// The one of `choices` that a text means.
pub(super) fn closest<'a>(text: &str, choices: &'a [String]) -> Option<&'a String> {
    if text.len() > LONGEST {
        return None;
    }
    best(&normalise(text), choices.iter().map(|choice| (choice, normalise(choice))))
        .map(|(choice, _)| choice)
}

fn best<T>(name: &str, known: impl Iterator<Item = (T, String)>) -> Option<(T, String)> {
    known
        .map(|entry| {
            let likeness = strsim::normalized_damerau_levenshtein(name, &entry.1);
            (likeness, entry)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, entry)| entry)
}

fn normalise(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
