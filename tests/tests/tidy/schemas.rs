//! The generated files say what the program says.

use crate::{nothing, root};
use doorward_tests::schemas;

#[test]
fn what_is_generated_is_what_the_program_says() {
    nothing("out of date, `cargo xtask schemas` writes them", &schemas::drift(root()).unwrap());
}
