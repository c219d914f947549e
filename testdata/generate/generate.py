"""Regenerates the captures of testdata: generate.py [SCENE…].

Every scene runs in a process and a network namespace of its own.
"""
import importlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
# In this order, because some edit the captures of others; modules that are not named come after these.
FIRST = ["basic", "rejects", "proxies", "closings", "violations", "keepalive", "refused", "links", "files", "edited", "composed", "tunnels", "fragments", "rings",
         "wraps", "tls_suites", "tls_resumption"]


def scenes():
    """All scenes in order: the functions of scenes/*.py whose names do not begin with an underscore."""
    found = {}
    names = sorted(f.stem for f in (HERE / "scenes").glob("*.py"))
    for name in FIRST + [n for n in names if n not in FIRST]:
        module = importlib.import_module(f"scenes.{name}")
        for key, value in vars(module).items():
            if getattr(value, "__module__", None) == module.__name__ and callable(value) and not key.startswith("_") \
                    and not isinstance(value, type):
                found[key] = value
    return found


def main():
    if sys.argv[1:2] == ["--inside"]:
        return scenes()[sys.argv[2]]()
    wanted = sys.argv[1:] or list(scenes())
    for name in wanted:
        print(name, flush=True)
        run = subprocess.run(["unshare", "--net", sys.executable, __file__, "--inside", name], env=os.environ)
        if run.returncode:
            sys.exit(f"generate: scene {name} failed")
    importlib.import_module("readme").write()


if __name__ == "__main__":
    main()
