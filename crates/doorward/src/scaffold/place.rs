//! Where Doorward's crates are: in no registry yet, so that a connector in Rust needs a checkout.

use doorward_core::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

/// What tells a checkout.
const MARK: &str = "crates/doorward-guest/Cargo.toml";
/// Folders whose packages all belong to the checkout's own workspace.
const MEMBERS: [&str; 2] = ["crates", "plugins"];

/// The path of the crates of a checkout, as a manifest in the new directory `directory` writes it: of
/// the one that was named, or of the one that the directory lies in.
///
/// # Errors
/// `InvalidRequest` when there is none, or when the directory would become a part of it.
pub(crate) fn checkout(named: Option<&Path>, directory: &Path) -> Result<String> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| no_checkout(path).cause(error.to_string()))
    };
    let directory = absolute(directory)?;
    let around = directory.ancestors().skip(1).find(|path| path.join(MARK).is_file());
    let checkout = match named {
        Some(named) => {
            let checkout = normal(&absolute(named)?);
            if !checkout.join(MARK).is_file() {
                return Err(no_checkout(named));
            }
            checkout
        }
        None => around.ok_or_else(not_named)?.to_owned(),
    };
    if let (Some(around), Some(parent)) = (around, directory.parent())
        && MEMBERS.iter().any(|members| around.join(members) == parent)
    {
        let message = "In this directory it would be a part of Doorward's own workspace.";
        return Err(Error::new(ErrorKind::InvalidRequest, "inside-workspace", message).remedy(
            "Run the command somewhere else; the new README says how to build it into Doorward.",
        ));
    }
    let crates = match directory.strip_prefix(&checkout) {
        // Both can be moved together.
        Ok(below) => [&vec![".."; below.components().count()][..], &["crates"]].concat().join("/"),
        Err(_) => written(&checkout.join("crates")),
    };
    Ok(format!("{crates}/"))
}

/// Without `.` and `..`: nobody follows links here, and people know the way they typed.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, part| {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            part => normal.push(part),
        }
        normal
    })
}

/// The path within a quoted string of TOML, which has JSON's escapes.
fn written(path: &Path) -> String {
    let quoted = serde_json::Value::from(path.to_string_lossy()).to_string();
    quoted.trim_matches('"').to_owned()
}

fn not_named() -> Error {
    let message = "A connector in Rust is compiled with Doorward's own crates, which are in no \
                   registry yet.";
    Error::new(ErrorKind::InvalidRequest, "checkout-needed", message)
        .remedy("Name a checkout of Doorward with `--checkout DIRECTORY`, or run this within one.")
}

fn no_checkout(path: &Path) -> Error {
    let message = format!("{} is no checkout of Doorward.", path.display());
    Error::new(ErrorKind::InvalidRequest, "checkout-needed", message)
        .remedy(format!("Name the directory that holds {MARK}."))
}

#[cfg(test)]
mod tests {
    use super::{MARK, checkout};
    use std::path::Path;

    #[test]
    fn crates_are_found_from_where_the_project_lies() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("door\"ward");
        std::fs::create_dir_all(root.join(MARK).parent().unwrap()).unwrap();
        std::fs::write(root.join(MARK), "").unwrap();
        let crates = |named: Option<&Path>, directory: &Path| {
            checkout(named, directory).map_err(|error| error.reason)
        };
        let refused = |reason: &str| Err(reason.into());
        assert_eq!(crates(None, &root.join("new")), Ok("../crates/".to_owned()));
        assert_eq!(crates(None, &root.join("a/b/new")), Ok("../../../crates/".to_owned()));
        let outside = place.path().join("new");
        assert_eq!(crates(None, &outside), refused("checkout-needed"));
        assert_eq!(crates(Some(place.path()), &outside), refused("checkout-needed"));
        let escaped = root.join("crates/").display().to_string().replace('"', "\\\"");
        assert_eq!(crates(Some(&root), &outside), Ok(escaped.clone()));
        assert_eq!(crates(Some(&root.join("crates/..")), &outside), Ok(escaped));
        assert_eq!(crates(None, &root.join("plugins/new")), refused("inside-workspace"));
        assert_eq!(crates(None, &root.join("crates/new")), refused("inside-workspace"));
    }
}
