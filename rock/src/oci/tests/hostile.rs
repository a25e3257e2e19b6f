//! Archives that are broken, too large or write outside their root.

use proptest::prelude::*;

use super::*;

#[test]
fn no_entry_leads_out_of_the_root() {
    let outside = tempfile::tempdir().unwrap();
    let out = outside.path().to_str().unwrap();
    let up = "../".repeat(20);
    let deep = format!("{up}{}", out.trim_start_matches('/'));
    for (items, why) in [
        (&[(FILE, "../x", "1", 0o644)][..], "leads out of the rock"),
        (&[(FILE, "a/../../x", "1", 0o644)], "leads out of the rock"),
        (&[(HARD, "x", "../../etc/passwd", 0o644)], "leads out of the rock"),
        (&[(FILE, "a/.wh...", "", 0o644)], "hides nothing"),
        (&[(FILE, ".wh.", "", 0o644)], "hides nothing"),
        (&[(HARD, "x", "etc/passwd", 0o644)], "which isn't there"),
        (&[(DIR, "d", "", 0o755), (HARD, "x", "d", 0o644)], "a link to a folder"),
        (&[(FILE, "f", "1", 0o644), (HARD, "f", "f", 0o644)], "leads to itself"),
        (&[(LINK, "a", "b", 0o777), (LINK, "b", "a", 0o777), (FILE, "a/x", "1", 0o644)], "too many links"),
        (&[(FILE, "f", "1", 0o644), (FILE, "f/x", "1", 0o644)], "f/x"),
        (&[(LINK, "x", "", 0o777)], "leads nowhere"),
    ] {
        let error = desk_error(&[layer(items)]);
        assert!(error.contains(why) && error.contains("my-app_0.1_amd64.rock, layer 1"), "{items:?}: {error}");
    }
    // These are allowed: the links are resolved inside the root.
    for target in [out, deep.as_str()] {
        let root = Desk::new();
        let dir =
            root.unpacked(&[layer(&[(LINK, "l", target, 0o777), (FILE, "l/x", "1", 0o644), (FILE, "l/.wh.x", "", 0)])]);
        let dir = dir.unwrap();
        assert!(dir.join(out.trim_start_matches('/')).join("x").exists());
        let over =
            [layer(&[(LINK, "etc", target, 0o777), (FILE, "f", "1", 0o644)]), layer(&[(HARD, "etc/g", "f", 0o644)])];
        let dir = root.unpacked(&over).unwrap();
        assert!(dir.join("etc").is_dir() && !dir.join("etc").is_symlink(), "a pod writes in etc: it's the root's own");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "nothing was written outside");
}

