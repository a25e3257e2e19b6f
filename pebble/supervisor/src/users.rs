//! Users and groups of `/etc/passwd` and `/etc/group`, read anew each time: containers change them while the daemon
//! runs.

use std::fs;
use std::path::Path;

use pebble::plan::shortened;
use rustix::process::{getgid, getuid};

/// A user or group that does not exist or does not match. The texts are Pebble's, except for [`NO_ID`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("user: unknown user {}", shortened(.0))]
    UnknownUser(String),
    #[error("user: unknown userid {0}")]
    UnknownUserId(i64),
    #[error("group: unknown group {}", shortened(.0))]
    UnknownGroup(String),
    #[error("user {name:?} UID ({real}) does not match user-id ({given})")]
    UserMismatch { name: String, real: u32, given: i64 },
    #[error("group {name:?} GID ({real}) does not match group-id ({given})")]
    GroupMismatch { name: String, real: u32, given: i64 },
    #[error("must specify user, not just group")]
    OnlyGroup,
    #[error("{0} must not be {NO_ID}: the system takes that number for no user and no group")]
    NoId(&'static str),
}

/// The number that chown takes for "unchanged" and setuid refuses.
const NO_ID: u32 = u32::MAX;

/// User and group to act as, from a plan or request. Empty names are unset.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RunAs<'a> {
    pub(crate) user_id: Option<i64>,
    pub(crate) user: &'a str,
    pub(crate) group_id: Option<i64>,
    pub(crate) group: &'a str,
}

/// Ids of the user and group to act as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Owner {
    /// True for the daemon's own user and group.
    pub(crate) fn is_daemon(self) -> bool {
        self.uid == getuid().as_raw() && self.gid == getgid().as_raw()
    }
}

/// A line of `/etc/passwd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    gid: u32,
    pub(crate) home: String,
}

/// The system's users and groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Users {
    users: Vec<User>,
    groups: Vec<(String, u32)>,
}

impl Users {
    /// Reads the system's tables; missing ones are empty.
    pub(crate) fn read() -> Users {
        Users { users: rows("/etc/passwd", parse_user), groups: rows("/etc/group", parse_group) }
    }

    /// The user with this id.
    pub(crate) fn by_id(&self, uid: u32) -> Option<&User> {
        self.users.iter().find(|user| user.uid == uid)
    }

    /// The name of the group with this id.
    pub(crate) fn group_name(&self, gid: u32) -> Option<&str> {
        self.groups.iter().find(|(_, id)| *id == gid).map(|(name, _)| name.as_str())
    }

    /// Resolves names to ids; `None` if neither user nor group is set.
    ///
    /// # Errors
    /// Unknown names, names that contradict the ids, a group without a user, [`NO_ID`].
    pub(crate) fn resolve(&self, run_as: RunAs<'_>) -> Result<Option<Owner>, Error> {
        let uid = self.uid(run_as)?;
        match (uid, self.gid(run_as)?) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Error::OnlyGroup),
            (Some(uid), Some(gid)) => {
                Ok(Some(Owner { uid: assigned(uid, "user-id")?, gid: assigned(gid, "group-id")? }))
            }
            (Some(id), None) => {
                let uid = assigned(id, "user-id")?;
                let user = self.by_id(uid).filter(|user| i64::from(user.uid) == id).ok_or(Error::UnknownUserId(id))?;
                Ok(Some(Owner { uid, gid: user.gid }))
            }
        }
    }

    fn uid(&self, run_as: RunAs<'_>) -> Result<Option<i64>, Error> {
        if run_as.user.is_empty() {
            return Ok(run_as.user_id);
        }
        let found = self.users.iter().find(|user| user.name == run_as.user);
        let real = found.ok_or_else(|| Error::UnknownUser(run_as.user.to_owned()))?.uid;
        match run_as.user_id {
            Some(given) if given != i64::from(real) => {
                Err(Error::UserMismatch { name: run_as.user.to_owned(), real, given })
            }
            _ => Ok(Some(i64::from(real))),
        }
    }

    fn gid(&self, run_as: RunAs<'_>) -> Result<Option<i64>, Error> {
        if run_as.group.is_empty() {
            return Ok(run_as.group_id);
        }
        let found = self.groups.iter().find(|(name, _)| name == run_as.group);
        let real = found.ok_or_else(|| Error::UnknownGroup(run_as.group.to_owned()))?.1;
        match run_as.group_id {
            Some(given) if given != i64::from(real) => {
                Err(Error::GroupMismatch { name: run_as.group.to_owned(), real, given })
            }
            _ => Ok(Some(i64::from(real))),
        }
    }
}

