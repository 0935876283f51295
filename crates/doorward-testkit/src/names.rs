//! What names and texts of the contract look like.

use doorward_core::ObjectRef;

/// Lower case letters, digits and `-`, beginning with a letter: ids, reasons, codes.
pub(crate) fn is_kebab(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
}

/// What a selector takes for a kind: letters and `-`.
pub(crate) fn is_kind(text: &str) -> bool {
    is_kebab(text) && !text.contains(|one: char| one.is_ascii_digit())
}

/// Something is said, and it ends with a full stop.
pub(crate) fn is_sentence(text: &str) -> bool {
    text.trim().len() > 1 && text.ends_with('.')
}

/// An id of the same form that nobody has: each digit is another one.
pub(crate) fn altered(key: &ObjectRef) -> ObjectRef {
    let mut changed = false;
    let mut id: String = key
        .id
        .chars()
        .map(|one| match one.to_digit(10) {
            Some(digit) => {
                changed = true;
                char::from_digit((digit + 5) % 10, 10).unwrap_or(one)
            }
            None => one,
        })
        .collect();
    if !changed {
        id.push_str("-nobody");
    }
    ObjectRef::new(key.kind.clone(), id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_what_is_none() {
        for good in ["a", "expired-secret", "x509-chain"] {
            assert!(is_kebab(good), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a--b", "9a", "a b"] {
            assert!(!is_kebab(bad), "{bad}");
        }
        assert!(is_kind("service-principal") && !is_kind("group2"));
        assert!(is_sentence("It is so.") && !is_sentence("It is so") && !is_sentence("."));
    }

    #[test]
    fn an_altered_id_keeps_its_form() {
        let altered = |id| altered(&ObjectRef::new("user", id)).id;
        assert_eq!(altered("8d0b7a52-6c1f"), "3d5b2a07-1c6f");
        assert_eq!(altered("alice"), "alice-nobody");
    }
}
