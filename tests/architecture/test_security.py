"""docs/security.md says only what is so: its tests exist, and what it calls absent is absent."""

from __future__ import annotations

import ast
import re
from collections import Counter

from tests.architecture.project import ROOT, python_files, short

PAGE = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+) \|$", re.M)
PROOF = re.compile(r"`([\w/.]+\.py)::([\w:]+)`")
# How many of each section of ASVS 5.0.0 are of level 1 or 2: in each of them the first ones.
REQUIREMENTS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5,
    "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2,
    "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11,
    "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1,
    "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5,
    "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
LEVELS_1_AND_2 = {
    f"{section}.{number}" for section, many in REQUIREMENTS.items() for number in range(1, many + 1)
}
DANGEROUS = {"eval", "exec", "compile", "__import__"}
DANGEROUS_ATTRIBUTES = {
    "os.system", "os.popen", "pickle.load", "yaml.load", "marshal.loads", "hashlib.md5", "hashlib.sha1",
    "ssl._create_unverified_context",
}  # fmt: skip
PARSERS = ("xml.etree", "xml.dom", "xml.sax", "lxml")
# What these do with it is told there.
ALLOWED = {
    ("core/cache.py", "pickle.loads"),  # values that we wrote ourselves, from our own database
    # Constant statements with parameters.
    *((path, ".raw") for path in ("accounts/selectors.py", "cart/locks.py", "inventory/locks.py")),
}
NOT_FOR_SECRETS = {"random"}
MAY_BE_RANDOM = {"core/retry.py", "core/admission.py", "core/faults.py"}


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


def test_every_requirement_has_one_row() -> None:
    numbers = Counter(number for number, _, _ in rows())
    assert [number for number, times in numbers.items() if times > 1] == []
    assert len(LEVELS_1_AND_2) == 253
    assert LEVELS_1_AND_2 - set(numbers) == set()
    beyond = PAGE.read_text(encoding="utf-8").partition("## Of level 3")[2]
    assert {number for number, _, _ in ROW.findall(beyond)} == set(numbers) - LEVELS_1_AND_2


def test_every_row_says_how_it_is_known() -> None:
    empty = [number for number, words, proof in rows() if not words.strip() or not proof.strip()]
    assert not empty
    not_here = [number for number, _, proof in rows() if proof.startswith("does not apply: ")]
    assert all(f"{number.split('.')[0]}." in number for number in not_here)


def names(path: str) -> set[str]:
    """Tests of a file, `Class::test` for those in classes."""
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)}
    return found


def test_every_test_it_names_exists() -> None:
    named = PROOF.findall(PAGE.read_text(encoding="utf-8"))
    assert len(set(named)) > 80
    gone = [
        f"{path}::{name}"
        for path, name in set(named)
        if not (ROOT / path).exists() or name not in names(path)
    ]
    assert not gone


def test_every_file_it_names_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    files = set(re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|md))`", text))
    assert [path for path in files if not (ROOT / path).exists()] == []


def test_nothing_dangerous_is_called() -> None:
    found = [
        f"{short(path)}:{node.lineno}: {what}"
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for what in dangers(node, str(path.relative_to(ROOT)))
        if (str(path.relative_to(ROOT)), what) not in ALLOWED
    ]
    assert not found


def dangers(node: ast.AST, path: str) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        return [
            name
            for name in modules
            if name.startswith(PARSERS) or (name in NOT_FOR_SECRETS and not may_be_random(path))
        ]
    if not isinstance(node, ast.Call):
        return []
    found = []
    if isinstance(node.func, ast.Name) and node.func.id in DANGEROUS:
        found.append(node.func.id)
    if isinstance(node.func, ast.Attribute):
        whole = ast.unparse(node.func)
        if whole in DANGEROUS_ATTRIBUTES or whole == "pickle.loads":
            found.append(whole)
        if node.func.attr in {"raw", "extra"}:
            found.append(f".{node.func.attr}")
    for keyword in node.keywords:
        constant = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if (keyword.arg, constant) in {("shell", True), ("verify", False)}:
            found.append(f"{keyword.arg}={constant!r}")
    return found


def may_be_random(path: str) -> bool:
    return path in MAY_BE_RANDOM or path.startswith(("benchmarks/", "devtools/", "tests/"))


def test_the_look_for_dangers_finds_them() -> None:
    for code in (
        "eval(x)", "os.system(x)", "subprocess.run(x, shell=True)", "Order.objects.raw(x)",
        "import xml.etree.ElementTree", "pickle.loads(x)", "requests.get(x, verify=False)", "import random",
    ):  # fmt: skip
        nodes = ast.walk(ast.parse(code))
        assert [what for node in nodes for what in dangers(node, "orders/x.py")], code
