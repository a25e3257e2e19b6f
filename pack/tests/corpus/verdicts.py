"""Prints charmcraft's verdict on each project of the archives given as arguments.

Run by the Python of a venv with charmcraft. A project is accepted if charmcraft plans its builds and loads its models
for each platform, as `charmcraft pack` does before it builds.
"""

import os
import pathlib
import sys
import tempfile

import craft_parts.plugins
from charmcraft import parts, services
from charmcraft.application.main import APP_METADATA, Charmcraft
from craft_cli import EmitterMode, emit


def projects(archive):
    """The files of each project, by the project's name. `-- PROJECT/FILE --` begins a file."""
    found = {}
    for line in archive.splitlines(keepends=True):
        if line.startswith("-- ") and line.endswith(" --\n"):
            project, _, file = line[3:-4].partition("/")
            lines = found.setdefault(project, {}).setdefault(file, [])
        elif found:
            lines.append(line)
    return found


def load(folder):
    """Plans and loads the project in `folder`, from which a part's source is looked up."""
    os.chdir(folder)
    services.register_services()
    factory = services.ServiceFactory(app=APP_METADATA)
    factory.update_kwargs("project", project_dir=folder)
    parts.setup_parts()
    plugins = Charmcraft(APP_METADATA, factory)._get_app_plugins()
    for name in {"charm", "reactive"} - plugins.keys():
        craft_parts.plugins.unregister(name)
    if not factory.get("build_plan").create_build_plan(platforms=None, build_for=None, build_on=None):
        raise ValueError("nothing is planned")
    project = factory.get("project")
    project.configure(platform=None, build_for=None)
    for name, platform in project.get_platforms().items():
        platform = platform or {"build-on": [name], "build-for": [name]}
        # Without its base: `ubuntu@24.04:amd64`.
        build_on, build_for = (platform[key][0].rpartition(":")[2] for key in ("build-on", "build-for"))
        project.render_for(build_for=build_for, build_on=build_on, platform=name)


def verdict(files):
    """`accepts`, or `refuses`. The reason goes to standard error, for the reader of a new record."""
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(lines))
        try:
            load(pathlib.Path(folder))
        except Exception as error:
            print(f"  {type(error).__name__}: {error}", file=sys.stderr)
            return "refuses"
        return "accepts"


emit.init(EmitterMode.QUIET, "charmcraft", "")
archives = [pathlib.Path(archive).read_text() for archive in sys.argv[1:]]
for name, files in (project for archive in archives for project in projects(archive).items()):
    print(name, file=sys.stderr)
    print(verdict(files), name)
emit.ended_ok()
