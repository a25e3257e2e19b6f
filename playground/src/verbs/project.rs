//! Verbs for a project's folder, which need no model: `init`, `lint` and `pack`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pack::{Charm, Finding, Platform};

use crate::binaries;
use crate::cli;
use crate::ui::{note, print};

/// Reasons why a verb for a project failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project can't be read, or is refused.
    #[error(transparent)]
    Project(#[from] pack::Error),
    /// The charm's binary isn't there.
    #[error(transparent)]
    Binaries(#[from] binaries::Error),
    /// A given binary can't be read.
    #[error("cannot read the binary {path}")]
    Binary {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// No binary is for the platform.
    #[error("there is no binary of the charm for {0}: give one with `--binary FILE`, once for each platform")]
    NoBinary(String),
    /// The source of the charm framework is unknown.
    #[error(
        "the crates of the charm framework are on no registry: name a folder with webcharm's source, or the URL of its git \
         repository, with `--juju FOLDER|URL`"
    )]
    NoSource,
    /// The project has no such platform.
    #[error("charmcraft.yaml has no platform {label}, only {}", known.join(", "))]
    NoPlatform {
        /// The one asked for.
        label: String,
        /// Those it has.
        known: Vec<String>,
    },
}

/// `init`: writes a project's missing files, and prints the commands to type next.
///
/// # Errors
/// When no framework is recognised, or several are, or a file can't be written.
pub fn init(args: &cli::Init) -> Result<ExitCode, Error> {
    if let Some(name) = &args.charm {
        return init_charm(args, name);
    }
    let project = pack::init(&args.folder, args.framework)?;
    print(&summary(&args.folder, &project));
    Ok(ExitCode::SUCCESS)
}

