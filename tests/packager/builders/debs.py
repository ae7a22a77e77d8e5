"""An apt-get that offers a folder of small packages, for tests of what is made from Debian's."""

import subprocess
import sys
from pathlib import Path

_APT = """#!{python}
import os, shutil, sys
from pathlib import Path
shop, words = Path({shop!r}), sys.argv[1:]
(shop / "asked").open("a").write(" ".join(words) + "\\n")
if "update" in words and (shop / "down").exists():
    sys.exit("E: nothing can be reached")
if "update" in words and (shop / "silent").exists():
    sys.exit(print("W: Failed to fetch http://mirror/InRelease", file=sys.stderr))
if "indextargets" in words and not (shop / "silent").exists():
    print("bookworm\\nbookworm-updates")
if "--print-uris" in words:
    for deb in sorted(shop.glob("*.deb")):
        print(f"'http://mirror/{{deb.name}}' {{deb.name}} 1 MD5Sum:0")
if "download" in words:
    for name in words[words.index("-qq") + 1 :]:
        (deb,) = shop.glob(f"{{name}}_*.deb")
        shutil.copy(deb, ".")
"""


def add_shop(folder: Path, monkeypatch) -> Path:
    """Put the apt-get in front of the real one; the folder of its packages."""
    shop, programs = folder / "shop", folder / "programs"
    shop.mkdir()
    programs.mkdir()
    (programs / "apt-get").write_text(_APT.format(python=sys.executable, shop=str(shop)))
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return shop


def add_deb(shop: Path, name: str, files: dict[str, bytes | str]) -> None:
    """A package of files (bytes) and links (str)."""
    tree = shop / f"{name}.tree"
    for path, content in files.items():
        file = tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            file.symlink_to(content)
        else:
            file.write_bytes(content)
            file.chmod(0o755 if "/bin/" in f"/{path}" else 0o600)
    (tree / "DEBIAN").mkdir(parents=True)
    control = f"Package: {name}\nVersion: 2.36-1\nArchitecture: amd64\nMaintainer: me\nDescription: for tests\n"
    (tree / "DEBIAN" / "control").write_text(control)
    target = shop / f"{name}_2.36-1_amd64.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(target)]
    subprocess.run(command, check=True, capture_output=True)
