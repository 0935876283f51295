//! How far what was granted is from what the uses want.

use doorward_core::{
    Ability, Authority, AuthorityEntry, CheckReport, Finding, Severity, Use, WantedAbility,
};
use serde::Serialize;
use std::collections::BTreeSet;

use super::Uses;

impl<'d> Uses<'d> {
    /// Compares what a check found with what these uses want. Without any use it says only which
    /// permissions are never needed, or dangerous.
    pub fn judge(&self, report: &CheckReport) -> Judgement {
        let names = self.permission_names();
        let granted: BTreeSet<&str> = report.permissions.iter().map(String::as_str).collect();
        let entries = self.entries(report).into_iter();
        let abilities: Vec<JudgedAbility> =
            entries.map(|entry| self.judged(entry, &names, &granted)).collect();
        let missing: BTreeSet<&String> = abilities.iter().flat_map(|one| &one.missing).collect();
        let mut judgement = Judgement {
            uses: self.chosen.iter().map(|one| one.name.clone()).collect(),
            missing: missing.into_iter().cloned().collect(),
            excess: Vec::new(),
            abilities,
            findings: Vec::new(),
        };
        if self.chosen.is_empty() {
            judgement.findings = granted.iter().filter_map(|name| self.dangerous(name)).collect();
        } else {
            let excess = granted.difference(&names);
            judgement.excess =
                excess.map(|name| self.excess(name, &granted, &judgement.abilities)).collect();
            judgement.findings = self.findings(&judgement, &granted);
        }
        judgement
    }

    /// A permission that is not wanted, and the smaller ones for what hangs on it.
    fn excess(&self, name: &str, granted: &BTreeSet<&str>, abilities: &[JudgedAbility]) -> Excess {
        let hanging = abilities.iter().filter(|one| one.entry.through.iter().any(|it| it == name));
        let wanted = hanging.flat_map(|one| self.wanted(&one.entry.ability));
        let smaller: BTreeSet<&String> = wanted
            .flat_map(|one| &one.permissions)
            .filter(|name| !granted.contains(name.as_str()))
            .collect();
        Excess { permission: name.to_owned(), instead: smaller.into_iter().cloned().collect() }
    }

