//! The user that a server runs as: most servers refuse to be root.

use std::fs;

use crate::pod::Identity;

/// Uid and gid of this process; for root, those of the first of the users `names` that exists.
pub(super) fn find(names: &[&str]) -> Option<(u32, u32)> {
    if Identity::current() == Identity::Single {
        return Some((rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()));
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    names.iter().find_map(|name| ids(&users, name))
}

/// Uid and gid of the user `name`, by the lines of `/etc/passwd`.
fn ids(users: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = users.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(name))?;
    Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533:n:/:/bin/false\n";
        assert_eq!(ids(users, "nobody"), Some((65534, 65533)));
        assert_eq!(ids(users, "postgres"), None);
        assert_eq!(ids("broken:x", "broken"), None);
    }
}
