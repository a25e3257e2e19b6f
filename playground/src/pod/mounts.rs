//! Mounts of the pod's root.
//!
//! The base's files are the host's: `/usr` under an overlay, so that the pod may write and the host stays as it is, and
//! the parts of `/etc` that programs read and that hold no secrets.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, XattrFlags, setxattr, statvfs};
use rustix::mount::{
    MountFlags, MountPropagationFlags, mount, mount_bind, mount_bind_recursive, mount_change, mount_remount,
};

use super::files::{self, make_dir, make_inside};
use super::root::{Error, step};
use super::{Identity, Spec, namespace};

/// Folders that are links into `/usr` on most machines, and folders of their own on some.
const MERGED: [&str; 5] = ["bin", "sbin", "lib", "lib32", "lib64"];

/// Entries of the host's `/etc` that programs need: the loader's, certificates, names of services, types, time zone.
const SHARED: [&str; 15] = [
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "gai.conf",
    "host.conf",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "pki",
    "protocols",
    "services",
    "ssl",
];

/// Beginnings of the names of folders in `/etc` with settings of run-times, which Debian's packages link to.
const RUNTIMES: [&str; 2] = ["python3", "java-"];

/// Entries of `/proc` about the machine's memory, keys and devices. Container runtimes hide the same.
const HIDDEN: [&str; 10] = [
    "acpi",
    "asound",
    "kcore",
    "keys",
    "latency_stats",
    "sched_debug",
    "scsi",
    "sysrq-trigger",
    "timer_list",
    "timer_stats",
];

const DEVICES: [&str; 6] = ["full", "null", "random", "tty", "urandom", "zero"];

/// Enters a new mount namespace, whose mounts the host doesn't see.
pub(super) fn leave(identity: Identity) -> Result<(), Error> {
    namespace::leave_mounts(identity)?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    step("keep the pod's mounts to itself", mount_change("/", private))
}

/// Mounts a file system in memory on `target`.
pub(crate) fn tmpfs(target: &Path, mode: &str) -> Result<(), Error> {
    make_dir(target)?;
    mounted("tmpfs", "tmpfs", target, MountFlags::NOSUID, &format!("mode={mode}"))
}

/// Mounts the base: the host's `/usr` with the rock's files on top, and `/bin`, `/lib` and their like.
pub(super) fn base(root: &Path, rock: &Path, scratch: &Path) -> Result<(), Error> {
    for name in MERGED {
        let host = Path::new("/").join(name);
        match fs::read_link(&host) {
            Ok(link) => step(format!("link /{name}"), symlink(link, root.join(name)))?,
            Err(_) if host.is_dir() => read_only(&host, &make_inside(root, name)?)?,
            Err(_) => {}
        }
    }
    usr(&make_inside(root, "/usr")?, &rock.join("usr"), scratch)
}

/// Mounts the root of a packed rock, without files of the host. The pod may write there; the rock's files don't change.
///
/// An overlay stores renames of folders in extended attributes, for an ordinary user in `user.*`. tmpfs has those since
/// Linux 6.6. On older kernels a rename would fail, so the rock is copied instead.
pub(super) fn whole(spec: &Spec) -> Result<(), Error> {
    let (root, rock) = (&spec.root, &spec.image.files);
    let (upper, work) = (spec.scratch.join("upper"), spec.scratch.join("work"));
    make_dir(root)?;
    make_dir(&upper)?;
    make_dir(&work)?;
    let own = match spec.identity {
        Identity::Root => "",
        Identity::Single if setxattr(&upper, c"user.webcharm", b"", XattrFlags::empty()).is_ok() => ",userxattr",
        Identity::Single => {
            tmpfs(root, "0755")?;
            return files::copy(rock, root);
        }
    };
    let [lower, upper, work] = [rock.as_path(), &upper, &work].map(escaped);
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work}{own}");
    mounted("overlay", "overlay", root, MountFlags::empty(), &options)
}

