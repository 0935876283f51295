"""Builds the connector: `python3 build.py`; runs its tests: `python3 build.py test`.

Everything that is made lies in the directory `build`, the tools too. The component is
example-teams.wasm.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ID = "example-teams"
HERE = Path(__file__).resolve().parent
MADE = HERE / "build"
# `doorward plugin build` says where it wants the component.
COMPONENT = Path(os.environ.get("DOORWARD_PLUGIN_OUTPUT") or HERE / f"{ID}.wasm")
# The interface of a connector. Within Doorward's own repository it lies elsewhere.
WIT = HERE / "wit"
if not WIT.is_dir():
    WIT = HERE / ".." / ".." / ".." / ".." / "schemas" / "wit" / "0.2"

# The only package that a connector may import from.
OURS = "doorward:connector/"


def stop(message):
    sys.exit(f"{ID}: {message}")


def run(*command, **options):
    try:
        done = subprocess.run([str(word) for word in command], check=False, **options)
    except OSError as error:
        stop(f"`{command[0]}` cannot be started: {error}. Remove the directory `{MADE}`, and try again.")
    if done.returncode != 0:
        stop(f"`{' '.join(str(word) for word in command)}` failed.")


def tool(name):
    folder, end = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return MADE / "venv" / folder / f"{name}{end}"


def install():
    """Installs exactly what requirements.txt names, unless it is there."""
    # The tools name the place and the Python that they were installed with: when the project is moved, or
    # Python replaced, they do not start.
    wanted = f"{HERE}\n{sys.version}\n{(HERE / 'requirements.txt').read_text(encoding='utf-8')}"
    installed = MADE / "venv" / "installed.txt"
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(MADE / "venv", ignore_errors=True)
    try:
        import ensurepip
        import venv
    except ImportError as error:
        stop(f"Python's module `{error.name}` is missing. Install it (Debian: `apt install python3-venv`).")
    del ensurepip
    venv.create(MADE / "venv", with_pip=True)
    run(
        tool("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", HERE / "requirements.txt",
    )  # fmt: skip
    installed.write_text(wanted, encoding="utf-8")


def bindings():
    """The types of the interface."""
    shutil.rmtree(MADE / "bindings", ignore_errors=True)
    run(
        tool("componentize-py"), "--quiet", "--wit-path", WIT, "--world", "plugin",
        "bindings", MADE / "bindings",
    )  # fmt: skip


def test():
    # The tests play the simulated target, too, which lies beside this script.
    path = os.pathsep.join(str(place) for place in (HERE / "src", MADE / "bindings", HERE))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    run(tool("python"), "-m", "unittest", "discover", "--start-directory", HERE / "tests", env=environment)


def build():
    # What lies beside the sources (caches, an editor's files) would become part of the component.
    sources = MADE / "sources"
    shutil.rmtree(sources, ignore_errors=True)
    shutil.copytree(HERE / "src", sources, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    fresh = COMPONENT.with_suffix(".new")
    COMPONENT.parent.mkdir(parents=True, exist_ok=True)
    run(
        tool("componentize-py"), "--quiet", "--wit-path", WIT, "--world", "plugin", "componentize",
        # Without this it would import WASI, and the host refuses that.
        "--stub-wasi",
        "--python-path", sources.name, "--python-path", "bindings", "--output", fresh.resolve(), "plugin",
        cwd=MADE, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    made = fresh.read_bytes()
    wanted = imports(made)
    foreign = [name for name in wanted if not name.startswith(OURS)]
    if foreign or not wanted:
        stop(f"the component imports what the host does not give: {', '.join(foreign) or 'nothing at all'}")
    fresh.replace(COMPONENT)
    print(f"{COMPONENT}: {len(made)} bytes, sha256 {hashlib.sha256(made).hexdigest()}")


def imports(component):
    """What a component imports, by the binary format of the component model."""
    if component[:8] != b"\0asm\x0d\0\x01\0":
        stop("the output is no component.")
    names = []
    at = 8
    while at < len(component):
        section = component[at]
        size, at = number(component, at + 1)
        if section == 10:
            names += imported(component[at : at + size])
        at += size
    return names


def imported(section):
    """The names in one import section. Each is followed by a description of what is imported."""
    names = []
    left, at = number(section, 0)
    for _ in range(left):
        # 0x02 is a name with options after it, which our tools do not write.
        if section[at] > 1:
            stop("an import is written in a way that this check does not know.")
        size, at = number(section, at + 1)
        names.append(section[at : at + size].decode())
        at += size
        sort = section[at]
        if sort == 5:
            _, at = number(section, at + 1)
        else:
            # Only instances, that is interfaces, can be ours.
            stop(f"the component imports `{names[-1]}`, which is no interface.")
    return names


def number(data, at):
    """An unsigned LEB128 number, and what comes after."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        stop(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    MADE.mkdir(parents=True, exist_ok=True)
    install()
    bindings()
    if sys.argv[1:] == ["test"]:
        test()
    else:
        build()
