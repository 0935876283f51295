use super::*;
use doorward_core::CheckReport;
use serde_json::{Value, json};

/// Reads doors; opens them, by a permission or by a role in one wing; opens vaults.
fn descriptor() -> Descriptor {
    let permission = |name: &str, danger: Option<&str>| json!({"name": name, "purpose": format!("{name} it."), "without": "Nothing.", "danger": danger});
    let ability = |action: &str, permissions: &[&str], more: Value| {
        let mut ability = json!({"action": action, "kind": "door", "permissions": permissions});
        for (name, value) in more.as_object().unwrap() {
            ability[name] = value.clone();
        }
        ability
    };
    let read = || ability("read", &["Read"], json!({}));
    let one = |name: &str, abilities: Value, setup: Value| json!({"name": name, "purpose": "P.", "abilities": abilities, "setup": setup});
    let nothing = json!({"warnings": [], "steps": [], "scripts": []});
    serde_json::from_value(json!({
        "id": "doors", "version": "1", "name": "Doors", "summary": "s", "needs": [],
        "connectionSchema": {}, "principalKinds": [], "resourceKinds": [], "capabilities": [],
        "permissions": [
            permission("Read", None), permission("Open", None),
            permission("Open.Vaults", Some("It opens everything.")), permission("Idle", None),
        ],
        "uses": [
            one("read", json!([read()]), nothing.clone()),
            one("open", json!([read(), ability("grant", &["Open"], json!({}))]), nothing.clone()),
            one("wing", json!([read(), ability("grant", &[], json!({"within": "wing"}))]), json!({
                "warnings": ["Only a wing."],
                "steps": [{"title": "The role", "lines": ["Give it."]}],
                "scripts": [{"tool": "sh", "text": "give-role\n"}, {"tool": "other", "text": "x"}],
            })),
            one("vaults", json!([
                read(), ability("grant", &["Open", "Open.Vaults"], json!({"classes": ["vault"]})),
            ]), nothing),
        ],
        "setup": {
            "warnings": ["Careful."],
            "steps": [{"title": "Permissions", "lines": ["Tick:", "{permissions}", "Done."]}],
            "scripts": [{"tool": "sh", "text": "allow {permissions}\n"}],
        },
        "pacing": {"maxInFlight": 0}, "maxBatch": 1,
    }))
    .unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn report(permissions: &[&str], read: Value, grant: Value) -> CheckReport {
    let entry = |action: &str, authority: Value| {
        let mut entry = authority;
        entry["action"] = json!(action);
        entry["kind"] = json!("door");
        entry
    };
    serde_json::from_value(json!({
        "identity": {"key": {"kind": "door", "id": "0"}, "name": "N", "place": "P"},
        "permissions": permissions,
        "authority": [entry("read", read), entry("grant", grant)],
        "findings": [],
        "credentialExpiry": {"known": "unknown", "because": "b"},
    }))
    .unwrap()
}

fn everywhere(through: &str) -> Value {
    json!({"authority": "everywhere", "through": [through]})
}

fn but_vaults(through: &str) -> Value {
    json!({"authority": "everywhere", "except": ["vault"], "through": [through]})
}

fn no() -> Value {
    json!({"authority": "no", "needs": ["Open"]})
}

/// A role, in places of these kinds.
fn only_in(kinds: &[&str]) -> Value {
    let resources: Vec<Value> = kinds.iter().map(|kind| json!({"kind": kind, "id": "7"})).collect();
    json!({"authority": "only-in", "resources": resources, "through": ["a role"]})
}

fn unknown_authority() -> Value {
    json!({"authority": "unknown", "because": "b"})
}

#[test]
fn a_guide_holds_what_the_uses_take_and_nothing_else() {
    let descriptor = descriptor();
    let uses = Uses::named(&descriptor, &names(&["open", "wing", "open"])).unwrap();
    assert_eq!(uses.words(), "open and wing");
    let guide = uses.guide();
    assert_eq!(guide.warnings, ["Careful.", "Only a wing."]);
    assert_eq!(guide.steps[0].lines, ["Tick:", "Read: Read it.", "Open: Open it.", "Done."]);
    assert_eq!(guide.steps[1].title, "The role");
    let tools: Vec<&str> = guide.scripts.iter().map(|script| script.tool.as_str()).collect();
    assert_eq!(tools, ["sh", "other"]);
    assert_eq!(guide.scripts[0].text, "allow Read Open\ngive-role\n");
    let first = Uses::first(&descriptor).guide();
    assert_eq!(first.scripts[0].text, "allow Read\n");
    let error = Uses::named(&descriptor, &names(&["fly"])).unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::NotFound, "use-not-found"));
    assert_eq!(error.remedy.unwrap(), "There are: read, open, wing, vaults.");
}

