//! Between the contract's types and the interface's, in both directions, with nothing lost.
//!
//! `doorward-guest` and `doorward-wasm` are built from this one source, each with bindings of its
//! own: whatever crosses is written by one of them and read by the other.

mod changes;
mod endpoints;
mod http;
mod pages;
mod questions;
mod records;
mod report;

use doorward_core::{Attributes, Timestamp};
use serde_json::Value;
use std::cell::Cell;

use crate::bindings::doorward::connector::types;

/// What came over the boundary fits the types, and means nothing all the same.
#[derive(Debug)]
pub(crate) struct Malformed(pub(crate) String);

/// From the interface's type to the contract's.
pub(crate) trait IntoCore {
    type Core;
    fn into_core(self) -> Result<Self::Core, Malformed>;
}

/// From the contract's type to the interface's.
pub(crate) trait IntoWit {
    type Wit;
    fn into_wit(self) -> Self::Wit;
}

/// The contract's type and the interface's have the same name and the same fields. `json` fields are
/// values here and text there, as are `optional_json` ones; `set` ones are a list there. A record
/// ends with `attributes` in both, or in the interface only, where they are `reserved`.
macro_rules! record {
    ($module:ident::$name:ident: $($field:ident),*
        $(; json $($json:ident),+)? $(; optional_json $($optional:ident),+)?
        $(; set $($set:ident),+)? ; attributes) => {
        record!(@ $module $name [$($field)*] [$($($json)+)?] [$($($optional)+)?]
            [$($($set)+)?] [attributes] []);
    };
    ($module:ident::$name:ident: $($field:ident),*
        $(; json $($json:ident),+)? $(; optional_json $($optional:ident),+)?
        $(; set $($set:ident),+)? ; reserved) => {
        record!(@ $module $name [$($field)*] [$($($json)+)?] [$($($optional)+)?]
            [$($($set)+)?] [] [attributes]);
    };
    ($module:ident::$name:ident: $($field:ident),*) => {
        record!(@ $module $name [$($field)*] [] [] [] [] []);
    };
    (@ $module:ident $name:ident [$($field:ident)*] [$($json:ident)*] [$($optional:ident)*]
        [$($set:ident)*] [$($kept:ident)?] [$($reserved:ident)?]) => {
        impl $crate::convert::IntoCore for $module::$name {
            type Core = doorward_core::$name;
            fn into_core(self) -> Result<Self::Core, $crate::convert::Malformed> {
                Ok(doorward_core::$name {
                    $($field: self.$field.into_core()?,)*
                    $($json: $crate::convert::value(&self.$json)?,)*
                    $($optional: $crate::convert::optional_value(self.$optional)?,)*
                    $($set: self.$set.into_iter().collect(),)*
                    $($kept: $crate::convert::attributes(&self.$kept)?,)?
                })
            }
        }

        impl $crate::convert::IntoWit for doorward_core::$name {
            type Wit = $module::$name;
            fn into_wit(self) -> Self::Wit {
                $module::$name {
                    $($field: self.$field.into_wit(),)*
                    $($json: $crate::convert::text(&self.$json),)*
                    $($optional: self.$optional.as_ref().map($crate::convert::text),)*
                    $($set: self.$set.into_iter().collect(),)*
                    $($kept: $crate::convert::attributes_text(self.$kept),)?
                    $($reserved: String::new(),)?
                }
            }
        }
    };
}

/// An enumeration of the same names on both sides.
macro_rules! enumeration {
    ($module:ident::$wit:ident = $core:ident: $($case:ident),+) => {
        impl $crate::convert::IntoCore for $module::$wit {
            type Core = doorward_core::$core;
            fn into_core(self) -> Result<Self::Core, $crate::convert::Malformed> {
                Ok(match self { $(Self::$case => doorward_core::$core::$case,)+ })
            }
        }

        impl $crate::convert::IntoWit for doorward_core::$core {
            type Wit = $module::$wit;
            fn into_wit(self) -> Self::Wit {
                match self { $(Self::$case => $module::$wit::$case,)+ }
            }
        }
    };
}

/// What is the same on both sides.
macro_rules! same {
    ($($type:ty),+) => {$(
        impl IntoCore for $type {
            type Core = Self;
            fn into_core(self) -> Result<Self, Malformed> {
                Ok(self)
            }
        }

        impl IntoWit for $type {
            type Wit = Self;
            fn into_wit(self) -> Self {
                self
            }
        }
    )+};
}

use {enumeration, record};

same!(String, bool, u16, u32, u64);

impl<T: IntoCore> IntoCore for Option<T> {
    type Core = Option<T::Core>;
    fn into_core(self) -> Result<Self::Core, Malformed> {
        self.map(T::into_core).transpose()
    }
}