/// Mounts `/usr`. Where overlays are forbidden it is the host's, read-only, unless the rock has files for it.
fn usr(target: &Path, rock: &Path, scratch: &Path) -> Result<(), Error> {
    let (upper, work) = (scratch.join("upper"), scratch.join("work"));
    make_dir(&upper)?;
    make_dir(&work)?;
    let lower = if rock.is_dir() { format!("{}:/usr", escaped(rock)) } else { "/usr".to_owned() };
    let options = format!("lowerdir={lower},upperdir={},workdir={}", escaped(&upper), escaped(&work));
    match mounted("overlay", "overlay", target, MountFlags::empty(), &options) {
        Err(_) if !rock.is_dir() => read_only(Path::new("/usr"), target),
        other => other,
    }
}

/// Escapes a path for an overlay's options, in which a colon separates folders and a comma separates options.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\").replace(':', "\\:").replace(',', "\\,")
}

/// Mounts the shared entries of the host's `/etc`, unless the rock has its own.
pub(super) fn etc(root: &Path) -> Result<(), Error> {
    let target = make_inside(root, "/etc")?;
    let all = fs::read_dir("/etc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let versions = all.filter(|name| RUNTIMES.iter().any(|runtime| name.to_string_lossy().starts_with(runtime)));
    for name in SHARED.map(Into::into).into_iter().chain(versions) {
        let (host, target) = (Path::new("/etc").join(&name), target.join(&name));
        if target.exists() || target.is_symlink() {
            continue; // the rock has its own
        }
        match fs::symlink_metadata(&host) {
            Ok(metadata) if metadata.is_symlink() => {
                let link = step(format!("read {}", host.display()), fs::read_link(&host))?;
                step(format!("link {}", host.display()), symlink(link, target))?;
            }
            Ok(metadata) if metadata.is_dir() => {
                make_dir(&target)?;
                read_only(&host, &target)?;
            }
            Ok(_) => file(&host, &target)?,
            Err(_) => {}
        }
    }
    Ok(())
}

/// Mounts `/dev` with the devices that a container has.
pub(super) fn devices(root: &Path) -> Result<(), Error> {
    let dev = make_inside(root, "/dev")?;
    tmpfs(&dev, "0755")?;
    for name in DEVICES {
        file(&Path::new("/dev").join(name), &dev.join(name))?;
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
    ] {
        step(format!("link /dev/{name}"), symlink(target, dev.join(name)))?;
    }
    tmpfs(&dev.join("shm"), "1777")?;
    make_dir(&dev.join("pts"))?;
    mounted("devpts", "devpts", &dev.join("pts"), MountFlags::NOSUID | MountFlags::NOEXEC, "newinstance,ptmxmode=0666")
}

/// Mounts `/proc` with the pod's own processes. Its other entries, about the whole machine, become read-only or hidden.
pub(super) fn proc(root: &Path) -> Result<(), Error> {
    let target = make_inside(root, "/proc")?;
    make_inside(root, "/sys")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mounted("proc", "proc", &target, flags, "").map_err(|error| match error {
        Error::Step { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => Error::Step {
            what: "mount the pod's /proc (in a container, start it with `--privileged`; else run as root)".to_owned(),
            source,
        },
        other => other,
    })?;
    for entry in step("look through the pod's /proc", fs::read_dir(&target))?.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(metadata) = entry.metadata() else { continue }; // a process that has ended
        let is_process = name.as_bytes().iter().all(u8::is_ascii_digit);
        if is_process || metadata.is_symlink() {
            continue;
        }
        if HIDDEN.iter().any(|hidden| name == *hidden) {
            hide(&root.join("dev/null"), &path, metadata.is_dir())?;
        } else if metadata.is_dir() || metadata.permissions().mode() & 0o222 != 0 {
            read_only(&path, &path)?;
        }
    }
    Ok(())
}

/// Mounts an empty folder over a folder, and `null` over a file.
fn hide(null: &Path, path: &Path, is_dir: bool) -> Result<(), Error> {
    if is_dir {
        mounted("tmpfs", "tmpfs", path, MountFlags::RDONLY | MountFlags::NOSUID, "size=0,mode=0555")
    } else {
        step(format!("hide {}", path.display()), mount_bind(null, path))
    }
}

/// Mounts the host's folder `source` on `target`, which is made if it is missing. The pod can write there.
pub(crate) fn folder(source: &Path, target: &Path) -> Result<(), Error> {
    make_dir(target)?;
    step(format!("show {} in the pod", source.display()), mount_bind(source, target))
}

/// Mounts the host's file or folder `source`, with the mounts below it, read-only on the existing `target`.
pub(super) fn read_only(source: &Path, target: &Path) -> Result<(), Error> {
    let what = || format!("show {} in the pod", source.display());
    step(what(), mount_bind_recursive(source, target))?;
    // Each mount has its own flags, so each is restricted.
    let all = step("read the list of mounts", fs::read_to_string("/proc/self/mountinfo"))?;
    for mount in mounts_below(&all, target) {
        step(what(), restrict(&mount))?;
    }
    Ok(())
}

/// Makes a mount read-only. Its other restrictions stay: the kernel refuses an ordinary user who would lift them.
fn restrict(mount: &Path) -> io::Result<()> {
    let present = statvfs(mount)?.f_flag;
    let mut flags = MountFlags::BIND | MountFlags::RDONLY;
    for (is, keep) in [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ] {
        flags.set(keep, present.contains(is));
    }
    Ok(mount_remount(mount, flags, c"")?)
}

/// The mount points at `target` and below it, by the lines of `/proc/self/mountinfo`.
fn mounts_below(mounts: &str, target: &Path) -> BTreeSet<PathBuf> {
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4)).map(unescaped);
    points.filter(|point| point.starts_with(target)).collect()
}

