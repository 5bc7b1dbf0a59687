"""How the site is built from these pages: ``make docs``. Nothing in it is fetched, by the build or by a reader."""

import re
import sys
from pathlib import Path

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.search.zh import SearchChinese

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLES = ROOT / "examples"
sys.path.insert(0, str(ROOT / "src"))

import hsesg_carbon as hc  # noqa: E402  (the source beside these pages, whether it is installed or not)

project = "hsesg_carbon"
author = "the authors of hsesg_carbon"
version = release = hc.__version__
project_copyright = author
html_last_updated_fmt = None  # the same pages give the same bytes

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
nitpicky = False
maximum_signature_line_length = 88

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"hsesg_carbon {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_search_language = "zh"  # cuts Chinese into words, and takes English as English
pygments_style = "tango"
pygments_dark_style = "monokai"
_FONTS = "system-ui, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
html_theme_options = {
    "light_css_variables": {"font-stack": _FONTS},
    "dark_css_variables": {"font-stack": _FONTS},
}

ELSEWHERE = {"contributing": "CONTRIBUTING.md", "reference/emission-factors": "emission_factors/README.md"}
"""Pages whose text stands beside what it describes."""

_PAGES = {origin: f"{page}.md" for page, origin in ELSEWHERE.items()}
_PAGES |= {"README.md": "index.md", "README.zh.md": "index.zh.md"}
_LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]+)(#[^)\s]*)?\)")
_HAN = r"[\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e]"
_BROKEN = re.compile(rf"(?<={_HAN})\n(?={_HAN})")
"""Where a line of Chinese goes on: a browser would show a space."""

_EXAMPLE = re.compile(r"examples/([a-z0-9-]+)(?:/README\.md)?")
_HOMES = {f"hsesg_carbon.{home}.{name}": f"hsesg_carbon.{name}" for name, home in hc._HOMES.items()}
_NAMES = {name: f"hsesg_carbon.{name}" for name in hc.__all__}


class Search(SearchChinese):
    """
    A search that knows Chinese words in what a reader asks, too.

    A browser cannot cut words as jieba does: what is asked is cut by the words of the index, the longest first.
    """

    language_name = (
        "English"  # of the stemmer: Sphinx names the script's class after it, and there is no ChineseStemmer
    )
    js_splitter_code = (HERE / "_static" / "split-query.js").read_text(encoding="utf-8")


def pages_from_elsewhere(app: Sphinx, page: str, source: list[str]) -> None:
    """Take the text of the pages that stand beside what they describe, and lead links to where the site has it."""
    if page in ELSEWHERE:
        origin = ROOT / ELSEWHERE[page]
        source[0] = _led(origin.read_text(encoding="utf-8"), origin)
    elif page == "reference/examples":
        source[0] += "".join(map(_example, sorted(EXAMPLES.glob("*/README.md")))) + _scripts()
    else:
        source[0] = _led(source[0], HERE / f"{page}.md")
    if page.endswith(".zh"):
        source[0] = _BROKEN.sub("", source[0])


def _led(text: str, origin: Path) -> str:
    """Return Markdown whose links out of these pages lead to the page that has the same, from the root of the site."""

    def led(link: re.Match[str]) -> str:
        target = (origin.parent / link[1]).resolve()
        if target == origin or not target.is_relative_to(ROOT):
            return link[0]
        path = target.relative_to(ROOT).as_posix()
        if folder := _EXAMPLE.fullmatch(path):
            return f"](/reference/examples.md#{folder[1]})"
        page = _PAGES.get(path) or path.removeprefix("docs/")
        return f"](/{page}{link[2] or ''})" if (HERE / page).is_file() else link[0]

    return _LINK.sub(led, text)


def _example(readme: Path) -> str:
    """Return what is said of an example, and its files, each to be downloaded."""
    folder = readme.parent
    heading, _, text = _led(readme.read_text(encoding="utf-8"), readme).partition("\n")
    text = re.sub(r"^#", "##", text, flags=re.MULTILINE)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and _shipped(path.relative_to(folder))]
    return f"\n## {folder.name}\n\n**{heading.removeprefix('# ')}.**\n{text}\n" + "".join(map(_listed, files))


def _scripts() -> str:
    files = [path for path in sorted(EXAMPLES.glob("*.py")) if path.stem != "__init__"]
    heading = "\n## Scripts\n\nWith cells (`# %%`): to be run as a whole, or piece by piece in an editor.\n\n"
    return heading + "".join(map(_listed, files)) if files else ""


def _shipped(path: Path) -> bool:
    hidden = {"out", "seals", "__pycache__", "README.md"}
    return not hidden & set(path.parts) and not any(part.startswith(".") for part in path.parts)


def _listed(path: Path) -> str:
    name = path.relative_to(EXAMPLES).as_posix()
    return f"- {{download}}`{name} <../../examples/{name}>`\n"


def public_names(app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.Element) -> nodes.Node | None:
    """Lead a type in a signature to where the class is documented: under the name that users import."""
    target = str(node.get("reftarget", ""))
    name = _HOMES.get(target) or _NAMES.get(target)
    if node.get("refdomain") != "py" or not name:
        return None
    python = env.domains.python_domain
    return python.resolve_xref(env, str(node["refdoc"]), app.builder, "obj", name, node, text)


def language_of_the_page(app: Sphinx, page: str, template: str, context: dict[str, object], tree: object) -> None:
    """Say to browsers and screen readers that a Chinese page is Chinese."""
    if page.endswith(".zh"):
        context["language"] = "zh-CN"


def setup(app: Sphinx) -> None:
    """Add to Sphinx what these pages need besides."""
    app.add_search_language(Search)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", pages_from_elsewhere)
    app.connect("missing-reference", public_names)
    app.connect("html-page-context", language_of_the_page)
