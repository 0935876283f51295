//! A tenant of any size from a seed.

use jiff::{SignedDuration, Timestamp};

use super::people::{DEPARTMENT, GIVEN, OFFICE, SURNAME, TEAM, TITLE, word};
use super::{
    Body, Contact, Device, Group, GroupKind, Handle, Kind, Link, ServicePrincipal, Tenant, User,
    generate_access, players,
};
use crate::cast;
use crate::random::{below, draw, guid};

/// How large a tenant to make. The cast is always in it and counts towards neither number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    /// Generated users, besides the cast; one in a hundred is soft-deleted on top.
    pub users: usize,
    /// Generated groups, besides the cast.
    pub groups: usize,
    /// Memberships of the generated groups, at least, as far as there are users for them; 0 leaves it
    /// to the sizes that groups have.
    pub memberships: usize,
    /// The same seed gives the same tenant.
    pub seed: u64,
}

impl Tenant {
    /// Contoso: the cast, plus as many generated users and groups as asked for, a few service principals,
    /// devices and contacts, and soft-deleted users and groups. Half a million users take seconds.
    ///
    /// Made around [`cast::EPOCH`]: its secrets have ended for a clock that is years later.
    #[must_use]
    pub fn generate(size: &Size) -> Self {
        Self::generate_at(size, players::epoch())
    }

    /// [`generate`](Self::generate), made around this instant: every age and expiry counts from it.
    #[must_use]
    pub fn generate_at(size: &Size, instant: Timestamp) -> Self {
        let mut tenant = players::contoso(size.seed, instant);
        let users = generate_users(&mut tenant, size);
        let others = generate_others(&mut tenant, size);
        let groups = generate_groups(&mut tenant, size, &users, &others);
        generate_access::generate(&mut tenant, size, &users, &groups);
        tenant.name_all();
        let enabled: Vec<_> =
            users.iter().copied().filter(|user| is_enabled(&tenant, *user)).collect();
        for group in [cast::ALL_STAFF, cast::ALL_STAFF_PAUSED] {
            if let Some(handle) = tenant.handle(group) {
                let mut members = tenant.object(handle).members.clone();
                members.extend(&enabled);
                tenant.load_members(handle, members);
            }
        }
        tenant.changes.clear();
        tenant.roles.forget_changes();
        tenant.pim.forget_changes();
        tenant.assigned.forget_changes();
        tenant.trail.begin();
        tenant.fingerprint = draw(size.seed, &format!("{size:?} {instant}"), 0);
        tenant
    }
}

fn is_enabled(tenant: &Tenant, handle: Handle) -> bool {
    let object = tenant.object(handle);
    object.is_live() && matches!(&object.body, Body::User(user) if user.enabled)
}

pub(super) fn created(tenant: &Tenant, number: u64) -> Timestamp {
    let minutes = below(tenant.seed, "created", number, 4 * 365 * 24 * 60);
    let before = SignedDuration::from_mins(i64::try_from(minutes).unwrap_or(0) + 60);
    tenant.now.saturating_sub(before).unwrap_or(tenant.now)
}

fn generate_users(tenant: &mut Tenant, size: &Size) -> Vec<Handle> {
    let deleted = size.users / 100;
    let mut users = Vec::with_capacity(size.users);
    for number in 0..(size.users + deleted) as u64 {
        let seed = size.seed;
        let user = user(seed, number);
        let born = created(tenant, number);
        let handle =
            tenant.insert_unnamed(guid(seed, "user", number), born, Body::User(Box::new(user)));
        if number < size.users as u64 {
            users.push(handle);
        } else {
            tenant.delete_softly(handle);
        }
    }
    users
}