/// The id as the system takes it: its lowest 32 bits, as in Pebble. An error for [`NO_ID`].
fn assigned(id: i64, field: &'static str) -> Result<u32, Error> {
    let id = u32::try_from(id.rem_euclid(1 << 32)).unwrap_or(NO_ID);
    if id == NO_ID { Err(Error::NoId(field)) } else { Ok(id) }
}

fn rows<T>(path: impl AsRef<Path>, parse: fn(&str) -> Option<T>) -> Vec<T> {
    let text = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().filter_map(parse).collect()
}

fn parse_user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| is_name(name))?.to_owned();
    let (uid, gid) = (parse_id(fields.nth(1)?)?, parse_id(fields.next()?)?);
    let home = fields.nth(1)?.to_owned();
    Some(User { name, uid, gid, home })
}

fn parse_group(line: &str) -> Option<(String, u32)> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| is_name(name))?.to_owned();
    Some((name, parse_id(fields.nth(1)?)?))
}

fn parse_id(text: &str) -> Option<u32> {
    text.parse().ok().filter(|id| *id != NO_ID)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['#', '+', '-', ' ', '\t'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn users() -> Users {
        let users = [
            "root:x:0:0:root:/root:/bin/sh",
            "app:x:584792:584793::/app:",
            "# a:b:1:1:c:d",
            "unchanged:x:4294967295:0::/:",
        ];
        let groups = ["root:x:0:", "app:x:584793:a,b", "+nis", "unchanged:x:4294967295:"];
        Users {
            users: users.into_iter().filter_map(parse_user).collect(),
            groups: groups.into_iter().filter_map(parse_group).collect(),
        }
    }

    fn run_as<'a>(user_id: Option<i64>, user: &'a str, group_id: Option<i64>, group: &'a str) -> RunAs<'a> {
        RunAs { user_id, user, group_id, group }
    }

    #[test]
    fn resolves_as_pebble_does() {
        let owner = |uid, gid| Ok(Some(Owner { uid, gid }));
        let mismatch = Error::UserMismatch { name: "app".to_owned(), real: 584792, given: 1 };
        let table = [
            (run_as(None, "", None, ""), Ok(None)),
            (run_as(None, "app", None, ""), owner(584792, 584793)),
            (run_as(Some(0), "", None, ""), owner(0, 0)),
            (run_as(Some(7), "", Some(8), ""), owner(7, 8)),
            (run_as(Some(584792), "app", None, "root"), owner(584792, 0)),
            (run_as(Some(1), "app", None, ""), Err(mismatch)),
            (run_as(None, "nope", None, ""), Err(Error::UnknownUser("nope".to_owned()))),
            (run_as(Some(7), "", None, ""), Err(Error::UnknownUserId(7))),
            (run_as(Some(-5), "", None, ""), Err(Error::UnknownUserId(-5))),
            (run_as(Some(-5), "", Some(8), ""), owner(u32::MAX - 4, 8)),
            (run_as(Some(0), "", None, "nope"), Err(Error::UnknownGroup("nope".to_owned()))),
            (run_as(None, "", None, "app"), Err(Error::OnlyGroup)),
            (run_as(Some(i64::from(NO_ID)), "", None, ""), Err(Error::NoId("user-id"))),
            (run_as(Some(7), "", Some(i64::from(NO_ID)), ""), Err(Error::NoId("group-id"))),
            (run_as(None, "app", Some(i64::from(NO_ID)), ""), Err(Error::NoId("group-id"))),
            (run_as(None, "unchanged", None, ""), Err(Error::UnknownUser("unchanged".to_owned()))),
            (run_as(Some(0), "", None, "unchanged"), Err(Error::UnknownGroup("unchanged".to_owned()))),
        ];
        for (run_as, expected) in table {
            assert_eq!(users().resolve(run_as), expected, "{run_as:?}");
        }
    }

    #[test]
    fn names_what_it_knows() {
        assert_eq!(users().by_id(584792).map(|user| user.home.as_str()), Some("/app"));
        assert_eq!(users().group_name(584793), Some("app"));
        assert_eq!(users().group_name(1), None);
    }

    proptest! {
        #[test]
        fn no_table_panics(line in ".{0,60}") {
            let _ = (parse_user(&line), parse_group(&line));
        }
    }
}
