//! Users and groups of a pod.
//!
//! Each pod has root, nobody and the services' user. A pod without a rock has the host's programs and nothing else, so it
//! also has the users that the host's packages made for them.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::Identity;

/// Ids that packages of a system get, by Debian's policy: from 1, and below those of people.
const OF_PACKAGES: std::ops::Range<u32> = 1..1000;

/// The users and groups of the host's packages: lines of `/etc/passwd` and `/etc/group`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    passwd: Vec<String>,
    group: Vec<String>,
}

impl Users {
    /// Those of this machine.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn of_host() -> io::Result<Self> {
        Ok(Self::of_packages(&fs::read_to_string("/etc/passwd")?, &fs::read_to_string("/etc/group")?))
    }

    fn of_packages(passwd: &str, group: &str) -> Self {
        let lines = |text: &str| text.lines().filter(|line| is_of_package(line)).map(str::to_owned).collect();
        Self { passwd: lines(passwd), group: lines(group) }
    }

    /// Content of `/etc/passwd`. Root comes first, so that a single id has the name root.
    pub(super) fn passwd(&self, identity: Identity) -> String {
        let daemon = identity.daemon();
        let own = format!(
            "root:x:0:0:root:/root:/bin/sh\n\
             nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
             {}:x:{daemon}:{daemon}::/:/usr/sbin/nologin\n",
            rock::DAEMON_USER
        );
        own + &possible(&self.passwd, &[2, 3], identity)
    }

    /// Content of `/etc/group`.
    pub(super) fn group(&self, identity: Identity) -> String {
        let own = format!("root:x:0:\nnogroup:x:65534:\n{}:x:{}:\n", rock::DAEMON_USER, identity.daemon());
        own + &possible(&self.group, &[2], identity)
    }
}

fn is_of_package(line: &str) -> bool {
    let mut fields = line.split(':');
    let (name, id) = (fields.next(), fields.nth(1).and_then(|id| id.parse().ok()));
    name != Some(rock::DAEMON_USER) && id.is_some_and(|id| OF_PACKAGES.contains(&id))
}

/// The lines with the ids that the pod has: in a pod with a single id, that one at the `places`.
fn possible(lines: &[String], places: &[usize], identity: Identity) -> String {
    lines.iter().map(|line| with_ids(line, places, identity) + "\n").collect()
}

fn with_ids(line: &str, places: &[usize], identity: Identity) -> String {
    let fields = line.split(':').enumerate().map(|(place, field)| match identity {
        Identity::Single if places.contains(&place) => "0",
        Identity::Root | Identity::Single => field,
    });
    fields.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_user_is_its_own_where_ids_allow_it() {
        let users = Users::default();
        assert!(users.passwd(Identity::Root).contains("\n_daemon_:x:584792:584792:"));
        assert!(users.passwd(Identity::Single).contains("\n_daemon_:x:0:0:"));
        assert!(users.group(Identity::Single).contains("\n_daemon_:x:0:\n"));
    }

    #[test]
    fn the_users_of_packages_are_taken_over_and_those_of_people_are_not() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n\
                      _daemon_:x:400:400::/:/bin/false\nann:x:1000:1000::/home/ann:/bin/sh\nnobody:x:65534:65534::/:/x\nbroken\n";
        let users = Users::of_packages(passwd, "root:x:0:\npostgres:x:104:\nssl-cert:x:103:postgres\nann:x:1000:\n");
        let own = Users::default();
        let added = |text: String, own: String| text.strip_prefix(&own).unwrap().to_owned();
        assert_eq!(
            added(users.passwd(Identity::Root), own.passwd(Identity::Root)),
            "postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n"
        );
        assert_eq!(
            added(users.group(Identity::Root), own.group(Identity::Root)),
            "postgres:x:104:\nssl-cert:x:103:postgres\n"
        );
        assert_eq!(
            added(users.passwd(Identity::Single), own.passwd(Identity::Single)),
            "postgres:x:0:0:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n"
        );
        assert_eq!(
            added(users.group(Identity::Single), own.group(Identity::Single)),
            "postgres:x:0:\nssl-cert:x:0:postgres\n"
        );
    }
}
