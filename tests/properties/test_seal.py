"""Laws of packs and chains: one spelling, no byte that can change unseen, and the same figures out as in."""

import json
import string
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon import seal
from hsesg_carbon.chain import NOTHING_BEFORE, Link, chain_faults, chain_text, read_chain
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.intake import Engine
from hsesg_carbon.packs import digest, packed, unpacked
from tests.sealed import NOON, few_factors, forged, members, small

NAMES = st.text(string.ascii_lowercase + string.digits + "表单核算é", min_size=1, max_size=6)
FILES = st.dictionaries(st.lists(NAMES, min_size=2, max_size=3).map("/".join), st.binary(max_size=60), max_size=5)


@pytest.fixture(scope="module", autouse=True)
def _few_published() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seal, "_published", few_factors)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hc.Seal:
    return hc.Seal.of(small(tmp_path_factory.mktemp("sealed") / "us"), at=NOON)


@pytest.fixture(scope="module")
def raw(made: hc.Seal) -> bytes:
    return made.pack.read_bytes()


@pytest.fixture(scope="module")
def sealed(made: hc.Seal) -> dict[str, bytes]:
    return members(made.pack)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


def is_detected(scratch: Path, raw: bytes) -> bool:
    """Whether a pack cannot be opened or does not replay."""
    pack = scratch / "pack.zip"
    pack.write_bytes(raw)
    try:
        return not hc.Replay.of(pack).ok
    except CarbonError:
        return True


# ------------------------------------------------------------------------------------ the pack


@given(FILES, st.randoms())
def test_a_pack_has_one_spelling_and_gives_back_what_went_in(files: dict[str, bytes], random: Random) -> None:
    names = list(files)
    random.shuffle(names)
    try:
        raw = packed(files)
    except CarbonError:  # one name lies below another
        assume(False)
        raise
    assert packed({name: files[name] for name in names}) == raw
    opened = unpacked(raw, "pack.zip")
    assert (opened.members, opened.findings) == (files, ())


@settings(max_examples=120)
@given(data=st.data())
def test_flipping_any_byte_is_detected(raw: bytes, scratch: Path, data: st.DataObject) -> None:
    directory = raw.index(b"PK\x01\x02")  # rare among all bytes, and where the structure is
    at = data.draw(st.integers(0, len(raw) - 1) | st.integers(directory, len(raw) - 1) | st.integers(0, 200))
    flipped = bytearray(raw)
    flipped[at] ^= data.draw(st.integers(1, 255))
    assert is_detected(scratch, bytes(flipped))


@given(data=st.data())
def test_cutting_or_putting_in_anything_is_detected(raw: bytes, scratch: Path, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw)))
    cut = data.draw(st.integers(0, 300))
    put = data.draw(st.binary(max_size=8))
    changed = raw[:at] + put + raw[at + cut :]
    assume(changed != raw)
    assert is_detected(scratch, changed)


@settings(max_examples=20)
@given(data=st.data())
def test_taking_out_exchanging_or_renaming_a_member_is_detected(
    sealed: dict[str, bytes], scratch: Path, data: st.DataObject
) -> None:
    """By somebody who packs anew, but cannot know which bytes would have the hashes of the manifest."""
    one, other = data.draw(st.lists(st.sampled_from(sorted(sealed)), min_size=2, max_size=2, unique=True))
    changed = dict(sealed)
    change = data.draw(st.sampled_from(["out", "exchange", "rename"]))
    if change == "exchange":
        changed[one], changed[other] = changed[other], changed[one]
        assume(changed != sealed)
    else:
        content = changed.pop(one)
        changed |= {f"inputs/{digest(content)}": content} if change == "rename" else {}
    assert is_detected(scratch, packed(changed))


