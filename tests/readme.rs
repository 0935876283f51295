//! The README's commands give the answers that it shows.
#![cfg(test)]

use std::path::Path;

#[test]
fn the_readme_is_true() {
    // A reader runs the commands where the README lies.
    std::env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    trycmd::TestCases::new()
        .register_bin("doorward", Path::new(env!("CARGO_BIN_EXE_doorward")))
        .case("README.md");
}
