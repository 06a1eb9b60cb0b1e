"""The history in S3: one CSV object per drained batch, under date=YYYY-MM-DD/ of the day its applications came in."""

import io
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import BinaryIO

from creditrisk.application_id import milliseconds, received_at, reference
from creditrisk.clock import timestamp
from creditrisk.decision import Answer
from creditrisk.errors import HistoryUnavailable, UnreadableRow
from creditrisk.history import files, names
from creditrisk.history.columns import HEADER
from creditrisk.history.index_place import Place
from creditrisk.history.names import Kind, Name, name_of, read_name
from creditrisk.history.objects import Objects
from creditrisk.history.parts import Part, header_and_lines, records_of
from creditrisk.history.records import Record, id_of, to_line

log = logging.getLogger(__name__)

PIECE = 8 << 20
"""Most bytes, some 10,000 records, of an object that was merged or brought along: a look-up reads a whole object, and is
to be quick."""
SEARCH_DAYS = 8
"""Earlier versions kept a record under the day of scoring. It is looked for on so many days after its application came
in, since the queue may have stood still for a while."""
CLOCKS_DISAGREE = timedelta(minutes=2)
"""How far a scorer's clock may have been behind the form's: earlier versions named objects by the one, and ids are made by
the other."""
MOST_READ = 100
"""Most objects, written after the application came in, that a look-up reads because their names do not tell what is in
them; as many again from before. Where names tell, it reads one object as a rule."""
MOST_NAMES = 10_000
"""Most names of objects that a look-up goes through in one slot, and as many of earlier versions; a request lists 1,000."""


