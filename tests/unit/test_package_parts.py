"""Parts of a package that are made without any library."""

from pathlib import Path

from creditrisk.portfolio.reading import read_portfolio
from deploy.packages.builder import Builder
from deploy.packages.parts import FORM, PORTFOLIO
from deploy.packages.unpacked import runnable_target
from tests.lenders import small_loans

ROOT = Path(__file__).parents[2]


def test_other_words_make_another_package_and_catalogs_go_along_compiled(tmp_path: Path) -> None:
    folder = small_loans(tmp_path / "lender")
    builder = Builder(ROOT, tmp_path / "build", runnable_target(), ROOT / "build", portfolio=folder)
    builder.build(PORTFOLIO)
    (folder / "words").mkdir()
    (folder / "words" / "es.toml").write_text('title = "Préstamos"\n', encoding="utf-8")
    builder.build(PORTFOLIO)
    packed = read_portfolio(builder.folder / PORTFOLIO.name / "portfolio")
    assert packed.words["es"].title == "Préstamos"
    builder.build(FORM)
    catalogs = [path.name for path in (builder.folder / FORM.name / "web" / "locale").rglob("*.*")]
    assert sorted(catalogs) == ["formats.json", "messages.mo", "messages.mo"]