fn user(seed: u64, number: u64) -> User {
    let kind = below(seed, "user kind", number, 100);
    let given = word(&GIVEN, draw(seed, "given", number));
    let surname = word(&SURNAME, draw(seed, "surname", number));
    let nickname = format!("user{number}");
    if kind < 6 {
        let nickname = format!("guest{number}_partner.example#EXT#");
        return User {
            display_name: format!("{given} {surname}"),
            user_principal_name: format!("{nickname}@{}", cast::INITIAL_DOMAIN),
            mail: Some(format!("guest{number}@partner.example")),
            mail_nickname: nickname,
            enabled: true,
            guest: true,
            ..User::default()
        };
    }
    let address = format!("{nickname}@{}", cast::DOMAIN);
    User {
        display_name: format!("{given} {surname}"),
        given_name: Some(given.into()),
        surname: Some(surname.into()),
        mail: (kind < 95).then(|| address.clone()),
        user_principal_name: address,
        mail_nickname: nickname,
        job_title: Some(word(&TITLE, draw(seed, "title", number)).into()),
        department: Some(word(&DEPARTMENT, draw(seed, "department", number)).into()),
        office: kind.is_multiple_of(2).then(|| word(&OFFICE, draw(seed, "office", number)).into()),
        employee_id: kind.is_multiple_of(3).then(|| format!("E{number:06}")),
        enabled: !kind.is_multiple_of(20),
        guest: false,
        pending: false,
        synced: kind.is_multiple_of(5).then_some(true),
    }
}

fn generate_others(tenant: &mut Tenant, size: &Size) -> Vec<Handle> {
    let each = (size.users / 50 + size.groups / 20).min(20_000) as u64;
    let seed = size.seed;
    let home_tenant = tenant.id;
    let mut others = Vec::new();
    for number in 0..each {
        let bodies = [
            (
                "service principal",
                Body::ServicePrincipal(Box::new(ServicePrincipal {
                    display_name: format!(
                        "{} Service {number}",
                        word(&TEAM, draw(seed, "service", number))
                    ),
                    application_id: guid(seed, "application", number),
                    enabled: number % 17 != 3,
                    home_tenant,
                    ..ServicePrincipal::default()
                })),
            ),
            (
                "device",
                Body::Device(Box::new(Device {
                    display_name: format!("LAPTOP-{:04}", number + 2),
                    device_id: guid(seed, "device id", number),
                    enabled: true,
                })),
            ),
            (
                "contact",
                Body::OrgContact(Box::new(Contact {
                    display_name: format!("Contact {number}"),
                    mail: format!("contact{number}@partner.example"),
                })),
            ),
        ];
        for (purpose, body) in bodies {
            let born = created(tenant, number);
            others.push(tenant.insert_unnamed(guid(seed, purpose, number), born, body));
        }
    }
    others
}

fn group_kind(seed: u64, number: u64) -> GroupKind {
    let rule = || format!("user.department -eq \"{}\"", word(&DEPARTMENT, number));
    match below(seed, "group kind", number, 200) {
        0..=89 => GroupKind::Security,
        90..=119 => GroupKind::Microsoft365,
        120..=139 => GroupKind::Team,
        140..=149 => GroupKind::MailEnabledSecurity,
        150..=159 => GroupKind::Distribution,
        160..=165 => GroupKind::DynamicSecurity { rule: rule(), paused: false },
        166..=167 => GroupKind::DynamicSecurity { rule: rule(), paused: true },
        168..=170 => GroupKind::DynamicMicrosoft365 { rule: rule(), paused: false },
        171 => GroupKind::DynamicMicrosoft365 { rule: rule(), paused: true },
        172..=188 => GroupKind::Synced,
        189..=190 => GroupKind::SyncedDistribution,
        191 => GroupKind::FormerlySynced,
        192..=194 => GroupKind::RoleAssignable,
        195..=196 => GroupKind::Restricted,
        _ => GroupKind::HiddenMembership,
    }
}

/// Sizes fall as the inverse of a shuffled rank: a few huge groups, very many small ones, some empty.
fn group_size(seed: u64, number: u64, groups: u64, users: u64) -> u64 {
    let rank = below(seed, "rank", number, groups.max(1)) + 1;
    if draw(seed, "empty", number).is_multiple_of(25) {
        return 0;
    }
    ((users * 9 / 10) / (rank * 2)).max(1 + below(seed, "small", number, 12)).min(users)
}