    fn wanted(&self, ability: &Ability) -> impl Iterator<Item = &'d WantedAbility> {
        let abilities = self.chosen.iter().flat_map(|one| &one.abilities);
        abilities.filter(move |wanted| wanted.ability == *ability)
    }

    /// What the check says, and of what it says nothing.
    fn entries(&self, report: &CheckReport) -> Vec<AuthorityEntry> {
        let mut entries = report.authority.clone();
        for wanted in self.chosen.iter().flat_map(|one| &one.abilities) {
            if !entries.iter().any(|entry| entry.ability == wanted.ability) {
                let because = "The check says nothing of it.".to_owned();
                entries.push(AuthorityEntry {
                    ability: wanted.ability.clone(),
                    authority: Authority::Unknown { because },
                    through: Vec::new(),
                });
            }
        }
        entries
    }

    fn judged(
        &self,
        entry: AuthorityEntry,
        names: &BTreeSet<&str>,
        granted: &BTreeSet<&str>,
    ) -> JudgedAbility {
        let wanted: Vec<&WantedAbility> = self.wanted(&entry.ability).collect();
        let verdict = if wanted.is_empty() {
            self.unwanted(&entry, names)
        } else {
            verdict(&entry.authority, &wanted)
        };
        let missing: BTreeSet<&String> = match verdict {
            Verdict::Partly | Verdict::Missing | Verdict::Unknown => {
                let needs = wanted.iter().flat_map(|one| &one.permissions);
                needs.filter(|need| !granted.contains(need.as_str())).collect()
            }
            _ => BTreeSet::new(),
        };
        let missing = missing.into_iter().cloned().collect();
        JudgedAbility { entry, verdict, missing }
    }

    /// What nobody wants comes with what is wanted, or is too much.
    fn unwanted(&self, entry: &AuthorityEntry, names: &BTreeSet<&str>) -> Verdict {
        let within = || {
            let abilities = self.chosen.iter().flat_map(|one| &one.abilities);
            abilities.filter_map(|one| one.within.as_deref())
        };
        match &entry.authority {
            Authority::No { .. } | Authority::Unknown { .. } => Verdict::NotWanted,
            // What can be read besides does no harm.
            _ if entry.ability.action == "read" => Verdict::NotWanted,
            _ if entry.through.iter().any(|it| names.contains(it.as_str())) => Verdict::ComesWithIt,
            authority if within().any(|kind| is_within_one(authority, kind)) => {
                Verdict::ComesWithIt
            }
            _ => Verdict::TooMuch,
        }
    }

    fn findings(&self, judgement: &Judgement, granted: &BTreeSet<&str>) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            judgement.missing.iter().map(|name| self.lacking(name)).collect();
        let lacking = judgement.abilities.iter().filter(|one| {
            one.missing.is_empty()
                && matches!(one.verdict, Verdict::Partly | Verdict::Missing | Verdict::Unknown)
        });
        findings.extend(lacking.map(|one| self.out_of_reach(&one.entry)));
        findings.extend(judgement.excess.iter().map(|excess| self.needless(excess)));
        let by_permission =
            |one: &JudgedAbility| one.entry.through.iter().any(|it| granted.contains(it.as_str()));
        let too_much = judgement.abilities.iter().filter(|one| one.verdict == Verdict::TooMuch);
        let by_role = too_much.filter(|one| !by_permission(one));
        findings.extend(by_role.map(|one| self.more_than_wanted(&one.entry)));
        findings
    }

    fn setup_command(&self) -> String {
        format!("doorward setup {}{}", self.descriptor.id, self.option())
    }

    fn lacking(&self, name: &str) -> Finding {
        let permission = self.descriptor.permissions.iter().find(|one| one.name == name);
        let without = permission.map(|one| format!(" Without it: {}", one.without));
        Finding {
            severity: Severity::Problem,
            code: "missing-permission".to_owned(),
            message: format!(
                "The permission {name} is not granted; {} needs it.{}",
                self.words(),
                without.unwrap_or_default()
            ),
            remedy: Some(format!(
                "Grant it: `{}` shows how. It works with the next token, within about an hour.",
                self.setup_command()
            )),
        }
    }

    fn out_of_reach(&self, entry: &AuthorityEntry) -> Finding {
        let ability = words(&entry.ability);
        let what = match &entry.authority {
            Authority::Everywhere { except } => {
                format!("{ability} is possible everywhere but on {}", except.join(", "))
            }
            Authority::OnlyIn { resources } => {
                let places: Vec<String> = resources.iter().map(ToString::to_string).collect();
                format!("{ability} is possible only in {}", places.join(", "))
            }
            Authority::No { .. } => format!("{ability} is not possible"),
            Authority::Unknown { because } => {
                let because = because.trim_end_matches('.');
                format!("whether {ability} is possible is not known: {because}")
            }
        };
        Finding {
            severity: Severity::Problem,
            code: "missing-authority".to_owned(),
            message: format!("For {}, {what}.", self.words()),
            remedy: Some(format!("`{}` shows what it takes.", self.setup_command())),
        }
    }

    fn needless(&self, excess: &Excess) -> Finding {
        let name = &excess.permission;
        let permission = self.descriptor.permissions.iter().find(|one| one.name == *name);
        let danger = permission.and_then(|one| one.danger.as_deref());
        let mut abilities = self.chosen.iter().flat_map(|one| &one.abilities);
        // Then a role does what the permission does now.
        let first = match abilities.any(|one| one.within.is_some()) {
            true => {
                format!("See that the role is assigned, as `{}` says. Then: ", self.setup_command())
            }
            false => String::new(),
        };
        let rest = match excess.instead.as_slice() {
            [] => format!("Remove {name} and revoke its consent."),
            instead => format!(
                "Grant {} instead, then remove {name} and revoke its consent.",
                instead.join(", ")
            ),
        };
        let remedy = format!("{first}{rest}");
        over_granted(
            format!("The application holds {name}, which {} does not need.", self.words()),
            danger,
            remedy,
        )
    }

    fn more_than_wanted(&self, entry: &AuthorityEntry) -> Finding {
        let through = match entry.through.as_slice() {
            [] => "what gives it is not known".to_owned(),
            through => format!("through {}", through.join(", ")),
        };
        over_granted(
            format!(
                "{} is possible to a larger extent than {} needs: {through}.",
                words(&entry.ability),
                self.words()
            ),
            None,
            "Take that from the application at the provider, or limit it.".to_owned(),
        )
    }

    /// A permission that nobody should hold without knowing.
    fn dangerous(&self, name: &str) -> Option<Finding> {
        let Some(permission) = self.descriptor.permissions.iter().find(|one| one.name == name)
        else {
            return Some(over_granted(
                format!("The application holds {name}, which this connector does not use."),
                None,
                format!("Remove {name} and revoke its consent."),
            ));
        };
        let danger = permission.danger.as_deref()?;
        let uses = self.descriptor.uses.iter().filter(|one| takes(one, name));
        let uses: Vec<&str> = uses.map(|one| one.name.as_str()).collect();
        let remedy = match uses.as_slice() {
            [] => format!(
                "No use takes it. `doorward check --use USE` says what to grant instead, before you remove {name}."
            ),
            uses => format!(
                "Remove it, unless this connection is for {}. `doorward check --use USE` says what is enough for a use.",
                uses.join(" or ")
            ),
        };
        Some(over_granted(format!("The application holds {name}."), Some(danger), remedy))
    }
}

