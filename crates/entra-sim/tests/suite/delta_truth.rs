//! Facts §3.6, §8.1: a client that merges pages knows the truth after each round, whatever happened between them.

use std::collections::BTreeSet;
use std::time::Duration;

use entra_sim::{Delta, GroupKind, Kind, Lag, Settings, Size, Tenant};

use crate::client::Client;
use crate::delta_client::Merged;

/// Draws by seed, apart from the simulator's own.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }

    fn pick(&mut self, ids: &[String]) -> String {
        ids.get(self.below(ids.len())).cloned().unwrap_or_default()
    }
}

/// One change as an administrator makes it.
fn change(tenant: &mut Tenant, dice: &mut Dice) {
    let (users, groups) = (tenant.ids(Kind::User), tenant.ids(Kind::Group));
    let (user, group) = (dice.pick(&users), dice.pick(&groups));
    let member = if dice.below(5) == 0 { dice.pick(&groups) } else { user.clone() };
    let number = dice.below(1_000_000);
    match dice.below(16) {
        0..=3 => tenant.add_member(&group, &member),
        4..=6 => {
            let members = tenant.members(&group);
            tenant.remove_member(&group, &dice.pick(&members))
        }
        7 => tenant.add_owner(&group, &user),
        8 => {
            let owners = tenant.owners(&group);
            tenant.remove_owner(&group, &dice.pick(&owners))
        }
        9 => tenant.rename(&dice.pick(&[user, group]), &format!("Name {number}")),
        10 => {
            let title = format!("Title {number}");
            tenant.set_property(&user, "jobTitle", (!number.is_multiple_of(3)).then_some(&title))
        }
        11 => {
            let id = tenant.add_user("New One", &format!("new{number}@contoso.com"));
            tenant.add_member(&group, &id)
        }
        12 => {
            let id = tenant.add_group(&format!("New {number}"), GroupKind::Security);
            tenant.add_member(&id, &user)
        }
        13 => tenant.soft_delete(&dice.pick(&[user, group])),
        14 => {
            let bin = [tenant.deleted(Kind::User), tenant.deleted(Kind::Group)].concat();
            tenant.restore(&dice.pick(&bin))
        }
        _ => {
            let bin = [tenant.deleted(Kind::User), tenant.deleted(Kind::Group)].concat();
            let id = if dice.below(3) == 0 { dice.pick(&[user, group]) } else { dice.pick(&bin) };
            tenant.delete(&id)
        }
    };
}

fn settings(seed: u64) -> Settings {
    let delta = Delta {
        page: 3 + (seed as usize % 5) * 3,
        links: 4 + (seed as usize % 3) * 20,
        empty_pages: (seed % 3) * 20,
        duplicates: (seed % 4) * 20,
        replays: (seed % 2) * 60,
        former_links: !seed.is_multiple_of(3),
        deleted_at_first: !seed.is_multiple_of(4),
        omit_service_principals: false,
        soft_deleted_links: !seed.is_multiple_of(5),
        purged_links_after: [None, Some(Duration::ZERO), Some(Duration::from_secs(40))]
            [seed as usize % 3],
        ends_with_empty_page: seed.is_multiple_of(2),
        ..Delta::default()
    };
    let lag = Lag { delta: Duration::from_secs(30), ..Lag::default() };
    Settings { seed, delta, lag: (seed % 2 == 1).then_some(lag), ..Settings::default() }
}

/// A full round of both sets, with changes between the pages when there are dice.
async fn rounds(client: &Client, known: &mut [(Merged, &str); 2], mut dice: Option<&mut Dice>) {
    for (merged, first) in known {
        while !merged.page(client, first).await {
            if let Some(dice) = &mut dice
                && dice.below(2) == 0
            {
                change(&mut client.simulator.tenant(), dice);
                client.pass(1);
            }
        }
    }
}

/// What the list says of all users; a property without a value is absent in delta and null here.
async fn titles(client: &Client) -> Vec<(String, Option<String>)> {
    let mut titles = Vec::new();
    let mut next = "/users?$select=id,jobTitle&$top=999".to_owned();
    loop {
        let got = client.get(&next).await;
        titles.extend(got.values().iter().map(|user| {
            (user["id"].as_str().unwrap().to_owned(), user["jobTitle"].as_str().map(str::to_owned))
        }));
        match got.json["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    titles.sort();
    titles
}

async fn compare(client: &Client, known: &[(Merged, &str); 2], place: &str) {
    let [(users, _), (groups, _)] = known;
    {
        let tenant = client.simulator.tenant();
        for (merged, kind) in [(users, Kind::User), (groups, Kind::Group)] {
            let ids: Vec<String> = merged.objects.keys().cloned().collect();
            assert_eq!(ids, tenant.ids(kind), "{place}: {kind:?}");
            for (id, object) in &merged.objects {
                assert_eq!(object["displayName"].as_str(), tenant.display_name(id), "{place}");
            }
        }
        let mut alive: BTreeSet<String> =
            users.objects.keys().chain(groups.objects.keys()).cloned().collect();
        for kind in [Kind::ServicePrincipal, Kind::Device, Kind::OrgContact] {
            alive.extend(tenant.ids(kind));
        }
        for id in groups.objects.keys() {
            assert_eq!(groups.linked(id, "members", &alive), tenant.members(id), "{place} {id}");
            assert_eq!(groups.linked(id, "owners", &alive), tenant.owners(id), "{place} {id}");
        }
    }
    let known: Vec<(String, Option<String>)> = users
        .objects
        .iter()
        .map(|(id, user)| {
            let title = user.get("jobTitle").and_then(|title| title.as_str());
            (id.clone(), title.map(str::to_owned))
        })
        .collect();
    assert_eq!(known, titles(client).await, "{place}");
}

#[tokio::test]
async fn a_client_that_merges_knows_the_truth() {
    for seed in 0..16 {
        let mut client =
            Client::new(&Size { users: 30, groups: 25, seed, ..Size::default() }, settings(seed));
        client.become_holder_of(&["Directory.ReadWrite.All", "Member.Read.Hidden"]).await;
        let mut dice = Dice(seed);
        let mut known = [
            (Merged::default(), "/users/delta?$select=displayName,jobTitle"),
            (Merged::default(), "/groups/delta?$select=displayName,members,owners"),
        ];
        for number in 0..8 {
            // With changes between the pages, then without: the truth of this moment.
            rounds(&client, &mut known, Some(&mut dice)).await;
            for _ in 0..dice.below(25) {
                change(&mut client.simulator.tenant(), &mut dice);
            }
            client.pass(61);
            rounds(&client, &mut known, None).await;
            compare(&client, &known, &format!("seed {seed}, round {number}")).await;
            client.pass(61);
        }
    }
}
