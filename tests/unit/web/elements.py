"""A page as a test looks at it: its start tags."""

from html.parser import HTMLParser


class Elements(HTMLParser):
    """The start tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.found if (value := attributes.get(attribute))]

    def point_to_what_is_there(self) -> bool:
        """Whether labels, descriptions, links and lists name ids of the page, each of which is there once."""
        ids = self.values("id")
        wanted = self.values("for") + self.values("list")
        wanted += [link[1:] for link in self.values("href") if link.startswith("#")]
        for attribute in ("aria-describedby", "aria-labelledby"):
            wanted += [id for value in self.values(attribute) for id in value.split()]
        return len(ids) == len(set(ids)) and set(wanted) <= set(ids)


class Form(HTMLParser):
    """A page's form as a browser without scripts sends it: what is filled in, and where each button leads.

    `press` gives what a button sends: its address (without the fragment, which stays in the browser) and the fields.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.offered: dict[str, list[str]] = {}
        self.buttons: dict[str, str] = {}
        self._action, self._select, self._pressed = "", "", ""
        self.feed(page.partition("<form")[1] + page.partition("<form")[2].partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        each = {name: value or "" for name, value in attrs}
        name, value = each.get("name", ""), each.get("value", "")
        if tag == "form":
            self._action = each["action"]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self.offered.setdefault(self._select, []).append(value)
            if "selected" in each or self._select not in self.sent:
                self.sent[self._select] = value
        elif tag == "input":
            self.offered.setdefault(name, []).append(value)
            if each["type"] not in ("radio", "checkbox") or "checked" in each:
                self.sent[name] = value
        elif tag == "button" and each["type"] == "submit":
            self._pressed = each.get("formaction", self._action)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "button":
            self._pressed = ""

    def handle_data(self, data: str) -> None:
        if self._pressed and data.strip():
            self.buttons.setdefault(data.strip(), self._pressed)

    def fill(self, **answers: str) -> "Form":
        """Answer what stands on the page. Raises AssertionError for what does not, or is not among what can be chosen."""
        for name, answer in answers.items():
            assert name in self.offered, f"{name} is not asked here, but {sorted(self.offered)}"
            assert len(self.offered[name]) == 1 or answer in self.offered[name], (name, answer)
            self.sent[name] = answer
        return self

    def press(self, button: str) -> tuple[str, dict[str, str]]:
        """Where a button leads, and what goes there."""
        return self.buttons[button].partition("#")[0], dict(self.sent)