/// What was granted, what the check says, and what it comes to for a use: the verdict of `grant`,
/// what is missing, what is too much, and the codes of the findings.
#[test]
fn what_was_granted_is_judged_by_the_use() {
    let descriptor = descriptor();
    let (wing, two, other) = (only_in(&["wing"]), only_in(&["wing", "wing"]), only_in(&["door"]));
    let (open, role) = (everywhere("Open"), everywhere("a role"));
    let (lacks, cannot, more) = ("missing-permission", "missing-authority", "over-granted");
    let table = [
        ("open", "Read Open", &open, Verdict::Works, "", "", ""),
        ("open", "Read", &no(), Verdict::Missing, "Open", "", lacks),
        ("open", "Read", &unknown_authority(), Verdict::Unknown, "Open", "", lacks),
        ("open", "Read", &wing, Verdict::Partly, "Open", "", lacks),
        // A role gives it: nothing is missing.
        ("open", "Read", &role, Verdict::Works, "", "", ""),
        // The permission is there, and does not work.
        ("open", "Read Open", &no(), Verdict::Missing, "", "", cannot),
        ("open", "Read Open Idle", &open, Verdict::Works, "", "Idle", more),
        ("open", "Read Open Else", &open, Verdict::Works, "", "Else", more),
        ("open", "Read Open", &but_vaults("Open"), Verdict::Works, "", "", ""),
        ("read", "Read", &no(), Verdict::NotWanted, "", "", ""),
        // The permission is told once, and what hangs on it is not told as well.
        ("read", "Read Open", &open, Verdict::TooMuch, "", "Open", more),
        ("read", "Read", &wing, Verdict::TooMuch, "", "", more),
        ("read", "Read Else", &role, Verdict::TooMuch, "", "Else", "over-granted over-granted"),
        // Reading opens doors here, too.
        ("read", "Read", &everywhere("Read"), Verdict::ComesWithIt, "", "", ""),
        ("wing", "Read", &wing, Verdict::Works, "", "", ""),
        ("wing", "Read", &two, Verdict::TooMuch, "", "", more),
        ("wing", "Read", &other, Verdict::Missing, "", "", cannot),
        ("wing", "Read", &role, Verdict::TooMuch, "", "", more),
        ("wing", "Read Open", &open, Verdict::TooMuch, "", "Open", more),
        ("wing", "Read", &no(), Verdict::Missing, "", "", cannot),
        ("vaults", "Read Open Open.Vaults", &open, Verdict::Works, "", "", ""),
        ("vaults", "Read Open", &but_vaults("Open"), Verdict::Partly, "Open.Vaults", "", lacks),
    ];
    for (name, granted, grant, verdict, missing, excess, codes) in table {
        let granted: Vec<&str> = granted.split(' ').collect();
        let uses = Uses::named(&descriptor, &names(&[name])).unwrap();
        let judgement = uses.judge(&report(&granted, everywhere("Read"), grant.clone()));
        let found = judgement.abilities.iter().find(|one| one.entry.ability.action == "grant");
        let told: Vec<&str> = judgement.findings.iter().map(|one| one.code.as_str()).collect();
        let too_much: Vec<&str> =
            judgement.excess.iter().map(|one| one.permission.as_str()).collect();
        assert_eq!(
            (
                found.unwrap().verdict,
                judgement.missing.join(" ").as_str(),
                too_much.join(" ").as_str(),
                told.join(" ").as_str()
            ),
            (verdict, missing, excess, codes),
            "{name} {granted:?} {grant}"
        );
    }
}

#[test]
fn what_to_grant_before_a_permission_is_removed_is_what_hangs_on_it() {
    let descriptor = descriptor();
    let uses = Uses::named(&descriptor, &names(&["open"])).unwrap();
    let (read, grant) = (everywhere("Open.Vaults"), everywhere("Open.Vaults"));
    let judgement = uses.judge(&report(&["Open.Vaults", "Else"], read, grant));
    assert_eq!(judgement.excess[0].permission, "Else");
    assert_eq!(judgement.excess[0].instead, [""; 0]);
    assert_eq!(judgement.excess[1].instead, ["Open", "Read"]);
    let finding = &judgement.findings[1];
    assert_eq!(
        finding.message,
        "The application holds Open.Vaults, which open does not need. It opens everything."
    );
    assert_eq!(
        finding.remedy.as_deref().unwrap(),
        "Grant Open, Read instead, then remove Open.Vaults and revoke its consent."
    );
    // Without the role nothing would work any more.
    let uses = Uses::named(&descriptor, &names(&["wing"])).unwrap();
    let judgement = uses.judge(&report(&["Read", "Open"], everywhere("Read"), everywhere("Open")));
    assert_eq!(
        judgement.findings[0].remedy.as_deref().unwrap(),
        "See that the role is assigned, as `doorward setup doors --use wing` says. Then: Remove Open and revoke its consent."
    );
}

#[test]
fn without_a_use_only_dangers_and_what_is_never_used_are_told() {
    let descriptor = descriptor();
    let uses = Uses::named(&descriptor, &[]).unwrap();
    let judgement = uses.judge(&report(&["Read", "Open.Vaults", "Else"], everywhere("Read"), no()));
    assert!(judgement.missing.is_empty() && judgement.excess.is_empty());
    let told: Vec<&str> = judgement.findings.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "The application holds Else, which this connector does not use.",
            "The application holds Open.Vaults. It opens everything."
        ]
    );
    assert!(judgement.findings[1].remedy.as_ref().unwrap().contains("is for vaults."));
}

#[test]
fn what_the_check_does_not_mention_is_not_known() {
    let descriptor = descriptor();
    let uses = Uses::named(&descriptor, &names(&["open"])).unwrap();
    let mut silent = report(&["Read", "Open"], everywhere("Read"), no());
    silent.authority.pop();
    let judgement = uses.judge(&silent);
    assert_eq!(judgement.abilities[1].verdict, Verdict::Unknown);
    assert_eq!(judgement.findings[0].code, "missing-authority");
}
