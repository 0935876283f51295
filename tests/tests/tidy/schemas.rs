//! The generated files of `schemas/` say what the program says.

use crate::{nothing, root};
use doorward_tests::schemas;

#[test]
fn schemas_are_what_the_program_says() {
    nothing(
        "out of date, `cargo xtask schemas` writes them",
        &schemas::drift(&root().join("schemas")).unwrap(),
    );
}
