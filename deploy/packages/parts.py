"""What the packages are made of: the functions and three layers of our own code, three layers of other people's."""

from dataclasses import dataclass

MB = 1_000_000


@dataclass(frozen=True)
class Part:
    """One zip. `sources` maps a path in the checkout to the one in the zip; `requirements` are installed in python/, and
    those `for_graphs` too when the model's layer holds ONNX graphs."""

    name: str
    mounted: str
    sources: tuple[tuple[str, str], ...] = ()
    requirements: str = ""
    for_graphs: str = ""
    needed: tuple[str, ...] = ()
    """What stays of a library, though other parts do without it (`deploy.packages.prune`)."""


@dataclass(frozen=True)
class Function:
    """A function: its own part, its layers, and the most bytes that all of them may take unzipped."""

    part: Part
    layers: tuple[Part, ...]
    budget: int


PICKLES = "layers/model/pickles"
DEFINITION = "layers/portfolio"
"""The model and the portfolio that ship; a builder may be given others to put in their places."""
_LICENSE = ("LICENSE", "LICENSE")
COMMON = Part("layers/common", "/opt", (("layers/common/python", "python"), _LICENSE))
MODEL = Part("layers/model", "/opt", (("layers/model/python", "python"), (PICKLES, "pickles"), _LICENSE))
PORTFOLIO = Part("layers/portfolio", "/opt", ((DEFINITION, "portfolio"), _LICENSE))
FORM_DEPS = Part("layers/form-deps", "/opt", requirements="requirements/form.txt")
SCORER_DEPS = Part(
    "layers/scorer-deps", "/opt", requirements="requirements/scorer.txt", for_graphs="requirements/onnx.txt"
)
LIFECYCLE_DEPS = Part(
    "layers/lifecycle-deps", "/opt", requirements="requirements/lifecycle.txt", needed=("numpy/ma",)
)  # numpy.unique asks for it
_FUNCTIONS = ("functions/__init__.py", "functions/__init__.py")
_LOADER = ("functions/model.py", "functions/model.py")
_WATCHING = ("functions/watching.py", "functions/watching.py")
FORM = Part(
    "functions/form",
    "/var/task",
    (_FUNCTIONS, ("functions/form", "functions/form"), ("web", "web"), _LICENSE),
)
BULK = Part(
    "functions/bulk",
    "/var/task",
    (_FUNCTIONS, _LOADER, ("functions/bulk", "functions/bulk"), _LICENSE),
)
SCORER = Part(
    "functions/scorer",
    "/var/task",
    (_FUNCTIONS, _LOADER, _WATCHING, ("functions/scorer", "functions/scorer"), _LICENSE),
)
OPERATOR = Part(
    "functions/operator", "/var/task", (_FUNCTIONS, ("functions/operator", "functions/operator"), _LICENSE)
)
MERGER = Part(
    "functions/merger", "/var/task", (_FUNCTIONS, ("functions/merger", "functions/merger"), _LICENSE)
)
OUTCOMES = Part(
    "functions/outcomes", "/var/task", (_FUNCTIONS, ("functions/outcomes", "functions/outcomes"), _LICENSE)
)


def _same(*paths: str) -> tuple[tuple[str, str], ...]:
    """What stands in the zip where it stands in the checkout."""
    return tuple((path, path) for path in paths)


INDEXER = Part(
    "functions/indexer",
    "/var/task",
    (
        _FUNCTIONS,
        *_same("functions/indexer", "lifecycle/__init__.py", "lifecycle/arrays", "lifecycle/index"),
        _LICENSE,
    ),
)
_OF_LIFECYCLE = (
    "__init__.py",
    "arrays",
    "cohort.py",
    "outcomes.py",
    "values.py",
    "drift",
    "performance",
    "report",
)
MONITOR = Part(
    "functions/monitor",
    "/var/task",
    (
        _FUNCTIONS,
        *_same("functions/monitor", *(f"lifecycle/{name}" for name in _OF_LIFECYCLE)),
        *_same(
            "models/__init__.py",
            *(f"models/fairness/{name}.py" for name in ("__init__", "grouping", "rates")),
        ),
        _LICENSE,
    ),
)

FUNCTIONS = (
    Function(FORM, (COMMON, PORTFOLIO, FORM_DEPS), 30 * MB),
    Function(SCORER, (COMMON, PORTFOLIO, MODEL, SCORER_DEPS), 160 * MB),
    Function(BULK, (COMMON, PORTFOLIO, MODEL, SCORER_DEPS), 160 * MB),
    Function(OPERATOR, (COMMON, PORTFOLIO, FORM_DEPS), 30 * MB),
    Function(MERGER, (COMMON, PORTFOLIO, FORM_DEPS), 30 * MB),
    Function(OUTCOMES, (COMMON, PORTFOLIO, FORM_DEPS), 30 * MB),
    Function(INDEXER, (COMMON, PORTFOLIO, LIFECYCLE_DEPS), 130 * MB),
    Function(MONITOR, (COMMON, PORTFOLIO, MODEL, LIFECYCLE_DEPS), 140 * MB),
)
LAYERS = (COMMON, PORTFOLIO, MODEL, FORM_DEPS, SCORER_DEPS, LIFECYCLE_DEPS)
PARTS = (*(function.part for function in FUNCTIONS), *LAYERS)
