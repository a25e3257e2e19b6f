//! Files that a pod changes in the root of a packed rock.
//!
//! They are written when the root is this process's own, so that links lead to the rock's files.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::Spec;
use super::files::hosts;
use super::root::{Error, step};

/// Writes users, with the ids that exist here, and host names.
pub(super) fn etc(spec: &Spec) -> Result<(), Error> {
    let write = |path: &str, text: &str| step(format!("write the pod's {path}"), fs::write(path, text));
    for path in ["/etc/passwd", "/etc/group"] {
        let written = step(format!("read the rock's {path}"), read(Path::new(path)))?;
        write(path, &users(&written, path == "/etc/passwd", spec.single()))?;
    }
    write("/etc/hostname", &format!("{}\n", spec.hostname))?;
    write("/etc/hosts", &hosts(spec.own_name(), &spec.hosts, &spec.neighbors))?;
    write("/etc/resolv.conf", "")
}

fn read(path: &Path) -> io::Result<String> {
    match fs::read(path) {
        Ok(text) => Ok(String::from_utf8_lossy(&text).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// Adds root and the services' user to the rock's users or groups. With a single id, all of them have it.
fn users(written: &str, with_home: bool, single: Option<u32>) -> String {
    let id = |own: &str| single.map_or_else(|| own.to_owned(), |id| id.to_string());
    let line = |line: &str| {
        let ids = if with_home { 2..4 } else { 2..3 };
        let fields =
            line.split(':').enumerate().map(|(at, own)| if ids.contains(&at) { id(own) } else { own.to_owned() });
        fields.collect::<Vec<_>>().join(":") + "\n"
    };
    let mut text: String = written.lines().map(line).collect();
    for (name, own) in [("root", 0), (rock::DAEMON_USER, rock::DAEMON_ID)] {
        if !written.lines().any(|line| line.split(':').next() == Some(name)) {
            let own = id(&own.to_string());
            text += &if with_home {
                format!("{name}:x:{own}:{own}::/:/usr/sbin/nologin\n")
            } else {
                format!("{name}:x:{own}:\n")
            };
        }
    }
    text
}

/// Links the rock's own Pebble to the path at which Juju puts it.
pub(super) fn link_pebble(own: &str, place: &Path) -> Result<(), Error> {
    let link = || {
        if place.symlink_metadata().is_ok() {
            fs::remove_file(place)?;
        }
        symlink(own, place)
    };
    step("show the rock's Pebble", link())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rocks_users_are_all_there() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n_daemon_:x:584792:584792::/:/usr/bin/false\nubuntu:x:1000:1000";
        assert_eq!(users(passwd, true, None), format!("{passwd}\n"));
        let single = users(passwd, true, Some(0));
        assert!(single.contains("\n_daemon_:x:0:0::/:") && single.ends_with("ubuntu:x:0:0\n"), "{single}");
        let made = users("", true, None);
        assert!(made.starts_with("root:x:0:0:") && made.contains("\n_daemon_:x:584792:584792:"), "{made}");
        assert_eq!(users("root:x:0:\nadm:x:4:syslog\n", false, Some(0)), "root:x:0:\nadm:x:0:syslog\n_daemon_:x:0:\n");
    }

    #[test]
    fn its_pebble_is_where_juju_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("pebble");
        fs::write(&place, "").unwrap();
        link_pebble("/usr/bin/pebble", &place).unwrap();
        assert_eq!(fs::read_link(place).unwrap(), Path::new("/usr/bin/pebble"));
    }
}
