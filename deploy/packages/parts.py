"""What the packages are made of: five functions of our own code, three layers of ours, two of other people's."""

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
_FUNCTIONS = ("functions/__init__.py", "functions/__init__.py")
_LOADER = ("functions/model.py", "functions/model.py")
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
    (_FUNCTIONS, _LOADER, ("functions/scorer", "functions/scorer"), _LICENSE),
)
OPERATOR = Part(
    "functions/operator", "/var/task", (_FUNCTIONS, ("functions/operator", "functions/operator"), _LICENSE)
)
MERGER = Part(
    "functions/merger", "/var/task", (_FUNCTIONS, ("functions/merger", "functions/merger"), _LICENSE)
)

FUNCTIONS = (
    Function(FORM, (COMMON, PORTFOLIO, FORM_DEPS), 30 * MB),
    Function(SCORER, (COMMON, PORTFOLIO, MODEL, SCORER_DEPS), 160 * MB),
    Function(BULK, (COMMON, PORTFOLIO, MODEL, SCORER_DEPS), 160 * MB),
    Function(OPERATOR, (COMMON, PORTFOLIO, FORM_DEPS), 30 * MB),
    Function(MERGER, (COMMON, PORTFOLIO, FORM_DEPS), 30 * MB),
)
LAYERS = (COMMON, PORTFOLIO, MODEL, FORM_DEPS, SCORER_DEPS)
PARTS = (FORM, SCORER, BULK, OPERATOR, MERGER, *LAYERS)
