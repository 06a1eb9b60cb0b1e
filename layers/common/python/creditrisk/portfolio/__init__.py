"""A portfolio: what one lender asks, of whom, and what may be scored. It is data in a folder; this reads it."""

from creditrisk.portfolio.active import active, portfolio_folder
from creditrisk.portfolio.definition import Portfolio
from creditrisk.portfolio.field import Field, Role, Source
from creditrisk.portfolio.kinds import Value
from creditrisk.portfolio.reading import read_portfolio

__all__ = ["Field", "Portfolio", "Role", "Source", "Value", "active", "portfolio_folder", "read_portfolio"]
