//! A half-written command line of bash, and words as shells quote them.

/// A half-written word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// What it is without quotes.
    pub(super) text: String,
    /// How many characters of that stand before the part that bash replaces: it breaks words at
    /// quotes and at some signs, such as `:`.
    pub(super) kept: usize,
    /// The quote that is still open.
    pub(super) quote: Option<char>,
    /// Whether one was closed again within it: what bash replaces then is not known.
    pub(super) is_mixed: bool,
}

/// The words of a line that ends at the cursor; the last one is the half-written one, and may be
/// empty. Bash breaks words at `breaks`.
pub(super) fn words(line: &str, breaks: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let quote = word.as_ref().and_then(|word| word.quote);
        if quote.is_none() && character.is_ascii_whitespace() {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match (quote, character) {
            (None, '\\') => word.text.extend(characters.next()),
            (None, '"' | '\'') => {
                word.quote = Some(character);
                word.kept = word.text.chars().count();
            }
            (Some(open), _) if open == character => {
                word.quote = None;
                word.is_mixed = true;
            }
            (Some('"'), '\\') => match characters.next() {
                Some(next @ ('"' | '\\' | '$' | '`')) => word.text.push(next),
                Some(next) => word.text.extend(['\\', next]),
                None => {}
            },
            _ => {
                word.text.push(character);
                if quote.is_none() && breaks.contains(character) {
                    word.kept = word.text.chars().count();
                }
            }
        }
    }
    words.push(word.unwrap_or_default());
    words
}

/// One word without its quotes, also when the last one is still open.
pub(super) fn unquoted(word: &str) -> String {
    // Nothing but a blank would begin another word.
    let words = words(&word.replace([' ', '\t'], "\u{0}"), "");
    let text = words.into_iter().next().unwrap_or_default().text;
    text.replace('\u{0}', " ")
}

/// What bash is given for a candidate in the place of the half-written word, or nothing when it
/// cannot be written there.
pub(super) fn in_place(candidate: &str, word: &Word) -> Option<String> {
    let mut rest = candidate.chars();
    let before: String = rest.by_ref().take(word.kept).collect();
    let typed: String = word.text.chars().take(word.kept).collect();
    let rest = rest.as_str();
    if word.is_mixed || before.to_lowercase() != typed.to_lowercase() {
        return None;
    }
    match word.quote {
        Some('\'') => (!rest.contains('\'')).then(|| rest.to_owned()),
        // Bash looks for earlier commands at a `!`, also here.
        Some(_) => (!rest.contains('!')).then(|| escaped(rest, |sign| "\"\\$`".contains(sign))),
        None => Some(escaped(rest, |sign| {
            sign.is_ascii() && !sign.is_ascii_alphanumeric() && !"_-./,+%@:=".contains(sign)
        })),
    }
}

fn escaped(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let escape = |character| is_special(character).then_some('\\').into_iter().chain([character]);
    text.chars().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'><=;|&(:@";

    #[test]
    fn a_line_is_read_as_bash_reads_it() {
        for (line, expected, kept, quote) in [
            ("doorward grant --to ", "", 0, None),
            ("doorward grant --to ali", "ali", 0, None),
            ("doorward grant --to alice@con", "alice@con", 6, None),
            ("doorward grant --on=group:Fi", "--on=group:Fi", 11, None),
            ("doorward grant --on group:", "group:", 6, None),
            (r"doorward grant --on role:User\ Ad", "role:User Ad", 5, None),
            (r#"doorward grant --on role:"User Ad"#, "role:User Ad", 5, Some('"')),
            (r#"doorward grant --on "role:User Ad"#, "role:User Ad", 0, Some('"')),
            ("doorward grant --on 'role:User Ad", "role:User Ad", 0, Some('\'')),
            (r#"doorward grant --on "a\"b\$c\d"#, r#"a"b$c\d"#, 0, Some('"')),
            ("doorward grant --on caf\u{e9}:x", "caf\u{e9}:x", 5, None),
            (r"doorward grant --on a\", "a", 0, None),
        ] {
            let words = words(line, BREAKS);
            assert_eq!(
                words.iter().take(2).map(|word| &*word.text).collect::<Vec<_>>(),
                ["doorward", "grant"]
            );
            let expected = Word { text: expected.to_owned(), kept, quote, is_mixed: false };
            assert_eq!(words.last(), Some(&expected), "{line}");
        }
        assert_eq!(words("", BREAKS), [Word::default()]);
    }

    #[test]
    fn a_candidate_is_written_as_the_word_was_begun() {
        let last = |line: &str| words(line, BREAKS).pop().unwrap();
        for (typed, candidate, expected) in [
            ("group:Fi", "group:Finance", Some("Finance")),
            ("fi", "Finance", Some("Finance")),
            ("ALICE@c", "alice@contoso.com", Some("contoso.com")),
            ("bob@c", "alice@contoso.com", None),
            ("role:", "role:User Admin", Some(r"User\ Admin")),
            ("role:\"U", "role:User \"Admin\"", Some("User \\\"Admin\\\"")),
            ("role:\"U", "role:User Admin!", None),
            ("'role:U", "role:User $Admin", Some("role:User $Admin")),
            ("'role:U", "role:User's", None),
            ("role:", "role:$(touch x);*", Some(r"\$\(touch\ x\)\;\*")),
            ("--on=group:F", "--on=group:Finance", Some("Finance")),
            // What bash would replace here is the rest of the line.
            ("group:\"Fi\"", "group:Finance", None),
            ("group:'F'i", "group:Finance", None),
        ] {
            assert_eq!(in_place(candidate, &last(typed)).as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn words_lose_their_quotes() {
        for (word, expected) in [
            ("group:Fi", "group:Fi"),
            (r"role:User\ Ad", "role:User Ad"),
            ("\"role:User Ad", "role:User Ad"),
            ("'role:User Ad'", "role:User Ad"),
            ("role:User Ad", "role:User Ad"),
        ] {
            assert_eq!(unquoted(word), expected);
        }
    }
}
