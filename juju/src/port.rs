//! Ports a unit opens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Text that is not a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {0:?} as a port: expected number/tcp, number/udp, from-to/tcp, from-to/udp or icmp")]
pub struct PortError(String);

/// The protocol a port is open for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, which has no port numbers.
    Icmp,
}

impl Protocol {
    /// Juju's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
        }
    }
}

/// A port, a range of ports, or ICMP: `8000/tcp`, `8000-8010/udp`, `icmp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The first port; 0 for ICMP.
    pub number: u16,
    /// The last port, the same as the first unless it is a range.
    pub last: u16,
    /// The protocol.
    pub protocol: Protocol,
}

impl Port {
    /// One TCP port.
    #[must_use]
    pub const fn tcp(number: u16) -> Self {
        Self { number, last: number, protocol: Protocol::Tcp }
    }

    /// One UDP port.
    #[must_use]
    pub const fn udp(number: u16) -> Self {
        Self { number, last: number, protocol: Protocol::Udp }
    }

    /// ICMP.
    #[must_use]
    pub const fn icmp() -> Self {
        Self { number: 0, last: 0, protocol: Protocol::Icmp }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.as_str();
        match self.protocol {
            Protocol::Icmp => f.write_str(protocol),
            _ if self.number == self.last => write!(f, "{}/{protocol}", self.number),
            _ => write!(f, "{}-{}/{protocol}", self.number, self.last),
        }
    }
}

impl FromStr for Port {
    type Err = PortError;

    /// Reads what `opened-ports` prints and `open-port` takes; without a protocol it is TCP.
    fn from_str(text: &str) -> Result<Self, PortError> {
        let wrong = || PortError(text.to_owned());
        if text.eq_ignore_ascii_case("icmp") {
            return Ok(Self::icmp());
        }
        let (range, protocol) = match text.split_once('/') {
            None => (text, Protocol::Tcp),
            Some((range, "tcp")) => (range, Protocol::Tcp),
            Some((range, "udp")) => (range, Protocol::Udp),
            Some(_) => return Err(wrong()),
        };
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (number, last) = number(first).zip(number(last)).ok_or_else(wrong)?;
        if number > last {
            return Err(wrong());
        }
        Ok(Self { number, last, protocol })
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_round_trip() {
        for (text, want) in [
            ("8000/tcp", Port::tcp(8000)),
            ("8000", Port::tcp(8000)),
            ("53/udp", Port::udp(53)),
            ("ICMP", Port::icmp()),
            ("80-81/tcp", Port { number: 80, last: 81, protocol: Protocol::Tcp }),
        ] {
            assert_eq!(text.parse(), Ok(want), "{text}");
            assert_eq!(want.to_string().parse(), Ok(want));
        }
        for bad in ["", "0", "65536/tcp", "80/sctp", "81-80/tcp", "-1", "+80", "a/tcp"] {
            assert!(bad.parse::<Port>().is_err(), "{bad}");
        }
    }
}