/// Decodes a path in which the kernel writes blanks, line breaks and backslashes as three octal digits.
fn unescaped(path: &str) -> PathBuf {
    let mut parts = path.split('\\');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(3).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(digits, 8).ok());
        bytes.extend(rest.as_bytes());
    }
    PathBuf::from(OsString::from_vec(bytes))
}

/// Mounts the host's file or device `source` read-only on `target`, which is made if it is missing. The pod can still
/// use a device.
pub(super) fn file(source: &Path, target: &Path) -> Result<(), Error> {
    if let Some(parent) = target.parent() {
        make_dir(parent)?;
    }
    let made = match File::options().write(true).create_new(true).open(target) {
        // A file of the rock serves as the mount point, too.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !target.is_symlink() => Ok(()),
        other => other.map(drop),
    };
    step(format!("make {}", target.display()), made)?;
    read_only(source, target)
}

fn mounted(kind: &str, source: &str, target: &Path, flags: MountFlags, options: &str) -> Result<(), Error> {
    let options = std::ffi::CString::new(options).expect("paths and options have no zero byte");
    let what = format!("mount {kind} on {}", target.display());
    step(what, mount(source, target, kind, flags, Some(options.as_c_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_not_break_out_of_overlay_options() {
        assert_eq!(escaped(Path::new("/a:b,c\\d")), "/a\\:b\\,c\\\\d");
    }

    #[test]
    fn what_is_mounted_in_a_folder_is_found_under_any_name() {
        let mounts = "22 1 8:1 / / rw,relatime - ext4 /dev/sda rw\n\
                      30 22 0:5 / /pod/etc/ssl rw - ext4 /dev/sda rw\n\
                      31 30 0:6 /x /pod/etc/ssl/a\\040b\\134c rw - tmpfs tmpfs rw\n\
                      32 22 0:7 / /pod/etc/sslx rw - tmpfs tmpfs rw\n";
        let found: Vec<_> = mounts_below(mounts, Path::new("/pod/etc/ssl")).into_iter().collect();
        assert_eq!(found, [Path::new("/pod/etc/ssl"), Path::new("/pod/etc/ssl/a b\\c")]);
    }
}
