//! A Rust connector becomes a WebAssembly component.
//!
//! A connector crate adds one line, and is otherwise the same source as the native one:
//!
//! ```ignore
//! #[cfg(target_family = "wasm")]
//! doorward_guest::export!(EntraId);
//! ```
//!
//! Built as a `cdylib` for `wasm32-unknown-unknown`, it exports the interface of
//! `schemas/wit`, and imports what it uses of it. The futures of a connector are ready whenever
//! they are polled, since each import of the host returns when it is done: no executor is needed.

extern crate self as doorward_guest;

#[doc(hidden)]
pub mod bindings {
    #![allow(
        missing_docs,
        unreachable_pub,
        unsafe_code,
        clippy::all,
        clippy::pedantic,
        clippy::panic,
        clippy::unwrap_used,
        reason = "generated from the interface"
    )]
    wit_bindgen::generate!({
        path: "../../schemas/wit/0.2",
        world: "plugin",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "doorward_guest::bindings",
        runtime_path: "::doorward_guest::wit_bindgen::rt",
    });
}
mod context;
mod convert;
mod exports;
mod wait;

pub use exports::Plugin;

#[doc(hidden)]
pub use wit_bindgen;

/// Makes a component of the crate, whose connector is the factory named here: a constant or a unit
/// struct that implements [`Factory`](doorward_core::Factory).
#[macro_export]
macro_rules! export {
    ($factory:path) => {
        #[allow(unsafe_code, reason = "the exports of a component are C functions")]
        mod doorward_component {
            use super::*;

            struct Component;

            impl $crate::Plugin for Component {
                fn factory() -> &'static dyn ::doorward_core::Factory {
                    &$factory
                }
            }

            $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        }
    };
}
