//! Reads of the author's dashboards and alert rules, files in the charm's folder.

use std::fs::{self, DirEntry, File};
use std::io::Read;
use std::path::Path;

use crate::assets::{Assets, DASHBOARDS, FOLDER, LOG_RULES, METRIC_RULES};

/// Largest file, in bytes.
const LARGEST: u64 = 1 << 20;

/// Most bytes of all files together: they become values of one databag.
const MOST: u64 = 4 << 20;

/// Reads the author's files. A missing folder has none.
pub(super) fn read(charm_dir: &Path) -> Assets {
    let mut assets = Assets::default();
    let mut left = MOST;
    for entry in entries(&charm_dir.join(FOLDER)) {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if [DASHBOARDS, METRIC_RULES, LOG_RULES].contains(&name.as_str()) && path.is_dir() {
            for file in entries(&path).into_iter().filter(|entry| entry.path().is_file()) {
                add(&mut assets, &mut left, &name, &file);
            }
        } else {
            let remedy = format!("is none of the folders {DASHBOARDS}, {METRIC_RULES} and {LOG_RULES}");
            assets.refuse(&name, &remedy);
        }
    }
    assets
}

fn add(assets: &mut Assets, left: &mut u64, folder: &str, file: &DirEntry) {
    let name = file.file_name().to_string_lossy().into_owned();
    let refuse = |assets: &mut Assets, fault: &str| assets.refuse(&format!("{folder}/{name}"), fault);
    let mut text = Vec::new();
    let read = File::open(file.path()).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
    match read {
        Err(error) => refuse(assets, &format!("can't be read: {error}")),
        Ok(bytes) if bytes as u64 > LARGEST => refuse(assets, "is longer than 1 MiB"),
        Ok(bytes) if bytes as u64 > *left => refuse(assets, "makes all files longer than 4 MiB"),
        Ok(bytes) => {
            *left -= bytes as u64;
            assets.add(folder, &name, &text);
        }
    }
}

/// Entries of a folder in the order of their names. A folder that can't be read has none.
fn entries(folder: &Path) -> Vec<DirEntry> {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(DirEntry::file_name);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_three_folders_are_read_and_what_is_elsewhere_is_told() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), Assets::default());
        let write = |path: &str, text: &str| {
            let path = dir.path().join(FOLDER).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("grafana_dashboards/mine.json", "{}");
        write("grafana_dashboards/deeper/other.json", "{}");
        write("grafana_dashboards/huge.json", &format!("[{}", " ".repeat(1 << 20)));
        for number in 0..5 {
            let rule = format!("{{alert: A, expr: a}}{}", " ".repeat(1_000_000));
            write(&format!("loki_alert_rules/{number}.rule"), &rule);
        }
        write("grafana_dashboard/typo.json", "{}");
        write("stray.txt", "");
        let assets = read(dir.path());
        assert_eq!(assets.dashboards.keys().collect::<Vec<_>>(), ["custom_mine.json"]);
        let folders = "the folders grafana_dashboards, prometheus_alert_rules and loki_alert_rules";
        let expected = [
            format!("cos_custom/grafana_dashboard is left out: it is none of {folders}"),
            "cos_custom/grafana_dashboards/huge.json is left out: it is longer than 1 MiB".to_owned(),
            "cos_custom/loki_alert_rules/4.rule is left out: it makes all files longer than 4 MiB".to_owned(),
            format!("cos_custom/stray.txt is left out: it is none of {folders}"),
        ];
        assert_eq!(assets.faults, expected);
    }
}