/// `init --charm`: writes the missing files of a charm in Rust.
fn init_charm(args: &cli::Init, name: &str) -> Result<ExitCode, Error> {
    let source = args.juju.clone().or_else(|| pack::CrateSource::above(&args.folder)).ok_or(Error::NoSource)?;
    let project = pack::init_charm(&args.folder, name, &source)?;
    let mut text = format!("{name}: a charm in Rust\n");
    list(&mut text, &project.written, &project.kept);
    let folder = args.folder.display();
    print(&format!(
        "{text}\n  cargo test --manifest-path {folder}/Cargo.toml\n  webcharm up {folder}\n  webcharm pack {folder}\n"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Adds a line for each file that was written or kept.
fn list(text: &mut String, written: &[PathBuf], kept: &[PathBuf]) {
    for (word, paths) in [("wrote", written), ("kept", kept)] {
        paths.iter().for_each(|path| text.push_str(&format!("  {word:5} {}\n", path.display())));
    }
}

fn summary(folder: &Path, project: &pack::Project) -> String {
    let how = project.how.as_ref().map(|how| format!(", {how}")).unwrap_or_default();
    let mut text = format!("{}: {}{how}\n", project.name, project.framework);
    list(&mut text, &project.written, &project.kept);
    project.remarks.iter().for_each(|remark| text.push_str(&format!("  note: {remark}\n")));
    text + &format!("\n  webcharm up {}\n  webcharm pack {}\n", folder.display(), project.charm.display())
}

/// `lint`: prints all findings; fails if one is a refusal.
///
/// # Errors
/// When there is no project.
pub fn lint(args: &cli::Lint) -> Result<ExitCode, Error> {
    let found = pack::lint(&args.folder)?;
    found.iter().for_each(|finding| print(&format!("{finding}\n")));
    if found.iter().any(Finding::is_refusal) {
        return Ok(ExitCode::FAILURE);
    }
    print("no refusals: Juju and charmcraft accept the project\n");
    Ok(ExitCode::SUCCESS)
}

/// `pack`: writes one file for each platform that has a binary.
///
/// # Errors
/// When the project is refused, or no binary fits.
pub fn pack(args: &cli::Pack) -> Result<ExitCode, Error> {
    let (refused, advice): (Vec<_>, Vec<_>) = pack::lint(&args.folder)?.into_iter().partition(Finding::is_refusal);
    advice.iter().for_each(|finding| note(&finding.to_string()));
    if !refused.is_empty() {
        return Err(pack::Error::Refused(refused).into());
    }
    let charm = Charm::with_dispatch(&args.folder, Vec::new())?;
    let binaries = binaries(args, &charm)?;
    let platforms = platforms(args, &charm)?;
    let fits = |platform: &&Platform| fitting(&binaries, platform).is_some();
    let (packed, left): (Vec<_>, Vec<_>) = platforms.iter().copied().partition(fits);
    if let Some(platform) = left.first().filter(|_| packed.is_empty()) {
        return Err(Error::NoBinary(platform.architecture.clone()));
    }
    for platform in &packed {
        let out = output(args, platforms.len(), &platform.file_name(&charm.name));
        let binary = fitting(&binaries, platform).cloned().unwrap_or_default();
        charm.on(platform, binary).write(&out)?;
        print(&format!("{}\n", out.display()));
    }
    left.iter().for_each(|platform| note(&format!("left out: {}", Error::NoBinary(platform.architecture.clone()))));
    Ok(ExitCode::SUCCESS)
}

/// The charm's binaries: the given ones, or else those beside this program: `dispatch`, and for other architectures
/// `dispatch-ARCHITECTURE` or the packed charm in the folder ARCHITECTURE, where a release has it.
fn binaries(args: &cli::Pack, charm: &Charm) -> Result<Vec<Vec<u8>>, Error> {
    let read =
        |path: PathBuf| fs::read(&path).map_err(|source| Error::Binary { path: path.display().to_string(), source });
    if !args.binary.is_empty() {
        return args.binary.iter().cloned().map(read).collect();
    }
    let extends = pack::RustPart::extending(&args.folder)?.is_some();
    let Some(framework) = charm.framework.filter(|_| !extends) else {
        return Ok(vec![binaries::charm(&args.folder, charm.framework, pack::Profile::Release)?]);
    };
    let dir = binaries::own()?.parent().unwrap_or(Path::new("/")).to_owned();
    let mut found = Vec::new();
    for architecture in charm.platforms.iter().map(|platform| platform.architecture.as_str()) {
        let (plain, packed) = other(&dir, architecture, framework.name());
        if plain.is_file() {
            found.push(read(plain)?);
        } else if packed.is_file() {
            found.push(pack::entry(&packed, "dispatch")?);
        }
    }
    match binaries::dispatch(framework.name()) {
        Err(error) if found.is_empty() => return Err(error.into()),
        other => found.extend(other),
    }
    Ok(found)
}

fn other(dir: &Path, architecture: &str, framework: &str) -> (PathBuf, PathBuf) {
    (dir.join(format!("dispatch-{architecture}")), dir.join(architecture).join(format!("{framework}.charm")))
}

/// The binary for a platform. A file that names no architecture fits every platform.
fn fitting<'a>(binaries: &'a [Vec<u8>], platform: &Platform) -> Option<&'a Vec<u8>> {
    let fits = |architecture| architecture == platform.architecture;
    binaries.iter().find(|binary| pack::architecture(binary).is_none_or(fits))
}

fn platforms<'a>(args: &cli::Pack, charm: &'a Charm) -> Result<Vec<&'a Platform>, Error> {
    let asked = |platform: &&Platform| args.platform.as_ref().is_none_or(|label| *label == platform.label);
    let platforms: Vec<&Platform> = charm.platforms.iter().filter(asked).collect();
    match &args.platform {
        Some(label) if platforms.is_empty() => {
            let known = charm.platforms.iter().map(|platform| platform.label.clone()).collect();
            Err(Error::NoPlatform { label: label.clone(), known })
        }
        _ => Ok(platforms),
    }
}

