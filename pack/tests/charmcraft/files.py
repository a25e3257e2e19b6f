"""Prints the files that charmcraft writes into the charm of the project in a folder, and the charm's own file name.

Run by the Python of a venv with charmcraft. The parts aren't built.
"""

import os
import pathlib
import sys

import yaml
from charmcraft import parts, services
from charmcraft.application.main import APP_METADATA
from craft_cli import EmitterMode, emit

emit.init(EmitterMode.QUIET, "charmcraft", "")
os.chdir(sys.argv[1])
services.register_services()
factory = services.ServiceFactory(app=APP_METADATA)
factory.update_kwargs("project", project_dir=pathlib.Path.cwd())
parts.setup_parts()
factory.get("project").configure(platform=None, build_for=None)
package = factory.get_class("package")(APP_METADATA, factory)
manifest = package.get_manifest([], started_at="now")
print(
    yaml.safe_dump(
        {
            "file": package.get_charm_name(),
            "metadata.yaml": yaml.safe_load(package.get_metadata_yaml()),
            "config.yaml": yaml.safe_load(package.get_config_yaml() or "{}"),
            "actions.yaml": yaml.safe_load(package.get_actions_yaml() or "{}"),
            "manifest.yaml": manifest.model_dump(mode="json", by_alias=True),
        }
    )
)
emit.ended_ok()
