//! Users and groups of a pod.
//!
//! Each pod has root, nobody and the services' user. A pod without a rock has the host's programs and nothing else, so it
//! also has the users that the host's packages made for them.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

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
    pub(super) fn passwd(&self, single: Option<u32>) -> String {
        let (root, daemon) = (single.unwrap_or(0), single.unwrap_or(rock::DAEMON_ID));
        let own = format!(
            "root:x:{root}:{root}:root:/root:/bin/sh\n\
             nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
             {}:x:{daemon}:{daemon}::/:/usr/sbin/nologin\n",
            rock::DAEMON_USER
        );
        own + &possible(&self.passwd, &[2, 3], single)
    }

    /// Content of `/etc/group`.
    pub(super) fn group(&self, single: Option<u32>) -> String {
        let (root, daemon) = (single.unwrap_or(0), single.unwrap_or(rock::DAEMON_ID));
        let own = format!("root:x:{root}:\nnogroup:x:65534:\n{}:x:{daemon}:\n", rock::DAEMON_USER);
        own + &possible(&self.group, &[2], single)
    }
}

fn is_of_package(line: &str) -> bool {
    let mut fields = line.split(':');
    let (name, id) = (fields.next(), fields.nth(1).and_then(|id| id.parse().ok()));
    name != Some(rock::DAEMON_USER) && id.is_some_and(|id| OF_PACKAGES.contains(&id))
}

/// The lines with the ids that the pod has: in a pod with a single id, that one at the `places`.
fn possible(lines: &[String], places: &[usize], single: Option<u32>) -> String {
    lines.iter().map(|line| with_ids(line, places, single) + "\n").collect()
}

fn with_ids(line: &str, places: &[usize], single: Option<u32>) -> String {
    let id = single.map(|id| id.to_string());
    let fields = line.split(':').enumerate().map(|(place, field)| match &id {
        Some(id) if places.contains(&place) => id.as_str(),
        _ => field,
    });
    fields.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_user_is_its_own_where_ids_allow_it() {
        let users = Users::default();
        assert!(users.passwd(None).contains("\n_daemon_:x:584792:584792:"));
        assert!(users.passwd(Some(0)).contains("\n_daemon_:x:0:0:"));
        assert!(users.group(Some(0)).contains("\n_daemon_:x:0:\n"));
        assert!(users.passwd(Some(7)).starts_with("root:x:7:7:") && users.group(Some(7)).starts_with("root:x:7:\n"));
    }

    #[test]
    fn the_users_of_packages_are_taken_over_and_those_of_people_are_not() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n\
                      _daemon_:x:400:400::/:/bin/false\nann:x:1000:1000::/home/ann:/bin/sh\nnobody:x:65534:65534::/:/x\nbroken\n";
        let users = Users::of_packages(passwd, "root:x:0:\npostgres:x:104:\nssl-cert:x:103:postgres\nann:x:1000:\n");
        let own = Users::default();
        let added = |text: String, own: String| text.strip_prefix(&own).unwrap().to_owned();
        assert_eq!(
            added(users.passwd(None), own.passwd(None)),
            "postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n"
        );
        assert_eq!(added(users.group(None), own.group(None)), "postgres:x:104:\nssl-cert:x:103:postgres\n");
        assert_eq!(
            added(users.passwd(Some(0)), own.passwd(Some(0))),
            "postgres:x:0:0:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n"
        );
        assert_eq!(added(users.group(Some(0)), own.group(Some(0))), "postgres:x:0:\nssl-cert:x:0:postgres\n");
    }
}
