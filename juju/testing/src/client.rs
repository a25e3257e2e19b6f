//! Client of the served model: a program under a hook tool's name sends its arguments, files and standard input, and
//! prints the answer.

use crate::peer;
use crate::server::{Request, receive, send};
use crate::tools::{self, Answer, Files};
use juju::{ProcessVars, Vars};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Runs a hook tool with its arguments: finds the model by `JUJU_AGENT_SOCKET_ADDRESS` and the hook by
/// `JUJU_CONTEXT_ID`, prints the answer, and returns the exit code.
pub fn hook_tools_main(name: &str, args: &[String]) -> i32 {
    let answer = call(name, args, &ProcessVars).unwrap_or_else(|why| Answer::error(1, &why));
    show(&answer).unwrap_or(1)
}

fn call(name: &str, args: &[String], vars: &dyn Vars) -> Result<Answer, String> {
    let set = |key| vars.get(key).filter(|value| !value.is_empty()).ok_or_else(|| format!("{key} not set"));
    let (address, context) = (set("JUJU_AGENT_SOCKET_ADDRESS")?, set("JUJU_CONTEXT_ID")?);
    let wanted = tools::wanted_files(name, args).into_iter();
    let files: Files = wanted.map(|file| (file.clone(), read(&file))).collect();
    let request = Request { context, tool: name.to_owned(), args: args.to_vec(), files };
    // Juju's agent writes the address with an @, the sign of an abstract socket.
    let socket = Path::new(address.strip_prefix('@').unwrap_or(&address));
    let unreachable = |e: io::Error| format!("cannot reach the unit agent: {e}");
    let stream = peer::check_owner(socket).and_then(|()| UnixStream::connect(socket)).map_err(unreachable)?;
    send(&stream, &request).and_then(|()| receive(&stream)).map_err(unreachable)
}

fn read(file: &str) -> Result<String, String> {
    let mut text = String::new();
    let result = match file {
        "-" => io::stdin().read_to_string(&mut text).map(|_| ()),
        path => fs::read_to_string(path).map(|content| text = content),
    };
    match result {
        Ok(()) => Ok(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(format!("open {file}: no such file or directory")),
        Err(e) => Err(format!("cannot read {file}: {e}")),
    }
}

fn show(answer: &Answer) -> io::Result<i32> {
    match &answer.output {
        Some(path) if answer.exit == 0 => fs::write(path, &answer.stdout)?,
        _ => io::stdout().write_all(answer.stdout.as_bytes())?,
    }
    io::stderr().write_all(answer.stderr.as_bytes())?;
    Ok(answer.exit)
}

/// Makes a symbolic link to the program for each hook tool in the folder; replaces older links.
///
/// # Errors
/// The folder or a link can't be made.
pub fn install_tools(dir: &Path, program: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let program = fs::canonicalize(program)?;
    for name in tools::hook_tools() {
        let link = dir.join(name);
        match fs::remove_file(&link) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => symlink(&program, &link)?,
        }
    }
    Ok(())
}

/// `main` of this package's program: a hook tool if `called_as` names one, else `hook-tools install DIR`. Returns the
/// exit code.
pub fn run_program(called_as: &str, args: &[String]) -> i32 {
    let name = Path::new(called_as).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if tools::is_hook_tool(&name) {
        return hook_tools_main(&name, args);
    }
    match args {
        [verb, dir] if verb == "install" => install(Path::new(dir)),
        _ => complain(2, "usage: hook-tools install DIR"),
    }
}

fn install(dir: &Path) -> i32 {
    let result = std::env::current_exe().and_then(|program| install_tools(dir, &program));
    result.map_or_else(|e| complain(1, &format!("cannot install hook tools: {e}")), |()| 0)
}

fn complain(code: i32, message: &str) -> i32 {
    // A closed standard error leaves the exit code as the only report.
    let _ = writeln!(io::stderr(), "{message}");
    code
}
