//! TLS of the server, turned on and off while it runs: files with its key and certificate, rules of access, settings.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::super::ServerCertificate;
use super::super::process::{self, Place};
use super::POSTGRESQL;
use super::cluster::{Cluster, Error};
use crate::ui::Ui;

/// Names of the files with certificates and key, in the server's folder.
const FILES: [&str; 2] = ["server.crt", "server.key"];

/// Limit of a change.
const CHANGE: Duration = Duration::from_secs(10);

/// Limit of the server's answer to one question.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client's question whether the server speaks TLS: length and code of an `SSLRequest`.
const QUESTION: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Rules of access: every role needs a password, and with TLS only clients that use it are let in, as by PostgreSQL's charm. Our
/// own role sends its password in clear, which is safe on a unix socket and needs no handshake. Replicas meet their primary in the
/// servers' own network.
pub(super) fn rules(is_on: bool) -> String {
    let kind = if is_on { "hostssl" } else { "host" };
    format!(
        "local all webcharm password\nhost replication webcharm 127.0.0.0/8 scram-sha-256\n\
         {kind} all all 127.0.0.1/32 scram-sha-256\n"
    )
}

/// Writes a certificate with its key into a server's folder.
pub(super) fn write(place: &Place, certificate: &ServerCertificate) -> Result<(), process::Error> {
    for (name, text) in FILES.into_iter().zip([&certificate.chain[..], certificate.key.expose()]) {
        place.write(name, text)?;
    }
    Ok(())
}

impl Cluster {
    /// Lets clients in without TLS alone. Sessions that are open stay open.
    pub(super) fn turn_tls_off(&mut self, ui: &Ui) -> Result<(), Error> {
        self.switch(false, &["ALTER SYSTEM SET ssl = off".to_owned()], ui)?;
        let remove = |name| match std::fs::remove_file(self.place.dir.join(name)) {
            // Another server's certificate failed before this one got its own.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        Ok(FILES.into_iter().try_for_each(remove).map_err(process::file(POSTGRESQL.title, "remove a file"))?)
    }

    /// Lets clients in by TLS alone, with this certificate. Sessions that are open stay open. TLS must be off: the server's use of
    /// a new certificate can't be seen while it speaks TLS by an old one.
    pub(super) fn turn_tls_on(&mut self, certificate: &ServerCertificate, ui: &Ui) -> Result<(), Error> {
        write(&self.place, certificate)?;
        let [chain, key] = FILES.map(|name| format!("'/mnt/server/{name}'"));
        let settings = [format!("ssl_cert_file = {chain}"), format!("ssl_key_file = {key}"), "ssl = on".to_owned()];
        self.switch(true, &settings.map(|setting| format!("ALTER SYSTEM SET {setting}")), ui)
    }

    /// Changes rules and settings, and waits until the server has taken them over.
    fn switch(&mut self, is_on: bool, settings: &[String], ui: &Ui) -> Result<(), Error> {
        let what = || format!("turn TLS {}", if is_on { "on" } else { "off" });
        let rules_file = self.place.dir.join("data/pg_hba.conf");
        std::fs::write(rules_file, rules(is_on))
            .map_err(process::file(POSTGRESQL.title, "write the rules of access"))?;
        let statements = [settings, &["SELECT pg_reload_conf()".to_owned()]].concat();
        self.run(what, super::cluster::MAINTENANCE, &statements)?;
        let way_in = self.way_in();
        let speaks = || speaks_tls(&way_in).ok().filter(|speaks| *speaks == is_on);
        Ok(self.process.wait(CHANGE, ui, speaks).map(drop)?)
    }
}

/// Asks the server whether it speaks TLS. It hangs up on clients that then say nothing.
fn speaks_tls(way_in: &Path) -> io::Result<bool> {
    let mut stream = UnixStream::connect(way_in)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&QUESTION)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer == *b"S")
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_server_says_whether_it_speaks_tls() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        speaks_tls(&path).unwrap_err();
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            for answer in [&b"S"[..], b"N", b""] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut question = [0; 8];
                stream.read_exact(&mut question).unwrap();
                assert_eq!(question, QUESTION);
                stream.write_all(answer).unwrap();
            }
        });
        assert_eq!([speaks_tls(&path).unwrap(), speaks_tls(&path).unwrap()], [true, false]);
        speaks_tls(&path).unwrap_err();
        server.join().unwrap();
    }

    #[test]
    fn with_tls_nobody_is_let_in_without_it() {
        assert!(rules(true).contains("\nhostssl all") && !rules(true).contains("\nhost all"));
        assert!(rules(false).contains("\nhost all"));
    }
}
