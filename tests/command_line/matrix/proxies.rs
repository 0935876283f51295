//! Behind a proxy: what reaches a system goes through it, or says that it does not help; the rest
//! does not care.

use super::rows;
use super::stage::{Stage, Surroundings};
use crate::bench::is_one_error;
use crate::proxy::{Behind, CANARY};

fn stage<'a>(behind: &'a Behind) -> Stage<'a> {
    let surroundings = Surroundings {
        arguments: ["--ca-file", "tenant.pem"].map(str::to_owned).to_vec(),
        variables: vec![("HTTPS_PROXY", behind.url())],
    };
    Stage::new(&behind.bench, &behind.simulator, behind.connection(), surroundings)
}

#[test]
fn every_command_behind_a_proxy() {
    let behind = Behind::new("200 OK");
    let stage = stage(&behind);
    for row in rows() {
        behind.asked.lock().unwrap().clear();
        let output = stage.run(row, &[]).ends(row.code);
        let asked = behind.asked.lock().unwrap().len();
        assert_eq!(asked > 0, row.reaches, "{}: {asked} requests", row.command);
        assert!(!format!("{output:?}").contains(CANARY), "{}: {output:?}", row.command);
    }
}

#[test]
fn every_command_behind_a_proxy_that_refuses() {
    let behind = Behind::new("200 OK");
    let stage = stage(&behind);
    behind.answer("407 Proxy Authentication Required");
    for row in rows() {
        let output = stage.run(row, &[]);
        // Who closes a change by hand has looked elsewhere.
        if !row.reaches || row.command == "journal close" {
            output.ends(row.code);
            continue;
        }
        let output = output.ends(11).notes("HTTP 407");
        is_one_error(&output);
        assert!(!output.stderr.contains(CANARY), "{}", output.stderr);
    }
}

/// Many machines set one for other programs.
#[test]
fn every_command_with_a_socks_proxy_in_the_environment() {
    let behind = Behind::new("200 OK");
    let mut stage = stage(&behind);
    stage.surroundings.variables = vec![("ALL_PROXY", format!("socks5://user:{CANARY}@host:1080"))];
    behind.asked.lock().unwrap().clear();
    for row in rows() {
        let output = stage.run(row, &[]);
        assert!(!format!("{output:?}").contains(CANARY), "{}: {output:?}", row.command);
        if !row.reaches {
            output.ends(row.code);
            continue;
        }
        let output = output.ends(2).notes("no SOCKS").notes("--proxy none");
        is_one_error(&output);
    }
}
