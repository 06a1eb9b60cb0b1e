"""The language of a page: its texts by gettext, chosen for each request.

Texts in Python and in templates stand in English, inside `_()`; `web/locale` has the other languages. A sentence that is
made where no page is known of (`creditrisk.sentence.Sentence`) is said in the page's language by `web.sentences.said`.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from flask import Flask, Response, g, has_request_context, request, url_for
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from creditrisk.portfolio import active

if TYPE_CHECKING:
    from gettext import NullTranslations

DEFAULT: Final = "en"
NAMES: Final = {"en": "English", "pt-BR": "Português", "es": "Español"}
"""Language → what its speakers call it."""
COOKIE: Final = "language"
"""What remembers a choice, and in an address what makes one."""
_YEAR: Final = 365 * 24 * 60 * 60
_LOCALE: Final = Path(__file__).parent / "locale"


@cache
def offered() -> tuple[str, ...]:
    """The languages that pages can be in: those that the portfolio has words in, too, since half a page is none."""
    spoken = {active().language, *active().words}
    return tuple(language for language in NAMES if language in spoken) or (DEFAULT,)


def current() -> str:
    """The language of the page that is being made (BCP 47); English where none is.

    An address may name it, then the cookie of an earlier choice, then what the browser prefers.
    """
    try:
        return cast(str, g.language)  # as a page's first text has found it: dozens ask after it
    except (AttributeError, RuntimeError):  # not found yet, or no page
        if not has_request_context():
            return DEFAULT
    language = g.language = chosen() or _remembered() or _preferred()
    return language


def chosen() -> str | None:
    """The language that the address asks for, as the switch on every page does; None where it asks for none."""
    asked = request.args.get(COOKIE, "")
    return asked if asked in offered() else None


def _remembered() -> str | None:
    kept = request.cookies.get(COOKIE, "")
    return kept if kept in offered() else None


def _preferred() -> str:
    """By Accept-Language (RFC 9110): the first language that is offered, whatever its region; pt-PT is read by those who
    read pt-BR. What is refused with a quality of 0 is not taken."""
    by_primary = {_primary(language): language for language in reversed(offered())}
    for tag, quality in request.accept_languages:
        if quality > 0 and (language := by_primary.get(_primary(tag))):
            return language
    return DEFAULT if DEFAULT in offered() else offered()[0]


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()


def gettext(text: str, /, **values: object) -> str:
    """The text in the page's language, with `%(name)s` replaced by the value of that name."""
    language = current()
    told = text if language == DEFAULT else _catalog(language).gettext(text)
    return told % values if values else told


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """The text for so many things; `%(num)d` is the number."""
    language = current()
    if language == DEFAULT:
        told = one if number == 1 else many
    else:
        told = _catalog(language).ngettext(one, many, number)
    return told % {"num": number, **values}


@cache
def _catalog(language: str) -> "NullTranslations":
    """A language's texts, read when the first page in it is made."""
    from gettext import GNUTranslations  # a process that speaks English never needs it

    with (_LOCALE / language.replace("-", "_") / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        return GNUTranslations(file)


def switch(to: str = "") -> dict[str, str]:
    """Language → the address of this page in it, for all that are offered. `to` is where a page that answers a POST can be
    had by GET, if not at its own address; where there is none, it is the form."""
    return {language: _in_language(to, language) for language in offered()}


def _in_language(to: str, language: str) -> str:
    if to:
        return f"{to}{'&' if '?' in to else '?'}{COOKIE}={language}"
    try:
        endpoint, arguments = request_ctx.url_adapter.match(method="GET")  # type: ignore[union-attr]
    except HTTPException:  # there is nothing, or nothing that can be had by GET
        return url_for("form.new", language=language)
    asked = {**request.args.to_dict(flat=False), COOKIE: language}
    return url_for(endpoint, **{**asked, **arguments})


def install(app: Flask) -> None:
    """Let templates say `_("…")`, `ngettext(…)` and `{% trans %}`, and tell browsers and caches which language an answer
    has, and on what that rests."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=current, languages=NAMES, language_switch=switch)

    @app.after_request
    def tell(response: Response) -> Response:
        if "language" in g:
            response.headers["Content-Language"] = g.language
            response.vary.update(("Accept-Language", "Cookie"))
        if request.query_string and (choice := chosen()):  # also where a redirect leads on to the page
            response.set_cookie(
                COOKIE, choice, max_age=_YEAR, path=f"{request.script_root}/",
                secure=request.is_secure, httponly=True, samesite="Lax",
            )  # fmt: skip
        return response
