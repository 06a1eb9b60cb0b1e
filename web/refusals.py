"""What the web app itself refuses, each cause with its own class; `web.errors` says them to the client."""


class UnreadableBody(Exception):
    """The body is not one that we take; its text is a sentence for the sender, `status` the HTTP status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        self.status, self.sentence = status, sentence
        super().__init__(sentence)


class CrossOriginRequest(Exception):
    """A browser sent this on behalf of another site."""
