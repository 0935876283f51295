//! The rows that the collections of PIM list: schedules, and what was made outside PIM (facts §3.5, §3.11, §9).

use jiff::Timestamp;
use uuid::Uuid;

use super::pim::{On, Tenure};
use super::pim_schedules::Schedule;
use super::roles::assignment_id;
use super::{GroupKind, Handle, Kind, Link, RoleAssignment, Tenant, View};
use crate::random;

/// Which rows are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Those of groups, not of roles.
    pub(crate) groups: bool,
    pub(crate) eligible: bool,
    /// Only those that have begun.
    pub(crate) instances: bool,
    /// The group whose rows are wanted.
    pub(crate) group: Option<Handle>,
    /// The principal whose rows are wanted: only then do those show that come through a group (facts §9).
    pub(crate) principal: Option<Handle>,
    /// Rows that come through a group name the group as their principal, not the member.
    pub(crate) name_group: bool,
    /// List members and owners that PIM did not make.
    pub(crate) permanent_links: bool,
}

/// A row: a schedule as its collections show it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its place in the order of all rows.
    pub(crate) key: u64,
    pub(crate) schedule_id: String,
    pub(crate) instance_id: String,
    pub(crate) on: On,
    pub(crate) principal: Handle,
    pub(crate) tenure: Tenure,
    /// Through a group.
    pub(crate) through_group: bool,
    /// Null when PIM did not make it.
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    /// The request that made it.
    pub(crate) created: Option<(Uuid, Timestamp)>,
    /// The eligibility that was activated.
    pub(crate) activated: Option<Uuid>,
}

impl Tenant {
    /// The rows, as a replica shows them, in order of creation; without those of deleted objects.
    pub(crate) fn rows(&self, view: &View, asked: &Asked) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .pim
            .shown(view)
            .into_iter()
            .filter(|one| {
                matches!(one.on, On::Group(..)) == asked.groups
                    && one.is_eligible() == asked.eligible
                    && (!asked.instances || one.start <= view.now)
            })
            .map(|one| self.row(&one))
            .collect();
        if !asked.eligible && !asked.groups {
            let outside = self.roles.shown(view).into_iter().filter(|held| !held.by_pim);
            rows.extend(outside.map(|held| self.row_of_assignment(&held)));
        }
        if !asked.eligible && asked.groups && asked.permanent_links {
            self.add_permanent_links(view, asked, &mut rows);
        }
        if let Some(group) = asked.group {
            rows.retain(|row| matches!(row.on, On::Group(held, _) if held == group));
        }
        if let Some(principal) = asked.principal {
            rows = rows
                .into_iter()
                .filter_map(|row| self.for_principal(view, row, principal, asked))
                .collect();
        }
        rows.retain(|row| self.is_shown(row));
        rows.sort_unstable_by_key(|row| row.key);
        rows
    }

    fn is_shown(&self, row: &Row) -> bool {
        let group = match row.on {
            On::Role(..) => true,
            On::Group(group, _) => self.object(group).is_live(),
        };
        group && self.object(row.principal).is_live()
    }

    fn row(&self, one: &Schedule) -> Row {
        let principal = self.object(one.principal).id;
        let (schedule_id, instance_id) = match one.on {
            On::Role(role, scope) => {
                let id = assignment_id(role, principal, scope);
                (one.id.to_string(), if one.is_eligible() { format!("{id}-e") } else { id })
            }
            On::Group(group, link) => {
                let id = self.group_schedule_id(group, link, one.id);
                (id.clone(), id)
            }
        };
        Row {
            key: one.number << 1,
            schedule_id,
            instance_id,
            on: one.on,
            principal: one.principal,
            tenure: one.tenure,
            through_group: false,
            start: Some(one.start),
            end: one.end,
            created: Some((one.id, one.created)),
            activated: one.activated,
        }
    }

    /// `{groupId}_{member|owner}_{requestId}` (facts §3.11).
    pub(crate) fn group_schedule_id(&self, group: Handle, link: Link, request: Uuid) -> String {
        format!("{}_{}_{request}", self.object(group).id, link.access())
    }

    /// Its own id is that of its schedule (facts §3.5).
    fn row_of_assignment(&self, held: &RoleAssignment) -> Row {
        let id = held.id(self.object(held.principal).id);
        let on = On::Role(held.role, held.scope);
        permanent((held.number << 1) | 1, id, on, held.principal)
    }

    /// Microsoft's samples list them with an id of their own and without times.
    fn add_permanent_links(&self, view: &View, asked: &Asked, rows: &mut Vec<Row>) {
        for (place, link) in [(0, Link::Member), (1, Link::Owner)] {
            let pairs: Vec<(Handle, Handle)> = match (asked.group, asked.principal) {
                (Some(group), _) => {
                    let targets = self.permanent_targets(view, link, group).into_iter();
                    targets.map(|target| (group, target)).collect()
                }
                (None, Some(principal)) => self
                    .permanent_holders(view, link, principal)
                    .into_iter()
                    .filter(|holder| self.object(*holder).kind() == Kind::Group)
                    .map(|holder| (holder, principal))
                    .collect(),
                // A list needs one of the two (facts §3.11).
                (None, None) => Vec::new(),
            };
            for (group, target) in pairs {
                let on = On::Group(group, link);
                if !self.takes_pim(group) {
                    continue;
                }
                let pair = (group.number() << 31) | target.number();
                let id = random::guid(self.seed, link.access(), pair);
                let id = self.group_schedule_id(group, link, id);
                rows.push(permanent((1 << 63) | (place << 62) | pair, id, on, target));
            }
        }
    }

    /// PIM refuses dynamic and synced groups, those that Exchange owns, and restricted ones (facts §2.1).
    pub(crate) fn takes_pim(&self, group: Handle) -> bool {
        let Some(kind) = self.group_kind(group) else { return false };
        let exchange = kind.mail_enabled() && !kind.is_unified();
        kind.rule().is_none()
            && kind.synced() != Some(true)
            && !exchange
            && !self.is_restricted(group)
    }

    /// The row as a read by principal shows it: their own, or one of a group that they are in.
    fn for_principal(
        &self,
        view: &View,
        mut row: Row,
        principal: Handle,
        asked: &Asked,
    ) -> Option<Row> {
        if row.principal == principal {
            return Some(row);
        }
        // Groups hold roles only when they are role-assignable, so that this is all that can be held through.
        let through = match row.on {
            On::Role(..) => self.group_kind(row.principal) == Some(&GroupKind::RoleAssignable),
            On::Group(..) => self.object(row.principal).kind() == Kind::Group,
        };
        let inside = through
            && self.object(row.principal).is_live()
            && self.targets(view, Link::Member, row.principal).binary_search(&principal).is_ok();
        if !inside {
            return None;
        }
        row.through_group = true;
        if !asked.name_group {
            row.principal = principal;
            if let On::Role(role, scope) = row.on {
                let id = assignment_id(role, self.object(principal).id, scope);
                let suffix = if row.tenure == Tenure::Eligible { "-e" } else { "" };
                row.instance_id = format!("{id}{suffix}");
            }
        }
        Some(row)
    }
}

fn permanent(key: u64, id: String, on: On, principal: Handle) -> Row {
    Row {
        key,
        schedule_id: id.clone(),
        instance_id: id,
        on,
        principal,
        tenure: Tenure::Assigned,
        through_group: false,
        start: None,
        end: None,
        created: None,
        activated: None,
    }
}
