//! The architecture of a binary, read from its ELF header.

/// ELF's machine numbers and Debian's architecture names.
const MACHINES: [(u16, &str); 7] =
    [(3, "i386"), (21, "ppc64el"), (22, "s390x"), (40, "armhf"), (62, "amd64"), (183, "arm64"), (243, "riscv64")];

/// The architecture of an ELF file. `None` for anything else, such as a script.
#[must_use]
pub fn architecture(binary: &[u8]) -> Option<&'static str> {
    let header = binary.strip_prefix(b"\x7fELF")?;
    // After the magic number: class, byte order, version, ABI, padding, type; then the machine.
    let [low, high] = [*header.get(14)?, *header.get(15)?];
    let number = if header.get(1)? == &2 { u16::from_be_bytes([low, high]) } else { u16::from_le_bytes([low, high]) };
    MACHINES.into_iter().find(|(machine, _)| *machine == number).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_architecture() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let expected = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        assert_eq!(architecture(&own), Some(expected));
        let big = b"\x7fELF\x02\x02\x01\0\0\0\0\0\0\0\0\0\0\x02\0\x16";
        assert_eq!(architecture(big), Some("s390x"));
    }

    #[test]
    fn a_file_that_is_no_binary_has_no_architecture() {
        for content in [&b""[..], b"#!/bin/sh", b"\x7fELF", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0"] {
            assert_eq!(architecture(content), None, "{content:?}");
        }
    }
}
