//! Which changes are written together.

use doorward_core::{GrantKey, ObjectRef};

use super::{Line, State};
use crate::Verb;

/// What changes must share to be written together: one action, one resource, one right, one scope.
type Alike<'a> = (Verb, &'a ObjectRef, &'a str, Option<&'a ObjectRef>);

fn alike(verb: Verb, key: &GrantKey) -> Alike<'_> {
    (verb, &key.resource, &key.entitlement, key.scope.as_ref())
}

/// The places of the lines that need a write, those together that may be written together: in the
/// order in which the first of each stands, and at most so many.
pub(super) fn batches(lines: &[Line], most: u32) -> Vec<Vec<usize>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
    let mut all: Vec<(Alike<'_>, Vec<usize>)> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let State::Needed(prepared) = &line.state else { continue };
        let alike = alike(prepared.verb, &prepared.key);
        match all.iter_mut().find(|(known, _)| *known == alike) {
            Some((_, places)) => places.push(place),
            None => all.push((alike, vec![place])),
        }
    }
    let cut = |(_, places): &(Alike<'_>, Vec<usize>)| -> Vec<Vec<usize>> {
        places.chunks(most).map(<[usize]>::to_vec).collect()
    };
    all.iter().flat_map(cut).collect()
}
