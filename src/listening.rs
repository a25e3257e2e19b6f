//! Check that a socket listens on a port of the container, from the kernel's tables, read through Pebble. Needs no tool
//! in the workload, and works if charm and workload have separate networks. Pure.

/// The kernel's tables of TCP sockets: IPv4, and IPv6, whose sockets accept both.
pub const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// State of a listening socket in these tables.
const LISTENS: &str = "0A";

/// True if the table has a listening socket on the port, at any address.
#[must_use]
pub fn is_listening(table: &[u8], port: u16) -> bool {
    let table = String::from_utf8_lossy(table);
    table.lines().skip(1).any(|line| {
        let mut words = line.split_ascii_whitespace().skip(1);
        let (local, state) = (words.next(), words.nth(1));
        let number = local.and_then(|address| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok());
        number == Some(port) && state == Some(LISTENS)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    #[test]
    fn only_a_socket_that_listens_counts_and_only_its_own_port() {
        let table = format!(
            "{HEAD}   0: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n   \
             1: 0100007F:1F41 0100007F:1F42 01 00000000:00000000 00:00000000 00000000     0        0 2 1\n"
        );
        assert!(is_listening(table.as_bytes(), 8000));
        assert!(!is_listening(table.as_bytes(), 8001) && !is_listening(table.as_bytes(), 8002));
        let six = format!("{HEAD}   0: 00000000000000000000000000000000:1F90 {:032}:0000 0A 0:0\n", 0);
        assert!(is_listening(six.as_bytes(), 8080));
    }

    #[test]
    fn the_kernels_table_shows_a_listener() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = || is_listening(&std::fs::read(TABLES[0]).unwrap(), port);
        assert!(heard());
        drop(listener);
        assert!(!heard());
    }

    proptest! {
        #[test]
        fn any_text_is_read(table in prop::collection::vec(any::<u8>(), 0..500), port in any::<u16>()) {
            let nothing = [HEAD.as_bytes(), b"nonsense: :zz\n 0: 1F40 0A"].concat();
            prop_assert!(!is_listening(&nothing, port));
            let _ = is_listening(&table, port);
        }
    }
}
