//! Plugins that do what no connector may, and what stops each of them: its own error, at once, with
//! nothing sent that policy does not allow, and without harm to others.
#![cfg(test)]

mod code;
mod deeds;
mod meanwhile;
mod requests;
mod shape;
mod stage;
