//! Who may call whom.

use crate::{is_guest, is_plugin, nothing, packages};
use cargo_metadata::DependencyKind;

/// Which of our packages a package may need. Plugins, and the guests of the tests, may need the
/// contract, and what makes a component of them.
const ARROWS: [(&str, &[&str]); 7] = [
    ("doorward-core", &[]),
    ("doorward-http", &["doorward-core"]),
    ("doorward-wasm", &["doorward-core", "doorward-http"]),
    ("doorward-guest", &["doorward-core"]),
    ("doorward-host", &["doorward-core", "doorward-http"]),
    ("doorward-testkit", &["doorward-core", "doorward-http", "doorward-host"]),
    ("entra-sim", &[]),
];

/// These may need any.
const ANY: [&str; 3] = ["doorward", "doorward-tests", "xtask"];

struct Room {
    name: String,
    plugin: bool,
    /// What it needs of ours. What only its tests need does not count.
    needs: Vec<String>,
}

fn breaks(rooms: &[Room]) -> Vec<String> {
    let mut breaks = Vec::new();
    for Room { name, plugin, needs } in rooms {
        if ANY.contains(&name.as_str()) {
            continue;
        }
        let allowed = if *plugin {
            &["doorward-core", "doorward-guest"][..]
        } else if let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| room == name) {
            allowed
        } else {
            breaks.push(format!("{name} has no place in the house"));
            continue;
        };
        for need in needs.iter().filter(|need| !allowed.contains(&need.as_str())) {
            breaks.push(format!("{name} → {need}"));
        }
    }
    breaks
}

#[test]
fn arrows_are_as_drawn() {
    let rooms: Vec<Room> = packages()
        .iter()
        .map(|package| Room {
            name: package.name.to_string(),
            plugin: is_plugin(package) || is_guest(package),
            needs: package
                .dependencies
                .iter()
                .filter(|need| need.path.is_some() && need.kind != DependencyKind::Development)
                .map(|need| need.name.clone())
                .collect(),
        })
        .collect();
    assert!(rooms.iter().any(|room| room.plugin), "no connector was found");
    nothing("these arrows are not drawn", &breaks(&rooms));
}

#[test]
fn an_arrow_that_is_not_drawn_is_found() {
    let room = |name: &str, plugin, needs: &[&str]| Room {
        name: name.to_owned(),
        plugin,
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
    };
    let rooms = [
        room("doorward", false, &["doorward-host", "entra-sim", "doorward-new"]),
        room("doorward-host", false, &["doorward-core", "doorward-new"]),
        room("doorward-new", true, &["doorward-core", "doorward-http"]),
        room("entra-sim", false, &["doorward-core"]),
        room("doorward-attic", false, &[]),
    ];
    assert_eq!(
        breaks(&rooms),
        [
            "doorward-host → doorward-new",
            "doorward-new → doorward-http",
            "entra-sim → doorward-core",
            "doorward-attic has no place in the house",
        ]
    );
}
