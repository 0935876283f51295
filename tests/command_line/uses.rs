//! What a connection is for: `setup --use` prints a set of permissions that is enough and not idle,
//! and `check --use` says how far what was granted is from it.

use entra_sim::{Privilege, cast};
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::bench::Bench;

/// A tenant where the application holds these permissions, and the integration to it.
fn with_permissions(permissions: &[String]) -> Bench {
    let bench = Bench::new();
    bench.simulator.tenant().set_app_roles(permissions);
    // Whether a role in a unit reads there is not in the facts: nothing here hangs on it.
    bench.simulator.change_settings(|settings| settings.scoped_roles_read = false);
    bench.add();
    bench.run(&["integration", "allow", "--all-groups"]).ends(0);
    bench
}

/// What the `az` script grants.
fn permissions_of(bench: &Bench, name: &str) -> Vec<String> {
    let script = bench.run(&["setup", "entra-id", "--use", name, "--script", "az"]).ends(0).stdout;
    let line = script.lines().find_map(|line| line.strip_prefix("permissions=\"")).unwrap();
    line.trim_end_matches('"').split(' ').map(str::to_owned).collect()
}

/// Every ability of the use, by commands that an operator would give.
fn exercise(bench: &Bench, wanted: &Value) {
    let word = |field: &str| wanted[field].as_str().unwrap_or("");
    let principal = word("principal");
    let classes = wanted["classes"].as_array().cloned().unwrap_or_default();
    let apart = ["role-assignable", "hidden-membership"];
    let class = apart.into_iter().find(|one| classes.contains(&json!(one))).unwrap_or("");
    let ability = [word("action"), word("kind"), word("entitlement"), class];
    let says = |arguments: &[&str], text: &str| drop(bench.run(arguments).ends(0).says(text));
    let holders = |on: &str, text: &str| says(&["access", "list", "--on", on], text);
    match ability {
        ["read", "user", "", ""] => {
            says(&["access", "list", "--for", "bob@contoso.com"], "Finance");
        }
        ["read", "group", "" | "member", ""] => holders("group:Finance", "bob@contoso.com"),
        ["read", "group", "member", "hidden-membership"] => {
            holders("group:Works Council", "carol@contoso.com");
        }
        ["read", "group", "owner", ""] => holders("group:Finance", "owner"),
        ["read", "role", "" | "assigned", ""] => {
            holders("role:Global Administrator", "alice@contoso.com");
        }
        ["read", "tenant", "", ""] => {
            says(&["check"], "Connected to Contoso as Doorward");
        }
        ["read", "au", "", ""] => {
            // What else could not be read ends them with 14.
            bench.run(&["sync"]).ends(14);
            bench.run(&["list", "resources"]).ends(14).says("EMEA");
        }
        ["read", "service-principal", "", ""] => {
            let robot = format!("service-principal:id={}", cast::BUILD_ROBOT);
            says(&["access", "list", "--for", &robot], "Engineering");
        }
        ["read", "application", "", ""] => says(&["check"], "The credential ends"),
        ["read", "device", "", ""] => holders("group:Lab Machines", "LAPTOP-0001"),
        ["read", "contact", "", ""] => holders("group:Press", "Nina News"),
        [_, "role", ..] => change_role(bench, ability[0]),
        [verb @ ("grant" | "revoke"), ..] => {
            change(bench, verb, &ability, principal, wanted["within"].is_string());
        }
        _ => panic!("nothing tries {wanted}"),
    }
}

/// A role that Frank holds, or may activate, since long ago is taken: PIM takes nothing that is younger
/// than five minutes.
fn change_role(bench: &Bench, action: &str) {
    let (verb, side, on, flags): (_, _, _, &[&str]) = match action {
        "grant" => ("grant", "--to", "User Administrator", &["--permanent"]),
        "grant-until" => ("grant", "--to", "User Administrator", &["--ttl", "8h"]),
        "grant-eligible" => ("grant", "--to", "User Administrator", &["--eligible", "--permanent"]),
        "revoke" => ("revoke", "--from", "Groups Administrator", &[]),
        "revoke-eligible" => ("revoke", "--from", "Groups Administrator", &["--eligible"]),
        other => panic!("{other}"),
    };
    {
        let mut tenant = bench.simulator.tenant();
        match action {
            "revoke" => {
                assert!(tenant.assign_role(cast::GROUPS_ADMINISTRATOR, cast::FRANK, None));
            }
            "revoke-eligible" => {
                let on = Privilege::role(cast::GROUPS_ADMINISTRATOR);
                tenant.make_eligible(&on, cast::FRANK, None).unwrap();
            }
            _ => {}
        }
    }
    let on = format!("role:{on}");
    bench.run(&["integration", "allow", &on]).ends(0);
    let words = [verb, side, "frank@contoso.com", "--on", &on, "--allow-tier0", "--yes"];
    let words = [&words[..], &["--reason", "on call"]].concat();
    let done = if verb == "grant" { "Granted" } else { "Revoked" };
    bench.run(&[&words[..], flags].concat()).ends(0).says(done);
}

