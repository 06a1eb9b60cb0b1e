"""What a letter tells a declined applicant of: the rights that the portfolio's law gives, in words.

Which they are, and by which source, is data (`creditrisk.portfolio.law`); a lender's counsel has the last word.
"""

from creditrisk.portfolio import in_force
from creditrisk.portfolio.definition import Lender
from web.language import gettext as _
from web.language import ngettext


def sentences(lender: Lender) -> list[str]:
    """One sentence or more for each right, with its source."""
    profile = in_force.profile()
    days = profile.review_days.amount if profile.review_days else 0
    told = []
    for right in profile.rights:
        text = _words(right.key, lender, days)
        told.append(_("%(right)s Legal basis: %(source)s.", right=text, source=right.source))
    return told


def _words(key: str, lender: Lender, days: int) -> str:
    match key:
        case "review":
            asked = _("You may ask us to have a person review this decision, and tell us how you see it.")
            return (
                asked
                + " "
                + ngettext("We answer within %(num)d day.", "We answer within %(num)d days.", days)
            )
        case "criteria":
            return _("You may ask us which criteria and which information the decision was based on.")
        case "explanation":
            return _("You may ask us to explain the decision and how it came about.")
        case "data":
            return _("You may see the data that we keep about you, and have it corrected.")
        case "authority":
            return _("You may complain to the data protection authority.")
    return _(  # "equal credit": the regulation's own words
        "The federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit applicants on the "
        "basis of race, color, religion, national origin, sex, marital status, age (provided the applicant has the capacity "
        "to enter into a binding contract); because all or part of the applicant's income derives from any public assistance "
        "program; or because the applicant has in good faith exercised any right under the Consumer Credit Protection Act. "
        "The federal agency that administers compliance with this law concerning this creditor is %(supervisor)s.",
        supervisor=lender.supervisor or _("[name and address of the agency]"),
    )
