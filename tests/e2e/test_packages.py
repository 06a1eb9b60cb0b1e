"""The built zips, run as AWS Lambda runs them: its runtime client, its folders, nothing else on the path."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from benchmarks import wide_portfolio
from benchmarks.cold_start import EVENTS, cold_start, import_seconds
from creditrisk import __version__
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.portfolio import active, read_portfolio
from creditrisk.portfolio.reading import COMPILED
from creditrisk.settings import Settings
from deploy.packages import archive, sbom
from deploy.packages.builder import Builder
from deploy.packages.parts import FORM_DEPS, FUNCTIONS, PARTS, PORTFOLIO, SCORER_DEPS, Part
from deploy.packages.sizes import check
from deploy.packages.target import Target
from deploy.packages.unpacked import Unpacked, build_and_unpack, runnable_target, unpack
from lambda_runtime.environment import ExecutionEnvironment
from models.handover.check import install
from models.synthetic import synthetic_applicants
from tests.integration.models.conftest import bad_of, frame_of, usual_encoder, write
from tests.lenders import small_loans
from tests.machine import CYCLONEDX

ROOT = Path(__file__).parents[2]
NAMES = [Path(function.part.name).name for function in FUNCTIONS]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Unpacked]:
    """Every function, each in its own /var/task and /opt."""
    return build_and_unpack(ROOT, tmp_path_factory.mktemp("lambda"))


@pytest.fixture
def environment(redis_url: str, tmp_path: Path) -> dict[str, str]:
    return {"REDIS_URL": redis_url, "HISTORY_URL": str(tmp_path / "history"), "WAIT_SECONDS": "0"}


@pytest.fixture
def form(unpacked: dict[str, Unpacked], environment: dict[str, str]) -> Iterator[ExecutionEnvironment]:
    with unpacked["form"].start(environment) as running:
        yield running


@pytest.fixture
def scorer(unpacked: dict[str, Unpacked], environment: dict[str, str]) -> Iterator[ExecutionEnvironment]:
    with unpacked["scorer"].start(environment) as running:
        yield running


def rest_event(method: str, path: str, body: object = None) -> dict[str, Any]:
    """What a REST API (v1) of API Gateway sends to a function that it proxies to."""
    headers = {"Host": "api.example.org", "X-Forwarded-Proto": "https", "Accept": "text/html"}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.strip("/")},
        "stageVariables": None,
        "requestContext": {
            "stage": "prod",
            "httpMethod": method,
            "path": path,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def put_on_queue(environment: dict[str, str], count: int) -> list[str]:
    """Hand in made-up applications; returns their ids."""
    intake = Intake.connect(Settings.from_environment(environment))
    return [intake.submit(application).id for application in synthetic_applicants(count)]


def recorded(environment: dict[str, str]) -> list[str]:
    """The ids in the history, in its order."""
    return [record.answer.id for record in FolderHistory(Path(environment["HISTORY_URL"])).records()]


def test_the_form_page_is_served_from_the_zips(form: ExecutionEnvironment) -> None:
    answer = form.invoke(rest_event("GET", "/")).answer
    assert answer["statusCode"] == 200, form.log
    assert "Continue" in answer["body"]


def test_an_application_goes_from_the_form_function_through_the_scorer_function_into_the_history(
    form: ExecutionEnvironment,
    scorer: ExecutionEnvironment,
    raw_application: dict[str, object],
    environment: dict[str, str],
) -> None:
    accepted = form.invoke(rest_event("POST", "/api/v1/applications", raw_application)).answer
    assert accepted["statusCode"] == 202, (accepted, form.log)
    application_id = json.loads(accepted["body"])["id"]

    drained = scorer.invoke({})
    assert not drained.error, (drained.answer, scorer.log)
    assert drained.answer["scored"] == 1

    decided = form.invoke(rest_event("GET", f"/api/v1/applications/{application_id}")).answer
    body = json.loads(decided["body"])
    assert (body["status"], 0 < body["probability"] < 1) == ("decided", True)
    assert recorded(environment) == [application_id]


def test_a_functions_log_names_no_person(
    form: ExecutionEnvironment, scorer: ExecutionEnvironment, raw_application: dict[str, object]
) -> None:
    form.invoke(rest_event("POST", "/api/v1/applications", raw_application))
    scorer.invoke({})
    for log in (form.log, scorer.log):
        assert str(raw_application["full_name"]) not in log
        assert str(raw_application["DNI"]) not in log


def test_the_scorer_stops_before_its_deadline_and_the_next_invocation_goes_on(
    unpacked: dict[str, Unpacked], environment: dict[str, str]
) -> None:
    with unpacked["scorer"].start(environment, timeout=5.8) as hurried:
        hurried.invoke({})  # which loads the model
        ids = put_on_queue(environment, 6_000)
        first = hurried.invoke({})
        assert not first.error, hurried.log
        assert first.answer["scored"] < len(ids), "it stops about 5 s before its limit"
    with unpacked["scorer"].start(environment) as unhurried:
        assert unhurried.invoke({}).answer["scored"] == len(ids) - first.answer["scored"]
    assert sorted(recorded(environment)) == sorted(ids)


def test_a_form_that_is_cut_off_by_its_time_limit_loses_no_application(
    unpacked: dict[str, Unpacked], scorer: ExecutionEnvironment, environment: dict[str, str],
    raw_application: dict[str, object],
) -> None:  # fmt: skip
    patient = rest_event("POST", "/predict", raw_application)
    with unpacked["form"].start(environment | {"WAIT_SECONDS": "25"}, timeout=2.0) as form:
        cut = form.invoke(patient)
    assert cut.error
    assert cut.answer["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")
    assert scorer.invoke({}).answer["scored"] == 1


def test_a_missing_layer_is_told_as_an_import_error(
    unpacked: dict[str, Unpacked], environment: dict[str, str], tmp_path: Path
) -> None:
    bare = replace(unpacked["form"], opt=tmp_path / "opt")
    with bare.start(environment) as running:
        error = running.invoke({}).answer
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "No module named" in error["errorMessage"]


@pytest.mark.parametrize("name", NAMES)
def test_every_module_of_a_function_finds_what_it_imports_in_its_layers(
    unpacked: dict[str, Unpacked], name: str
) -> None:
    function = unpacked[name]
    modules = [
        ".".join(path.relative_to(function.task).with_suffix("").parts)
        for path in function.task.rglob("*.py")
        if path.name != "__init__.py"
    ]
    assert f"functions.{name}.handler" in modules
    answer = subprocess.run(
        [function.python, "-c", f"import importlib; [importlib.import_module(m) for m in {modules}]"],
        cwd=function.task,
        env={"PYTHONPATH": f"{function.task}:{function.opt}/python", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr


def test_a_changed_byte_in_the_model_layer_scores_nothing_and_says_why(
    unpacked: dict[str, Unpacked], environment: dict[str, str], tmp_path: Path
) -> None:
    scorer = unpacked["scorer"]
    broken = shutil.copytree(scorer.opt / "pickles", tmp_path / "pickles")
    victim = broken / "lightgbm_model.pkl"
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    ids = put_on_queue(environment, 3)
    with scorer.start(environment | {"MODEL_DIR": str(broken)}) as running:
        failed = running.invoke({})
        assert failed.error
        assert "lightgbm_model.pkl" in failed.answer["errorMessage"]
        assert "lightgbm_model.pkl" in running.log
    with scorer.start(environment) as repaired:
        assert repaired.invoke({}).answer["scored"] == len(ids)


def test_a_packed_scorer_brings_no_verifier_and_does_not_pretend_to_be_one(
    unpacked: dict[str, Unpacked], environment: dict[str, str]
) -> None:
    scorer = unpacked["scorer"]
    packed = {path.name for path in (scorer.opt / "python").iterdir()}
    assert not packed & {"minisign", "cryptography", "models"}
    put_on_queue(environment, 1)
    with scorer.start(environment | {"MODEL_PUBLIC_KEY": "RW…"}) as running:
        failed = running.invoke({})
    assert failed.error
    assert "leave it empty on Lambda" in failed.answer["errorMessage"]
    assert recorded(environment) == []


@pytest.mark.parametrize("name", ["form", "scorer"])
def test_a_cold_start_is_measured(
    unpacked: dict[str, Unpacked],
    environment: dict[str, str],
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = min(cold_start(unpacked[name], EVENTS[name], environment) for _ in range(3))
    with capsys.disabled():
        print(f"\ncold start of {name}: {seconds:.2f} CPU seconds from process start to first answer")
    assert seconds > 0


def test_reading_a_definition_ten_times_as_large_costs_little_beside_a_start(
    unpacked: dict[str, Unpacked], environment: dict[str, str], tmp_path: Path
) -> None:
    """300 fields with 2,000 levels, beside the 54 that ship, turn about: the least of each counts."""
    form, wide = unpacked["form"], wide_portfolio.write(tmp_path / "wide")
    alone: dict[Path, list[float]] = {}
    for portfolio in 5 * [form.opt / "portfolio", wide]:
        alone.setdefault(portfolio, []).append(import_seconds(form.opt, form.python, portfolio))
    ships, larger = map(min, alone.values())
    assert larger < 2 * ships, alone
    started: dict[str, list[float]] = {}
    for variables in 3 * [environment, environment | {"PORTFOLIO_DIR": str(wide)}]:
        started.setdefault(variables.get("PORTFOLIO_DIR", ""), []).append(
            cold_start(form, EVENTS["form"], variables)
        )
    ships, larger = map(min, started.values())
    assert larger < 2 * ships, started


@pytest.mark.parametrize("name", NAMES)
def test_a_package_brings_its_bytecode_and_leaves_out_what_is_for_developers(
    unpacked: dict[str, Unpacked], name: str
) -> None:
    for folder in (unpacked[name].task, unpacked[name].opt):
        paths = list(folder.rglob("*"))
        assert not [path for path in paths if path.suffix == ".pyi" or path.name in ("tests", "RECORD")]
        modules = {path.with_suffix("") for path in paths if path.suffix == ".py"}
        compiled = {path.parents[1] / path.name.split(".")[0] for path in paths if path.suffix == ".pyc"}
        assert compiled == {path.parent / path.name.split(".")[0] for path in modules}


def bill_of(part: Part, folder: Path) -> dict[str, Any]:
    """The bill of materials that lies in an unpacked package."""
    bill: dict[str, Any] = json.loads((folder / sbom.place(part)).read_text())
    return bill


@pytest.mark.parametrize("name", ["form", "scorer"])
def test_a_packages_bill_names_every_distribution_in_it_with_version_hash_and_licence(
    unpacked: dict[str, Unpacked], name: str
) -> None:
    (deps,) = (part for part in (FORM_DEPS, SCORER_DEPS) if name in part.name)
    bill = bill_of(deps, unpacked[name].opt)
    installed = {
        tuple(canonicalize_name(piece) for piece in path.name.removesuffix(".dist-info").split("-"))
        for path in (unpacked[name].opt / "python").glob("*.dist-info")
    }
    named = {(part["name"], canonicalize_name(part["version"])) for part in bill["components"]}
    assert named == installed
    pinned_hashes = set(re.findall(r"sha256:(\w{64})", (ROOT / deps.requirements).read_text()))
    for component in bill["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        assert {entry["content"] for entry in component["hashes"]} <= pinned_hashes
        assert component["licenses"], component["name"]
    (everything,) = bill["dependencies"]
    assert everything["dependsOn"] == [component["bom-ref"] for component in bill["components"]]


@pytest.mark.needs("CycloneDX's schema")
def test_every_bill_is_valid_and_every_package_of_ours_has_the_licence(
    unpacked: dict[str, Unpacked],
) -> None:
    builder = Builder(ROOT, ROOT / "build", runnable_target())
    bills = [builder.folder / part.name / sbom.place(part) for part in PARTS]
    assert len({bill.name for bill in bills}) == len(bills), "layers are mounted over one another"
    judge = (
        "import sys; from cyclonedx.schema import SchemaVersion; "
        "from cyclonedx.validation.json import JsonStrictValidator as Validator; "
        "found = [e for p in sys.argv[1:] if (e := Validator(SchemaVersion.V1_6).validate_str(open(p).read()))]; "
        "sys.exit(str(found) if found else 0)"
    )
    done = subprocess.run([CYCLONEDX / "bin" / "python", "-c", judge, *bills], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    licence = (ROOT / "LICENSE").read_bytes()
    assert b"Apache License" in licence and b"Version 2.0, January 2004" in licence
    for part in PARTS:
        if part.sources:
            assert (builder.folder / part.name / "LICENSE").read_bytes() == licence
        ours = bill_of(part, builder.folder / part.name)["metadata"]["component"]
        assert (ours["version"], ours["licenses"]) == (__version__, [{"license": {"id": "Apache-2.0"}}])


def test_a_build_at_another_time_and_place_gives_the_same_bytes(tmp_path: Path) -> None:
    standing = Builder(ROOT, ROOT / "build", runnable_target())
    anew = Builder(ROOT, tmp_path, runnable_target(), ROOT / "build")
    for part in PARTS:
        for builder in (standing, anew):
            builder.build(part)
        assert anew.zip(part).read_bytes() == standing.zip(part).read_bytes(), part.name


def test_each_function_keeps_to_its_budget(unpacked: dict[str, Unpacked]) -> None:
    builder = Builder(ROOT, ROOT / "build", runnable_target())
    assert {function.budget for function in FUNCTIONS} == {30_000_000, 130_000_000, 140_000_000, 160_000_000}
    check(builder)


def test_the_packages_can_be_built_for_the_other_processor(tmp_path: Path) -> None:
    builder = Builder(ROOT, tmp_path, Target(arch="arm64"), ROOT / "build")
    builder.build(FORM_DEPS)
    libraries = [path.read_bytes() for path in (builder.folder / FORM_DEPS.name).rglob("*.so")]
    assert libraries
    assert {content[18:20] for content in libraries} == {b"\xb7\x00"}, "ELF's machine number of AArch64"


def test_a_library_that_needs_openmp_gets_it_in_the_layers_lib(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("".join(pinned("lightgbm") + pinned("narwhals")))
    builder = Builder(ROOT, tmp_path, Target(), ROOT / "build")
    builder.build(Part("layers/trees", "/opt", requirements=str(tmp_path / "requirements.txt")))
    libgomp = builder.folder / "layers/trees/lib/libgomp.so.1"
    bill = json.loads((builder.folder / "layers/trees/sbom/trees.cdx.json").read_text())
    assert [part["name"] for part in bill["components"]] == ["libgomp", "lightgbm", "narwhals"]
    assert b"GOMP_parallel" in libgomp.read_bytes()
    assert not (ROOT / "build" / str(runnable_target()) / "layers/scorer-deps/lib").exists(), (
        "ours needs none"
    )


def pinned(name: str) -> list[str]:
    """The lines of requirements/local.txt that pin one distribution."""
    lines = (ROOT / "requirements/local.txt").read_text().splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = next(number for number, line in enumerate(lines) if number > start and not line.startswith(" "))
    return lines[start:end]


def test_the_scorers_layers_stay_small_and_hold_nothing_that_only_tests_need(
    unpacked: dict[str, Unpacked],
) -> None:
    opt = unpacked["scorer"].opt
    assert sum(path.stat().st_size for path in opt.rglob("*") if path.is_file()) <= 60_000_000
    left = {path.relative_to(opt / "python").as_posix() for path in opt.rglob("numpy/**/*")}
    assert not [name for name in left if "test" in name.rpartition("/")[2] and name.endswith(".so")]
    assert not left & {
        "numpy/distutils",
        "numpy/f2py",
        "numpy/testing",
        "numpy/random",
        "numpy/ma",
        "numpy/fft",
        "numpy/polynomial",
    }


def test_every_function_has_the_portfolio_compiled_and_the_same_for_all(
    unpacked: dict[str, Unpacked],
) -> None:
    for name in NAMES:
        portfolio = unpacked[name].opt / "portfolio"
        assert [path.name for path in portfolio.iterdir()] == [COMPILED]
        assert read_portfolio(portfolio) == active()
        assert read_portfolio(portfolio).fingerprint == active().fingerprint


def test_a_lenders_own_portfolio_is_packed_in_place_of_what_ships_and_nothing_that_lies_beside_it(
    unpacked: dict[str, Unpacked], environment: dict[str, str], tmp_path: Path
) -> None:
    folder = small_loans(tmp_path / "lender")
    (folder / "training.csv").write_text("NAME,outcome\nErika Muster,bad\n")
    builder = Builder(ROOT, tmp_path / "build", runnable_target(), ROOT / "build", portfolio=folder)
    builder.build(PORTFOLIO)
    packed = builder.folder / PORTFOLIO.name / "portfolio"
    assert [path.name for path in packed.iterdir()] == [COMPILED]
    first = builder.zip(PORTFOLIO).read_bytes()
    (folder / "training.csv").write_text("")
    builder.build(PORTFOLIO)
    assert builder.zip(PORTFOLIO).read_bytes() == first
    opt = shutil.copytree(unpacked["form"].opt, tmp_path / "opt")
    shutil.rmtree(opt / "portfolio")
    shutil.copytree(packed, opt / "portfolio")
    with replace(unpacked["form"], opt=opt).start(environment) as form:
        page = form.invoke(rest_event("GET", "/")).answer
    assert page["statusCode"] == 200, form.log
    assert 'name="balance_last_month"' in page["body"] and "payment_day" not in page["body"]
    assert "radio, TV" in page["body"] and "&lt; 100" in page["body"]


def test_a_layer_of_graphs_brings_onnxruntime_along_and_scores_with_its_reasons(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Somebody else's model, installed into a checkout, packed, and run as Lambda runs it."""
    root = tmp_path / "checkout"
    for name in ("functions", "layers", "localstack", "requirements"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copyfile(ROOT / "LICENSE", root / "LICENSE")
    (root / ".localstack").symlink_to(ROOT / ".localstack")
    frame = frame_of(list(synthetic_applicants(400, seed=3)))
    pipeline = make_pipeline(usual_encoder(), RandomForestClassifier(20, random_state=1)).fit(
        frame, bad_of(frame)
    )
    install(write(tmp_path / "folder", lightgbm_model=pipeline), root / "layers/model/pickles")

    builder = Builder(root, tmp_path / "build", runnable_target(), ROOT / "build")
    function = next(function for function in FUNCTIONS if SCORER_DEPS in function.layers)
    for part in (function.part, *function.layers):
        builder.build(part)
    packed = sum(archive.size(builder.folder / part.name) for part in (function.part, *function.layers))
    assert packed <= function.budget, f"{packed:,} bytes"
    names = {entry.name for entry in (builder.folder / SCORER_DEPS.name / "python").iterdir()}
    assert "onnxruntime" in names and not names & {"sklearn", "scipy", "lightgbm", "pandas", "onnx"}

    ids = put_on_queue(environment, 3)
    with unpack(builder, function, tmp_path / "lambda").start(environment) as running:
        drained = running.invoke({})
        assert not drained.error, (drained.answer, running.log)
    answers = [record.answer for record in FolderHistory(Path(environment["HISTORY_URL"])).records()]
    assert sorted(answer.id for answer in answers) == sorted(ids)
    for answer in answers:
        assert answer.decision is not None and answer.decision.reasons
        expected = pipeline.predict_proba(frame_of([dict(answer.application)]))[0, 1]
        assert answer.decision.probability == pytest.approx(expected, abs=1e-5)