fn change(bench: &Bench, verb: &str, ability: &[&str; 4], principal: &str, scoped: bool) {
    let [_, kind, right, class] = *ability;
    let who = match principal {
        "" => "frank@contoso.com".to_owned(),
        kind => {
            bench.run(&["integration", "allow", "--principals", kind]).ends(0);
            let id = match kind {
                "service-principal" => cast::BUILD_ROBOT,
                "device" => cast::LAPTOP,
                "contact" => cast::NINA,
                other => panic!("{other}"),
            };
            format!("{kind}:id={id}")
        }
    };
    let on = match (kind, class) {
        ("group", "role-assignable") => format!("group:id={}", cast::TIER_0_OPERATORS),
        ("group", "") if scoped => format!("group:id={}", cast::EMEA_SALES),
        // Its last owner would stay.
        ("group", "") if right == "owner" => "group:Finance".to_owned(),
        ("group", "") => "group:Empty Room".to_owned(),
        other => panic!("{other:?}"),
    };
    if class == "role-assignable" {
        bench.run(&["integration", "allow", &on]).ends(0);
    }
    if class == "role-assignable" && right == "owner" {
        // The last owner would stay.
        bench.simulator.tenant().add_owner(cast::TIER_0_OPERATORS, cast::GRACE);
    }
    let side = if verb == "grant" { "--to" } else { "--from" };
    let mut words = vec![verb, side, &who, "--on", &on, "--right", right, "--yes"];
    if class == "role-assignable" {
        words.push("--allow-tier0");
    }
    let done = if verb == "grant" { "Granted" } else { "Revoked" };
    bench.run(&words).ends(0).says(done);
    if scoped {
        let outside = format!("group:id={}", cast::APAC_SALES);
        bench.run(&[verb, side, "ines@contoso.com", "--on", &outside, "--yes"]).ends(5);
    }
}

/// The set is enough for every ability of the use, each permission of it is what let at least one
/// request pass, and `check` agrees.
fn is_enough_and_not_idle(name: &str) {
    let wanted = permissions_of(&Bench::new(), name);
    let bench = with_permissions(&wanted);
    if name == "groups-scoped" {
        let mut tenant = bench.simulator.tenant();
        let (role, unit) = (cast::GROUPS_ADMINISTRATOR, Some(cast::UNIT_EMEA));
        assert!(tenant.assign_role(role, cast::SERVICE_PRINCIPAL_ID, unit));
    }
    bench.run(&["check", "--use", name]).ends(0).says(&format!("FOR {}", name.to_uppercase()));
    let document = bench.json(&["check", "--use", name], "Check");
    for part in ["missing", "excess"] {
        assert_eq!(document["judgement"][part], json!([]), "{part} {document}");
    }
    let findings = document["report"]["findings"].as_array().unwrap();
    let told: Vec<&str> = findings.iter().map(|one| one["code"].as_str().unwrap()).collect();
    for code in ["over-granted", "missing-permission", "missing-authority"] {
        assert!(!told.contains(&code), "{name}: {document}");
    }
    let descriptor = bench.json(&["connector", "show", "entra-id"], "Connector");
    let uses = descriptor["item"]["uses"].as_array().unwrap();
    let found = uses.iter().find(|one| one["name"] == name).unwrap();
    for ability in found["abilities"].as_array().unwrap() {
        exercise(&bench, ability);
    }
    let trace = bench.simulator.trace();
    let grounds = trace.iter().flat_map(|entry| &entry.authorised_by);
    let used: BTreeSet<&str> =
        grounds.filter(|ground| !ground.contains(' ')).map(String::as_str).collect();
    assert_eq!(used, wanted.iter().map(String::as_str).collect(), "of {name}");
    for lacking in &wanted {
        lack_shows(&bench, name, &wanted, lacking);
    }
}

/// Without one of them `check` says so, unless a larger one that is also wanted covers it.
fn lack_shows(bench: &Bench, name: &str, wanted: &[String], lacking: &String) {
    let rest = wanted.iter().filter(|one| *one != lacking).cloned();
    bench.simulator.tenant().set_app_roles(rest);
    let told = bench.run(&["check", "--use", name, "-o", "json"]);
    let judgement = told.document("Check")["judgement"].clone();
    let is_covered = judgement["missing"] == json!([]);
    let covered_by_larger = [
        ("GroupMember.Read.All", "GroupMember.ReadWrite.All"),
        ("GroupMember.Read.All", "Group.ReadWrite.All"),
        ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"),
    ];
    let mut larger = covered_by_larger.iter().filter(|(small, _)| small == lacking);
    let expect = larger.any(|(_, large)| wanted.iter().any(|one| one == large));
    assert_eq!(is_covered, expect, "{lacking} {judgement}");
    assert_eq!(told.code, if is_covered { 0 } else { 5 }, "{lacking} {judgement}");
    assert!(is_covered || judgement["missing"] == json!([lacking]), "{judgement}");
}

