//! Filters (RFC 7644 §3.4.2.2): comparisons of texts, `pr`, `and`, `or`, `not` and parentheses.

use serde_json::Value;
use std::iter::Peekable;
use std::str::CharIndices;

/// The filter cannot be read, or is about what cannot be searched: `invalidFilter`.
#[derive(Debug, PartialEq)]
pub(crate) struct Invalid;

#[derive(Debug)]
pub(crate) enum Filter {
    Compare { path: Path, operator: Operator, value: String },
    Present(Path),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
}

/// What can be searched, and whether case matters there (RFC 7643 §8.7.1).
const PATHS: [(&str, &[&str], bool); 8] = [
    ("id", &["id"], true),
    ("username", &["userName"], false),
    ("displayname", &["displayName"], false),
    ("name.formatted", &["name", "formatted"], false),
    ("emails", &["emails", "value"], false),
    ("emails.value", &["emails", "value"], false),
    ("members", &["members", "value"], true),
    ("members.value", &["members", "value"], true),
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    steps: &'static [&'static str],
    case_exact: bool,
}

impl Path {
    /// Names of attributes have no case.
    fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.to_ascii_lowercase();
        let (_, steps, case_exact) =
            PATHS.iter().find(|(name, ..)| *name == text).ok_or(Invalid)?;
        Ok(Self { steps, case_exact: *case_exact })
    }

    /// The texts there; of an attribute with several values, all of them.
    fn texts<'a>(&self, object: &'a Value) -> Vec<&'a str> {
        let mut found = vec![object];
        for step in self.steps {
            found = found
                .into_iter()
                .flat_map(|value| match &value[*step] {
                    Value::Array(items) => items.iter().collect(),
                    one => vec![one],
                })
                .collect();
        }
        found.into_iter().filter_map(Value::as_str).collect()
    }
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let mut words = words(text)?.into_iter().peekable();
        let filter = Self::alternatives(&mut words)?;
        if words.next().is_some() { Err(Invalid) } else { Ok(filter) }
    }

    pub(crate) fn fits(&self, object: &Value) -> bool {
        match self {
            Self::Compare { path, operator, value } => {
                let fold = |text: &str| {
                    if path.case_exact { text.to_owned() } else { text.to_lowercase() }
                };
                let value = fold(value);
                let mut texts = path.texts(object).into_iter().map(fold);
                match operator {
                    Operator::Equal => texts.any(|text| text == value),
                    Operator::NotEqual => !texts.any(|text| text == value),
                    Operator::Contains => texts.any(|text| text.contains(&value)),
                    Operator::StartsWith => texts.any(|text| text.starts_with(&value)),
                    Operator::EndsWith => texts.any(|text| text.ends_with(&value)),
                }
            }
            Self::Present(path) => !path.texts(object).is_empty(),
            Self::Not(inner) => !inner.fits(object),
            Self::And(left, right) => left.fits(object) && right.fits(object),
            Self::Or(left, right) => left.fits(object) || right.fits(object),
        }
    }

    fn alternatives(words: &mut Words) -> Result<Self, Invalid> {
        let mut left = Self::conditions(words)?;
        while take(words, "or") {
            left = Self::Or(Box::new(left), Box::new(Self::conditions(words)?));
        }
        Ok(left)
    }

    /// `and` binds closer than `or`.
    fn conditions(words: &mut Words) -> Result<Self, Invalid> {
        let mut left = Self::condition(words)?;
        while take(words, "and") {
            left = Self::And(Box::new(left), Box::new(Self::condition(words)?));
        }
        Ok(left)
    }

    fn condition(words: &mut Words) -> Result<Self, Invalid> {
        if take(words, "not") {
            if !matches!(words.peek(), Some(Word::Plain(word)) if word == "(") {
                return Err(Invalid);
            }
            return Ok(Self::Not(Box::new(Self::condition(words)?)));
        }
        if take(words, "(") {
            let inner = Self::alternatives(words)?;
            return if take(words, ")") { Ok(inner) } else { Err(Invalid) };
        }
        let Some(Word::Plain(path)) = words.next() else { return Err(Invalid) };
        let path = Path::parse(&path)?;
        let Some(Word::Plain(operator)) = words.next() else { return Err(Invalid) };
        let operator = match operator.to_ascii_lowercase().as_str() {
            "pr" => return Ok(Self::Present(path)),
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "co" => Operator::Contains,
            "sw" => Operator::StartsWith,
            "ew" => Operator::EndsWith,
            _ => return Err(Invalid),
        };
        let Some(Word::Text(value)) = words.next() else { return Err(Invalid) };
        Ok(Self::Compare { path, operator, value })
    }
}

#[derive(Debug)]
enum Word {
    Plain(String),
    /// A JSON string.
    Text(String),
}

type Words = Peekable<std::vec::IntoIter<Word>>;

fn take(words: &mut Words, wanted: &str) -> bool {
    let is = |word: &Word| matches!(word, Word::Plain(word) if word.eq_ignore_ascii_case(wanted));
    words.next_if(is).is_some()
}

fn words(text: &str) -> Result<Vec<Word>, Invalid> {
    let mut found = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            ' ' => {}
            '(' | ')' => found.push(Word::Plain(character.to_string())),
            '"' => found.push(Word::Text(string(text, at, &mut characters)?)),
            _ => {
                let mut word = character.to_string();
                let goes_on = |(_, next): &(usize, char)| !matches!(next, ' ' | '(' | ')' | '"');
                while let Some((_, next)) = characters.next_if(goes_on) {
                    word.push(next);
                }
                found.push(Word::Plain(word));
            }
        }
    }
    Ok(found)
}

fn string(
    text: &str,
    begin: usize,
    characters: &mut Peekable<CharIndices>,
) -> Result<String, Invalid> {
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '"' => return serde_json::from_str(&text[begin..=at]).map_err(|_| Invalid),
            _ => {}
        }
    }
    Err(Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fits(filter: &str) -> Result<bool, Invalid> {
        let object = json!({
            "id": "u1", "userName": "Ada", "displayName": "Ada \"Countess\" \\",
            "emails": [{"value": "a@x"}, {"value": "b@x"}], "members": [{"value": "M1"}],
        });
        Ok(Filter::parse(filter)?.fits(&object))
    }

    #[test]
    fn filters_say_what_the_rfc_says() {
        for (filter, expected) in [
            (r#"userName eq "ADA""#, true),
            (r#"USERNAME Eq "ada""#, true),
            (r#"id eq "U1""#, false),
            (r#"displayName eq "ada \"countess\" \\""#, true),
            (r#"emails.value eq "b@x""#, true),
            (r#"emails ne "b@x""#, false),
            (r#"members.value eq "m1""#, false),
            (r#"members eq "M1""#, true),
            (r#"name.formatted pr"#, false),
            (r#"not (userName sw "b") and displayName co "count""#, true),
            (r#"id eq "x" and id eq "y" or id eq "u1""#, true),
            (r#"id eq "u1" or id eq "x" and id eq "y""#, true),
            (r#"(id eq "u1" or id eq "x") and id eq "y""#, false),
        ] {
            assert_eq!(fits(filter), Ok(expected), "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for filter in [
            "",
            "userName",
            "userName eq",
            "userName eq Ada",
            "userName is \"Ada\"",
            "shoeSize eq \"44\"",
            r#"userName eq "Ada"#,
            r#"userName eq "Ada" userName pr"#,
            r#"(userName pr"#,
            r#"not userName pr"#,
        ] {
            assert_eq!(fits(filter), Err(Invalid), "{filter}");
        }
    }
}