fn desk_error(layers: &[Vec<u8>]) -> String {
    let desk = Desk::new();
    let error = message(&desk.unpacked(layers).unwrap_err());
    let left: Vec<_> = fs::read_dir(desk.0.path().join("cache")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"], "nothing half is left");
    error
}

#[test]
fn files_that_a_pod_writes_are_no_links() {
    let links = ["etc/passwd", "etc/hosts"].map(|path| (LINK, path, "/etc/shadow", 0o777));
    let folders = ["dev", "charm", "var"].map(|path| (LINK, path, "/usr", 0o777));
    let desk = Desk::new();
    let root = desk.unpacked(&[layer(&[links.as_slice(), folders.as_slice()].concat())]).unwrap();
    for (_, path, ..) in folders {
        assert!(root.join(path).symlink_metadata().unwrap().is_dir(), "{path}");
    }
    assert!(!root.join("etc/passwd").is_symlink() && !root.join("etc/hosts").is_symlink());
}

#[test]
fn sizes_are_bounded() {
    let limits = Limits { bytes: 1 << 20, entries: 50, ..LIMITS };
    let large = "x".repeat(600_000);
    let one = [(FILE, "a", large.as_str(), 0o644)];
    assert!(Desk::new().unpacked_within(limits, &[gzip(&layer(&one))]).is_ok());
    let two = [one[0], (FILE, "b", large.as_str(), 0o644)];
    let message_of = |layers: &[Vec<u8>]| message(&Desk::new().unpacked_within(limits, layers).unwrap_err());
    assert!(message_of(&[gzip(&layer(&two))]).contains("larger than any"), "also when it compresses to nothing");
    assert!(message_of(&[layer(&one), layer(&[(FILE, "b", large.as_str(), 0o644)])]).contains("larger than any"));
    let many: Vec<String> = (0..60).map(|n| format!("f{n}")).collect();
    let many: Vec<Item<'_>> = many.iter().map(|name| (FILE, name.as_str(), "", 0o644)).collect();
    assert!(message_of(&[layer(&many)]).contains("more files"));
    let deep = "d/".repeat(49) + "f";
    assert!(message_of(&[layer(&[(FILE, deep.as_str(), "", 0o644), (FILE, "g", "", 0o644)])]).contains("more files"));
    // A name of many megabytes, in the header that GNU's tar has for long ones.
    let name = "n".repeat(16 << 20);
    let bomb = layer(&[(EntryType::GNULongName, "././@LongLink", &name, 0o644), (FILE, "a", "", 0o644)]);
    assert!(message_of(&[gzip(&bomb)]).contains("headers of an entry are too large"));
}

/// A layer of gzip members, one for each of `parts` and repeated the given number of times.
fn members(parts: &[(&[u8], usize)]) -> Vec<u8> {
    let small = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    parts.iter().flat_map(|(bytes, times)| small(bytes).repeat(*times)).collect()
}

/// The header of an entry, without its content.
fn header(kind: EntryType, path: &str, size: u64) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_path(path).unwrap();
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn seven_hundred_megabytes_of_users_are_refused_at_the_first() {
    let chunk = vec![b'x'; 7 << 20];
    for path in ["etc/passwd", "etc/group", "etc/hosts"] {
        let layer = members(&[(&header(FILE, path, 700 << 20), 1), (&chunk, 100), (&[0; 1024], 1)]);
        assert!(layer.len() < 1 << 20, "{}", layer.len());
        let error = desk_error(&[layer]);
        let why = format!("{path}: {path} is larger than 1048576 bytes, the most that a pod reads: make it smaller");
        assert!(error.contains(&why), "{error}");
    }
    // A large file of another name, and a hard link to it.
    let large = "x".repeat(2 << 20);
    let error = desk_error(&[layer(&[(FILE, "f", &large, 0o644), (HARD, "etc/passwd", "f", 0o644)])]);
    assert!(error.contains("etc/passwd is larger than 1048576 bytes"), "{error}");
}

#[test]
fn a_layer_that_unpacks_to_a_thousand_times_its_size_is_refused() {
    let chunk = vec![0; 7 << 20];
    let layer = members(&[(&header(FILE, "a", 70 << 20), 1), (&chunk, 10), (&[0; 1024], 1)]);
    let limits = Limits { inflated: 10 << 20, ..LIMITS };
    let error = message(&Desk::new().unpacked_within(limits, std::slice::from_ref(&layer)).unwrap_err());
    assert!(error.contains("it unpacks to many times its size"), "{error}");
    assert!(Desk::new().unpacked(&[layer]).is_ok(), "a small rock may");
    // Headers count too: many entries without content, each with a long name.
    let name = format!("{}\0", format!("{}/", "n".repeat(99)).repeat(40));
    let long = [header(EntryType::GNULongName, "././@LongLink", 4001), name.into_bytes(), vec![0; 95]].concat();
    let entry = [long, header(FILE, "a", 0)].concat();
    let layer = members(&[(&entry.repeat(1000), 5), (&[0; 1024], 1)]);
    let error = message(&Desk::new().unpacked_within(limits, &[layer]).unwrap_err());
    assert!(error.contains("it unpacks to many times its size"), "{error}");
}

#[test]
fn a_path_of_two_million_folders_is_refused_at_once() {
    // Two megabytes of path are two kilobytes of layer.
    let path = format!("{}f\0", "d/".repeat(1 << 20));
    let size = path.len() as u64;
    let padding = vec![0; 512 - path.len() % 512];
    let long = [header(EntryType::GNULongName, "././@LongLink", size), path.into_bytes(), padding].concat();
    let entry = [long, header(FILE, "a", 0)].concat();
    let layer = members(&[(&entry, 20), (&[0; 1024], 1)]);
    assert!(layer.len() < 153 << 10, "{}", layer.len());
    let error = desk_error(&[layer]);
    assert!(error.contains("its path is longer than 4096 bytes or deeper than 128 folders"), "{error}");
    assert!(error.len() < 1000, "{}", error.len());
    let deep = |depth: usize| vec![layer_of_depth(depth)];
    assert!(Desk::new().unpacked(&deep(128)).is_ok());
    assert!(desk_error(&deep(129)).contains("deeper than 128 folders"));
}

fn layer_of_depth(depth: usize) -> Vec<u8> {
    let path = "d/".repeat(depth - 1) + "f";
    let long = [header(EntryType::GNULongName, "././@LongLink", path.len() as u64), path.clone().into_bytes()].concat();
    let padding = vec![0; 512 - path.len() % 512];
    [long, padding, header(FILE, "a", 0), vec![0; 1024]].concat()
}

#[test]
fn links_that_lead_through_many_names_use_up_the_steps() {
    let through = "d/".repeat(20) + &"../".repeat(19);
    let names: Vec<String> = (0..50).map(|number| format!("l/{number}/f")).collect();
    let mut items = vec![(LINK, "l", through.as_str(), 0o777)];
    items.extend(names.iter().map(|name| (FILE, name.as_str(), "", 0o644)));
    assert!(Desk::new().unpacked(&[layer(&items)]).is_ok());
    let limits = Limits { steps: 500, ..LIMITS };
    let error = message(&Desk::new().unpacked_within(limits, &[layer(&items)]).unwrap_err());
    assert!(error.contains("longer paths than any rock that is unpacked here"), "{error}");
}

#[test]
fn a_folder_is_emptied_once_however_many_markers_it_has() {
    let files: Vec<String> = (0..300).map(|number| format!("a/{number}")).collect();
    let lower: Vec<Item<'_>> = files.iter().map(|name| (FILE, name.as_str(), "", 0o644)).collect();
    let mut upper = vec![(FILE, "a/new", "", 0o644)];
    upper.extend([(FILE, "a/.wh..wh..opq", "", 0); 2000]);
    upper.push((FILE, "a/later", "", 0o644));
    upper.extend([(FILE, ".wh.a", "", 0); 2000]);
    // One pass over the files fits the limit; one pass per whiteout wouldn't.
    let limits = Limits { steps: 1000, ..LIMITS };
    let desk = Desk::new();
    let root = desk.unpacked_within(limits, &[layer(&lower), layer(&upper)]).unwrap();
    assert!(root.join("a/new").exists() && root.join("a/later").exists() && !root.join("a/7").exists());
    let few = Limits { steps: 200, ..LIMITS };
    let error = message(&Desk::new().unpacked_within(few, &[layer(&lower), layer(&upper)]).unwrap_err());
    assert!(error.contains("longer paths than any"), "{error}");
}

#[test]
fn a_size_beyond_the_file_and_headers_without_end_are_refused() {
    let open = |bytes: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.rock");
        fs::write(&path, bytes).unwrap();
        message(&Rock::open(&path).unwrap_err())
    };
    for size in [1 << 40, u64::MAX - 600, u64::MAX] {
        let error = open(&[header(FILE, "oci-layout", size), vec![0; 1024]].concat());
        assert!(error.contains("x.rock is no rock: "), "{size}: {error}");
    }
    let name =
        [header(EntryType::GNULongName, "././@LongLink", 8 << 20), vec![b'n'; 8 << 20], header(FILE, "a", 0)].concat();
    assert!(open(&name).contains("the headers of an entry are too large"), "{}", open(&name));
    let many = header(EntryType::Directory, "d/", 0).repeat(10_001);
    assert!(open(&many).contains("it has more than 10000 files"), "{}", open(&many));
}