macro_rules! uses {
    ($($test:ident: $name:literal,)*) => {
        $(#[test] fn $test() { is_enough_and_not_idle($name); })*
        const TRIED: &[&str] = &[$($name),*];
    };
}

uses! {
    read: "read",
    read_hidden: "read-hidden",
    read_units: "read-units",
    read_applications: "read-applications",
    read_devices: "read-devices",
    read_contacts: "read-contacts",
    groups_scoped: "groups-scoped",
    groups: "groups",
    groups_service_principals: "groups-service-principals",
    groups_devices: "groups-devices",
    groups_contacts: "groups-contacts",
    owners: "owners",
    role_assignable: "role-assignable",
    roles_permanent: "roles-permanent",
    roles_jit: "roles-jit",
    roles_remove: "roles-remove",
    guide: "guide",
}

#[test]
fn every_use_is_tried_and_every_form_of_a_guide_names_the_same_permissions() {
    let bench = Bench::new();
    let descriptor = bench.json(&["connector", "show", "entra-id"], "Connector");
    let uses = descriptor["item"]["uses"].as_array().unwrap().clone();
    let names: Vec<&str> = uses.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, TRIED);
    let all = descriptor["item"]["permissions"].as_array().unwrap();
    let all: Vec<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    for name in names {
        let wanted: BTreeSet<String> = permissions_of(&bench, name).into_iter().collect();
        let document = bench.json(&["setup", "entra-id", "--use", name], "Setup");
        let permissions = document["permissions"].as_array().unwrap();
        let listed: BTreeSet<&str> =
            permissions.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(listed, wanted.iter().map(String::as_str).collect());
        let steps = document["setup"]["steps"].to_string();
        let scripts = document["setup"]["scripts"].as_array().unwrap();
        assert_eq!(scripts.len(), 3);
        let texts = scripts.iter().map(|script| script["text"].as_str().unwrap().to_owned());
        for text in texts.chain([steps]) {
            // The script for PowerShell signs in with permissions of the operator's own.
            let lines = text.lines().filter(|line| !line.starts_with("Connect-MgGraph"));
            let text: Vec<&str> = lines.collect();
            let text = text.join("\n");
            let named: BTreeSet<&str> =
                all.iter().filter(|name| is_named(&text, name)).copied().collect();
            assert_eq!(named, listed, "{name} {text}");
        }
        assert!(!document.to_string().contains("{permissions}"), "{document}");
    }
}

/// The one script whose language is on every machine that runs this.
#[test]
fn the_script_for_az_is_one_that_a_shell_understands() {
    let bench = Bench::new();
    for name in TRIED {
        let setup = ["setup", "entra-id", "--use", name, "--script", "az"];
        let script = bench.file("setup.sh", &bench.run(&setup).ends(0).stdout);
        let check = std::process::Command::new("bash").args(["-n", &script]).output().unwrap();
        assert!(check.status.success(), "{name}: {}", String::from_utf8_lossy(&check.stderr));
    }
}

/// The whole name: `User.Read.All` is no part of `User.Read.All.Shared`.
fn is_named(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, _)| {
        let before = text.get(..start).and_then(|rest| rest.chars().last());
        let after = text.get(start + name.len()..).and_then(|rest| rest.chars().next());
        let is_part =
            |char: Option<char>| char.is_some_and(|one| one.is_alphanumeric() || one == '.');
        !is_part(before) && !is_part(after)
    })
}

#[test]
fn the_first_use_is_what_is_printed_when_none_is_named() {
    let bench = Bench::new();
    let plain = bench.run(&["setup", "entra-id"]).ends(0).stdout;
    assert_eq!(plain, bench.run(&["setup", "entra-id", "--use", "read"]).ends(0).stdout);
    let read = permissions_of(&bench, "read");
    assert!(!read.iter().any(|one| one.contains("Write")), "{read:?}");
    bench
        .run(&["setup", "entra-id"])
        .says("https://login.microsoftonline.com/{tenant}/adminconsent");
    bench
        .run(&["setup", "entra-id", "--use", "guide"])
        .ends(0)
        .says("WARNING: The integration guide's two permissions are very broad");
    let error = bench.fails(&["setup", "entra-id", "--use", "everything"], 6);
    assert_eq!(error["reason"], "use-not-found");
    assert!(error["remedy"].as_str().unwrap().contains("groups-scoped"), "{error}");
    // Several uses are one set.
    let both = permissions_of(&bench, "groups,owners");
    for name in ["GroupMember.ReadWrite.All", "Group.ReadWrite.All"] {
        assert!(both.iter().any(|one| one == name), "{both:?}");
    }
}

