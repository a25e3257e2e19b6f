//! Attempts of a program in a pod to reach the machine, which all fail.

use std::fs;
use std::process::Command;

use crate::support::{Desk, Ran, names, page};

/// Program that prints a line for each attempt: `refused`, or the thing it got.
const ATTEMPTS: &str = r#"
import ctypes, errno, os, signal, socket, time
libc = ctypes.CDLL(None, use_errno=True)
def tell(name, attempt):
    try:
        got = attempt()
        print(name, "got", got)
    except (OSError, ProcessLookupError) as error:
        print(name, "refused")
def call(function, *arguments):
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), "refused")
    return "through"
def write(path, text="x"):
    with open(path, "r+") as file:
        file.write(text)
    return "through"
def mount(source, target, kind, flags=0):
    os.makedirs(target, exist_ok=True)
    return call(libc.mount, source, target.encode(), kind, flags, None)
def nested(flags):
    if os.fork() == 0:
        os._exit(0 if libc.unshare(flags) == 0 else 1)
    if os.wait()[1] != 0:
        raise OSError(errno.EPERM, "refused")
    return "through"
NEWUSER, NEWNS, NEWCGROUP, REMOUNT, BIND = 0x10000000, 0x20000, 0x2000000, 32, 4096
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/overcommit_memory",
             "/proc/irq/default_smp_affinity", "/etc/services", "/etc/mime.types", "/etc/nsswitch.conf", "/charm/bin/pebble"):
    if os.path.exists(path):
        tell("write " + path, lambda: write(path))
tell("chmod /dev/null", lambda: os.chmod("/dev/null", 0o600))
tell("chown /dev/zero", lambda: os.chown("/dev/zero", 1, 1))
tell("unlink /etc/services", lambda: os.unlink("/etc/services"))
tell("chmod /charm/bin/pebble", lambda: os.chmod("/charm/bin/pebble", 0o777))
tell("mount tmpfs", lambda: mount(b"t", "/tmp/t", b"tmpfs"))
tell("mount proc", lambda: mount(b"p", "/tmp/p", b"proc"))
tell("mount sysfs", lambda: mount(b"s", "/tmp/s", b"sysfs"))
tell("mount cgroup2", lambda: mount(b"c", "/tmp/c", b"cgroup2"))
tell("bind /", lambda: mount(b"/", "/tmp/b", None, BIND))
tell("umount /proc/sys", lambda: call(libc.umount2, b"/proc/sys", 2))
tell("umount /etc/services", lambda: call(libc.umount2, b"/etc/services", 2))
tell("remount /proc/sys", lambda: call(libc.mount, None, b"/proc/sys", None, BIND | REMOUNT, None))
tell("mknod of a disk", lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0)))
tell("mknod of /dev/kmsg", lambda: os.mknod("/tmp/kmsg", 0o20600, os.makedev(1, 11)))
for device in ("sda", "vda", "mem", "kmsg", "kvm", "fuse", "net/tun"):
    tell("open /dev/" + device, lambda: open("/dev/" + device, "rb").read(1))
