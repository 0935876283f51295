//! A Rust connector becomes a WebAssembly component: [`export!`].
extern crate self as doorward_guest;
#[doc(hidden)]
pub mod bindings {
    #![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, unreachable_pub)]
    wit_bindgen::generate!({
        path: "../../schemas/wit/0.2",
        world: "plugin",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "doorward_guest::bindings",
        runtime_path: "::doorward_guest::wit_bindgen::rt",
    });
}
#[doc(hidden)]
pub use wit_bindgen;
