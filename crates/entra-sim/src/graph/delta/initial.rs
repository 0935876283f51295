//! The initial round: everything, in pages, as it is when each page is asked for (facts §3.6). What changes
//! meanwhile comes again in the next round.

use super::Page;
use super::item;
use super::selection::Selection;
use super::token::{Place, Token, Within};
use crate::graph::Call;
use crate::tenant::{Handle, Standing};

/// A page of objects from `from` on, `within` telling which links of that one came already.
pub(super) fn page(
    call: &Call<'_>,
    token: &Token,
    selection: &Selection,
    from: u32,
    within: Within,
) -> Page {
    let delta = &call.settings.delta;
    let position = call.tenant.trail.reached(&call.view).max(token.to);
    let mut items = Vec::new();
    let mut left = delta.links.max(1);
    for handle in objects(call, token, Handle::of_number(from)) {
        let number = u32::try_from(handle.number()).unwrap_or(u32::MAX);
        let within = within.filter(|_| number == from);
        let stop = |within: Within| Some(Place::Objects { from: number, within });
        if selection.of(call.tenant.object(handle).kind()).is_none() {
            continue;
        }
        let standing = call.tenant.standing(handle, position);
        let shown = match standing {
            Standing::Unborn | Standing::Gone => false,
            Standing::SoftDeleted => delta.deleted_at_first,
            Standing::Live => true,
        };
        if !shown {
            continue;
        }
        if items.len() >= delta.page.max(1) {
            return Page { items, next: stop(within) };
        }
        if standing == Standing::SoftDeleted {
            items.push(item::removed(call, token, handle, "changed"));
            continue;
        }
        let (links, more) =
            item::links(call, selection, handle, (position, delta.former_links), within, left);
        if more && links.is_empty() {
            return Page { items, next: stop(within) };
        }
        left = left.saturating_sub(links.len());
        items.push(item::live(call, token, selection, handle, None, &links));
        if more {
            return Page { items, next: stop(item::last(&links, within)) };
        }
    }
    Page { items, next: None }
}

/// The objects of the query from one on, ascending.
fn objects<'a>(
    call: &'a Call<'_>,
    token: &Token,
    from: Handle,
) -> Box<dyn Iterator<Item = Handle> + 'a> {
    if let Some(handles) = token.handles(call.tenant) {
        return Box::new(handles.into_iter().filter(move |handle| *handle >= from));
    }
    let Some(kind) = token.set.kind() else {
        return Box::new((from.index()..call.tenant.size()).map(Handle::at));
    };
    let all = call.tenant.of_kind(kind);
    let start = all.partition_point(|handle| *handle < from);
    Box::new(all.get(start..).unwrap_or_default().iter().copied())
}
