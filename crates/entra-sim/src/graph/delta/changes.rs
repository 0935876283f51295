//! A later round: what changed behind one position of the trail up to another (facts §3.6, §8.18).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Page;
use super::item::{self, Links};
use super::selection::Selection;
use super::token::{Place, Token, Within};
use crate::answer::header_of;
use crate::graph::Call;
use crate::tenant::{Aspect, Handle, Standing, Step, Turn};

/// What follows from something else.
const DERIVED: [&str; 2] = ["isManagementRestricted", "proxyAddresses"];

/// What a page tells of one object.
#[derive(Default)]
struct Piece {
    /// It was made or restored.
    full: bool,
    /// The reason, when it was deleted.
    removed: Option<&'static str>,
    properties: BTreeSet<&'static str>,
    links: Links,
}

struct Round<'a, 'b> {
    call: &'a Call<'b>,
    token: &'a Token,
    selection: &'a Selection,
    order: Vec<Handle>,
    pieces: BTreeMap<Handle, Piece>,
    /// Links that still fit.
    left: usize,
}

/// Where a page has to stop: before this step, or behind these of its links.
type Full = Within;

/// A page of changes from a position on, `within` telling which links of that step's object came already.
pub(super) fn page(
    call: &Call<'_>,
    token: &Token,
    selection: &Selection,
    from: u64,
    within: Within,
) -> Page {
    let left = call.settings.delta.links.max(1);
    let (order, pieces) = (Vec::new(), BTreeMap::new());
    let mut round = Round { call, token, selection, order, pieces, left };
    let trail = &call.tenant.trail;
    let steps: Box<dyn Iterator<Item = Step>> = match token.handles(call.tenant) {
        Some(handles) => Box::new(trail.steps_of(&handles, from, token.to).into_iter()),
        None => Box::new(trail.steps(from, token.to)),
    };
    for step in steps {
        let within = within.filter(|_| step.position == from);
        if let Err(within) = round.take(step, within) {
            let next = Some(Place::Changes { from: step.position, within });
            return Page { items: round.items(), next };
        }
    }
    Page { items: round.items(), next: None }
}

impl Round<'_, '_> {
    /// Adds a step to the page; refuses it when the page is full.
    fn take(&mut self, step: Step, within: Within) -> Result<(), Full> {
        let Step { handle, aspect, turn, .. } = step;
        let Some(told) = self.selection.of(self.call.tenant.object(handle).kind()) else {
            return Ok(());
        };
        let standing = self.call.tenant.standing(handle, self.token.to);
        match (standing, aspect) {
            (Standing::Gone, Aspect::State) => {
                self.piece(handle, within)?.removed = Some("deleted")
            }
            (Standing::SoftDeleted, Aspect::State) => {
                self.piece(handle, within)?.removed = Some("changed");
            }
            (Standing::Live, Aspect::State) => return self.take_all(handle, turn, within),
            (Standing::Live, Aspect::Property(name))
                if DERIVED.contains(&name) && !self.call.settings.delta.derived_properties => {}
            (Standing::Live, Aspect::Property(name)) if told.properties.contains(&name) => {
                self.piece(handle, within)?.properties.insert(name);
            }
            (Standing::Live, Aspect::Return(link, target))
                if self.call.settings.delta.soft_deleted_links
                    || !self.call.tenant.holds(link, handle, target) => {}
            (Standing::Live, Aspect::Link(link, target) | Aspect::Return(link, target))
                if self.selection.links(self.call, handle).contains(&link)
                    && item::shows_link(self.call, target, turn == Turn::Linked) =>
            {
                if self.left == 0 {
                    return Err(within);
                }
                self.piece(handle, within)?.links.insert((link, target), turn == Turn::Linked);
                self.left -= 1;
            }
            _ => {}
        }
        Ok(())
    }

    /// An object that is new or back, with its links.
    fn take_all(&mut self, handle: Handle, turn: Turn, within: Within) -> Result<(), Full> {
        let delta = &self.call.settings.delta;
        self.piece(handle, within)?.full = true;
        if turn == Turn::Restored && !delta.restored_groups_bring_links {
            return Ok(());
        }
        let position = (self.token.to, delta.former_links);
        let (links, more) =
            item::links(self.call, self.selection, handle, position, within, self.left);
        self.left = self.left.saturating_sub(links.len());
        let last = item::last(&links, within);
        self.piece(handle, within)?.links.extend(links);
        if more { Err(last) } else { Ok(()) }
    }

    /// The object's place on the page; refused when the page holds enough objects.
    fn piece(&mut self, handle: Handle, within: Within) -> Result<&mut Piece, Full> {
        let full = self.order.len() >= self.call.settings.delta.page.max(1);
        if !self.pieces.contains_key(&handle) {
            if full {
                return Err(within);
            }
            self.order.push(handle);
        }
        Ok(self.pieces.entry(handle).or_default())
    }

    /// `Prefer: return=minimal` leaves out what did not change.
    fn items(&self) -> Vec<Value> {
        let minimal = header_of(self.call.headers, "prefer")
            .is_some_and(|prefer| prefer.to_ascii_lowercase().contains("return=minimal"));
        let item = |handle: &Handle| {
            let piece = self.pieces.get(handle)?;
            if let Some(reason) = piece.removed {
                return Some(item::removed(self.call, self.token, *handle, reason));
            }
            let only = (minimal && !piece.full).then_some(&piece.properties);
            let (call, token, selection) = (self.call, self.token, self.selection);
            Some(item::live(call, token, selection, *handle, only, &piece.links))
        };
        self.order.iter().filter_map(item).collect()
    }
}