#[test]
fn a_file_that_is_no_rock_is_not_quoted() {
    let users = "root:x:0:0:root:/root:/bin/bash\nplanted:x:1:1:planted:/planted:/bin/sh\n".repeat(40);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.rock");
    fs::write(&path, &users).unwrap();
    let expected = "is no rock: it can't be read as a tar: what should be a header is none; `webcharm up` takes an \
                    application's folder or a rock that `rockcraft pack` wrote";
    assert_eq!(message(&Rock::open(&path).unwrap_err()), format!("{} {expected}", path.display()));
    // The same in a layer, and in a document.
    let error = desk_error(&[users.clone().into_bytes()]);
    assert!(error.contains("what should be a header is none") && !error.contains("planted"), "{error}");
    for index in ["\"planted\"", "{\"manifests\": [\"planted\"]}"] {
        let mut good = files(&[]);
        good.insert("index.json".into(), index.into());
        let error = message(&Rock::open(&Desk::new().archive(&good)).unwrap_err());
        assert!(error.contains("index.json: not the value expected at line 1 column "), "{error}");
        assert!(!error.contains("planted"), "{error}");
    }
}

#[test]
fn a_fifo_and_a_device_are_no_rocks() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("FIFO.rock");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    assert_eq!(Rock::open(&fifo).unwrap_err().to_string(), format!("{} is a FIFO, not a file", fifo.display()));
    assert_eq!(Rock::open(Path::new("/dev/zero")).unwrap_err().to_string(), "/dev/zero is a device, not a file");
    assert_eq!(
        Rock::open(dir.path()).unwrap_err().to_string(),
        format!("{} is a folder, not a file", dir.path().display())
    );
}

