//! Which addresses a name may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// To which addresses a host's name may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressRule {
    /// To public addresses only: for origins that the connector chose.
    PublicOnly,
    /// To loopback and private addresses as well: for origins that the connection itself names.
    /// A link-local address, where cloud providers keep their metadata, only when it is written
    /// out in the origin.
    AlsoPrivate,
}

impl AddressRule {
    /// Refuses a forbidden address, with the name of its class. `literal` says that the origin
    /// spells the address instead of a name that leads to it.
    ///
    /// # Errors
    /// The class of the forbidden address, e.g. `a loopback address`.
    pub fn admit(self, address: IpAddr, literal: bool) -> Result<(), &'static str> {
        let Some(class) = address_class(address) else {
            return Ok(());
        };
        let admitted = match self {
            Self::PublicOnly => false,
            Self::AlsoPrivate => match class {
                LOOPBACK | PRIVATE | SHARED => true,
                LINK_LOCAL => literal,
                _ => false,
            },
        };
        if admitted { Ok(()) } else { Err(class) }
    }
}

const LOOPBACK: &str = "a loopback address";
const PRIVATE: &str = "a private address";
const SHARED: &str = "a shared address of a provider's network";
const LINK_LOCAL: &str = "a link-local or cloud metadata address";
const MULTICAST: &str = "a multicast address";
const UNSPECIFIED: &str = "an unspecified address";
const BROADCAST: &str = "a broadcast address";
const DOCUMENTATION: &str = "an address reserved for documentation";
const RESERVED: &str = "a reserved address";

/// The class of an address that is not public; `None` for a public one.
///
/// The ranges are those of the IANA special-purpose address registries (RFC 6890). Addresses that
/// carry an IPv4 address (mapped, NAT64, 6to4) are judged by it.
pub fn address_class(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => version_4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => version_4(address),
            None => version_6(address),
        },
    }
}

fn version_4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        // Azure's wire server and Alibaba's metadata: link-local in all but name.
        [168, 63, 129, 16] | [100, 100, 100, 200] => Some(LINK_LOCAL),
        [0, ..] => Some(UNSPECIFIED),
        [127, ..] => Some(LOOPBACK),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(PRIVATE),
        [100, 64..=127, ..] => Some(SHARED),
        [169, 254, ..] => Some(LINK_LOCAL),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some(DOCUMENTATION),
        // Protocol assignments, 6to4 relays and benchmarks.
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => Some(RESERVED),
        [224..=239, ..] => Some(MULTICAST),
        [255, 255, 255, 255] => Some(BROADCAST),
        [240..=255, ..] => Some(RESERVED),
        _ => None,
    }
}

fn version_6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(UNSPECIFIED),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(LOOPBACK),
        // Amazon's metadata.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] => Some(LINK_LOCAL),
        [0xfc00..=0xfdff, ..] => Some(PRIVATE),
        [0xfe80..=0xfebf, ..] => Some(LINK_LOCAL),
        // Site-local: deprecated by RFC 3879, but still private where it is used.
        [0xfec0..=0xfeff, ..] => Some(PRIVATE),
        [0xff00..=0xffff, ..] => Some(MULTICAST),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some(DOCUMENTATION),
        // 2001::/23 holds Teredo and protocol assignments; local-use NAT64 is 64:ff9b:1::/48.
        [0x2001, 0..=0x01ff, ..] | [0x0064, 0xff9b, ..] | [0x0100, 0, 0, 0, ..] => Some(RESERVED),
        // Everything public today lies in 2000::/3 (RFC 4291 §2.4).
        [0x2000..=0x3fff, ..] => None,
        _ => Some(RESERVED),
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped and compatible (RFC 4291 §2.5.5),
/// NAT64 (RFC 6052 §2.1) and 6to4 (RFC 3056 §2).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(join(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(join(high, low)),
        [0x0064, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}
