//! The connectors that are built in: the one place that names them.
//!
//! A connector registers itself, but only when its crate is linked. Each line here links one.

use doorward_entra_id as _;
