//! The scripts' files in a folder of each test.

use std::os::unix::fs::{MetadataExt, symlink};

use tempfile::TempDir;

use super::*;

/// Scripts in a new folder.
fn scripts() -> (TempDir, Scripts) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("webcharm.yaml"), format!("scripts-folder: {}/opt\n", dir.path().display())).unwrap();
    let place = Place::of_charm(dir.path()).unwrap();
    (dir, Scripts::new(&place, "app").unwrap())
}

fn wanted(scripts: &[(Moment, &str)]) -> BTreeMap<Moment, String> {
    scripts.iter().map(|(moment, text)| (*moment, (*text).to_owned())).collect()
}

/// Names and texts of the files.
fn files(scripts: &Scripts) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(scripts.folder.as_str()) else { return BTreeMap::new() };
    let file = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    entries.map(|entry| file(entry.unwrap())).collect()
}

const TEXT: &str = "#!/bin/sh\r\necho ü";

#[test]
fn a_script_has_the_option_s_bytes_and_can_be_run() {
    let (_dir, scripts) = scripts();
    let changes = scripts.settle(&wanted(&[(Moment::BeforeBackup, TEXT), (Moment::AfterRestore, " ")])).unwrap();
    assert_eq!(changes.len(), 2);
    let found = files(&scripts);
    assert_eq!(found.len(), 2, "no draft is left");
    assert_eq!(found["run-before-backup"], TEXT.as_bytes());
    assert_eq!(found["run-after-restore"], b" ");
    let path = scripts.path(Moment::BeforeBackup);
    assert!(path.as_str().ends_with("/app/scripts/run-before-backup"));
    assert_eq!(fs::metadata(path.as_str()).unwrap().mode() & 0o7777, 0o755);
    assert_eq!(changes[0], Change::Written { path, has_interpreter: true });
}

#[test]
fn a_file_that_is_right_is_not_touched_and_a_wrong_one_is_put_right() {
    let (dir, scripts) = scripts();
    let wanted = wanted(&[(Moment::BeforeBackup, TEXT)]);
    let path = scripts.path(Moment::BeforeBackup);
    scripts.settle(&wanted).unwrap();
    let before = fs::metadata(path.as_str()).unwrap();
    assert_eq!(scripts.settle(&wanted).unwrap(), []);
    let after = fs::metadata(path.as_str()).unwrap();
    assert_eq!((after.mtime_nsec(), after.ino()), (before.mtime_nsec(), before.ino()));
    // Other text, other permissions, a link to the right text, a draft that a killed hook left.
    let elsewhere = dir.path().join("elsewhere");
    fs::write(&elsewhere, TEXT).unwrap();
    let faults: [&dyn Fn(); 4] = [
        &|| fs::write(path.as_str(), "#!/bin/sh\r\necho u").unwrap(),
        &|| fs::set_permissions(path.as_str(), Permissions::from_mode(0o644)).unwrap(),
        &|| fs::remove_file(path.as_str()).and_then(|()| symlink(&elsewhere, path.as_str())).unwrap(),
        &|| {
            fs::write(format!("{}/.run-before-backup.new", scripts.folder), "half").unwrap();
            fs::remove_file(path.as_str()).unwrap();
        },
    ];
    for fault in faults {
        fault();
        assert_eq!(scripts.settle(&wanted).unwrap().len(), 1);
        assert_eq!(files(&scripts), BTreeMap::from([("run-before-backup".to_owned(), TEXT.as_bytes().to_vec())]));
        let file = fs::symlink_metadata(path.as_str()).unwrap();
        assert!(file.is_file() && file.mode() & 0o7777 == 0o755);
    }
}

#[test]
fn an_unset_script_goes_and_the_others_stay() {
    let (_dir, scripts) = scripts();
    let all: Vec<_> = Moment::ALL.into_iter().map(|moment| (moment, TEXT)).collect();
    for gone in Moment::ALL {
        scripts.settle(&wanted(&all)).unwrap();
        let rest: Vec<_> = all.iter().copied().filter(|(moment, _)| *moment != gone).collect();
        assert_eq!(scripts.settle(&wanted(&rest)).unwrap(), [Change::Deleted { path: scripts.path(gone) }]);
        assert_eq!(files(&scripts).len(), 3);
        assert!(!files(&scripts).contains_key(gone.key()));
    }
}

#[test]
fn a_script_that_cannot_be_written_or_deleted_is_named() {
    let (_dir, scripts) = scripts();
    let path = scripts.path(Moment::AfterBackup);
    fs::create_dir_all(format!("{path}/folder")).unwrap();
    let error = scripts.settle(&wanted(&[(Moment::AfterBackup, TEXT)])).unwrap_err();
    assert!(juju::chain(&error).starts_with(&format!("cannot write {path}: ")), "{error}");
    assert_eq!(fs::read_dir(scripts.folder.as_str()).unwrap().count(), 1, "no draft is left");
    let error = scripts.settle(&BTreeMap::new()).unwrap_err();
    assert!(juju::chain(&error).starts_with(&format!("cannot delete {path}: ")), "{error}");
}

#[test]
fn the_folders_go_with_the_unit_but_not_those_of_other_applications() {
    let (dir, scripts) = scripts();
    let opt = dir.path().join("opt");
    scripts.delete().unwrap();
    scripts.settle(&wanted(&[(Moment::BeforeBackup, TEXT)])).unwrap();
    fs::create_dir(opt.join("other")).unwrap();
    scripts.delete().unwrap();
    assert_eq!(fs::read_dir(&opt).unwrap().count(), 1);
    scripts.settle(&wanted(&[(Moment::BeforeBackup, TEXT)])).unwrap();
    fs::remove_dir(opt.join("other")).unwrap();
    scripts.delete().unwrap();
    assert!(!opt.exists());
}