impl<T: IntoWit> IntoWit for Option<T> {
    type Wit = Option<T::Wit>;
    fn into_wit(self) -> Self::Wit {
        self.map(T::into_wit)
    }
}

impl<T: IntoCore> IntoCore for Vec<T> {
    type Core = Vec<T::Core>;
    fn into_core(self) -> Result<Self::Core, Malformed> {
        self.into_iter().map(T::into_core).collect()
    }
}

impl<T: IntoWit> IntoWit for Vec<T> {
    type Wit = Vec<T::Wit>;
    fn into_wit(self) -> Self::Wit {
        self.into_iter().map(T::into_wit).collect()
    }
}

impl<T: IntoCore, E: IntoCore> IntoCore for Result<T, E> {
    type Core = Result<T::Core, E::Core>;
    fn into_core(self) -> Result<Self::Core, Malformed> {
        Ok(match self {
            Ok(value) => Ok(value.into_core()?),
            Err(error) => Err(error.into_core()?),
        })
    }
}

impl<T: IntoWit, E: IntoWit> IntoWit for Result<T, E> {
    type Wit = Result<T::Wit, E::Wit>;
    fn into_wit(self) -> Self::Wit {
        match self {
            Ok(value) => Ok(value.into_wit()),
            Err(error) => Err(error.into_wit()),
        }
    }
}

impl IntoCore for types::Timestamp {
    type Core = Timestamp;
    fn into_core(self) -> Result<Timestamp, Malformed> {
        let nanoseconds =
            i32::try_from(self.nanoseconds).ok().filter(|count| *count < 1_000_000_000);
        nanoseconds
            .and_then(|nanoseconds| Timestamp::new(self.seconds, nanoseconds).ok())
            .ok_or_else(|| Malformed("a moment is beyond the years that can be counted".to_owned()))
    }
}

impl IntoWit for Timestamp {
    type Wit = types::Timestamp;
    fn into_wit(self) -> types::Timestamp {
        const SECOND: i128 = 1_000_000_000;
        let whole = self.as_nanosecond();
        types::Timestamp {
            // A moment that `jiff` holds is within these.
            seconds: i64::try_from(whole.div_euclid(SECOND)).unwrap_or_default(),
            nanoseconds: u32::try_from(whole.rem_euclid(SECOND)).unwrap_or_default(),
        }
    }
}

/// The most bytes of one JSON text.
const LONGEST_JSON: usize = 1 << 20;
/// As [`LONGEST_JSON`], of the body of a request.
const LONGEST_BODY: usize = 8 << 20;

/// About what a value takes in memory, beside its text: itself, and its place in a list or under a name.
const VALUE: usize = 100;

thread_local! {
    /// The memory that values may still take that are read from now on: many small texts become many
    /// times what they are. Whoever reads what is not trusted sets it; a conversion waits for
    /// nothing, so that it stays on its thread.
    pub(crate) static ROOM: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn short_enough(text: &str, most: usize) -> Result<(), Malformed> {
    if text.len() > most {
        let message = format!("a JSON text has {} bytes; {most} are allowed", text.len());
        return Err(Malformed(message));
    }
    // No value without one of these before it, but the first.
    let begins = |byte: &u8| matches!(byte, b',' | b':' | b'[' | b'{');
    let values = text.bytes().filter(begins).count() + 1;
    let taken = values.saturating_mul(VALUE).saturating_add(text.len());
    let left = ROOM.get().checked_sub(taken).ok_or_else(|| {
        Malformed("its JSON texts take too much memory together, once they are read".to_owned())
    })?;
    ROOM.set(left);
    Ok(())
}

/// The value that this text is.
pub(crate) fn value(text: &str) -> Result<Value, Malformed> {
    short_enough(text, LONGEST_JSON)?;
    parsed(text)
}

/// The body of a request.
fn body(text: &str) -> Result<Value, Malformed> {
    short_enough(text, LONGEST_BODY)?;
    parsed(text)
}

fn parsed(text: &str) -> Result<Value, Malformed> {
    serde_json::from_str(text).map_err(|error| Malformed(format!("a text is no JSON: {error}")))
}

fn optional_value(text: Option<String>) -> Result<Option<Value>, Malformed> {
    text.map(|text| value(&text)).transpose()
}

/// The text of a value.
pub(crate) fn text(value: &Value) -> String {
    value.to_string()
}

/// The attributes that this text is; no text is none.
pub(crate) fn attributes(text: &str) -> Result<Attributes, Malformed> {
    if text.is_empty() {
        return Ok(Attributes::new());
    }
    short_enough(text, LONGEST_JSON)?;
    serde_json::from_str(text)
        .map_err(|error| Malformed(format!("attributes are no JSON object: {error}")))
}

/// The text of attributes; none for none.
pub(crate) fn attributes_text(attributes: Attributes) -> String {
    if attributes.is_empty() { String::new() } else { Value::Object(attributes).to_string() }
}
