//! TLS of the server, turned on and off while it runs: its one port speaks either.

use super::super::{Error, ServerCertificate};
use super::{PORT, Valkey, command};

/// Names of the files with certificates, key and authority, in the server's folder, each with its setting.
const FILES: [(&str, &str); 3] =
    [("server.crt", "tls-cert-file"), ("server.key", "tls-key-file"), ("ca.crt", "tls-ca-cert-file")];

impl Valkey {
    /// Lets clients in by TLS alone, with this certificate. Sessions that are open stay open.
    pub(super) fn turn_tls_on(&self, certificate: &ServerCertificate) -> Result<(), Error> {
        let texts = [&certificate.chain[..], certificate.key.expose(), &certificate.ca];
        for ((name, setting), text) in FILES.into_iter().zip(texts) {
            self.place.write(name, text)?;
            self.set(setting, &format!("/mnt/server/{name}"))?;
        }
        self.set("tls-auth-clients", "no")?;
        self.set("port", "0")?;
        self.set("tls-port", &PORT.to_string())
    }

    /// Lets clients in without TLS alone. Sessions that are open stay open.
    pub(super) fn turn_tls_off(&self) -> Result<(), Error> {
        self.set("tls-port", "0")?;
        self.set("port", &PORT.to_string())?;
        for (name, _) in FILES {
            // A file that was refused has none after it.
            let _ = std::fs::remove_file(self.place.dir.join(name));
        }
        Ok(())
    }

    fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        command(&super::socket(&self.place.dir), &self.password, &["CONFIG", "SET", name, value])
    }
}