/// Path of a packed file. Several files go into a folder; a single one may have a given name.
fn output(args: &cli::Pack, platforms: usize, name: &str) -> PathBuf {
    match &args.output {
        None => PathBuf::from(name),
        Some(folder) if platforms > 1 || folder.is_dir() => folder.join(name),
        Some(file) => file.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "name: hello\ntype: charm\nsummary: Hello\ndescription: Hello\nbase: ubuntu@24.04\n\
                           platforms:\n  amd64:\n  arm64:\nextensions: [flask-framework]\n";

    fn elf(machine: u8) -> Vec<u8> {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.resize(18, 0);
        header.extend([machine, 0]);
        header
    }

    fn desk(project: &str) -> (tempfile::TempDir, cli::Pack) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("charmcraft.yaml"), project).unwrap();
        fs::write(dir.path().join("amd"), elf(62)).unwrap();
        fs::write(dir.path().join("arm"), elf(183)).unwrap();
        let (folder, output) = (dir.path().to_owned(), Some(dir.path().join("out")));
        let args = cli::Pack { folder, binary: vec![dir.path().join("amd")], platform: None, output };
        (dir, args)
    }

    #[test]
    fn each_platform_gets_the_binary_that_is_for_it() {
        let (dir, args) = desk(PROJECT);
        let args = cli::Pack { binary: vec![dir.path().join("arm"), dir.path().join("amd")], ..args };
        pack(&args).unwrap();
        for (name, machine) in [("hello_amd64.charm", 62), ("hello_arm64.charm", 183)] {
            assert_eq!(pack::entry(&dir.path().join("out").join(name), "dispatch").unwrap(), elf(machine));
        }
    }

    #[test]
    fn a_platform_without_a_binary_is_left_out_unless_asked_for() {
        let (dir, args) = desk(PROJECT);
        pack(&args).unwrap();
        let packed: Vec<_> = fs::read_dir(dir.path().join("out")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(packed, ["hello_amd64.charm"]);
        let error = pack(&cli::Pack { platform: Some("arm64".into()), ..args.clone() }).unwrap_err();
        assert!(error.to_string().contains("for arm64") && error.to_string().contains("--binary"), "{error}");
        let error = pack(&cli::Pack { platform: Some("s390x".into()), ..args }).unwrap_err();
        assert!(error.to_string().contains("only amd64, arm64"), "{error}");
    }

    #[test]
    fn one_file_may_have_a_name_of_its_own() {
        let (dir, args) = desk(PROJECT);
        let file = dir.path().join("mine.charm");
        let asked = cli::Pack { platform: Some("amd64".into()), output: Some(file.clone()), ..args };
        pack(&asked).unwrap();
        assert_eq!(pack::entry(&file, "dispatch").unwrap(), elf(62));
    }

    #[test]
    fn what_init_did_and_what_comes_next_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("site");
        fs::create_dir(&folder).unwrap();
        let args = cli::Init { folder: folder.clone(), framework: None, charm: None, juju: None };
        assert!(init(&args).unwrap_err().to_string().contains("flask, fastapi  the package in requirements.txt"));
        fs::write(folder.join("requirements.txt"), "flask").unwrap();
        fs::write(folder.join("rockcraft.yaml"), "").unwrap();
        let project = pack::init(&folder, None).unwrap();
        let text = summary(&folder, &project);
        let path = folder.display();
        assert!(text.starts_with("site: flask\n") && text.contains(&format!("kept  {path}/rockcraft.yaml")), "{text}");
        assert!(text.contains("\n  note: no `app` or `application` is in app.py"), "{text}");
        assert!(text.ends_with(&format!("\n  webcharm up {path}\n  webcharm pack {path}/charm\n")), "{text}");
        fs::write(folder.join("go.mod"), "module site").unwrap();
        assert!(init(&args).unwrap_err().to_string().contains("flask (flask among its requirements), go (go.mod)"));
        init(&cli::Init { framework: Some(pack::Framework::Go), ..args }).unwrap();
        lint(&cli::Lint { folder: folder.join("charm") }).unwrap();
    }

    #[test]
    fn a_charm_of_ones_own_is_begun_and_packed_with_its_program() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("hello");
        let args = cli::Init { folder: folder.clone(), framework: None, charm: Some("hello".into()), juju: None };
        let error = init(&args).unwrap_err().to_string();
        assert!(error.contains("--juju FOLDER|URL"), "{error}");
        let source = pack::CrateSource::parse(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
        init(&cli::Init { juju: Some(source), ..args }).unwrap();
        lint(&cli::Lint { folder: folder.clone() }).unwrap();
        let (binary, out) = (dir.path().join("program"), dir.path().join("hello.charm"));
        fs::write(&binary, elf(62)).unwrap();
        let args = cli::Pack { folder, binary: vec![binary], platform: None, output: Some(out.clone()) };
        pack(&args).unwrap();
        assert_eq!(pack::entry(&out, "dispatch").unwrap(), elf(62));
        assert!(pack::entry(&out, "webcharm.yaml").is_err(), "it has no framework");
    }

    #[test]
    fn a_charm_without_a_program_to_build_is_told_how_to_be_packed() {
        let python = PROJECT.replace("extensions: [flask-framework]", "parts: {charm: {plugin: charm, source: .}}");
        let (_dir, args) = desk(&python);
        let error = pack(&cli::Pack { binary: Vec::new(), ..args }).unwrap_err().to_string();
        for word in ["plugin `rust`", "--binary FILE", "webcharm.yaml", "charmcraft pack"] {
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn what_is_refused_is_not_packed() {
        let (dir, args) = desk(&PROJECT.replace("type: charm", "type: bundle"));
        let error = pack(&args).unwrap_err().to_string();
        assert!(error.contains("charmcraft.yaml:2: ") && error.contains("type: charm"), "{error}");
        assert!(!dir.path().join("out").exists());
        let (_dir, args) = desk(PROJECT);
        let missing = cli::Pack { binary: vec!["/no/such/binary".into()], ..args };
        assert!(pack(&missing).unwrap_err().to_string().contains("/no/such/binary"));
        assert!(lint(&cli::Lint { folder: "/no/such/folder".into() }).is_err());
    }
}