@settings(max_examples=5)
@given(data=st.data())
def test_a_digit_of_the_results_that_is_changed_with_all_hashes_is_detected(
    sealed: dict[str, bytes], scratch: Path, data: st.DataObject
) -> None:
    member = data.draw(st.sampled_from([name for name in sorted(sealed) if name.startswith(("resolved/", "results/"))]))
    content = bytearray(sealed[member])
    at = data.draw(st.sampled_from([at for at, byte in enumerate(content) if chr(byte).isdigit()]))
    content[at] = ord("0") + (content[at] - ord("0") + data.draw(st.integers(1, 9))) % 10
    assert is_detected(scratch, forged({**sealed, member: bytes(content)}))


@settings(max_examples=4)
@given(
    quantities=st.lists(st.decimals("0.000001", "1000000", places=6), min_size=1, max_size=4),
    engine=st.sampled_from(get_args(Engine)),
    random=st.randoms(),
)
def test_seal_then_replay_is_the_identity(
    tmp_path_factory: pytest.TempPathFactory, quantities: list[object], engine: Engine, random: Random
) -> None:
    workspace = small(tmp_path_factory.mktemp("any") / "us")
    rows = [
        f"e{place},hq,2023-{1 + place:02},electricity.grid,{one},kWh" for place, one in enumerate(quantities, start=1)
    ]
    random.shuffle(rows)
    text = "\n".join(["activity_id,site,period,activity,quantity,unit", *rows, ""])
    (workspace.folder / "activity" / "bill.csv").write_text(text, encoding="utf-8")
    sealed = hc.Seal.of(workspace, at=NOON)
    replay = hc.Replay.of(sealed.pack, engine, sealed.root)
    assert (replay.ok, replay.identical, replay.findings) == (True, True, ())
    totals = json.loads(members(sealed.pack)["results/totals.json"])["totals"]
    assert totals == workspace.footprint()["totals"]


# ------------------------------------------------------------------------------------ the chain


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Link]]:
    """Five links over files that stand for packs."""
    folder = tmp_path_factory.mktemp("seals")
    links: list[Link] = []
    for number in range(1, 6):
        root = digest(f"root {number}".encode())
        name = f"{number:04}-{root[:12]}.zip"
        (folder / name).write_bytes(root.encode())
        time = (NOON + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        before = links[-1].link if links else NOTHING_BEFORE
        links.append(
            Link.made(number=number, time=time, root=root, pack=name, sha256=digest(root.encode()), previous=before)
        )
    return folder, links


def is_broken(folder: Path, text: bytes) -> bool:
    (folder / "chain.csv").write_bytes(text)
    try:
        return any(one.severity == "error" for one in chain_faults(folder, read_chain(folder)))
    except CarbonError:
        return True


@given(data=st.data())
def test_no_byte_of_a_chain_can_change_unseen(chain: tuple[Path, list[Link]], data: st.DataObject) -> None:
    folder, links = chain
    text = bytearray(chain_text(links).encode())
    assert not is_broken(folder, bytes(text))
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    assert is_broken(folder, bytes(text))


@given(data=st.data())
def test_links_cannot_be_taken_out_doubled_or_reordered(chain: tuple[Path, list[Link]], data: st.DataObject) -> None:
    """But for the last ones: that is what publishing a root is for."""
    folder, links = chain
    places = data.draw(st.lists(st.integers(0, len(links) - 1), min_size=1, max_size=7))
    assume(places != list(range(len(places))))
    assert is_broken(folder, chain_text([links[place] for place in places]).encode())


@given(data=st.data())
def test_a_link_rewritten_with_its_own_hash_breaks_the_next(
    chain: tuple[Path, list[Link]], data: st.DataObject
) -> None:
    folder, links = chain
    place = data.draw(st.integers(0, len(links) - 2))
    fields = links[place].model_dump(exclude={"link"}) | {"root": digest(data.draw(st.binary()))}
    forged_links = [*links[:place], Link.made(**fields), *links[place + 1 :]]
    assert is_broken(folder, chain_text(forged_links).encode())