#[test]
fn what_is_missing_and_what_is_too_much_is_said() {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    // The guide's two, where reading is all that is wanted.
    let bench = with_permissions(&owned(&cast::GUIDE_ROLES));
    bench
        .run(&["check", "--use", "read"])
        .ends(0)
        .says("too much")
        .says("The application holds RoleManagement.ReadWrite.Directory, which read does not need. With it the application can make itself Global Administrator.")
        .says("do: Grant GroupMember.Read.All, Organization.Read.All, User.Read.All instead, then remove Directory.ReadWrite.All")
        .says("do: Grant RoleManagement.Read.Directory instead, then remove RoleManagement.ReadWrite.Directory");
    // Changing members of ordinary groups does not hang on it.
    bench
        .run(&["check", "--use", "groups"])
        .ends(0)
        .says("do: Grant RoleManagement.Read.Directory instead, then remove RoleManagement.ReadWrite.Directory");
    // Without a use they are called dangerous, with the uses that they are for.
    bench
        .run(&["check"])
        .ends(0)
        .says("The application holds RoleManagement.ReadWrite.Directory. With it the application can make itself Global Administrator.")
        .says("Remove it, unless this connection is for role-assignable or roles-permanent or guide.");
    // Read permissions, where members shall be changed.
    let bench = with_permissions(&owned(&cast::READ_ROLES));
    bench
        .run(&["check", "--use", "groups"])
        .ends(5)
        .says("MISSING")
        .says("problem: The permission GroupMember.ReadWrite.All is not granted; groups needs it. Without it: Members cannot be changed")
        .says("do: Grant it: `doorward setup entra-id --use groups` shows how.");
    // A role everywhere, where one unit is wanted; and where none is wanted.
    {
        let mut tenant = bench.simulator.tenant();
        assert!(tenant.assign_role(cast::GROUPS_ADMINISTRATOR, cast::SERVICE_PRINCIPAL_ID, None));
    }
    bench.run(&["check", "--use", "groups"]).ends(0).says("works");
    for name in ["groups-scoped", "read"] {
        bench
            .run(&["check", "--use", name])
            .ends(0)
            .says("too much")
            .says("through the role Groups Administrator.");
    }
    // A role that gives less than it seems: one for Microsoft 365 groups is no answer to "groups".
    let bench = with_permissions(&owned(&cast::READ_ROLES));
    {
        let mut tenant = bench.simulator.tenant();
        let actions = ["microsoft.directory/groups.unified/members/update"];
        let role = tenant.add_role_definition("Teams", &actions);
        assert!(tenant.assign_role(&role, cast::SERVICE_PRINCIPAL_ID, None));
    }
    bench.run(&["check", "--use", "groups"]).ends(5).says("MISSING in part");
    // Alternatives that are larger than need be hold everything up: none is called unused.
    let bench = with_permissions(&owned(&["Group.Read.All", "User.ReadWrite.All"]));
    let told = bench.run(&["check"]).ends(0).says("The application holds Group.Read.All. With it");
    assert!(!told.stdout.contains("does not use"), "{}", told.stdout);
    assert!(told.stdout.contains("No use takes it."), "{}", told.stdout);
    // A permission that nothing here makes use of.
    let bench = with_permissions(&owned(&[&cast::READ_ROLES[..], &["Mail.Read"]].concat()));
    for arguments in [&["check"][..], &["check", "--use", "read"]] {
        bench.run(arguments).ends(0).says("The application holds Mail.Read, which ");
    }
}

/// A role in one unit: enough for the one use, not for the other.
#[test]
fn a_role_in_a_unit_is_enough_for_the_scoped_use_only() {
    let bench = with_permissions(&cast::READ_ROLES.map(str::to_owned));
    bench.run(&["check", "--use", "groups-scoped"]).ends(5).says("For groups-scoped, ");
    {
        let mut tenant = bench.simulator.tenant();
        let unit = Some(cast::UNIT_EMEA);
        assert!(tenant.assign_role(cast::GROUPS_ADMINISTRATOR, cast::SERVICE_PRINCIPAL_ID, unit));
    }
    bench.run(&["check", "--use", "groups-scoped"]).ends(0).says("works");
    bench
        .run(&["check", "--use", "groups"])
        .ends(5)
        .says("MISSING in part")
        .says("GroupMember.ReadWrite.All is not granted");
}