#[test]
fn control_characters_of_an_archive_are_escaped() {
    let error = desk_error(&[layer(&[(FILE, "\u{1b}]0;x\u{7}/../f", "", 0o644)])]);
    assert!(error.contains("\\u{1b}]0;x\\u{7}/../f: a path with .. leads out of the rock"), "{error}");
    let desk = Desk::new();
    let mut good = files(&[]);
    let (digest, kind) = ("sha256:\u{1b}[31m", "application/vnd.oci.image.manifest.v1+json");
    let index = serde_json::json!({"manifests": [{"mediaType": kind, "digest": digest, "size": 1}]});
    good.insert("index.json".into(), index.to_string().into_bytes());
    let error = message(&Rock::open(&desk.archive(&good)).unwrap_err());
    assert!(error.contains("sha256:\\u{1b}[31m is no sha256 digest"), "{error}");
}

type Change<'a> = &'a dyn Fn(&mut Files);

#[test]
fn the_error_about_a_broken_archive_names_the_fault() {
    let good = files(&[gzip(&layer(&[(FILE, "a", "1", 0o644)]))]);
    let blob = |good: &Files| {
        good.iter()
            .find(|(name, bytes)| name.starts_with("blobs") && bytes[0] == 0x1f)
            .map(|(name, _)| name.clone())
            .unwrap()
    };
    let error_of = |change: &dyn Fn(&mut Files)| {
        let (desk, mut files) = (Desk::new(), good.clone());
        change(&mut files);
        let rock = Rock::open(&desk.archive(&files));
        message(&rock.and_then(|rock| rock.image(&Cache::new(desk.0.path().join("c")), &Quiet::default())).unwrap_err())
    };
    let name = blob(&good);
    let changes: [(Change<'_>, &str); 6] = [
        (&|files| drop(files.remove("oci-layout")), "`rockcraft pack` makes"),
        (&|files| drop(files.insert("index.json".into(), b"{".to_vec())), "index.json: EOF"),
        (&|files| drop(files.insert("index.json".into(), br#"{"manifests": []}"#.to_vec())), "names no image"),
        (&|files| drop(files.remove(&name)), "it lacks the blob sha256:"),
        (&|files| files.get_mut(&name).unwrap()[20] ^= 1, "has another digest"),
        (&|files| files.get_mut(&name).unwrap().push(0), "bytes, not"),
    ];
    for (change, why) in changes {
        let error = error_of(change);
        assert!(error.contains(why), "{why}: {error}");
    }
    let docker = BTreeMap::from([("manifest.json".to_owned(), b"[]".to_vec())]);
    let error = message(&Rock::open(&Desk::new().archive(&docker)).unwrap_err());
    assert!(error.contains("Docker archive") && error.contains("skopeo copy"), "{error}");
    assert!(matches!(Rock::open(Path::new("/no/such.rock")), Err(Error::File(folder::Error::Read { .. }))));
}

#[test]
fn a_rock_for_other_machines_is_refused() {
    let other = if document::machine() == "linux/s390x" { "amd64" } else { "s390x" };
    let desk = Desk::new();
    let mut good = files(&[]);
    // The documents refer to each other by digest, so all of them are written anew.
    good.retain(|name, _| !name.starts_with("blobs"));
    let mut put = |text: String| {
        good.insert(format!("blobs/sha256/{}", digest(text.as_bytes())), text.clone().into_bytes());
        serde_json::json!({"digest": format!("sha256:{}", digest(text.as_bytes())), "size": text.len()})
    };
    let config = put(format!(r#"{{"os": "linux", "architecture": "{other}"}}"#));
    let manifest = put(serde_json::json!({"config": config, "layers": []}).to_string());
    good.insert("index.json".into(), serde_json::json!({"manifests": [manifest]}).to_string().into_bytes());
    let error = message(&Rock::open(&desk.archive(&good)).unwrap_err());
    assert!(error.contains(&format!("is for linux/{other}, this machine is linux/")), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let desk = Desk::new();
        let path = desk.0.path().join("x.rock");
        fs::write(&path, &bytes).unwrap();
        prop_assert!(Rock::open(&path).is_err());
        let _ = desk.unpacked(&[bytes]);
    }

    #[test]
    fn any_entries_stay_inside(items in prop::collection::vec(
        (0..4usize, "(\\.\\./|/|a|b|\\.wh\\.|/\\.wh\\.\\.wh\\.\\.opq|\\.){1,5}", "(\\.\\./|/|a|b){1,4}"), 0..12)
    ) {
        let outside = tempfile::tempdir_in("/tmp").unwrap();
        let desk = Desk(tempfile::tempdir_in(outside.path()).unwrap());
        let kinds = [FILE, DIR, LINK, HARD];
        let items: Vec<Item<'_>> = items.iter().map(|(kind, path, to)| (kinds[*kind], path.as_str(), to.as_str(), 0o755)).collect();
        let _ = desk.unpacked(&[layer(&items)]);
        prop_assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
        let mut names: Vec<_> = fs::read_dir(desk.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        prop_assert!(names == ["cache", "my-app_0.1_amd64.rock"]);
    }
}
