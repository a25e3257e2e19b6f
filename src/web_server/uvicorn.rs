//! Uvicorn: configured by variables. Logs in JSON take two files: Python classes, and a configuration of logging. Pure.

use std::collections::BTreeMap;

use super::Setup;
use crate::framework::Framework;
use crate::services::PYTHONPATH;

/// Python code of the classes that write records as JSON.
const LOG_HANDLER: &str = concat!(include_str!("json_records.py"), include_str!("uvicorn/uvicorn_log_handler.py"));

/// Configuration of uvicorn's loggers that uses these classes.
const LOG_CONFIG: &str = include_str!("uvicorn/uvicorn-log-config.json");

/// Folder of the files, the same as the Python framework's.
fn log_config_dir(framework: &Framework) -> String {
    format!("/tmp/{}/log_config", framework.name)
}

fn log_config_path(framework: &Framework) -> String {
    format!("{}/uvicorn-log-config.json", log_config_dir(framework))
}

/// Files for logs in JSON, by path.
pub(super) fn json_files(framework: &Framework) -> BTreeMap<String, String> {
    let handler = format!("{}/uvicorn_log_handler.py", log_config_dir(framework));
    [(handler, LOG_HANDLER.to_owned()), (log_config_path(framework), LOG_CONFIG.to_owned())].into()
}

/// Makes the setup for logs in JSON. Uvicorn reads the files only at its start.
pub(super) fn json(framework: &Framework) -> Setup {
    let environment = [(PYTHONPATH, log_config_dir(framework)), ("UVICORN_LOG_CONFIG", log_config_path(framework))];
    Setup {
        folders: vec![log_config_dir(framework)],
        files: json_files(framework),
        environment: environment.into_iter().collect(),
        at_start: format!("{LOG_HANDLER}{LOG_CONFIG}"),
        ..Setup::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::fastapi::FASTAPI;

    #[test]
    fn logs_in_json_take_two_files_and_two_variables() {
        let setup = json(&FASTAPI);
        let paths: Vec<_> = setup.files.keys().map(String::as_str).collect();
        let dir = "/tmp/fastapi/log_config";
        let expected = [format!("{dir}/uvicorn-log-config.json"), format!("{dir}/uvicorn_log_handler.py")];
        assert_eq!(paths, expected);
        assert_eq!(setup.environment[PYTHONPATH], dir);
        assert_eq!(setup.environment["UVICORN_LOG_CONFIG"], expected[0]);
        assert!((setup.check.is_none(), setup.reloads) == (true, false));
    }

    #[test]
    fn the_configuration_names_what_the_file_beside_it_has() {
        let config: serde_json::Value = serde_json::from_str(LOG_CONFIG).unwrap();
        for class in [&config["filters"]["trace-ids"]["()"], &config["formatters"]["json"]["()"]] {
            let class = class.as_str().unwrap().strip_prefix("uvicorn_log_handler.").unwrap();
            assert!(LOG_HANDLER.contains(&format!("class {class}")), "{class}");
        }
    }
}
