use super::*;
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
            one("wing", json!([read(), ability("grant", &[], json!({"scoped": true}))]), json!({
                "warnings": ["Only a wing."],
                "steps": [{"title": "The role", "lines": ["Give it."]}],
                "scripts": [{"tool": "sh", "text": "give-role\n"}, {"tool": "other", "text": "x"}],
            })),
            one("vaults", json!([
                read(), ability("grant", &["Open", "Open.Vaults"], json!({"class": "vault"})),
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

fn everywhere() -> Value {
    json!({"authority": "everywhere"})
}

fn no() -> Value {
    json!({"authority": "no", "needs": ["Open"]})
}

fn only_in() -> Value {
    json!({"authority": "only-in", "resources": [{"kind": "wing", "id": "7"}]})
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
    assert_eq!(guide.scripts.len(), 1);
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
    let table = [
        ("open", &["Read", "Open"][..], everywhere(), Verdict::Works, "", "", ""),
        ("open", &["Read"], no(), Verdict::Missing, "Open", "", "missing-permission"),
        (
            "open",
            &["Read"],
            unknown_authority(),
            Verdict::Unknown,
            "Open",
            "",
            "missing-permission",
        ),
        ("open", &["Read"], only_in(), Verdict::Partly, "Open", "", "missing-permission"),
        // A role gives it: nothing is missing.
        ("open", &["Read"], everywhere(), Verdict::Works, "", "", ""),
        // The permission is there, and does not work.
        ("open", &["Read", "Open"], no(), Verdict::Missing, "", "", "missing-authority"),
        (
            "open",
            &["Read", "Open", "Idle"],
            everywhere(),
            Verdict::Works,
            "",
            "Idle",
            "over-granted",
        ),
        (
            "open",
            &["Read", "Open", "Else"],
            everywhere(),
            Verdict::Works,
            "",
            "Else",
            "over-granted",
        ),
        ("read", &["Read"], no(), Verdict::NotWanted, "", "", ""),
        ("read", &["Read", "Open"], everywhere(), Verdict::TooMuch, "", "Open", "over-granted"),
        // By a role, not by a permission.
        ("read", &["Read"], only_in(), Verdict::TooMuch, "", "", "over-granted"),
        ("wing", &["Read"], only_in(), Verdict::Works, "", "", ""),
        ("wing", &["Read"], everywhere(), Verdict::TooMuch, "", "", "over-granted"),
        ("wing", &["Read"], no(), Verdict::Missing, "", "", "missing-authority"),
        ("vaults", &["Read", "Open", "Open.Vaults"], everywhere(), Verdict::Works, "", "", ""),
        (
            "vaults",
            &["Read", "Open"],
            json!({"authority": "everywhere", "except": ["vault"]}),
            Verdict::Partly,
            "Open.Vaults",
            "",
            "missing-permission",
        ),
        (
            "open",
            &["Read", "Open"],
            json!({"authority": "everywhere", "except": ["vault"]}),
            Verdict::Works,
            "",
            "",
            "",
        ),
    ];
    for (name, granted, grant, verdict, missing, excess, codes) in table {
        let uses = Uses::named(&descriptor, &names(&[name])).unwrap();
        let judgement = uses.judge(&report(granted, everywhere(), grant.clone()));
        let found = judgement.abilities.iter().find(|one| one.entry.ability.action == "grant");
        let told: Vec<&str> = judgement.findings.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(
            (
                found.unwrap().verdict,
                judgement.missing.join(" "),
                judgement.excess.join(" "),
                told.join(" ")
            ),
            (verdict, missing.to_owned(), excess.to_owned(), codes.to_owned()),
            "{name} {granted:?} {grant}"
        );
    }
}

#[test]
fn a_larger_permission_is_told_with_what_is_enough() {
    let descriptor = descriptor();
    let uses = Uses::named(&descriptor, &names(&["open"])).unwrap();
    let judgement = uses.judge(&report(&["Open.Vaults"], everywhere(), everywhere()));
    assert_eq!(judgement.instead, ["Open", "Read"]);
    let finding = &judgement.findings[0];
    assert_eq!(
        finding.message,
        "The application holds Open.Vaults, which open does not need. It opens everything."
    );
    assert_eq!(
        finding.remedy.as_deref().unwrap(),
        "Grant Open, Read instead, then remove Open.Vaults and revoke its consent."
    );
}

#[test]
fn without_a_use_only_dangers_and_what_is_never_used_are_told() {
    let descriptor = descriptor();
    let uses = Uses::named(&descriptor, &[]).unwrap();
    let judgement = uses.judge(&report(&["Read", "Open.Vaults", "Else"], everywhere(), no()));
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
    let mut silent = report(&["Read", "Open"], everywhere(), no());
    silent.authority.pop();
    let judgement = uses.judge(&silent);
    assert_eq!(judgement.abilities[1].verdict, Verdict::Unknown);
    assert_eq!(judgement.findings[0].code, "missing-authority");
}
