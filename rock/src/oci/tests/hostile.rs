//! Archives that are broken, too large or want to write elsewhere.

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
    // These aren't refused: the links lead where they would in a root of their own.
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
    let error = told(&desk.unpacked(layers).unwrap_err());
    let left: Vec<_> = fs::read_dir(desk.0.path().join("cache")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"], "nothing half is left");
    error
}

#[test]
fn what_a_pod_writes_itself_is_no_link() {
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
    let limits = Limits { bytes: 1 << 20, entries: 50 };
    let large = "x".repeat(600_000);
    let one = [(FILE, "a", large.as_str(), 0o644)];
    assert!(Desk::new().unpacked_within(limits, &[gzip(&layer(&one))]).is_ok());
    let two = [one[0], (FILE, "b", large.as_str(), 0o644)];
    let told_of = |layers: &[Vec<u8>]| told(&Desk::new().unpacked_within(limits, layers).unwrap_err());
    assert!(told_of(&[gzip(&layer(&two))]).contains("larger than any"), "also when it compresses to nothing");
    assert!(told_of(&[layer(&one), layer(&[(FILE, "b", large.as_str(), 0o644)])]).contains("larger than any"));
    let many: Vec<String> = (0..60).map(|n| format!("f{n}")).collect();
    let many: Vec<Item<'_>> = many.iter().map(|name| (FILE, name.as_str(), "", 0o644)).collect();
    assert!(told_of(&[layer(&many)]).contains("more files"));
    let deep = "d/".repeat(49) + "f";
    assert!(told_of(&[layer(&[(FILE, deep.as_str(), "", 0o644), (FILE, "g", "", 0o644)])]).contains("more files"));
    // A name of many megabytes, in the header that GNU's tar has for long ones.
    let name = "n".repeat(16 << 20);
    let bomb = layer(&[(EntryType::GNULongName, "././@LongLink", &name, 0o644), (FILE, "a", "", 0o644)]);
    assert!(told_of(&[gzip(&bomb)]).contains("headers of an entry are too large"));
}

type Change<'a> = &'a dyn Fn(&mut Files);

#[test]
fn a_broken_archive_says_what_is_broken() {
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
        told(&rock.and_then(|rock| rock.image(&Cache::new(desk.0.path().join("c")), &Quiet::default())).unwrap_err())
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
    let error = told(&Rock::open(&Desk::new().archive(&docker)).unwrap_err());
    assert!(error.contains("Docker archive") && error.contains("skopeo copy"), "{error}");
    assert!(matches!(Rock::open(Path::new("/no/such.rock")), Err(Error::Read { .. })));
}

#[test]
fn a_rock_for_other_machines_is_refused() {
    let other = if document::machine() == "linux/s390x" { "amd64" } else { "s390x" };
    let desk = Desk::new();
    let mut good = files(&[]);
    // The documents name each other by digest: they're written anew from the one that differs.
    good.retain(|name, _| !name.starts_with("blobs"));
    let mut put = |text: String| {
        good.insert(format!("blobs/sha256/{}", digest(text.as_bytes())), text.clone().into_bytes());
        serde_json::json!({"digest": format!("sha256:{}", digest(text.as_bytes())), "size": text.len()})
    };
    let config = put(format!(r#"{{"os": "linux", "architecture": "{other}"}}"#));
    let manifest = put(serde_json::json!({"config": config, "layers": []}).to_string());
    good.insert("index.json".into(), serde_json::json!({"manifests": [manifest]}).to_string().into_bytes());
    let error = told(&Rock::open(&desk.archive(&good)).unwrap_err());
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
