"""Sphinx over the project's Markdown as it stands: `python docs/make_site.py` builds the site."""

from __future__ import annotations

from typing import Any

project = "Diplomacy simulator"
html_title = project
extensions = ["myst_parser"]
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**.md"]
root_doc = "docs/index"

myst_heading_anchors = 4  # as the repository's own pages name headings
highlight_language = "text"  # of indented blocks: commands and formulas
html_theme = "furo"
html_theme_options = {"light_css_variables": {"color-brand-primary": "#0b5394", "color-brand-content": "#0b5394"},
                      "dark_css_variables": {"color-brand-primary": "#6fa8dc", "color-brand-content": "#6fa8dc"}}
html_favicon = "images/icon.svg"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_domain_indices = html_use_index = False
html_show_search_summary = False  # it asks for pages in a way that browsers refuse to files

#: The pages in the order of the sidebar, by the page that lists them; with `*` all that follow by their names. Pages
#: carry no directive of it, and so read the same in the repository.
NAVIGATION = {
    "docs/index": {
        "Tutorials": ["docs/tutorial", "docs/your-own-region", "docs/for-mesa-users"],
        "How to": ["docs/how-to/README", "docs/how-to/why-did-this-happen",
                   "docs/how-to/what-would-have-been-different", "docs/how-to/another-president",
                   "docs/how-to/which-assumptions-matter",
                   "docs/how-to/when-does-it-end-badly", "docs/how-to/was-it-right", "docs/how-to/send-a-report",
                   "docs/how-to/use-the-workbench", "docs/how-to/export-events", "docs/how-to/run-a-million",
                   "docs/how-to/run-on-a-cluster", "docs/theories"],
        "Reference": ["docs/gallery", "docs/scenarios", "docs/reference/commands", "docs/reference/files",
                      "docs/reference/python", "docs/odd", "docs/glossary", "docs/trace"],
        "Explanation": ["docs/model", "docs/readings", "docs/calibration", "docs/validation", "docs/face-validity",
                        "docs/coding", "docs/classic", "docs/faq", "docs/performance", "docs/scaling",
                        "docs/endurance", "docs/robustness", "docs/mutation"],
        "The project": ["README", "docs/citing", "CONTRIBUTING", "docs/architecture", "docs/decisions/README",
                        "CHANGELOG"],
    },
    "docs/decisions/README": {"All": ["docs/decisions/0*"]},
}
#: Shorter or clearer in the sidebar than the page's own title.
TITLES = {"README": "In short", "docs/how-to/README": "All questions",
          "docs/theories": "What if one theory were right?", "docs/decisions/README": "Decisions"}


def with_navigation(app: Any, page: str, source: list[str]) -> None:
    """Adds the lists of pages to the pages that have them."""
    for caption, pages in NAVIGATION.get(page, {}).items():
        how = ":glob:\n:maxdepth: 1" if any("*" in name for name in pages) else f":hidden:\n:caption: {caption}"
        names = "\n".join(f"{TITLES[name]} </{name}>" if name in TITLES else f"/{name}" for name in pages)
        source[0] += f"\n```{{toctree}}\n{how}\n\n{names}\n```\n"


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", with_navigation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
