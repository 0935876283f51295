//! A WebAssembly component becomes a connector.