class BucketHistory:
    """Objects `prefix/date=YYYY-MM-DD/….csv`, each with the header, whose names tell what is in them (see `names`).

    An object is written whole or not at all, and never written over. A scorer that was taken for dead, and was not, may
    write a second record of an application, with the same score; whoever reads takes the first.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        self.objects = Objects(bucket, f"{prefix}/" if prefix else "")
        self._of_ours = False
        """Whether the history's first object was looked at, and is no other portfolio's."""

    def append(self, records: Sequence[Record], held: Callable[[], Container[str]]) -> list[Answer]:
        """Write the batch, without what another scorer recorded before, as one object for each day on which its
        applications came in: mostly that is one day."""
        self._refuse_another_portfolio()
        stale = [record.answer.id for record in records if not record.fresh]
        known = self._recorded(stale) if stale else {}
        mine = held()
        new = [r.answer for r in records if r.answer.id in mine and r.answer.id not in known]
        days = defaultdict[str, list[Answer]](list)
        for answer in new:
            days[names.day_of(milliseconds(answer.id))].append(answer)
        for answers in days.values():
            scored = max(answer.decision.scored_at for answer in answers if answer.decision)
            self.write("batch", list(map(to_line, answers)), scored)
        return [*known.values(), *new]

    def write(self, kind: Kind, lines: Sequence[str], recorded: str) -> bool:
        """Write lines, whose applications came in on one day, as one object; False when the same is there already."""
        body = (HEADER + "".join(lines)).encode()
        moments = list(map(moment_of, lines))
        name = name_of(kind, min(moments), max(moments), recorded, sha256(body).hexdigest())
        return self.objects.write(name.key, body)

    def add_part(self, name: str, lines: Sequence[str]) -> bool:
        """Add what was brought along from another system, as objects of one day and at most PIECE bytes each. When it is
        done again after an interruption, what is there already is not written twice."""
        self._refuse_another_portfolio()
        return sum(self.write("brought", piece, names.NOT_KNOWN) for piece in pieces(lines)) > 0

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application.

        Mostly this lists up to five slots and reads one object, whatever the history's size. When nothing is found, it
        looks among the objects of earlier versions, and then in the slots once more, since `merge` may have moved the
        record meanwhile.
        """
        damaged: list[str] = []
        moment = milliseconds(application_id)
        for keys in (self._in_slots(moment), self._of_earlier(application_id), self._in_slots(moment)):
            for key in islice(keys, 2 * MOST_READ):
                if found := self._look(key, [application_id], damaged):
                    return found[application_id]
        if damaged:
            raise HistoryUnavailable("The record of this application cannot be read; restore its object.")
        return None

    def find_at(self, place: Place, application_id: str) -> Answer | None:
        """The recorded answer of one application, if it is in this object; `merge` may have moved it since."""
        return self._look(place.part, [application_id], []).get(application_id)

    def _in_slots(self, moment: int) -> Iterator[str]:
        """The objects that may hold an application received at this millisecond."""
        for prefix in names.prefixes_of(moment):
            for name in islice(self._named(prefix), MOST_NAMES):
                if name.may_hold(moment):
                    yield name.key

    def _of_earlier(self, application_id: str) -> Iterator[str]:
        """The objects of earlier versions that may hold an application. Of those whose names do not tell, first the ones
        written after it came in, by the form's clock, and then the ones before, latest first."""
        moment, received = milliseconds(application_id), received_at(application_id)
        before = deque[str](maxlen=MOST_READ)
        place = names.earlier_place(received)
        unknown = 0
        for name in islice(self._earlier(received - CLOCKS_DISAGREE), MOST_NAMES):
            if not name.may_hold(moment):
                continue
            if name.span is None and name.key < place:
                before.append(name.key)
            elif name.span or unknown < MOST_READ:
                unknown += name.span is None
                yield name.key
        yield from reversed(before)

    def _earlier(self, since: datetime) -> Iterator[Name]:
        """The names of earlier versions' objects, in order, from a moment on for SEARCH_DAYS. They begin with a digit, and
        this version's do not."""
        after = names.earlier_place(since)
        for folder in names.days_from(since, SEARCH_DAYS):
            for entry in self.objects.list(folder, after if after.startswith(folder) else ""):
                if not entry.name[len(folder) :][:1].isdigit():
                    break
                if (name := read_name(entry.name)) and not name.kind:
                    yield name

    def _recorded(self, application_ids: Sequence[str]) -> dict[str, Answer]:
        """The answers of those applications that are recorded."""
        found: dict[str, Answer] = {}
        moments = {application_id: milliseconds(application_id) for application_id in application_ids}
        prefixes = sorted({p for moment in moments.values() for p in names.prefixes_of_minute(moment)})
        earlier = self._earlier(min(map(received_at, application_ids)) - CLOCKS_DISAGREE)
        ours = (name for prefix in prefixes for name in self._named(prefix))
        for listed in (ours, earlier):
            for name in listed:
                wanted = [id for id, at in moments.items() if id not in found and name.may_hold(at)]
                if wanted:
                    found |= self._look(name.key, wanted, [])
                if len(found) == len(moments):
                    return found
        return found

    def _look(self, key: str, application_ids: Iterable[str], damaged: list[str]) -> dict[str, Answer]:
        """The answers of these applications in one object; the id of one whose record cannot be read is added to
        `damaged`."""
        body = self.objects.read(key)
        found: dict[str, Answer] = {}
        if body is None:  # `merge` has moved it
            return found
        for application_id in application_ids:
            try:
                answer = files.search_body(key, body, application_id)
            except UnreadableRow as error:
                log.error("the record of application %s cannot be read: %s", reference(application_id), error)
                damaged.append(application_id)
            else:
                if answer:
                    found[application_id] = answer
        return found

    def parts(self) -> Iterator[Part]:
        """Every object, ordered by the day on which its applications came in; what has no date comes first."""
        return self._parts("")

    def records(self, since: datetime | None = None) -> Iterator[Record]:
        """Every record once, ordered by the day on which its application came in; see History.records."""
        return records_of(self._parts(timestamp(since) if since else ""))

    def streams(self, days: Collection[str] | None = None) -> Iterator[tuple[str, BinaryIO]]:
        """Every object, or those of some days, ordered by the day on which its applications came in."""
        for key, body in self._bodies("", days):
            yield key, io.BytesIO(body)

    def _parts(self, since: str) -> Iterator[Part]:
        for key, body in self._bodies(since):
            as_whole = "-brought-" in key
            yield Part(key, files.rows(key, io.BytesIO(body), "" if as_whole else since))

    def _bodies(self, since: str, days: Collection[str] | None = None) -> Iterator[tuple[str, bytes]]:
        """The objects that have something recorded since a moment ('' for all), with what is in them. With `days`, those of
        others are left out, unless an earlier version wrote them: under the day of scoring.

        While this reads, `merge` may write new objects and delete those that they were made of before they are read here.
        So the listing is repeated, for merged objects that were not seen, until there are none.
        """
        seen: set[str] = set()

        def unseen(again: bool) -> Iterator[str]:
            for entry in self.objects.list("date="):
                name = read_name(entry.name)
                if not name or name.key in seen or (again and name.kind != "merged"):
                    continue
                if days is not None and name.kind and name.day not in days:
                    continue
                seen.add(name.key)
                if (entry.written if name.kind == "brought" else name.recorded) >= since:
                    yield name.key

        count = -1
        while len(seen) > count:
            count = len(seen)
            for key, body in self.objects.read_all(unseen(again=count > 0)):
                if body is not None:
                    yield key, body

    def check(self) -> None:
        """Raises HistoryUnavailable when the bucket cannot be reached."""
        self.objects.check()
        self._refuse_another_portfolio()

    def _refuse_another_portfolio(self) -> None:
        """Look at the first object, once in this history's life: two requests.

        Raises HistoryOfAnotherPortfolio, HistoryUnavailable.
        """
        if self._of_ours:
            return
        if first := next(iter(self.objects.list("date=")), None):
            layout, _ = header_and_lines(
                io.StringIO(self.objects.beginning(first.name).decode("utf-8", "replace"))
            )
            if layout and layout.of_another_portfolio:
                raise files.of_another_portfolio(
                    f"s3://{self.objects.bucket}/{self.objects.prefix}{first.name}", layout
                )
        self._of_ours = True

    def _named(self, prefix: str) -> Iterator[Name]:
        return (name for entry in self.objects.list(prefix) if (name := read_name(entry.name)))


def moment_of(line: str) -> int:
    """When the application on a line was received, in milliseconds since 1970."""
    return milliseconds(id_of(line))


def pieces(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines in the order in which their applications came in, in pieces of one day and PIECE bytes at most."""
    piece: list[str] = []
    size, day = 0, ""
    for line in sorted(lines, key=moment_of):
        its_day = names.day_of(moment_of(line))
        if piece and (its_day != day or size + len(line) > PIECE):
            yield piece
            piece, size = [], 0
        piece.append(line)
        size, day = size + len(line), its_day
    if piece:
        yield piece
