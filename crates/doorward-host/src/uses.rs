//! Uses: what an operator wants of a connection, and how to set the provider up for just that.

use doorward_core::{
    Descriptor, Error, ErrorKind, Permission, Result, Script, SetupGuide, SetupStep, Use,
};
use std::collections::BTreeSet;

mod judge;

pub use judge::{Excess, JudgedAbility, Judgement, Verdict};

/// Stands for the chosen permissions in a guide.
const PERMISSIONS: &str = "{permissions}";

/// The uses that somebody chose, maybe none.
#[derive(Clone, Debug)]
pub struct Uses<'d> {
    descriptor: &'d Descriptor,
    chosen: Vec<&'d Use>,
}

impl<'d> Uses<'d> {
    /// The uses of these names.
    ///
    /// # Errors
    /// When the connector has no such use.
    pub fn named(descriptor: &'d Descriptor, names: &[String]) -> Result<Self> {
        let find = |name: &String| {
            let mut uses = descriptor.uses.iter();
            uses.find(|one| one.name == *name).ok_or_else(|| unknown(descriptor, name))
        };
        let mut chosen: Vec<&Use> = Vec::new();
        for name in names {
            let found = find(name)?;
            if !chosen.contains(&found) {
                chosen.push(found);
            }
        }
        Ok(Self { descriptor, chosen })
    }

    /// The use to begin with.
    pub fn first(descriptor: &'d Descriptor) -> Self {
        Self { descriptor, chosen: descriptor.uses.iter().take(1).collect() }
    }

    /// Those that were chosen.
    pub fn chosen(&self) -> &[&'d Use] {
        &self.chosen
    }

    /// Their names in a sentence.
    pub fn words(&self) -> String {
        let names: Vec<&str> = self.chosen.iter().map(|one| one.name.as_str()).collect();
        names.join(" and ")
    }

    /// The option that chooses them, with a blank before it; empty without any.
    pub fn option(&self) -> String {
        let names: Vec<&str> = self.chosen.iter().map(|one| one.name.as_str()).collect();
        if names.is_empty() { String::new() } else { format!(" --use {}", names.join(",")) }
    }

    /// The permissions that they take together.
    pub fn permissions(&self) -> Vec<&'d Permission> {
        let names = self.permission_names();
        let permissions = self.descriptor.permissions.iter();
        permissions.filter(|permission| names.contains(permission.name.as_str())).collect()
    }

    fn permission_names(&self) -> BTreeSet<&'d str> {
        let abilities = self.chosen.iter().flat_map(|one| &one.abilities);
        abilities.flat_map(|one| &one.permissions).map(String::as_str).collect()
    }

    /// How to set the provider up for them, and nothing more.
    pub fn guide(&self) -> SetupGuide {
        let mut guide = self.descriptor.setup.clone();
        for extra in self.chosen.iter().map(|one| &one.setup) {
            guide.warnings.extend(extra.warnings.iter().cloned());
            guide.steps.extend(extra.steps.iter().cloned());
            for part in &extra.scripts {
                match guide.scripts.iter_mut().find(|script| script.tool == part.tool) {
                    Some(script) => script.text.push_str(&part.text),
                    None => guide.scripts.push(part.clone()),
                }
            }
        }
        let permissions = self.permissions();
        for step in &mut guide.steps {
            spell_out(step, &permissions);
        }
        for script in &mut guide.scripts {
            fill_in(script, &permissions);
        }
        guide
    }
}

/// A line for each permission.
fn spell_out(step: &mut SetupStep, permissions: &[&Permission]) {
    let lines = std::mem::take(&mut step.lines).into_iter();
    step.lines = lines
        .flat_map(|line| match line.as_str() {
            PERMISSIONS => {
                let lines = permissions.iter().map(|one| format!("{}: {}", one.name, one.purpose));
                lines.collect()
            }
            _ => vec![line],
        })
        .collect();
}

fn fill_in(script: &mut Script, permissions: &[&Permission]) {
    let names: Vec<&str> = permissions.iter().map(|one| one.name.as_str()).collect();
    script.text = script.text.replace(PERMISSIONS, &names.join(" "));
}

fn unknown(descriptor: &Descriptor, name: &str) -> Error {
    let known: Vec<&str> = descriptor.uses.iter().map(|one| one.name.as_str()).collect();
    Error::new(
        ErrorKind::NotFound,
        "use-not-found",
        format!("{} has no use `{name}`.", descriptor.name),
    )
    .remedy(match known.as_slice() {
        [] => "Leave it out: this connector knows no uses.".to_owned(),
        known => format!("There are: {}.", known.join(", ")),
    })
}

#[cfg(test)]
mod tests;