/// What a check says of the chosen uses.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// Their names.
    pub uses: Vec<String>,
    /// Each ability, with what it comes to.
    pub abilities: Vec<JudgedAbility>,
    /// The permissions without which something that is wanted does not work.
    pub missing: Vec<String>,
    /// The permissions that are held and not wanted.
    pub excess: Vec<Excess>,
    /// The same for people.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// A permission that is held and not wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Excess {
    /// Its name.
    pub permission: String,
    /// What to grant before it is removed, since what is wanted hangs on it.
    pub instead: Vec<String>,
}

/// An ability, and what it comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JudgedAbility {
    /// What the check says.
    #[serde(flatten)]
    pub entry: AuthorityEntry,
    /// What it comes to.
    pub verdict: Verdict,
    /// The permissions that the uses name for it, and that are not held.
    pub missing: Vec<String>,
}

/// What an ability comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Wanted, and there.
    Works,
    /// Wanted, and there in a part of the place only.
    Partly,
    /// Wanted, and not there.
    Missing,
    /// Wanted, and not known.
    Unknown,
    /// Not wanted; what is wanted gives it, too.
    ComesWithIt,
    /// There, and not wanted, or not to this extent.
    TooMuch,
    /// Not wanted. What can be read besides does no harm.
    NotWanted,
}

fn takes(one: &Use, permission: &str) -> bool {
    one.abilities.iter().any(|ability| ability.permissions.iter().any(|name| name == permission))
}

fn verdict(authority: &Authority, wanted: &[&WantedAbility]) -> Verdict {
    // Who wants it everywhere as well is content with nothing less.
    let kinds: Option<Vec<&str>> = wanted.iter().map(|one| one.within.as_deref()).collect();
    match (authority, kinds) {
        (Authority::No { .. }, _) => Verdict::Missing,
        (Authority::Unknown { .. }, _) => Verdict::Unknown,
        (Authority::Everywhere { except }, None) => {
            let mut classes = wanted.iter().flat_map(|one| &one.classes);
            if classes.any(|class| except.contains(class)) {
                Verdict::Partly
            } else {
                Verdict::Works
            }
        }
        (Authority::OnlyIn { .. }, None) => Verdict::Partly,
        (Authority::Everywhere { .. }, Some(_)) => Verdict::TooMuch,
        (Authority::OnlyIn { resources }, Some(kinds)) => {
            let is_one = |kind: &&str| resources.iter().any(|one| one.kind == **kind);
            match kinds.iter().any(|kind| is_within_one(authority, kind)) {
                true => Verdict::Works,
                false if kinds.iter().any(is_one) => Verdict::TooMuch,
                false => Verdict::Missing,
            }
        }
    }
}

fn is_within_one(authority: &Authority, kind: &str) -> bool {
    match authority {
        Authority::OnlyIn { resources } => {
            matches!(resources.as_slice(), [one] if one.kind == kind)
        }
        _ => false,
    }
}

/// `grant group member for device`.
fn words(ability: &Ability) -> String {
    let principal = ability.principal.as_ref().map(|kind| format!("for {kind}"));
    let parts = [
        Some(&ability.action),
        Some(&ability.kind),
        ability.entitlement.as_ref(),
        principal.as_ref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" ")
}

fn over_granted(message: String, danger: Option<&str>, remedy: String) -> Finding {
    let message = match danger {
        Some(danger) => format!("{message} {danger}"),
        None => message,
    };
    let code = "over-granted".to_owned();
    Finding { severity: Severity::Warning, code, message, remedy: Some(remedy) }
}
