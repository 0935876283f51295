//! Every draw is a hash of what it is for, never a step of one shared stream: a new request in the middle
//! of a run must not change what all later ones see.

use uuid::Uuid;

/// One round of splitmix64: a cheap mixing function whose output passes for random.
pub(crate) fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The draw for a purpose and a number.
pub(crate) fn draw(seed: u64, purpose: &str, number: u64) -> u64 {
    let mut state = mix(seed);
    for byte in purpose.bytes() {
        state = mix(state ^ u64::from(byte));
    }
    mix(state ^ mix(number))
}

/// A draw below `bound`; zero when the bound is zero.
pub(crate) fn below(seed: u64, purpose: &str, number: u64, bound: u64) -> u64 {
    draw(seed, purpose, number).checked_rem(bound).unwrap_or(0)
}

/// A version 4 GUID.
pub(crate) fn guid(seed: u64, purpose: &str, number: u64) -> Uuid {
    let high = draw(seed, purpose, number);
    let low = mix(high ^ seed.rotate_left(17));
    uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
        .into_uuid()
}
