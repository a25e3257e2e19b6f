//! An authority of certificates, made with `openssl`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// An authority of its own key, in a folder of its own.
pub(crate) struct Authority {
    dir: TempDir,
}

/// True if this machine has the program.
#[track_caller]
pub(crate) fn has_openssl() -> bool {
    testkit::needs(Command::new("openssl").arg("version").output().is_ok(), "openssl")
}

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self { dir: tempfile::tempdir().unwrap() };
        let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=authority", "-days", "2"];
        authority.openssl(&[&new[..], &["-keyout", "ca.key", "-out", "ca.pem"]].concat());
        authority
    }

    /// Path of its certificate.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// Its certificate.
    pub(crate) fn certificate(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// Text of a signing request.
    pub(crate) fn read(&self, request: &str) -> String {
        fs::write(self.dir.path().join("csr.pem"), request).unwrap();
        self.openssl(&["req", "-in", "csr.pem", "-noout", "-verify", "-text"])
    }

    /// The certificate for a signing request.
    pub(crate) fn sign(&self, request: &str) -> String {
        fs::write(self.dir.path().join("csr.pem"), request).unwrap();
        let issue = ["x509", "-req", "-in", "csr.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        self.openssl(&[&issue[..], &["-days", "1", "-copy_extensions", "copy"]].concat())
    }

    /// Writes key and certificate of a server into a folder, as `server.key` and `server.crt`.
    pub(crate) fn equip(&self, folder: &Path) {
        let key = folder.join("server.key");
        let new = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", key.to_str().unwrap()];
        let request = self.openssl(&new);
        fs::write(folder.join("server.crt"), self.sign(&request)).unwrap();
    }

    fn openssl(&self, arguments: &[&str]) -> String {
        let output = Command::new("openssl").args(arguments).current_dir(self.dir.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}