/// Returns those that an administrative unit can hold without changing what may be done with them.
fn generate_groups(
    tenant: &mut Tenant,
    size: &Size,
    users: &[Handle],
    others: &[Handle],
) -> Vec<Handle> {
    let seed = size.seed;
    let unit = tenant.handle(cast::RESTRICTED_UNIT);
    let deleted = if size.groups >= 20 { size.groups / 100 + 1 } else { 0 };
    let most = users.len() as u64;
    let usual = |number| group_size(seed, number, size.groups as u64, most);
    let all = (0..size.groups as u64).map(usual).sum();
    let share = share(size.memberships as u64, all, |share| {
        (0..size.groups as u64).map(|number| scaled(usual(number), share, all).min(most)).sum()
    });
    let mut earlier: Vec<Handle> = Vec::new();
    for number in 0..(size.groups + deleted) as u64 {
        let kind = group_kind(seed, number);
        // Names are not unique in a directory: each hundredth group has that of the one before it.
        let named = if number % 100 == 99 { number - 1 } else { number };
        let name = format!("{} {named}", word(&TEAM, draw(seed, "team", named)));
        let description = (!number.is_multiple_of(3)).then(|| format!("Group {number} of Contoso"));
        let born = created(tenant, number);
        let body = Body::Group(Box::new(Group::named(&name, kind.clone(), description)));
        let group = tenant.insert_unnamed(guid(seed, "group", number), born, body);
        let wanted = scaled(usual(number), share, all).min(most);
        let mut members = spread(seed, number, users, wanted);
        let may_hold_all =
            !kind.is_unified() && kind.rule().is_none() && kind != GroupKind::RoleAssignable;
        if may_hold_all {
            nest(tenant, seed, number, &earlier, others, &mut members);
        }
        tenant.load_members(group, members);
        for step in 0..below(seed, "owners", number, 4) {
            let place = below(seed, "owner", number * 4 + step, users.len() as u64);
            if let Some(owner) = usize::try_from(place).ok().and_then(|place| users.get(place)) {
                tenant.link(Link::Owner, group, *owner);
            }
        }
        if let (GroupKind::Restricted, Some(unit)) = (&kind, unit) {
            tenant.link(Link::Member, unit, group);
        }
        if kind.security_enabled() && !kind.mail_enabled() {
            earlier.push(group);
        }
        if number >= size.groups as u64 {
            tenant.delete_softly(group);
        }
    }
    close_a_circle(tenant, &earlier);
    earlier
}

/// What `all` grows to so that as many memberships come of it as are wanted: more than those, since
/// the largest groups cannot grow. `come` tells how many do.
fn share(wanted: u64, all: u64, come: impl Fn(u64) -> u64) -> u64 {
    let mut share = all.max(wanted);
    let mut last = 0;
    loop {
        let now = come(share);
        if now >= wanted || now == last {
            return share;
        }
        last = now;
        share += share / 8 + 1;
    }
}

fn scaled(usual: u64, share: u64, all: u64) -> u64 {
    if share == all { usual } else { (usual * share).div_ceil(all.max(1)) }
}

/// Distinct users, ascending: a stride that shares no divisor with the count visits each at most once.
fn spread(seed: u64, number: u64, users: &[Handle], wanted: u64) -> Vec<Handle> {
    let count = users.len() as u64;
    if count == 0 {
        return Vec::new();
    }
    let start = below(seed, "start", number, count);
    let mut stride = below(seed, "stride", number, count) | 1;
    while greatest_common_divisor(stride, count) != 1 {
        stride += 2;
        if stride > 4 * count {
            stride = 1;
        }
    }
    let mut members: Vec<Handle> = (0..wanted)
        .filter_map(|step| {
            let place = (start + step * stride) % count;
            usize::try_from(place).ok().and_then(|place| users.get(place)).copied()
        })
        .collect();
    members.sort_unstable();
    members
}

fn greatest_common_divisor(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

fn nest(
    tenant: &Tenant,
    seed: u64,
    number: u64,
    earlier: &[Handle],
    others: &[Handle],
    members: &mut Vec<Handle>,
) {
    let pick = |purpose: &str, list: &[Handle]| {
        let place = below(seed, purpose, number, list.len() as u64);
        usize::try_from(place).ok().and_then(|place| list.get(place)).copied()
    };
    if number.is_multiple_of(6) {
        members.extend(pick("nested", earlier).filter(|group| tenant.object(*group).is_live()));
    }
    if number.is_multiple_of(9) {
        members.extend(pick("other", others));
    }
    members.sort_unstable();
    members.dedup();
}

/// Nesting above only looks backwards, so that a cycle needs one link forward.
fn close_a_circle(tenant: &mut Tenant, groups: &[Handle]) {
    let inner = groups.iter().copied().find(|group| {
        let object = tenant.object(*group);
        object.member_of.iter().any(|holder| tenant.object(*holder).kind() == Kind::Group)
    });
    if let Some(inner) = inner
        && let Some(outer) = tenant.object(inner).member_of.first().copied()
    {
        tenant.link(Link::Member, inner, outer);
    }
}
