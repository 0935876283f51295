//! The interface's types and functions, generated from `schemas/wit`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "generated from the interface"
)]

wasmtime::component::bindgen!({
    path: "../../schemas/wit/0.2",
    world: "plugin",
    imports: {
        "doorward:connector/http.send": async | trappable,
        "doorward:connector/http.send-all": async | trappable,
        "doorward:connector/http.claims": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