tell("sethostname", lambda: socket.sethostname("taken"))
tell("set the clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
tell("reboot", lambda: call(libc.reboot, 0))
tell("swapoff", lambda: call(libc.swapoff, b"/none"))
tell("a namespace of users", lambda: nested(NEWUSER))
tell("a namespace of mounts", lambda: nested(NEWNS))
tell("a namespace of control groups", lambda: nested(NEWUSER | NEWCGROUP))
tell("kill the host's process", lambda: os.kill(HOST, signal.SIGKILL))
tell("trace the host's process", lambda: call(libc.ptrace, 16, HOST, None, None))
tell("read the host's folder", lambda: os.listdir(FOLDER))
tell("read the test's own file", lambda: open(SECRET).read())
KEYCTL = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
def session_key():
    if libc.syscall(KEYCTL, 10, -3, b"user", b"webcharm-planted", 0) < 0:
        raise OSError()
    return "it"
tell("find a key of the user's session", session_key)
def folders():
    leaked = [name for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd/" + name)]
    own = [name for name in leaked if os.readlink("/proc/self/fd/" + name).startswith("/proc/")]
    if len(leaked) <= len(own):
        raise OSError()
    return leaked
tell("a folder that somebody left open", folders)
tell("list /sys", lambda: os.listdir("/sys")[0:1] or (_ for _ in ()).throw(OSError()))
tell("a raw socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
tell("kcore", lambda: open("/proc/kcore", "rb").read(1) or (_ for _ in ()).throw(OSError()))
tell("sysrq", lambda: (write("/proc/sysrq-trigger", "h"), open("/proc/sysrq-trigger").read() or (_ for _ in ()).throw(OSError())))
allowed = [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapBnd", "CapPrm"))]
print("capabilities", *allowed)
print("processes", sorted(int(name) for name in os.listdir("/proc") if name.isdigit())[0])
"#;

/// Becomes the program of its arguments, in a session with a key in its keyring.
const WITH_KEY: &str = r#"
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
ADD_KEY, KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
if libc.syscall(KEYCTL, 1, None) < 0 or libc.syscall(ADD_KEY, b"user", b"webcharm-planted", b"secret", 6, -3) < 0:
    print("passed over: no keyrings on this machine")
os.execv(sys.argv[1], sys.argv[1:])
"#;

/// Starts the sample in a session that has a key.
fn up_with_key(desk: &Desk) {
    let up = desk.command(&["up", desk.sample().to_str().unwrap(), "--detach"]);
    let mut session = Command::new("/usr/bin/python3");
    session.args(["-c", WITH_KEY]).arg(up.get_program()).args(up.get_args()).current_dir(desk.path());
    session.envs(up.get_envs().filter_map(|(name, value)| Some((name, value?))));
    desk.become_user(&mut session);
    let ran = Ran::from(session.output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// The capabilities of `CapPrm` and `CapBnd` in a pod, as `/proc` writes them.
const CAPABILITIES: &str = "capabilities 00000000800405fb 00000000800405fb";

fn attempts(desk: &Desk) -> String {
    let secret = desk.path().join("secret");
    fs::write(&secret, "the host's").unwrap();
    let host = std::process::id();
    let before = format!("HOST, FOLDER, SECRET = {host}, {:?}, {secret:?}\n", desk.runtime());
    desk.ok(&["exec", "--", "/usr/bin/python3", "-c", &(before + ATTEMPTS)])
}

/// Files of the host that a pod could have changed.
fn host_files() -> Vec<(String, Vec<u8>)> {
    let names = ["/etc/services", "/etc/mime.types", "/etc/nsswitch.conf", "/proc/sys/kernel/core_pattern"];
    names.iter().map(|name| ((*name).to_owned(), fs::read(name).unwrap_or_default())).collect()
}

fn nothing_gets_out(desk: &Desk) {
    let before = host_files();
    // A shell or an editor may leave an open folder to the programs that it starts.
    let open = fs::File::open("/").unwrap();
    rustix::io::fcntl_setfd(&open, rustix::io::FdFlags::empty()).unwrap();
    up_with_key(desk);
    drop(open);
    let said = attempts(desk);
    assert_eq!(host_files(), before);
    assert_eq!(page(&desk.url()), "Hello from Flask!\n");
    let (attempts, facts): (Vec<_>, Vec<_>) =
        said.lines().partition(|line| line.ends_with("refused") || line.contains(" got "));
    let through: Vec<_> = attempts.iter().filter(|line| !line.ends_with(" refused")).collect();
    assert_eq!(through, Vec::<&&str>::new(), "{said}");
    assert!(attempts.len() >= 46, "{}: {said}", attempts.len());
    assert_eq!(facts, [CAPABILITIES, "processes 1"], "{said}");
    desk.ok(&["down"]);
}

#[test]
fn a_pod_of_root_can_do_nothing_to_the_machine() {
    if !testkit::needs_root() {
        return;
    }
    nothing_gets_out(&Desk::new());
}

#[test]
fn a_pod_of_an_ordinary_user_can_do_nothing_to_the_machine() {
    nothing_gets_out(&Desk::of_ordinary_user());
}

#[test]
fn a_pods_users_and_ports_are_as_in_a_cluster() {
    let desk = Desk::new();
    desk.ok(&["up", desk.sample().to_str().unwrap(), "--detach"]);
    let program = "import os, pwd, socket; s = socket.socket(); s.bind(('', 80)); \
         d = pwd.getpwnam('_daemon_').pw_uid; open('/tmp/f', 'w'); os.chown('/tmp/f', d, d); \
         print(os.stat('/tmp/f').st_uid == d, os.setuid(d), os.getuid() == d)";
    assert_eq!(desk.ok(&["exec", "--", "/usr/bin/python3", "-c", program]), "True None True\n");
    desk.ok(&["down"]);
}

/// The folders that a pod needs are made before its root is its own, where a link would lead to the host.
#[test]
fn a_link_of_a_rock_makes_no_folder_on_the_host() {
    for link in ["usr/local", "etc", "dev", "charm"] {
        let desk = Desk::new().with_charm("status-set blocked 'nothing is served here'");
        let (project, outside) = (desk.sample(), desk.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        let file = project.join("rockcraft.yaml");
        let script = format!("cd $CRAFT_PART_INSTALL; mkdir -p $(dirname {link}); ln -s {} {link}", outside.display());
        let part = format!("  links:\n    plugin: nil\n    override-build: {script}\n");
        fs::write(&file, fs::read_to_string(&file).unwrap() + &part).unwrap();
        let up = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
        assert_eq!(up.code, Some(1), "{up:?}");
        // A Python of the rock's own version has its names in /usr/local, which is a folder then.
        let is_taken = link == "usr/local" && up.err.contains("rock/usr/local: File exists");
        let is_refused = up.err.contains(&format!("cannot use /{link} of the rock, which is a link"));
        assert!(is_refused || is_taken, "{up:?}");
        assert_eq!(names(&outside), [""; 0], "{link}");
        desk.assert_nothing_left(&desk.processes());
    }
}
