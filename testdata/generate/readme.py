"""Writes the table of testdata/README.md from the truth files."""
import json

from lab import OUT

BEGIN, END = "<!-- table: written by generate/readme.py -->", "<!-- end of table -->"


def write():
    rows = [BEGIN, "", "| capture | attempts | holds | from | made |", "|---|---|---|---|---|"]
    for path in sorted(OUT.glob("*.json")):
        t = json.loads(path.read_text())
        rows.append("| {} | {} | {} | {} | {} |".format(
            " ".join(f"`{f}`" for f in t["files"]), len(t["handshakes"]), t["description"],
            ", ".join(t["products"]), t["made"]))
    readme = OUT / "README.md"
    text = readme.read_text()
    head, rest = text.split(BEGIN)
    readme.write_text(head + "\n".join(rows) + "\n\n" + END + rest.split(END)[1])
