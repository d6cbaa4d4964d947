"""Writes examples/mesa_users.ipynb from docs/for-mesa-users.md: `python docs/make_notebook.py`.

Each block marked `py` becomes a code cell, what stands between them a cell of text. Outputs are left to who runs it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE, NOTEBOOK = ROOT / "docs" / "for-mesa-users.md", ROOT / "examples" / "mesa_users.ipynb"
BLOCK = re.compile(r"^```py\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: A link to a file beside the page.
LINK = re.compile(r"\]\((?!\w+:|#)")


def cells(page: str) -> list[dict[str, Any]]:
    """Text and code in turn."""
    found: list[dict[str, Any]] = []
    for number, text in enumerate(BLOCK.split(page)):
        if not text.strip():
            continue
        code = bool(number % 2)
        source = text if code else LINK.sub("](../docs/", text)
        found.append({"cell_type": "code" if code else "markdown", "id": f"cell-{number}", "metadata": {},
                      "source": source.strip().splitlines(keepends=True)}
                     | ({"execution_count": None, "outputs": []} if code else {}))
    return found


def notebook(page: str) -> str:
    """The notebook, as its file holds it (nbformat 4.5)."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    data = {"cells": cells(page), "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
