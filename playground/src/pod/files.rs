//! The pod's own files: the rock's, and the few in `/etc` that a pod has for itself.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use pack::folder::{self, Folder};
use rustix::fs::{AtFlags, CWD, Gid, Uid, chownat};

use super::root::{Error, step};
use super::{Identity, Neighbor, Spec};

/// Makes the folder `path` in the pod's root `root`, with those above it, and returns its path on the host. Refuses
/// links of the rock: before the change of root, they lead to the host.
pub(super) fn make_inside(root: &Path, path: &str) -> Result<PathBuf, Error> {
    let path = path.trim_start_matches('/');
    match Folder::open(root).and_then(|folder| folder.make(path)) {
        Ok(()) => Ok(root.join(path)),
        Err(folder::Error::Link(link)) => {
            let root = root.display().to_string();
            Err(Error::Link(link.strip_prefix(&root).unwrap_or(&link).to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes the folder `path` and those above it.
pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    step(format!("make the folder {}", path.display()), fs::create_dir_all(path))
}

/// Copies the tree `from` into `to`, which exists, with modes and symbolic links.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    step(format!("copy the rock's files from {}", from.display()), copy_tree(from, to))
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir_all(&target)?;
            // Modes must not depend on the builder's umask.
            fs::set_permissions(&target, fs::Permissions::from_mode(entry.metadata()?.permissions().mode() | 0o055))?;
            copy_tree(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            fs::set_permissions(&target, fs::Permissions::from_mode(entry.metadata()?.permissions().mode() | 0o044))?;
        }
    }
    Ok(())
}

/// Sets the owners of the rock's files, in the pod's root. With a single id, all files have the same owner already.
pub(super) fn owners(spec: &Spec) -> Result<(), Error> {
    if spec.identity == Identity::Single {
        return Ok(());
    }
    for owner in &spec.image.owners {
        let path = Path::new("/").join(&owner.path);
        let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
        let given = chownat(CWD, &path, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW);
        step(format!("give {} to its owner", owner.path.display()), given)?;
    }
    Ok(())
}

/// Writes users and host names, and makes the writable folders that programs expect, in the pod's root.
pub(super) fn etc(spec: &Spec) -> Result<(), Error> {
    let write = |path: &str, text: &str| step(format!("write the pod's {path}"), fs::write(path, text));
    write("/etc/passwd", &spec.users.passwd(spec.single()))?;
    write("/etc/group", &spec.users.group(spec.single()))?;
    write("/etc/hostname", &format!("{}\n", spec.hostname))?;
    write("/etc/hosts", &hosts(spec.own_name(), &spec.hosts, &spec.neighbors))?;
    write("/etc/resolv.conf", "")?;
    for (folder, mode) in [
        ("/tmp", 0o1777),
        ("/var/tmp", 0o1777),
        ("/run", 0o755),
        ("/var/log", 0o755),
        ("/var/lib", 0o755),
        ("/root", 0o700),
        ("/home", 0o755),
        ("/opt", 0o755),
        ("/srv", 0o755),
    ] {
        make_dir(Path::new(folder))?;
        step(format!("open {folder}"), fs::set_permissions(folder, fs::Permissions::from_mode(mode)))?;
    }
    step("link /var/run", symlink("/run", "/var/run"))
}

/// Content of `/etc/hosts`: the loopback, with the pod's `own` name if it is not among the others; the others; the
/// neighbors.
pub(super) fn hosts(own: Option<&str>, others: &[String], neighbors: &[Neighbor]) -> String {
    let own = own.map(|name| format!(" {name}")).unwrap_or_default();
    let mut text = format!("127.0.0.1 localhost{own}\n::1 localhost\n");
    // A server with several ports is one name.
    let mut neighbors: Vec<_> = neighbors.iter().map(|next| format!("{} {}", next.address, next.name)).collect();
    neighbors.dedup();
    for line in others.iter().cloned().chain(neighbors) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_know_the_pod_its_peers_and_its_neighbors() {
        let neighbor =
            Neighbor { name: "db.m".to_owned(), address: [127, 0, 1, 1].into(), port: 1, socket: "/s".into() };
        let peers = ["10.1.1.10 app-0.app-endpoints.m.svc.cluster.local app-0".to_owned()];
        let neighbors = [neighbor];
        assert_eq!(
            hosts(None, &peers, &neighbors),
            "127.0.0.1 localhost\n::1 localhost\n10.1.1.10 app-0.app-endpoints.m.svc.cluster.local app-0\n127.0.1.1 db.m\n"
        );
        assert!(hosts(Some("app-0"), &peers, &neighbors).starts_with("127.0.0.1 localhost app-0\n"));
    }

    #[test]
    fn no_link_of_a_rock_leads_a_folder_of_the_pods_out_of_its_root() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(make_inside(root.path(), "/opt/node").unwrap(), root.path().join("opt/node"));
        assert!(root.path().join("opt/node").is_dir());
        make_inside(root.path(), "/opt/node").unwrap();
        fs::create_dir_all(root.path().join("usr")).unwrap();
        for link in ["etc", "usr/local"] {
            symlink(outside.path(), root.path().join(link)).unwrap();
            for path in [format!("/{link}"), format!("/{link}/lib/python3")] {
                let error = make_inside(root.path(), &path).unwrap_err().to_string();
                assert_eq!(
                    error,
                    format!("cannot use /{link} of the rock, which is a link: it must be a folder, or not there")
                );
            }
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "nothing is made where the links lead");
        make_inside(root.path(), "/opt/../../x").unwrap_err();
    }

    #[test]
    fn a_tree_is_copied_with_modes_that_services_can_read() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/run"), "x").unwrap();
        fs::set_permissions(dir.path().join("a/b/run"), fs::Permissions::from_mode(0o700)).unwrap();
        symlink("b/run", dir.path().join("a/link")).unwrap();
        fs::create_dir(dir.path().join("to")).unwrap();
        copy_tree(&dir.path().join("a"), &dir.path().join("to")).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("to/link")).unwrap(), "x");
        assert_eq!(fs::metadata(dir.path().join("to/b/run")).unwrap().permissions().mode() & 0o777, 0o744);
    }
}
