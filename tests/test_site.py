"""The site is built from the pages without a warning, fetches nothing, and leads nowhere that is not there."""

import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from importlib.util import find_spec
from inspect import isclass
from pathlib import Path
from types import FunctionType
from urllib.parse import unquote, urlsplit

import pytest

import hsesg_carbon as hc

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("sphinx", "myst_parser", "furo", "jieba")
LACKING = [name for name in NEEDED if find_spec(name) is None]
built = pytest.mark.skipif(bool(LACKING), reason=f"the site needs {', '.join(LACKING)} (the extra dev)")


class Page(HTMLParser):
    """What a built page loads, where it leads, and what in it can be led to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "link" and found.get("rel") not in {"index", "search", "next", "prev", "canonical"}:
            self.loaded.append(found.get("href", ""))
        else:
            self.loaded += [found[name] for name in ("src", "srcset", "data", "poster", "action") if name in found]
        self.loaded += re.findall(r"url\(([^)]*)\)", found.get("style", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    folders = [str(out / "doctrees"), str(ROOT / "docs"), str(out / "html")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", *folders],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONWARNINGS": "ignore", "TMPDIR": str(out)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return out / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


@built
def test_the_site_is_built_without_a_warning(pages: dict[Path, Page], site: Path) -> None:
    sources = [path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")]
    assert {site / source for source in sources if "_build" not in source.parts} <= set(pages)


@built
def test_no_page_of_the_site_asks_anything_of_another_machine(pages: dict[Path, Page], site: Path) -> None:
    outside = {(path.name, asked) for path, page in pages.items() for asked in page.loaded if is_outside(asked)}
    assert not outside
    styles = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.css")}
    assert styles
    assert not [path for path, text in styles.items() if re.search(r"@import|url\(\s*['\"]?(https?:)?//", text)]
    asking = re.compile(
        r"(fetch|import|open|sendBeacon|Worker|WebSocket)\(\s*[\"'`](https?:)?//|\.src\s*=\s*[\"'`](https?:)?//"
    )
    assert not [path for path in site.rglob("*.js") if asking.search(path.read_text(encoding="utf-8"))]


def is_outside(target: str) -> bool:
    """Tell whether a browser would ask another machine for a target."""
    parts = urlsplit(target)
    return bool(parts.netloc) or parts.scheme not in {"", "data"}


@pytest.mark.parametrize("target", ["https://fonts.example/a.css", "//cdn.example/a.js", "http://example/a.png"])
def test_what_another_machine_would_be_asked_for_is_seen(target: str) -> None:
    assert is_outside(target)
    page = Page(
        f'<link rel="stylesheet" href="{target}"><script src="{target}"></script><p style="background: url({target})">'
    )
    assert page.loaded == [target] * 3
    assert not is_outside("_static/site.css")


@built
def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(pages: dict[Path, Page]) -> None:
    dead = list(dead_links(pages))
    assert not dead, dead[:20]
    assert sum(len(page.links) for page in pages.values()) > 1000


def dead_links(pages: dict[Path, Page]) -> Iterator[tuple[str, str]]:
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (
                parts.fragment and target in pages and not reached(pages[target], parts.fragment)
            ):
                yield path.name, link


def reached(page: Page, fragment: str) -> bool:
    return unquote(fragment) in page.anchors | {"top"}


@built
def test_a_link_to_a_place_that_is_not_there_is_seen(site: Path, pages: dict[Path, Page]) -> None:
    page = Page('<a href="index.html#nowhere">a</a><a href="nothing.html">b</a><a href="index.html">c</a>')
    assert list(dead_links({**pages, site / "made-up.html": page})) == [
        ("made-up.html", "index.html#nowhere"),
        ("made-up.html", "nothing.html"),
    ]


@built
@pytest.mark.parametrize("word", ["电力", "因子", "底稿", "账单"])
def test_the_search_knows_chinese_words(site: Path, word: str) -> None:
    found = pages_with(site, word)
    assert any(page.endswith(".zh") for page in found), found


@built
def test_the_search_takes_english_words_by_their_stem(site: Path) -> None:
    assert "how-to/seal-and-replay" in pages_with(site, "seal")


def pages_with(site: Path, word: str) -> list[str]:
    """Return the pages that the index of the search has under a word."""
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    found = [index[where].get(word, []) for where in ("titleterms", "terms")]
    numbers = [number for one in found for number in (one if isinstance(one, list) else [one])]
    return [index["docnames"][number] for number in numbers]


@built
def test_the_script_of_the_search_defines_the_stemmer_that_it_names(site: Path) -> None:
    script = (site / "_static" / "language_data.js").read_text(encoding="utf-8")
    named = re.findall(r"window\.Stemmer = (\w+);", script)
    assert [f"var {name}=function" in script for name in named] == [True]


@built
def test_the_search_answers_in_a_browser_and_cuts_chinese_into_words(site: Path) -> None:
    if (chromium := shutil.which("chromium")) is None or find_spec("playwright") is None:
        pytest.skip("there is no chromium, or no playwright, on this machine: the search is not asked in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        found = {}
        for asked in ("外购电力账单", "seals"):
            page.goto(f"{(site / 'search.html').as_uri()}?q={asked}")
            page.wait_for_selector("#search-results li")
            found[asked] = page.eval_on_selector_all("#search-results a", "links => links.map(link => link.href)")
        words = page.evaluate("splitQuery('外购电力账单 by month')")
        browser.close()
    assert any("how-to/audit-with-workpapers.zh.html" in link for link in found["外购电力账单"])
    assert any("how-to/seal-and-replay.html" in link for link in found["seals"])
    assert words == ["外购", "电力", "账单", "by", "month"]


@built
def test_a_chinese_page_says_that_it_is_chinese(site: Path) -> None:
    assert '<html lang="zh-CN"' in re.sub(r' class="[^"]*"', "", (site / "index.zh.html").read_text(encoding="utf-8"))
    assert '<html lang="en"' in re.sub(r' class="[^"]*"', "", (site / "index.html").read_text(encoding="utf-8"))


@built
def test_every_public_name_and_method_stands_in_the_reference(site: Path) -> None:
    documented = {line.split(" ", 1)[0] for line in inventory(site) if " py:" in line}
    assert {f"hsesg_carbon.{name}" for name in hc.__all__} <= documented
    methods = {f"hsesg_carbon.{name}.{method}" for name in hc.__all__ for method in public_methods(getattr(hc, name))}
    assert len(methods) > 150
    assert methods <= documented, sorted(methods - documented)


def inventory(site: Path) -> list[str]:
    """Return the lines of ``objects.inv``: name, kind, priority, place, title."""
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    return zlib.decompress(packed).decode("utf-8").splitlines()


def public_methods(found: object) -> dict[str, str | None]:
    """Return the methods and properties that a class itself defines for its users, each with its docstring."""
    kinds = (FunctionType, classmethod, staticmethod, property, cached_property)
    own = vars(found).items() if isclass(found) else ()
    return {name: value.__doc__ for name, value in own if not name.startswith("_") and isinstance(value, kinds)}


@pytest.mark.parametrize("name", hc.__all__)
def test_every_public_name_and_method_has_a_docstring(name: str) -> None:
    found = getattr(hc, name)
    assert found.__doc__
    assert not [method for method, said in public_methods(found).items() if not said]
