//! Validation of a connection's text against its connector's schema.
